/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of in-kernel accesses begin with: an IOAS, an access that pins in
 * it, and one mapping.
 */
#ifndef _GUEST_ACCESS_ACCESSBED_H
#define _GUEST_ACCESS_ACCESSBED_H

#include "bed.h"

/* A second place in a test's memory and IOVA, far from the first. */
#define OTHER_IOVA 0x30000000UL

struct accessbed {
	struct bed bed;
	int access;
	uint64_t pinned;	/* VmPin in kB before the test */
};

/* Memory of small pages that are there and differ from each other. */
uint8_t *small_pages(size_t size);

int new_access(int fd, uint32_t ioas, uint32_t flags);
int access_setup(void **state);

/* Whatever the test did: nothing is pinned once its files are closed. */
int access_teardown(void **state);

uint64_t pinned(struct accessbed *ab);
void map_at(struct accessbed *ab, uint32_t ioas, uint64_t iova, uint32_t flags,
	    const void *va, size_t length);
int pin_flags(struct accessbed *ab, uint32_t flags, uint64_t iova,
	      size_t length, const void *va, uint32_t *pin);
uint32_t pin(struct accessbed *ab, uint64_t iova, size_t length,
	     const void *va);
void unpin(struct accessbed *ab, uint32_t pin);
void refs(struct accessbed *ab, const void *va, size_t length, uint32_t refs);

#endif
