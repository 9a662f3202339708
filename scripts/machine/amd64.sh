# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# PCs for scripts/vm, a row for each IOMMU.

MACHINE_IOMMU=vtd
MACHINE_KERNEL=''
MACHINE_SERIAL=ttyS
MACHINE_EMULATOR=(qemu-system-x86_64)
MACHINE_PACKAGES=(qemu-system-x86)

iommu_none() { pc q35; }
iommu_vtd() { intel caching-mode=on; }
iommu_vtd-nocaching() { intel caching-mode=off; }
iommu_vtd-ats() { intel caching-mode=on,device-iotlb=on; }
iommu_vtd-snoop() { intel caching-mode=on,snoop-control=on; }
iommu_vtd-scalable() { scalable caching-mode=on; }

# QEMU 7.2 knows a device by the number of its bus before the guest has given
# numbers, so DMA works on the first bus only. And it has no south bridge where its
# firmware's table says that the IOAPIC is: 7.3 looks there for one, by its class, and
# remaps no interrupts otherwise.
iommu_amdvi()
{
	flat=1 functions=1
	pc q35,kernel-irqchip=split amd-iommu,intremap=on EPYC
	qemu+=(-drive "driver=null-co,if=none,id=nothing"
		-device "virtio-blk-pci,drive=nothing,class=0x0601,addr=0x14")
}

# The first stage is emulated from QEMU 9.2 on.
iommu_vtd-first-stage()
{
	newer_qemu qemu-system-x86 qemu-system-x86_64
	scalable caching-mode=on,x-flts=on
}

# No released QEMU emulates both stages at once, or dirty bits of the second; nor an edu that
# has PASIDs, and asks for pages.
iommu_vtd-nested() { patched_qemu && scalable caching-mode=off,x-flts=on,x-nest=on; }
iommu_vtd-pasid()
{
	pasids=1
	patched_qemu && scalable caching-mode=off,x-flts=on,x-nest=on,device-iotlb=on,x-pasid-mode=on
}

iommu_vtd-dirty() { patched_qemu && scalable caching-mode=off,x-flts=on,x-nest=on,x-ssads=on; }

patched_qemu()
{
	MACHINE_EMULATOR=("$("$TREE/scripts/emulator")/exec" qemu-system-x86_64)
}

# It does not remap interrupts.
iommu_virtio()
{
	pc q35 && virtio_iommu
	append+=(iommufd.allow_unsafe_interrupts=1 vfio_iommu_type1.allow_unsafe_interrupts=1)
}

# 6.12 and later know no device behind a conventional bridge by the number that
# the bridge gives to its DMA: a fault of their driver.
scalable()
{
	functions=1
	intel "x-scalable-mode=on,$1" ,sm_on
}

intel()
{
	pc q35,kernel-irqchip=split "intel-iommu,intremap=on,$1"
	append+=("intel_iommu=on${2-}")
}

# pc TYPE [IOMMU [CPU]]. Without interrupt remapping the kernel's timer check
# fails under emulation.
pc()
{
	# Not 5-level paging: an interrupt while 6.1 looks at its first CPU finds
	# it off for a moment, and KASAN takes that for a wild access.
	cpu=${3:-max,-la57}
	qemu+=(-M "$1")
	[ -z "${2-}" ] || qemu+=(-device "$2")
	append+=(no_timer_check)
}

# machine_user: where the guest's programs are from: the host itself.
machine_user() { :; }

# machine_libraries FILE...: what they are linked with.
machine_libraries()
{
	# ldd fails on what is not dynamic, and then there is nothing to do.
	ldd "$@" 2>/dev/null | grep -oE '(^|\s)/\S+[^:]( |$)' | sort -u
}
