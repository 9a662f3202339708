// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long-term pins of user memory and of files, on each kernel.
 */
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "compat/mm.h"

/*
 * The kernel moves memory out of ZONE_MOVABLE and CMA before it pins that for
 * long.  It can't while another holds it, such as one who wants to pin it, too,
 * and then says -ENOMEM; whoever else is there goes on.  So who waits finds it
 * moved: for a quarter of a second in all, by which the answer is late where
 * there really is no memory.
 */
#define PIN_RETRIES 8

static bool pin_try_again(unsigned int *tries)
{
	if (*tries == PIN_RETRIES || fatal_signal_pending(current))
		return false;
	schedule_timeout_killable(msecs_to_jiffies(1 << (*tries)++));
	return true;
}

static long pin_remote(struct mm_struct *mm, unsigned long address,
		       unsigned long npages, unsigned int flags,
		       struct page **pages)
{
#ifdef HAVE_GUP_REMOTE_VMAS
	return pin_user_pages_remote(mm, address, npages, flags, pages, NULL,
				     NULL);
#else
	return pin_user_pages_remote(mm, address, npages, flags, pages, NULL);
#endif
}

/* One attempt in the mm of another process, if that is still alive. */
static long pin_foreign(struct mm_struct *mm, unsigned long address,
			unsigned long npages, unsigned int flags,
			struct page **pages)
{
	long n;

	if (!mmget_not_zero(mm))
		return -EFAULT;
	if (mmap_read_lock_killable(mm)) {
		n = -EINTR;
	} else {
		n = pin_remote(mm, address, npages, flags, pages);
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
	return n;
}

static __always_inline long pin_flags(struct mm_struct *mm,
				      unsigned long address,
				      unsigned long npages, unsigned int flags,
				      struct page **pages)
{
	if (mm == current->mm)
		return pin_user_pages_fast(address, npages, flags, pages);
	return pin_foreign(mm, address, npages, flags, pages);
}

#ifdef HAVE_GUP_READ_UNSHARES
static long pin_read(struct mm_struct *mm, unsigned long address,
		     unsigned long npages, struct page **pages)
{
	return pin_flags(mm, address, npages, FOLL_LONGTERM, pages);
}
#else
/* Is every byte of the range in a mapping that has @flag? */
static bool range_has(struct mm_struct *mm, unsigned long address,
		      unsigned long npages, unsigned long flag)
{
	unsigned long end = address + (npages << PAGE_SHIFT);
	struct vm_area_struct *vma;
	bool has = false;

	if (!mmget_not_zero(mm))
		return false;
	mmap_read_lock(mm);
	for (vma = find_vma(mm, address); vma && vma->vm_start <= address;
	     vma = find_vma(mm, address)) {
		if (!(vma->vm_flags & flag))
			break;
		address = vma->vm_end;
		if (address >= end) {
			has = true;
			break;
		}
	}
	mmap_read_unlock(mm);
	mmput_async(mm);
	return has;
}

/*
 * A read pin here would take a page of private memory that the process trades
 * for another at its next write.  A forced write pin takes its own copy now,
 * even where the process may not read.  A shared mapping never is copied.
 */
static long pin_read(struct mm_struct *mm, unsigned long address,
		     unsigned long npages, struct page **pages)
{
	long n;

	if (!range_has(mm, address, npages, VM_READ))
		return -EFAULT;
	n = pin_flags(mm, address, npages,
		      FOLL_LONGTERM | FOLL_WRITE | FOLL_FORCE, pages);
	if (n == -EFAULT && range_has(mm, address, npages, VM_SHARED))
		n = pin_flags(mm, address, npages, FOLL_LONGTERM, pages);
	return n;
}
#endif

/**
 * compat_pin_user - pin pages of a process for a long time
 * @mm: whose; held by mmgrab() at least
 * @address: of the first page, page aligned, without a tag
 * @npages: how many
 * @write: they will be written
 * @pages: out, as many
 *
 * Each page gets a pin of its own.  A page pinned to be read is the page that
 * the process goes on to see, also after it writes to it.
 *
 * Return: pages pinned, maybe fewer than asked, or -EFAULT, -ENOMEM, -EINTR.
 */
long compat_pin_user(struct mm_struct *mm, unsigned long address,
		     unsigned long npages, bool write, struct page **pages)
{
	unsigned int tries = 0;
	long n;

	do {
		if (write)
			n = pin_flags(mm, address, npages,
				      FOLL_LONGTERM | FOLL_WRITE, pages);
		else
			n = pin_read(mm, address, npages, pages);
	} while (n == -ENOMEM && pin_try_again(&tries));
	return n ? n : -EFAULT;
}

/* The place of @page in its file, in pages. */
static pgoff_t file_index(struct page *page)
{
	struct folio *folio = page_folio(page);
	pgoff_t index = READ_ONCE(folio->index);

#ifdef HAVE_HUGETLB_UNIT_INDEX
	if (folio_test_hugetlb(folio))
		index <<= folio_order(folio);
#endif
	return index + folio_page_idx(folio, page);
}

/**
 * compat_file_run - how far a file has the pages of a folio
 * @file: the file
 * @index: a place in it, in pages
 * @page: a page that is pinned
 *
 * A page that has left the page cache has no mapping any more.
 *
 * Return: how many pages of the folio of @page, from @page on, are those of
 * @file from @index on: 0 where @page is not.
 */
unsigned long compat_file_run(struct file *file, pgoff_t index,
			      struct page *page)
{
	struct folio *folio = page_folio(page);

	if (READ_ONCE(folio->mapping) != file->f_mapping ||
	    file_index(page) != index)
		return 0;
	return folio_nr_pages(folio) - folio_page_idx(folio, page);
}

#ifdef HAVE_MEMFD_PIN_FOLIOS
/* Folios that one call takes; more calls take the rest. */
#define FOLIO_BATCH 32

/**
 * compat_file_pins_by_folio - does compat_pin_file() pin each folio once
 */
bool compat_file_pins_by_folio(void)
{
	return true;
}

/**
 * compat_pin_file - pin pages of a memfd, shmem or hugetlbfs file
 * @file: the file
 * @offset: of the first page, page aligned, in bytes
 * @npages: how many
 * @write: they will be written; that the file allows it is checked before
 * @pages: out, as many
 *
 * See compat_file_pins_by_folio() for how many pins there are.
 *
 * Return: pages pinned, maybe fewer than asked, or -errno.
 */
long compat_pin_file(struct file *file, unsigned long offset,
		     unsigned long npages, bool write, struct page **pages)
{
	struct folio *folios[FOLIO_BATCH];
	unsigned long n = 0;
	unsigned int tries = 0;
	pgoff_t skip;	/* in bytes */
	long i, count;

	do
		count = memfd_pin_folios(file, offset,
					 offset + (npages << PAGE_SHIFT) - 1,
					 folios, FOLIO_BATCH, &skip);
	while (count == -ENOMEM && pin_try_again(&tries));
	if (count <= 0)
		return count ? count : -EFAULT;

	for (i = 0; i < count; i++) {
		unsigned long k = i ? 0 : skip >> PAGE_SHIFT;

		for (; k < folio_nr_pages(folios[i]); k++) {
			if (n == npages)
				break;
			pages[n++] = folio_page(folios[i], k);
		}
	}
	return n;
}
#else
bool compat_file_pins_by_folio(void)
{
	return false;
}

/* User space sees the mapping below, and may have put another in its place. */
static bool pages_are_of(struct page **pages, long n, struct file *file,
			 pgoff_t index)
{
	long i;

	for (i = 0; i < n; i++)
		if (!compat_file_run(file, index + i, pages[i]))
			return false;
	return true;
}

/*
 * Without memfd_pin_folios() the only way to a pin is through an address, so
 * the file is mapped for as long as the pin takes.
 */
long compat_pin_file(struct file *file, unsigned long offset,
		     unsigned long npages, bool write, struct page **pages)
{
	unsigned long unit = i_blocksize(file_inode(file));
	unsigned long start, length, address;
	long n;

	if (!current->mm)
		return -EFAULT;
	if (offset + (npages << PAGE_SHIFT) > i_size_read(file_inode(file)))
		return -EINVAL;
	unit = max_t(unsigned long, unit, PAGE_SIZE);
	start = ALIGN_DOWN(offset, unit);
	length = ALIGN(offset + (npages << PAGE_SHIFT), unit) - start;

	address = vm_mmap(file, 0, length,
			  PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED,
			  start);
	if (IS_ERR_VALUE(address))
		return address;
	n = compat_pin_user(current->mm, address + (offset - start), npages,
			    write, pages);
	vm_munmap(address, length);

	if (n > 0 && !pages_are_of(pages, n, file, offset >> PAGE_SHIFT)) {
		unpin_user_pages(pages, n);
		return -EFAULT;
	}
	return n;
}
#endif

/**
 * compat_follow_pfn - the frame that a page of device memory stands for
 * @vma: of VM_PFNMAP; mmap_lock is held
 * @address: within it
 * @write: it is to be written
 * @pfn: set to the frame
 *
 * Return: 0, -EFAULT where it may not be written, another error where nothing
 * is mapped there yet: a fault may help.
 */
#ifdef HAVE_FOLLOW_PFNMAP
int compat_follow_pfn(struct vm_area_struct *vma, unsigned long address,
		      bool write, unsigned long *pfn)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = address };
	int rc = follow_pfnmap_start(&args);

	if (rc)
		return rc;
	*pfn = args.pfn;
	if (write && !args.writable)
		rc = -EFAULT;
	follow_pfnmap_end(&args);
	return rc;
}
#else
int compat_follow_pfn(struct vm_area_struct *vma, unsigned long address,
		      bool write, unsigned long *pfn)
{
	spinlock_t *lock;	/* of the page table */
	pte_t *pte;
	int rc = follow_pte(vma->vm_mm, address, &pte, &lock);

	if (rc)
		return rc;
	__acquire(lock);	/* by follow_pte(), which does not say so */
	*pfn = pte_pfn(*pte);
	if (write && !pte_write(*pte))
		rc = -EFAULT;
	pte_unmap_unlock(pte, lock);
	return rc;
}
#endif
