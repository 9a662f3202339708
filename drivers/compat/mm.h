/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels in memory management.
 */
#ifndef __COMPAT_MM_H
#define __COMPAT_MM_H

#include <linux/mm.h>
/* untagged_addr(), which older kernels have in linux/mm.h. */
#include <linux/uaccess.h>

struct file;

long compat_pin_user(struct mm_struct *mm, unsigned long address,
		     unsigned long npages, bool write, struct page **pages);
long compat_pin_file(struct file *file, unsigned long offset,
		     unsigned long npages, bool write, struct page **pages);
bool compat_file_pins_by_folio(void);
unsigned long compat_file_run(struct file *file, pgoff_t index,
			      struct page *page);
int compat_follow_pfn(struct vm_area_struct *vma, unsigned long address,
		      bool write, unsigned long *pfn);

#endif /* __COMPAT_MM_H */
