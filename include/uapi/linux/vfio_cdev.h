/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctls of /dev/vfio/devices/vfioN that make it a device of an iommufd.
 *
 * The numbers and layouts are mainline's.  <linux/vfio.h> of Linux 6.1 has
 * none of this, that of 6.12 lacks the newer fields, so the structs below have
 * names of their own and are complete everywhere.  Where <linux/vfio.h> knows
 * nothing of the matter, mainline's names are given to them as well, and
 * programs written against mainline compile.
 *
 * Everything else that a device file answers is in <linux/vfio.h>.
 */
#ifndef _UAPI_LINUX_VFIO_CDEV_H
#define _UAPI_LINUX_VFIO_CDEV_H

#include <linux/types.h>
#include <linux/vfio.h>

/**
 * struct vfio_cdev_bind_iommufd - argument of VFIO_DEVICE_BIND_IOMMUFD
 * @argsz: size of the struct as the caller knows it: 16 or 24 bytes
 * @flags: 0 or VFIO_DEVICE_BIND_FLAG_TOKEN
 * @iommufd: an open file of /dev/iommu
 * @out_devid: set to the id of the device in that iommufd
 * @token_uuid_ptr: with the flag, address of the 16 bytes of the VF token, in
 *	the order in which a UUID is written
 *
 * The first call on a fresh file; until it has succeeded every other one ends
 * with EINVAL.  It claims the device and its IOMMU group for the iommufd and
 * opens the device.  There is no unbind: closing the file does it.
 *
 * A virtual function whose physical function is in the hands of vfio-pci, and
 * a physical function with such virtual functions in use, need the token that
 * was set for the physical function: EACCES without it.
 */
struct vfio_cdev_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
	__aligned_u64 token_uuid_ptr;
};

/**
 * struct vfio_cdev_attach_iommufd_pt - arg of VFIO_DEVICE_ATTACH_IOMMUFD_PT
 * @argsz: size of the struct as the caller knows it: 12 or 16 bytes
 * @flags: 0 or VFIO_DEVICE_ATTACH_PASID
 * @pt_id: an IOAS or hwpt of the bound iommufd; set to the hwpt in use, which
 *	for an IOAS may have been made by this call
 * @pasid: with the flag, the PASID
 *
 * From here on the device's DMA goes through the page table.  A second attach
 * moves the device to another one.  With a PASID all that is true of the DMA that
 * the device marks with it, and nothing else: the hwpt was made with
 * IOMMU_HWPT_ALLOC_PASID, as was that of the device's other DMA, if it has one.
 */
struct vfio_cdev_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
	__u32 pasid;
};

/**
 * struct vfio_cdev_detach_iommufd_pt - arg of VFIO_DEVICE_DETACH_IOMMUFD_PT
 * @argsz: size of the struct as the caller knows it: 8 or 12 bytes
 * @flags: 0 or VFIO_DEVICE_DETACH_PASID
 * @pasid: with the flag, the PASID
 *
 * All DMA of the device is blocked again, but for that of PASIDs where the hardware can do
 * that, or that of the one PASID.  Succeeds without an attach, too.
 */
struct vfio_cdev_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pasid;
};

#ifndef VFIO_DEVICE_BIND_IOMMUFD
#define VFIO_DEVICE_BIND_IOMMUFD	_IO(VFIO_TYPE, VFIO_BASE + 18)
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 19)
#define VFIO_DEVICE_DETACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 20)
#define vfio_device_bind_iommufd	vfio_cdev_bind_iommufd
#define vfio_device_attach_iommufd_pt	vfio_cdev_attach_iommufd_pt
#define vfio_device_detach_iommufd_pt	vfio_cdev_detach_iommufd_pt
#endif

/*
 * PCI hot reset of such a device: VFIO_DEVICE_GET_PCI_HOT_RESET_INFO gives
 * device ids of the bound iommufd where a device that was opened through its
 * group gets group numbers, and says so by a flag:
 *
 * VFIO_PCI_HOT_RESET_FLAG_DEV_ID	ids; set in every answer that has a list
 * VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED	the iommufd owns every affected device
 *
 * In the place of an id stands VFIO_PCI_DEVID_OWNED for a device that is not
 * open, in an IOMMU group of the iommufd, and VFIO_PCI_DEVID_NOT_OWNED for one
 * that is not the iommufd's or that no VFIO driver has.
 *
 * VFIO_DEVICE_PCI_HOT_RESET takes no list of group files (count 0) and is
 * refused with EINVAL unless all are owned.
 */
#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID		(1 << 0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED	(1 << 1)
#define VFIO_PCI_DEVID_OWNED			0
#define VFIO_PCI_DEVID_NOT_OWNED		-1
#endif

/* A feature that is younger than migration: how much data a device has. */
#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9
struct vfio_device_feature_mig_data_size {
	__aligned_u64 stop_copy_length;
};
#endif

#ifndef VFIO_DEVICE_BIND_FLAG_TOKEN
#define VFIO_DEVICE_BIND_FLAG_TOKEN	1
#endif

#ifndef VFIO_DEVICE_ATTACH_PASID
#define VFIO_DEVICE_ATTACH_PASID	1
#endif

#ifndef VFIO_DEVICE_DETACH_PASID
#define VFIO_DEVICE_DETACH_PASID	1
#endif

#endif /* _UAPI_LINUX_VFIO_CDEV_H */
