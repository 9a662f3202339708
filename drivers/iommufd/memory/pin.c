// SPDX-License-Identifier: GPL-2.0-only
/*
 * User pages and files to frames, and back.  Pins are long-term: the memory
 * stays where it is for as long as a device may reach it.
 *
 * Context: everything here may sleep and takes mmap_lock or a page lock.
 */
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <uapi/linux/fcntl.h>

#include "compat/mm.h"
#include "iommufd/memory/pin.h"

#define SEALS_AGAINST_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static unsigned int file_seals(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic == HUGETLBFS_MAGIC)
		return HUGETLBFS_I(inode)->seals;
	return SHMEM_I(inode)->seals;
}

/**
 * pin_check_file - may a file be mapped
 * @file: the file
 * @write: it is to be written
 *
 * That may change at once: what counts is what pin_pages() finds.
 *
 * Return: 0, -EINVAL where it is not memory (memfd, shmem, hugetlbfs), -EPERM
 * where its opening mode or its seals forbid it.
 */
int pin_check_file(struct file *file, bool write)
{
	struct inode *inode = file_inode(file);

	if (!S_ISREG(inode->i_mode) ||
	    (inode->i_sb->s_magic != HUGETLBFS_MAGIC &&
	     inode->i_sb->s_magic != TMPFS_MAGIC))
		return -EINVAL;
	if (!(file->f_mode & FMODE_READ))
		return -EPERM;
	if (write && (!(file->f_mode & FMODE_WRITE) ||
		      (file_seals(file) & SEALS_AGAINST_WRITE)))
		return -EPERM;
	return 0;
}

/**
 * pin_is_by_folio - does pin_pages() take one pin for each folio
 * @src: where the pages come from
 *
 * Return: true where one call pins each folio once, however many of its pages
 * it gives; false where each page has a pin of its own.
 */
bool pin_is_by_folio(const struct pin_source *src)
{
	return src->is_file && compat_file_pins_by_folio();
}

/*
 * A seal against writing may have come since the file was mapped, and may come
 * at any time.  While a writable mapping is counted, as mmap() counts one, there
 * is no F_SEAL_WRITE; after that it meets the pins, and is refused for them.
 */
static long pin_file(const struct pin_source *src, unsigned long offset,
		     unsigned long npages, struct page **pages)
{
	struct address_space *mapping = src->file->f_mapping;
	long n;

	if (src->writable && mapping_map_writable(mapping))
		return -EPERM;
	n = pin_check_file(src->file, src->writable);
	if (!n)
		n = compat_pin_file(src->file, offset, npages, src->writable,
				    pages);
	if (src->writable)
		mapping_unmap_writable(mapping);
	return n;
}

/**
 * pin_pages - pin pages
 * @src: where from
 * @index: first page
 * @npages: how many, at most CHUNK_PAGES
 * @pages: out, as many
 *
 * Return: pages pinned, maybe fewer than asked, or -EFAULT, -EPERM, -ENOMEM,
 * -EINTR.
 */
long pin_pages(const struct pin_source *src, unsigned long index,
	       unsigned long npages, struct page **pages)
{
	unsigned long address = src->start + (index << PAGE_SHIFT);

	if (src->is_file)
		return pin_file(src, address, npages, pages);
	return compat_pin_user(src->mm, address, npages, src->writable, pages);
}

/**
 * pin_user - pin pages of a process
 * @mm: the process
 * @address: of the first, page aligned
 * @npages: how many
 * @write: they will be written
 * @pages: out, as many
 *
 * Return: as pin_pages().
 */
long pin_user(struct mm_struct *mm, unsigned long address,
	      unsigned long npages, bool write, struct page **pages)
{
	return compat_pin_user(mm, address, npages, write, pages);
}

/**
 * pin_hugetlb - pin pages of one hugetlb page, by one pin
 * @src: where from
 * @index: first page
 * @npages: how many
 * @page: out, the first page
 *
 * A hugetlb page is mapped as a whole, so one pin names all of it.
 *
 * Return: true where @page is pinned and all of @npages lie behind it in one
 * hugetlb page; false with nothing pinned where not, or on any error.
 */
bool pin_hugetlb(const struct pin_source *src, unsigned long index,
		 unsigned long npages, struct page **page)
{
	struct folio *folio;

	if (pin_pages(src, index, 1, page) != 1)
		return false;
	folio = page_folio(*page);
	if (folio_test_hugetlb(folio) &&
	    folio_page_idx(folio, *page) + npages <= folio_nr_pages(folio))
		return true;
	pin_release(page, 1, false);
	return false;
}

/**
 * pin_release - drop one pin of each page
 * @pages: the pages
 * @npages: how many
 * @dirty: they were written to
 */
void pin_release(struct page **pages, unsigned long npages, bool dirty)
{
	unpin_user_pages_dirty_lock(pages, npages, dirty);
}

/**
 * pin_release_run - drop one pin of each page of a run of adjacent frames
 * @page: the first page
 * @npages: how many
 * @dirty: they were written to
 */
void pin_release_run(struct page *page, unsigned long npages, bool dirty)
{
	unpin_user_page_range_dirty_lock(page, npages, dirty);
}
