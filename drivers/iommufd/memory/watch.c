// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of devices (BARs) that a process has mapped, and whether they may be reached.
 *
 * Nobody counts these pages, so nothing can be pinned that would keep them from going to
 * somebody else.  What a process has is its mapping (a VMA).  That holds the file of the
 * device, and so keeps the device from others; and its driver empties it before registers
 * must not be reached: as decoding is turned off, at a reset, in low power.  So what is
 * made of such a mapping, for another device to reach, ends with it, and rests where it is
 * empty: an mmu_interval_notifier tells of either before it is done.
 *
 * Drivers of 6.1 empty only mappings that were faulted in since the last time.  So frames
 * are known from a fault, with changes before and after it told apart by the notifier, and
 * never from where the BAR is.
 *
 * Each time it is asked anew whether the mapping is that of a file of a VFIO device: of one
 * of vfio.ko's own, which a group gave, or of a character device.
 *
 * watch->lock guards whether a watch is open.  The callback takes it, and its owner takes
 * no lock in there that anybody holds over a fault or an allocation that waits: the thread
 * that empties the mapping holds locks that faults want.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat/mm.h"
#include "iommufd/memory/watch.h"

/* How often a page is faulted in that goes again, or is no use. */
#define FAULT_TRIES 16

/* Of the files of vfio_cdev.ko, while that is loaded; only ever compared. */
static const struct file_operations *cdev_files;

/**
 * watch_set_files - say which files are those of character devices
 * @fops: their operations; NULL before these go
 */
void watch_set_files(const struct file_operations *fops)
{
	WRITE_ONCE(cdev_files, fops);
}

/* Of all files of vfio.ko only those of devices can be read. */
static bool is_device_file(const struct file *file)
{
	const struct module *owner = file->f_op->owner;

	if (file->f_op == READ_ONCE(cdev_files))
		return true;
	return owner && file->f_op->read && !strcmp(owner->name, "vfio");
}

/* ---- what is mapped ---- */

static bool vma_is_fit(const struct vm_area_struct *vma,
		       const struct watch *watch)
{
	if (!(vma->vm_flags & VM_PFNMAP) || !(vma->vm_flags & VM_READ) ||
	    (watch->writable && !(vma->vm_flags & VM_WRITE)))
		return false;
	return watch->any ||
	       (vma->vm_file && (vma->vm_flags & VM_SHARED) &&
		is_device_file(vma->vm_file));
}

static struct watch_place vma_place(const struct vm_area_struct *vma,
				    unsigned long address)
{
	return (struct watch_place) {
		.file = vma->vm_file,
		.pgoff = vma->vm_pgoff +
			 ((address - vma->vm_start) >> PAGE_SHIFT),
	};
}

/* The mapping at @address, if it is fit, and has there what watch->place says. */
static struct vm_area_struct *look_up(struct mm_struct *mm,
				      const struct watch *watch,
				      unsigned long address)
{
	const struct watch_place *place = &watch->place;
	struct vm_area_struct *vma = vma_lookup(mm, address);
	struct watch_place here;

	if (!vma || !vma_is_fit(vma, watch))
		return NULL;
	here = vma_place(vma, address);
	if (here.file != place->file ||
	    here.pgoff - place->pgoff != (address - watch->first) >> PAGE_SHIFT)
		return NULL;
	return vma;
}

/*
 * The frame of one page.  A fault may drop mmap_lock: then the mapping may be another
 * one, and is looked up anew.
 */
static int find_frame(struct mm_struct *mm, const struct watch *watch,
		      unsigned long address, unsigned long *pfn)
{
	unsigned int tries = 0;
	struct vm_area_struct *vma;
	bool unlocked;
	int rc;

	for (;;) {
		vma = look_up(mm, watch, address);
		if (!vma)
			return -ENXIO;
		rc = compat_follow_pfn(vma, address, watch->writable, pfn);
		if (!rc)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (tries++ == FAULT_TRIES)
			return -EFAULT;
		unlocked = false;
		rc = fixup_user_fault(mm, address, watch->writable ?
				      FAULT_FLAG_WRITE : 0, &unlocked);
		if (rc)
			return rc;
		cond_resched();
	}
	/* Pages that somebody counts are pinned, or not mapped at all. */
	if (pfn_valid(*pfn) && !PageReserved(pfn_to_page(*pfn)))
		return -ENXIO;
	return 0;
}

/* Is a page at its place behind the first one? */
static int check_frame(struct mm_struct *mm, const struct watch *watch,
		       unsigned long address, unsigned long first_pfn)
{
	unsigned long pfn;
	int rc = find_frame(mm, watch, address, &pfn);

	if (rc)
		return rc;
	return pfn - first_pfn == (address - watch->first) >> PAGE_SHIFT ?
	       0 : -ENXIO;
}

/*
 * Drivers of VFIO map a region as a whole, at adjacent frames: the first and the last page
 * of each mapping are looked at.  Of others nothing is known: each page is.
 */
static int look_through(struct mm_struct *mm, const struct watch *watch,
			unsigned long first_pfn)
{
	unsigned long last = watch->first + ((watch->npages - 1) << PAGE_SHIFT);
	unsigned long address = watch->first;
	struct vm_area_struct *vma;
	int rc;

	for (;;) {
		rc = check_frame(mm, watch, address, first_pfn);
		if (rc || address == last)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		vma = vma_lookup(mm, address);
		if (watch->any || !vma || address == vma->vm_end - PAGE_SIZE)
			address += PAGE_SIZE;
		else
			address = min(last, vma->vm_end - PAGE_SIZE);
	}
}

/*
 * A process can keep its mmap_lock for as long as it likes: munmap of a file of FUSE waits
 * for a daemon of its own.  A worker has others to look after, and comes again.
 */
static int watch_lock_mm(struct mm_struct *mm)
{
	if (current->flags & PF_KTHREAD)
		return mmap_read_trylock(mm) ? 0 : -EFAULT;
	return mmap_read_lock_killable(mm);
}

/*
 * Fault all of it in and find the first frame: -ENXIO where it is not, or no longer, what
 * can be watched, -EFAULT where it is, but can't be reached now.
 */
static int watch_look(struct watch *watch, unsigned long *pfn)
{
	struct mm_struct *mm = watch->notifier.mm;
	int rc;

	if (!mmget_not_zero(mm))
		return -ENXIO;
	rc = watch_lock_mm(mm);
	if (!rc) {
		rc = find_frame(mm, watch, watch->first, pfn);
		if (!rc)
			rc = look_through(mm, watch, *pfn);
		mmap_read_unlock(mm);
	}
	/* The last user of an mm may be the one who unmaps what is watched. */
	mmput_async(mm);
	return rc;
}

/* ---- the watch ---- */

static bool watch_invalidate(struct mmu_interval_notifier *notifier,
			     const struct mmu_notifier_range *range,
			     unsigned long seq)
{
	struct watch *watch = container_of(notifier, struct watch, notifier);

	/* Which pages have been written to is of no interest here. */
	if (range->event == MMU_NOTIFY_SOFT_DIRTY)
		return true;
	spin_lock(&watch->lock);
	mmu_interval_set_seq(notifier, seq);
	watch->open = false;
	watch->over |= range->event == MMU_NOTIFY_UNMAP ||
		       range->event == MMU_NOTIFY_RELEASE;
	watch->close(watch, mmu_notifier_range_blockable(range));
	spin_unlock(&watch->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = watch_invalidate,
};

/**
 * watch_wants - may an address of the calling process be that of registers
 * @address: the address
 *
 * For a quick look: what can be watched is found out by watch_start().
 */
bool watch_wants(unsigned long address)
{
	struct mm_struct *mm = current->mm;
	const struct vm_area_struct *vma;
	bool wants;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, untagged_addr(address));
	wants = vma && vma->vm_flags & VM_PFNMAP;
	mmap_read_unlock(mm);
	return wants;
}

/**
 * watch_init - begin to make a watch, of whichever kind
 * @watch: zeroed
 * @kind: which
 * @start: first byte: an address without a tag, or where they begin in an export
 * @length: bytes, not 0
 * @writable: devices are to write there
 * @close: as of struct watch
 *
 * Return: 0 or -EOVERFLOW.
 */
int watch_init(struct watch *watch, const struct watch_kind *kind,
	       unsigned long start, unsigned long length, bool writable,
	       void (*close)(struct watch *watch, bool may_sleep))
{
	unsigned long last;

	if (check_add_overflow(start, length - 1, &last))
		return -EOVERFLOW;
	spin_lock_init(&watch->lock);
	watch->kind = kind;
	watch->first = start & PAGE_MASK;
	watch->npages = (last >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1;
	watch->writable = writable;
	watch->close = close;
	return 0;
}

/* What the process has mapped there, throughout, or -ENXIO. */
static int watch_find_place(struct watch *watch)
{
	unsigned long last = watch->first + ((watch->npages - 1) << PAGE_SHIFT);
	unsigned long address = watch->first;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int rc = -ENXIO;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, address);
	if (vma)
		watch->place = vma_place(vma, address);
	while (vma) {
		vma = look_up(mm, watch, address);
		if (!vma)
			break;
		if (vma->vm_end > last) {
			rc = 0;
			break;
		}
		address = vma->vm_end;
	}
	mmap_read_unlock(mm);
	return rc;
}

/* Fault all of it in; see watch_open(). */
static int mapping_open(struct watch *watch)
{
	unsigned long seq, pfn;
	bool done;
	int rc;

	do {
		seq = mmu_interval_read_begin(&watch->notifier);
		rc = watch_look(watch, &pfn);
		if (rc)
			return rc;
		spin_lock(&watch->lock);
		done = !mmu_interval_read_retry(&watch->notifier, seq);
		if (done && !watch->over) {
			watch->pfn = pfn;
			watch->open = true;
		}
		spin_unlock(&watch->lock);
		cond_resched();
	} while (!done && !fatal_signal_pending(current));
	return done ? 0 : -EINTR;
}

/* Waits for a callback that runs, and for what it tells of. */
static void mapping_stop(struct watch *watch)
{
	mmu_interval_notifier_remove(&watch->notifier);
}

static const struct watch_kind mapping_kind = {
	.open = mapping_open,
	.stop = mapping_stop,
};

/**
 * watch_start - watch registers that the calling process has mapped
 * @watch: zeroed
 * @address: first byte
 * @length: bytes, not 0
 * @writable: devices are to write there
 * @any: take such memory of any driver, not of VFIO's alone
 * @close: as of struct watch
 *
 * It is not open yet.
 *
 * Context: may sleep, and takes mmap_lock, for writing, too.
 *
 * Return: 0; -ENXIO where there is anything else, -EOVERFLOW, -ENOMEM, -EINTR.
 */
int watch_start(struct watch *watch, unsigned long address,
		unsigned long length, bool writable, bool any,
		void (*close)(struct watch *watch, bool may_sleep))
{
	int rc;

	rc = watch_init(watch, &mapping_kind, untagged_addr(address), length,
			writable, close);
	if (rc)
		return rc;
	watch->any = any;
	rc = watch_find_place(watch);
	if (rc)
		return rc;
	return mmu_interval_notifier_insert(&watch->notifier, current->mm,
					    watch->first,
					    watch->npages << PAGE_SHIFT,
					    &notifier_ops);
}

/**
 * watch_stop - undo watch_start(), or export_start()
 * @watch: the watch; its lock is not held
 *
 * Context: may sleep: waits for a callback that runs.
 */
void watch_stop(struct watch *watch)
{
	watch->kind->stop(watch);
}

/**
 * watch_open - find registers, and let them be reached until they go
 * @watch: the watch
 *
 * Whether they are still there is known with watch->lock held, from watch->open.
 *
 * Context: may sleep, as page faults may; takes mmap_lock of the process, which need not
 * be the calling one.  A kernel thread does not wait for that: -EFAULT.
 *
 * Return: 0; -EFAULT where the device does not decode addresses now; -ENXIO where the
 * process has no such mapping, for now or, with watch->over, for ever; -ENOMEM, -EINTR; or
 * the exporter's error.
 */
int watch_open(struct watch *watch)
{
	return watch->kind->open(watch);
}

/**
 * watch_mm - whose mapping is watched
 * @watch: the watch
 *
 * Return: for comparison alone; NULL where it is what a driver has exported.
 */
const struct mm_struct *watch_mm(const struct watch *watch)
{
	return watch->kind == &mapping_kind ? watch->notifier.mm : NULL;
}
