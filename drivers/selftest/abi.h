/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The test command of /dev/iommu: numbers and layout as mainline has them, so
 * that its kselftests run.  Not for anything but tests, and for no other use
 * stable.
 */
#ifndef __SELFTEST_ABI_H
#define __SELFTEST_ABI_H

#include <linux/ioctl.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#define IOMMU_TEST_CMD _IO(IOMMUFD_TYPE, IOMMUFD_CMD_BASE + 32)

enum {
	IOMMU_TEST_OP_ADD_RESERVED = 1,
	IOMMU_TEST_OP_MOCK_DOMAIN = 2,
	IOMMU_TEST_OP_MD_CHECK_MAP = 3,
	IOMMU_TEST_OP_MD_CHECK_REFS = 4,
	IOMMU_TEST_OP_CREATE_ACCESS = 5,
	IOMMU_TEST_OP_DESTROY_ACCESS_PAGES = 6,
	IOMMU_TEST_OP_ACCESS_PAGES = 7,
	IOMMU_TEST_OP_ACCESS_RW = 8,
	IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT = 9,
	IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE = 10,
	IOMMU_TEST_OP_ACCESS_REPLACE_IOAS = 11,
	IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS = 12,
	IOMMU_TEST_OP_DIRTY = 13,
	IOMMU_TEST_OP_MD_CHECK_IOTLB = 14,
	IOMMU_TEST_OP_DEV_CHECK_CACHE = 16,
	IOMMU_TEST_OP_PASID_ATTACH = 18,
	IOMMU_TEST_OP_PASID_REPLACE = 19,
	IOMMU_TEST_OP_PASID_DETACH = 20,
	IOMMU_TEST_OP_PASID_CHECK_HWPT = 21,

	/* Not mainline's. */
	IOMMU_TEST_OP_MD_ENTRY = 64,
	IOMMU_TEST_OP_MD_TRACK = 65,
	IOMMU_TEST_OP_MD_TAKEN = 66,
};

/* What a mock IOMMU translates, in pages of these sizes. */
#define MOCK_APERTURE_START 0x1000000UL
#define MOCK_APERTURE_LAST 0x7fffffffUL
#define MOCK_PAGE 2048UL
#define MOCK_HUGE_PAGE (512 * MOCK_PAGE)

/* What a domain takes that maps nothing, and the struct of a map call. */
#define MOCK_DOMAIN_SIZE 4096
#define MOCK_CALL_SIZE 64

/* access_pages.flags; with SYZ an IOVA says "area number, offset in it". */
#define MOCK_FLAGS_ACCESS_WRITE 0x1U
#define MOCK_FLAGS_ACCESS_SYZ 0x10000U

/* access_rw.flags */
#define MOCK_ACCESS_RW_WRITE 0x1U
#define MOCK_ACCESS_RW_SLOW_PATH 0x4U

/* create_access.flags */
#define MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES 0x1U

/* mock_domain_flags.dev_flags */
#define MOCK_FLAGS_DEVICE_NO_DIRTY 0x1U
#define MOCK_FLAGS_DEVICE_HUGE_IOVA 0x2U
#define MOCK_FLAGS_DEVICE_PASID 0x4U

/* Not mainline's: its interrupts are not isolated. */
#define MOCK_FLAGS_DEVICE_EXPOSED 0x80000000U

/* md_entry.out_flags; 0 where nothing is mapped */
#define MOCK_ENTRY_READ 0x1U
#define MOCK_ENTRY_WRITE 0x2U
#define MOCK_ENTRY_DIRTY 0x4U
#define MOCK_ENTRY_HUGE 0x8U
#define MOCK_ENTRY_FLAGS 0xfU

/* GET_HW_INFO of a mock device */
#define IOMMU_HW_INFO_TYPE_SELFTEST 0xfeedbeef
#define IOMMU_HW_INFO_SELFTEST_REGVAL 0xdeadbeef

struct iommu_test_hw_info {
	__u32 flags;
	__u32 test_reg;
};

/* HWPT_ALLOC of a nested page table of the mock: what its IOTLB begins with. */
#define IOMMU_HWPT_DATA_SELFTEST 0xdead
#define IOMMU_TEST_IOTLB_DEFAULT 0xbadbeef

struct iommu_hwpt_selftest {
	__u32 iotlb;
	__u32 pagetable_type;	/* not looked at; not in the first version */
};

/* HWPT_INVALIDATE of it; an entry that is forgotten is 0 */
#define IOMMU_HWPT_INVALIDATE_DATA_SELFTEST 0xdeadbeef
#define IOMMU_TEST_INVALIDATE_FLAG_ALL 0x1U

struct iommu_hwpt_invalidate_selftest {
	__u32 flags;
	__u32 iotlb_id;
};

#define MOCK_NESTED_DOMAIN_IOTLB_NUM 4

/* Of this PASID every second attach and replace fails, with ENOMEM. */
#define MOCK_PASID_FAILS 1024

/* What a mock device has in its caches. */
#define MOCK_DEV_CACHE_NUM 4
#define IOMMU_TEST_DEV_CACHE_DEFAULT 0xbaddad

/**
 * struct iommu_test_cmd - a test command
 * @size: of this struct
 * @op: IOMMU_TEST_OP_*
 * @id: what it is about: an id of /dev/iommu or the fd of an access
 * @__reserved: 0
 * @add_reserved: IOVA that no mapping may have
 * @mock_domain: a new mock device, attached to IOAS @id: its ids
 * @mock_domain_replace: the page table, or the IOAS, that the device goes to
 * @check_map: is IOVA translated to the frames behind user memory
 * @check_refs: are pages of user memory pinned so often
 * @create_access: a new access, as an fd
 * @destroy_access_pages: pins to drop
 * @access_pages: pin pages; they have to be those of user memory
 * @access_rw: copy between IOVA and user memory
 * @memory_limit: pages that are pinned and given out at a time
 * @access_replace_ioas: the IOAS that the access goes to
 * @dirty: pages that devices are to have written to
 * @check_iotlb: what an entry of the IOTLB should be
 * @check_dev_cache: what an entry of a device's cache should be
 * @pasid_attach: the page table that a PASID of the device gets, also in place of another
 * @pasid_detach: the PASID that is blocked
 * @pasid_check: what a PASID should be attached to; 0 for nothing
 * @md_entry: what a page table has for one IOVA
 * @md_track: keep track of what devices write to, or do not
 * @md_taken: what the driver of a page table has allocated that nobody is charged
 *	for: what it is taken for, and what the mock has
 * @last: 0
 */
struct iommu_test_cmd {
	__u32 size;
	__u32 op;
	__u32 id;
	__u32 __reserved;
	union {
		struct {
			__aligned_u64 start;
			__aligned_u64 length;
		} add_reserved;
		struct {
			__u32 out_stdev_id;
			__u32 out_hwpt_id;
			__u32 out_idev_id;
			__u32 dev_flags;	/* MOCK_DOMAIN_FLAGS only */
		} mock_domain;
		struct {
			__u32 pt_id;
		} mock_domain_replace;
		struct {
			__aligned_u64 iova;
			__aligned_u64 length;
			__aligned_u64 uptr;
		} check_map;
		struct {
			__aligned_u64 length;
			__aligned_u64 uptr;
			__u32 refs;
		} check_refs;
		struct {
			__u32 out_access_fd;
			__u32 flags;
		} create_access;
		struct {
			__u32 access_pages_id;
		} destroy_access_pages;
		struct {
			__u32 flags;
			__u32 out_access_pages_id;
			__aligned_u64 iova;
			__aligned_u64 length;
			__aligned_u64 uptr;
		} access_pages;
		struct {
			__aligned_u64 iova;
			__aligned_u64 length;
			__aligned_u64 uptr;
			__u32 flags;
		} access_rw;
		struct {
			__u32 limit;
		} memory_limit;
		struct {
			__u32 ioas_id;
		} access_replace_ioas;
		struct {
			__u32 flags;
			__aligned_u64 iova;
			__aligned_u64 length;
			__aligned_u64 page_size;
			__aligned_u64 uptr;
			__aligned_u64 out_nr_dirty;
		} dirty;
		struct {
			__u32 id;
			__u32 iotlb;
		} check_iotlb;
		struct {
			__u32 id;
			__u32 cache;
		} check_dev_cache;
		struct {
			__u32 pasid;
			__u32 pt_id;
		} pasid_attach;
		struct {
			__u32 pasid;
		} pasid_detach;
		struct {
			__u32 pasid;
			__u32 hwpt_id;
		} pasid_check;
		struct {
			__aligned_u64 iova;
			__u32 out_flags;
		} md_entry;
		struct {
			__u32 enable;
		} md_track;
		struct {
			__aligned_u64 out_counted;
			__aligned_u64 out_taken;
		} md_taken;
	};
	__u32 last;
};

#endif /* __SELFTEST_ABI_H */
