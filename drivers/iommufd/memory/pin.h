/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory to frames, and back.
 */
#ifndef __IOMMUFD_MEMORY_PIN_H
#define __IOMMUFD_MEMORY_PIN_H

#include <linux/types.h>

struct file;
struct mm_struct;
struct page;

/**
 * struct pin_source - where the pages of a mem come from
 * @mm: the process whose addresses @start counts in, without @is_file
 * @file: a file of memory (memfd, shmem, hugetlbfs), with @is_file
 * @start: user address, without a tag, or file offset of page 0, page aligned, in
 *	bytes
 * @is_file: which of the two it is
 * @writable: pages are pinned to be written, and dirtied on release
 */
struct pin_source {
	union {
		struct mm_struct *mm;
		struct file *file;
	};
	unsigned long start;
	bool is_file;
	bool writable;
};

int pin_check_file(struct file *file, bool write);
bool pin_is_by_folio(const struct pin_source *src);
long pin_pages(const struct pin_source *src, unsigned long index,
	       unsigned long npages, struct page **pages);
long pin_user(struct mm_struct *mm, unsigned long address,
	      unsigned long npages, bool write, struct page **pages);
bool pin_hugetlb(const struct pin_source *src, unsigned long index,
		 unsigned long npages, struct page **page);
void pin_release(struct page **pages, unsigned long npages, bool dirty);
void pin_release_run(struct page *page, unsigned long npages, bool dirty);

#endif /* __IOMMUFD_MEMORY_PIN_H */
