/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of tests, of several kinds, and other names for it. The test fails where
 * there is none.
 */
#ifndef _GUEST_MEMORY_H
#define _GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of the process, readable and writable. */
void *pages(size_t size);

/* An address where there is nothing, and after it nothing for @size bytes. */
void *no_pages(size_t size);

/* From a multiple of 2 MiB on. */
void *aligned_pages(size_t size);

/* The same memory in children. */
void *shared_pages(size_t size);

/* The number of the page frame at @va, which must have been touched. */
uint64_t frame_of(const void *va);

/* Let there be some huge pages for MAP_HUGETLB. */
void reserve_hugetlb(unsigned int count);

/* Huge pages that the process has, not those of MAP_HUGETLB, in kB. */
uint64_t huge_kb(void);

/*
 * An address with a tag in its top byte. arm64 takes no notice of that, so it is
 * another name for the same memory; on amd64 (whose kernels here are built
 * without LAM) there is nothing.
 */
static inline void *tagged(const void *va, uint8_t tag)
{
	return (void *)((uintptr_t)va | (uintptr_t)tag << 56);
}

static inline bool tags_are_ignored(void)
{
#ifdef __aarch64__
	return true;
#else
	return false;
#endif
}

#endif
