# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts share: messages, the cache, host packages, and a build of
# this tree that stays outside it. To be sourced, not run.

TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${IOMMUFD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iommufd}
ME=${0##*/}

# The runner's own failures; scripts/vm --help names the others.
EXIT_RUNNER=125

# Of scripts/vm: not a CPU of the guest wakes up any more, as even an idle Linux
# does each second; and, the guest is gone without an answer.
# shellcheck disable=SC2034 # for those who source this
EXIT_FROZEN=121 EXIT_DIED=122

say() { printf '%s: %s\n' "$ME" "$*" >&2; }

die()
{
	say "$*"
	exit "$EXIT_RUNNER"
}

# The comment block at the head of a script, after the licence, is its --help.
usage() { sed -n '4,/^$/ { /^#/ s/^# \{0,1\}//p }' "$0"; }

# locked FILE: serialise with other runs until this (sub)shell ends.
locked()
{
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	flock -w 3 9 && return
	say "waiting for another run (${1##*/})"
	flock 9
}

apt_refresh()
{
	[ "$(id -u)" = 0 ] || [ -n "${APT_CONFIG-}" ] || return 1
	say "updating the package index"
	apt_patiently "${APT_CONFIG:-$CACHE/apt}.update.log" apt-get -qq update
}

# How long another program may have apt's locks: a fresh machine upgrades itself.
APT_SECONDS=1800

# apt_patiently LOG COMMAND...: as `quiet`, but waits while another program has one of
# apt's locks, and says so. DPkg::Lock::Timeout would do for dpkg's lock alone, not
# for those of the index and the archives, and says nothing.
apt_patiently()
{
	local log=$1 begin=$SECONDS said='' code
	while true; do
		code=0
		LC_ALL=C quiet_or_busy "$@" || code=$?
		[ "$code" = "$APT_BUSY" ] || return "$code"
		[ -n "$said" ] || say "waiting for another program that uses apt: $(grep -m1 'lock' "$log")"
		said=1
		if [ $((SECONDS - begin)) -ge "$APT_SECONDS" ]; then
			say "apt is still busy after $((APT_SECONDS / 60)) minutes"
			return 1
		fi
		sleep 3
	done
}

# quiet_or_busy LOG COMMAND...: as `quiet`; silent, with a code of its own, where apt
# found a lock taken.
APT_BUSY=126
quiet_or_busy()
{
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null && return
	! grep -qE '^E: (Could not get|Unable to acquire the dpkg frontend) lock' "$log" ||
		return "$APT_BUSY"
	quiet_failed "$log" "$@"
}

# apt_cache: with an index made ready once, which images of containers turn off.
apt_cache() { apt-cache -o Dir::Cache::pkgcache="${APT_CONFIG:-$CACHE/apt}.pkgcache" "$@"; }

# use_suite SUITE ARCH: from here on apt means packages of another suite, such as
# bookworm-backports, or of another architecture; with an index of its own, from
# where the host has its packages, checked by the same keys.
use_suite()
{
	local dir=$CACHE/suites/$1-$2 release=${1%%-*} sites
	mkdir -p "$dir"/{lists/partial,cache/archives/partial}
	: >"$dir/status"
	# The host's Debian sites: packages, and security updates.
	# shellcheck disable=SC2016 # apt's
	sites=$(env -u APT_CONFIG apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Origin: Debian' | sort -u)
	{
		echo "$sites" | awk -v release="$release" -v suite="$1" '
			$1 ~ /-security$/ && !security++ { print "deb", $2, release "-security main" }
			$1 !~ /-/ && !packages++ {
				print "deb", $2, release, "main"
				print "deb", $2, release "-updates main"
				if (suite != release) print "deb", $2, suite, "main"
			}'
	} >"$dir/sources"
	[ -s "$dir/sources" ] || die "no site of Debian's in the machine's apt sources"
	use_lists "$dir" "$2" Packages
}

# use_lists DIR ARCH KIND: apt has its state there, and DIR/sources.
use_lists()
{
	cat >"$1/apt.conf" <<-END
		Dir::State "$1";
		Dir::State::status "$1/status";
		Dir::Cache "$1/cache";
		Dir::Etc::sourcelist "$1/sources";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		APT::Sandbox::User "$(id -un)";
		APT::Update::Post-Invoke { };
		Acquire::Languages "none";
	END
	export APT_CONFIG=$1/apt.conf
	compgen -G "$1/lists/*_$3*" >/dev/null || apt_refresh
}

# use_source SUITE: the same for source packages, from where the machine has its own.
use_source()
{
	local dir=$CACHE/suites/$1-source
	mkdir -p "$dir"/{lists/partial,cache/archives/partial}
	: >"$dir/status"
	# shellcheck disable=SC2016 # apt's
	env -u APT_CONFIG apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Origin: Debian' |
		awk -v suite="$1" '$1 !~ /-/ && !n++ { print "deb-src", $2, suite, "main" }' >"$dir/sources"
	[ -s "$dir/sources" ] || die "no site of Debian's in the machine's apt sources"
	use_lists "$dir" amd64 Sources
}

# use_proposed RELEASE ARCH: that suite, with what is proposed for it; without, where
# the site has no such thing, as not every mirror has.
use_proposed()
{
	local dir=$CACHE/suites/$1-proposed-updates-$2
	use_suite "$1-proposed-updates" "$2" || true
	! compgen -G "$dir/lists/*-proposed-updates_InRelease" >/dev/null || return 0
	apt_refresh 2>/dev/null && return
	say "the site has no $1-proposed-updates"
	use_suite "$1" "$2"
}

# need_packages PACKAGE...: host tools, installed when they are missing.
need_packages()
{
	local missing
	mapfile -t missing < <(
		printf '%s\n' "$@" | grep -vxF "$(
			dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
				sed -n 's/^installed //p'
		)"
	)
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] ||
		die "missing host packages; run: sudo apt-get install ${missing[*]}"
	say "installing ${missing[*]}"
	(
		locked "$CACHE/apt.lock"
		apt_install "${missing[@]}" || { apt_refresh && apt_install "${missing[@]}"; }
	) || die "cannot install ${missing[*]}; see the lines above"
}

apt_install()
{
	DEBIAN_FRONTEND=noninteractive apt_patiently "$CACHE/apt.log" apt-get -qq -y \
		--no-install-recommends install "$@"
}

# unpack_packages DIR PACKAGE...: beside the system, where nothing of them is
# installed; downloaded with apt, which checks signatures.
unpack_packages()
{
	local dir=$1 debs=$1.debs deb download sandbox=()
	shift
	mkdir -p "$debs" "$dir"
	[ "$(id -u)" != 0 ] || sandbox=(-o APT::Sandbox::User=root)
	say "downloading $*"
	download=(apt_patiently "$debs/log" apt-get "${sandbox[@]}" download "$@")
	(cd "$debs" && "${download[@]}") ||
		(apt_refresh && cd "$debs" && "${download[@]}") ||
		die "cannot download $*; check the network and the apt sources"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -r "$debs"
}

# stage_program ROOT TREE PROGRAM: of a tree of scripts/suite, one program and what it
# is linked with. ROOT/exec works at any other place, too.
stage_program()
{
	local file program=usr/bin/$3
	[ -e "$2/$program" ] || program=usr/sbin/$3
	mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
	for file in exec "$program" \
		$("$2/exec" --libraries "$3" | grep -oE "$2/\S+" | sed "s|^$2/||"); do
		mkdir -p "$1/$(dirname "$file")"
		cp -L "$2/$file" "$1/$file"
	done
}

# build_dir NAME: where this tree is built for a kernel; one for each checkout.
build_dir()
{
	printf '%s/build/%s-%.8s/%s\n' "$CACHE" "$(basename "$TREE")" \
		"$(printf %s "$TREE" | sha256sum)" "$1"
}

# our_files PATTERN...: the files of this tree, committed or not.
our_files()
{
	# Run by root in a tree that belongs to somebody else, too.
	local git=(git -C "$TREE" -c safe.directory="*" ls-files)
	comm -23 <("${git[@]}" --cached --others --exclude-standard -- "$@" | sort -u) \
		<("${git[@]}" --deleted | sort -u)
}

# sync_tree DIR: bring a build directory up to date; its products stay.
sync_tree()
{
	mkdir -p "$1"
	touch "$1/.synced"
	our_files . >"$1/.files"
	comm -13 "$1/.files" "$1/.synced" | (cd "$1" && xargs -r rm -f)
	rsync -a --files-from="$1/.files" "$TREE/" "$1/"
	mv "$1/.files" "$1/.synced"
}

# quiet LOG COMMAND...: run a step; its output goes to a file, and is shown
# only when the step fails.
quiet()
{
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null || quiet_failed "$log" "$@"
}

quiet_failed()
{
	tail -n 40 "$1" >&2
	say "failed: ${*:2} (all of it: $1)"
	return 1
}

# in_build NAME COMMAND...: run a command in a fresh copy of this tree, so that
# nothing is ever built inside it. There is one for each kernel, and one for
# user space (`tools`).
in_build()
{
	local dir
	need_packages git rsync
	dir=$(build_dir "$1")
	shift
	(
		locked "$dir.lock"
		sync_tree "$dir"
		cd "$dir" || exit
		"$@"
	)
}

# build_in NAME MAKE-ARGUMENT...: make there, quietly; print where it is.
build_in()
{
	local dir
	dir=$(build_dir "$1")
	in_build "$1" quiet "$dir.log" make -j"$(nproc)" "${@:2}" || return
	printf '%s\n' "$dir"
}

# kernel_make DIR ARGUMENT...: make, as a kernel's modules want it; DIR is what
# `scripts/kernel get` gave.
kernel_make()
{
	local dir=$1 args=("KDIR=$1/build" "${@:2}")
	if [ -e "$dir/arch" ]; then
		args+=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- DEB_BUILD_ARCH=amd64
			DEB_HOST_ARCH=arm64 DEB_HOST_GNU_TYPE=aarch64-linux-gnu)
	fi
	if [ -e "$dir/toolchain" ]; then
		in_tree "$(readlink -f "$dir/toolchain")" make "${args[@]}"
		return
	fi
	need_packages build-essential libelf1 pahole
	[ ! -e "$dir/arch" ] || need_packages gcc-aarch64-linux-gnu
	make "${args[@]}"
}

# watch_build PID LOG: wait for it, with a line now and then; its exit code.
watch_build()
{
	local seconds=0
	while kill -0 "$1" 2>/dev/null; do
		sleep 1
		seconds=$((seconds + 1))
		[ $((seconds % 60)) != 0 ] ||
			say "$((seconds / 60)) min, $(grep -c '' "$2") files done"
	done
	wait "$1"
}

# in_tree DIR COMMAND...: here, but with the programs of a tree of scripts/suite.
# Its mounts are gone with the command.
in_tree()
{
	local tree=$1
	shift
	[ "$(id -u)" = 0 ] || die "to build with another Debian's compiler wants root (chroot)"
	mkdir -p "$tree/proc" "$tree/dev" "$tree/tmp" "$tree$CACHE"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -euc '
		tree=$1 cache=$2 here=$3
		shift 3
		mount -t proc proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		mount -t tmpfs tmpfs "$tree/tmp"
		mount --bind "$cache" "$tree$cache"
		exec chroot "$tree" env -i PATH=/usr/bin:/usr/sbin sh -euc "cd $here; exec \"\$@\"" sh "$@"
	' sh "$tree" "$CACHE" "$PWD" "$@"
}

# build_modules KERNEL-NAME DIR: for a kernel, or a directory like one; prints
# where they are.
build_modules()
{
	local dir
	dir=$(build_dir "$1")
	in_build "$1" quiet "$dir.log" kernel_make "$2" -j"$(nproc)" || return
	printf '%s\n' "$dir"
}

# What the tests in user space are built with.
need_tools() { need_packages build-essential pkg-config libcmocka-dev libkmod-dev; }

# user_tree ARCH: what guests of another architecture have, and are built with.
user_tree()
{
	"$TREE/scripts/suite" --arch "$1" bookworm busybox-static dash kmod libcmocka-dev \
		libkmod-dev libc6-dev
}

# build_tools ARCH NAME MAKE-ARGUMENT...: in user space; prints where it is.
build_tools()
{
	local name=$2 cross=() tree
	need_tools
	if [ "$1" = arm64 ]; then
		need_packages gcc-aarch64-linux-gnu
		tree=$(user_tree "$1") || return
		cross=("CC=aarch64-linux-gnu-gcc --sysroot=$tree" AR=aarch64-linux-gnu-ar)
		name=$2-$1
	fi
	build_in "$name" "${cross[@]}" "${@:3}"
}

# test_disk MIB: print an image of that size; the same bytes every time, and no
# two blocks alike.
test_disk()
{
	local disk=$CACHE/demo/disk-$1
	if [ ! -s "$disk" ]; then
		mkdir -p "$(dirname "$disk")"
		perl -e '
			srand(1);
			my $pool = pack("N*", map { rand(2 ** 32) } 1 .. 262144);
			for my $block (0 .. $ARGV[0] * 256 - 1) {
				print pack("Q", $block), substr($pool, $block * 8191 % 1044480, 4088);
			}' "$1" >"$disk.$$"
		mv "$disk.$$" "$disk"
	fi
	printf '%s\n' "$disk"
}

# What the kernel says when something is wrong, at the start of a message...
COMPLAINTS='WARNING: |BUG: |BUG |Oops|INFO: (task|rcu|possible|lockdep)|kernel BUG|UBSAN|'
COMPLAINTS+='general protection|Kernel panic|invalid opcode|divide error|stack segment|'
COMPLAINTS+='watchdog: |rcu: INFO|list_(add|del) corruption|DEBUG_LOCKS_WARN|vm: leak|'
COMPLAINTS+='vm: cannot|Bad page|irq [0-9]+: nobody cared'
# ... or anywhere in it.
COMPLAINTS_INSIDE='refcount_t: |kernel NULL pointer|KASAN: |possible recursive locking|'
COMPLAINTS_INSIDE+='suspicious RCU usage|circular locking|sleeping function called|'
COMPLAINTS_INSIDE+='scheduling while atomic|self-detected stall'

# complaints CONSOLE: the lines where the kernel says so.
complaints()
{
	tr -d '\r' <"$1" | grep -aE \
		"^(<[0-9]>)?(\[[^]]*\] ?)*($COMPLAINTS)|$COMPLAINTS_INSIDE"
}
