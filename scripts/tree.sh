# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Trees of Debian releases, which debootstrap makes and programs are run in by chroot.
# To be sourced, after lib.sh.

# in_chroot TREE COMMAND...: as on a host of its own, but for the kernel. /src is DIR
# of the environment.
# shellcheck disable=SC2317 # called by `quiet`, too
in_chroot()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -euc '
		tree=$1
		shift
		mount -t proc proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		mkdir -p "$tree/src"
		[ -z "${DIR-}" ] || mount --bind "$DIR" "$tree/src"
		exec chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
	' sh "$@"
}

# codename VERSION: 12 or 13; or 13-arm64.
codename()
{
	case ${1%-arm64} in
	12) echo bookworm ;;
	13) echo trixie ;;
	*) die "no release $1; there are 12 and 13" ;;
	esac
}

# debian_tree SUITE DIR [ARCH]: as small as it can be, from where the machine has its
# packages.
debian_tree()
{
	local site arch=${3-amd64} sources
	sources=$CACHE/suites/$1-$arch/sources
	need_packages debootstrap
	[ "$arch" = amd64 ] || need_emulator
	site=$(use_suite "$1" "$arch" && awk '$3 == release { print $2; exit }' release="$1" \
		"$sources") || return
	quiet "$2.log" debootstrap --arch="$arch" --variant=minbase "$1" "$2" "$site" || return
	cp "$sources" "$2/etc/apt/sources.list"
	cp -L /etc/resolv.conf "$2/etc/resolv.conf"
	quiet "$2.log" in_chroot "$2" apt-get -qq update
}

# need_emulator: for programs of arm64, which the kernel starts then.
need_emulator()
{
	local known=/proc/sys/fs/binfmt_misc
	need_packages qemu-user-static binfmt-support
	[ -e $known/register ] || mount -t binfmt_misc binfmt_misc $known ||
		die "this kernel can't run programs of arm64 (binfmt_misc)"
	[ -e $known/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64
}

# newer_package DEB NEWER_DEB: the same by a higher version, for an upgrade.
newer_package()
{
	local old new dir
	old=$(dpkg-deb --field "$1" Version)
	new=$old+newer
	dir=$(mktemp -d)
	dpkg-deb --raw-extract "$1" "$dir"
	mv "$dir/usr/src/iommufd-$old" "$dir/usr/src/iommufd-$new"
	grep -rlF "$old" "$dir" | xargs sed -i "s/$old/$new/g"
	(cd "$dir" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
	chmod 755 "$dir"
	dpkg-deb --root-owner-group --build "$dir" "$2" >/dev/null
	rm -r "$dir"
}
