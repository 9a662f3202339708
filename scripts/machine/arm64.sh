# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# arm64 machines for scripts/vm, a row for each IOMMU. QEMU is that of Debian 12's
# backports: older ones emulate one stage of the SMMU, and one serial port. They
# begin as a hypervisor, so that there is KVM.

MACHINE_IOMMU=smmuv3
MACHINE_KERNEL=arm64-
MACHINE_SERIAL=ttyAMA
MACHINE_PACKAGES=(binutils)

iommu_none() { virt; }
iommu_smmuv3() { smmuv3 1; }
iommu_smmuv3-stage2() { smmuv3 2; }
iommu_virtio() { virt && virtio_iommu; }

# smmuv3 STAGE: that it translates by. The newest machine ignores the choice. The
# kernel's driver takes one device behind a conventional bridge and no second.
smmuv3()
{
	functions=1
	virt ,iommu=smmuv3
	qemu+=(-global "arm-smmuv3.stage=$1")
}

# The usual way to sign pointers takes an emulator most of its time.
virt()
{
	newer_qemu qemu-system-arm qemu-system-aarch64
	cpu=max,pauth-impdef=on
	qemu+=(-M "virt-9.1,gic-version=3,virtualization=on${1-}")
}

# machine_user: where the guest's programs are from.
machine_user() { user_tree arm64; }

# machine_libraries FILE...: what they are linked with, by reading: ldd would run
# them. The loader is in nobody's list.
machine_libraries()
{
	local name dir=/usr/lib/aarch64-linux-gnu found=(/lib/ld-linux-aarch64.so.1) tree
	tree=$(machine_user)
	while [ $# -gt 0 ]; do
		for name in $(readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(lib.*\)\]/\1/p'); do
			[[ " ${found[*]} " == *" $dir/$name "* ]] && continue
			found+=("$dir/$name")
			set -- "$@" "$tree$dir/$name"
		done
		shift
	done
	printf '%s\n' "${found[@]}"
}
