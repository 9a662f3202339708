/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The test command of iommufd_selftest.ko: one function for each of its
 * operations. All return 0, or a negative errno; pointers that take a result
 * may be NULL.
 */
#ifndef _LIB_TEST_H
#define _LIB_TEST_H

#include <stdint.h>

#include "../../drivers/selftest/abi.h"

/* Names for the flags in short. */
#define ACCESS_WRITE MOCK_FLAGS_ACCESS_WRITE
#define ACCESS_PINS MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES

int test_add_reserved(int fd, uint32_t ioas, uint64_t start, uint64_t length);

/* 65536 and more: no limit. */
int test_memory_limit(int fd, uint32_t limit);

/* -EIO where not each page at @va is pinned @refs times. */
int test_check_refs(int fd, const void *va, uint64_t length, uint32_t refs);

/* An access is a file; its pins go with it. */
int test_access_create(int fd, uint32_t ioas, uint32_t flags, int *access);
int test_access_replace(int fd, int access, uint32_t ioas);

/* -EBADE where @va is given and does not show the pages that were pinned. */
int test_access_pin(int fd, int access, uint32_t flags, uint64_t iova,
		    uint64_t length, const void *va, uint32_t *pin);
int test_access_unpin(int fd, int access, uint32_t pin);

/* A device behind the mock IOMMU: its object, its page table, its binding. */
struct test_mock {
	uint32_t stdev;
	uint32_t hwpt;
	uint32_t idev;
};

int test_mock(int fd, uint32_t pt, uint32_t flags, struct test_mock *mock);

/* @pt: out, the page table. */
int test_mock_replace(int fd, uint32_t stdev, uint32_t *pt);

/* -EINVAL where @iova does not lead to what is at @va. */
int test_check_map(int fd, uint32_t hwpt, uint64_t iova, const void *va,
		   uint64_t length);

/* @flags: out, MOCK_ENTRY_* of what is mapped at @iova. */
int test_entry(int fd, uint32_t hwpt, uint64_t iova, uint32_t *flags);

/* Shall what devices write leave marks? */
int test_track(int fd, uint32_t hwpt, uint32_t enable);

/* As if devices wrote to the pages of which @bitmap has a bit; @count: out. */
int test_dirty(int fd, uint32_t hwpt, uint64_t iova, uint64_t length,
	       uint64_t page_size, const void *bitmap, uint64_t *count);

/*
 * What the driver of a page table has allocated that nobody is charged for, in
 * bytes: as it is counted, and as the mock has it.
 */
int test_taken(int fd, uint32_t hwpt, uint64_t *counted, uint64_t *taken);

/* -ENOENT where @hwpt is not nested, -EINVAL where the word is another. */
int test_check_iotlb(int fd, uint32_t hwpt, uint32_t id, uint32_t iotlb);

/* -EINVAL where the entry of the device's cache is another. */
int test_check_cache(int fd, uint32_t idev, uint32_t id, uint32_t cache);

/* PASIDs of a device: attached, moved to another page table, blocked. */
int test_pasid_attach(int fd, uint32_t stdev, uint32_t pasid, uint32_t pt);
int test_pasid_replace(int fd, uint32_t stdev, uint32_t pasid, uint32_t pt);
int test_pasid_detach(int fd, uint32_t stdev, uint32_t pasid);

/* -EINVAL where the driver knows another for it; @hwpt 0: where it knows any. */
int test_pasid_check(int fd, uint32_t stdev, uint32_t pasid, uint32_t hwpt);

int test_access_read(int fd, int access, uint64_t iova, void *data,
		     uint64_t length);
int test_access_write(int fd, int access, uint64_t iova, const void *data,
		      uint64_t length);

#endif
