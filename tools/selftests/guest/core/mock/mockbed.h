/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests on the mock IOMMU begin with: a device behind it, and an IOAS.
 */
#ifndef _GUEST_MOCK_MOCKBED_H
#define _GUEST_MOCK_MOCKBED_H

#include <stddef.h>
#include <stdint.h>

#include "test.h"

/* Half a page: the mock's smallest. */
#define HALF MOCK_PAGE

/* Where calls of the driver have to end. */
#define CALL_END 0x40000000UL

struct mockbed {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	uint64_t pinned;	/* VmPin in kB before the test's own mappings */
};

int mockbed_setup(void **state);
int mockbed_teardown(void **state);
uint64_t pinned(struct mockbed *bed);
uint8_t *small_pages(size_t size);

/* Small pages whose frames do not lie in a row. */
uint8_t *scattered_pages(size_t size);

/* At an address that is a multiple of 2 MiB, of huge pages. */
uint8_t *huge_pages(size_t size);

int try_map(struct mockbed *bed, uint32_t ioas, uint64_t iova, const void *va,
	    size_t length);
void map_at(struct mockbed *bed, uint64_t iova, const void *va, size_t length);
void unmap(struct mockbed *bed, uint64_t iova, size_t length);
struct test_mock add_mock(struct mockbed *bed, uint32_t pt, uint32_t flags);
void maps(struct mockbed *bed, uint32_t hwpt, uint64_t iova, const void *va,
	  size_t length);

/* Nothing of the range is mapped, in none of its halves of pages. */
void maps_nothing(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
		  const uint8_t *va, size_t length);

uint32_t entry(struct mockbed *bed, uint32_t hwpt, uint64_t iova);

/* Each entry of the range is like that. */
void entries(struct mockbed *bed, uint32_t hwpt, uint64_t iova, size_t length,
	     uint32_t flags);

void refs(struct mockbed *bed, const void *va, size_t length, uint32_t refs);

/* A page table of its own, of the same IOAS. */
uint32_t new_hwpt(struct mockbed *bed, uint32_t ioas);

/* A device with huge pages, and not in a page table that has none. */
struct test_mock add_huge_mock(struct mockbed *bed);

#endif
