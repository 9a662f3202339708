/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Many mappings of /dev/iommu made or removed by one call: for VMMs that relay
 * the requests of a guest, which come in bursts of small ones.
 *
 * This is an extension: mainline does not have it.  Its ioctl numbers can't
 * become others': all of mainline's are made by _IO(), without a direction, and
 * these have one.  Where it is absent the calls end with ENOTTY.  A call with
 * @num 0 does nothing but succeed, and so asks whether it is there.
 *
 * A call does all that it is asked for, or nothing.  If it fails because of an
 * entry, @out_entry is the index of that; else it is @num.  The struct begins
 * with its size and may grow, as all of /dev/iommu do.
 *
 * Errors besides those of a single call: E2BIG for more than IOMMU_BULK_MAX
 * entries, EOPNOTSUPP where a field that is reserved is not 0.
 */
#ifndef _UAPI_LINUX_IOMMUFD_BULK_H
#define _UAPI_LINUX_IOMMUFD_BULK_H

#include <linux/ioctl.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#define IOMMU_IOAS_MAP_BULK \
	_IOC(_IOC_READ | _IOC_WRITE, IOMMUFD_TYPE, 0xc0, 0)
#define IOMMU_IOAS_UNMAP_BULK \
	_IOC(_IOC_READ | _IOC_WRITE, IOMMUFD_TYPE, 0xc1, 0)

/* Entries of one call. */
#define IOMMU_BULK_MAX 4096

/**
 * struct iommu_ioas_bulk - ioctl(IOMMU_IOAS_MAP_BULK, IOMMU_IOAS_UNMAP_BULK)
 * @size: of this struct
 * @ioas_id: where to map or to unmap
 * @num: entries
 * @out_entry: set to the entry that failed, or @num
 * @entries: address of an array of struct iommu_map_entry, or iommu_unmap_entry
 *
 * As if each entry were an IOMMU_IOAS_MAP, one after the other, or an
 * IOMMU_IOAS_UNMAP; if one fails, those before it are taken back.
 */
struct iommu_ioas_bulk {
	__u32 size;
	__u32 ioas_id;
	__u32 num;
	__u32 out_entry;
	__aligned_u64 entries;
};

/**
 * struct iommu_map_entry - one mapping
 * @iova: where it is to be
 * @user_va: memory of the process
 * @length: in bytes
 * @flags: as of IOMMU_IOAS_MAP; IOMMU_IOAS_MAP_FIXED_IOVA must be there
 * @__reserved: 0
 */
struct iommu_map_entry {
	__aligned_u64 iova;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct iommu_unmap_entry - one range
 * @iova: its start
 * @length: in bytes
 *
 * The two special values of the length of an IOMMU_IOAS_UNMAP are errors here, as
 * is a range in which nothing is mapped, or in which another entry was first.  In
 * any order; ascending ranges without a gap between them are unmapped by one call
 * of the IOMMU driver.
 */
struct iommu_unmap_entry {
	__aligned_u64 iova;
	__aligned_u64 length;
};

#endif /* _UAPI_LINUX_IOMMUFD_BULK_H */
