/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of a device that a process has mapped, and whether they may be reached.
 */
#ifndef __IOMMUFD_MEMORY_WATCH_H
#define __IOMMUFD_MEMORY_WATCH_H

#include <linux/fs.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct compat_export;
struct watch;

/**
 * struct watch_kind - what is watched
 * @open: as watch_open()
 * @stop: as watch_stop()
 */
struct watch_kind {
	int (*open)(struct watch *watch);
	void (*stop)(struct watch *watch);
};

/**
 * struct watch_place - what a process has mapped at an address; for comparison alone
 * @file: of the mapping
 * @pgoff: in that, in pages; its driver says what it means
 */
struct watch_place {
	const void *file;
	unsigned long pgoff;
};

/**
 * struct watch - registers of a device, at addresses of a process or in what is exported
 * @kind: which of the two
 * @notifier: tells each change of the page tables there
 * @export: tells where they are, and each change of that
 * @lock: guards @open, @over and @pfn, and what its owner makes of the registers: held
 *	over the calls that put them into domains or take them out.  Never held while
 *	something sleeps
 * @open: they may be reached: the frames are those from @pfn on
 * @over: the mapping, or the process, has gone: it is never open again
 * @writable: devices are to write there
 * @any: also memory without struct pages of any other driver
 * @pfn: the first frame
 * @first: the first address, page aligned and without a tag; or where they begin in @export
 * @npages: how many; frames are adjacent
 * @place: of the first page; of an export only where it may be, as far as alignment goes
 * @close: called with @lock held when @open has become false.  When it returns no device
 *	reaches the registers.  It may drop the lock now and then where it is told that
 *	it may sleep
 */
struct watch {
	const struct watch_kind *kind;
	union {
		struct mmu_interval_notifier notifier;
		struct compat_export *export;
	};
	spinlock_t lock;	/* outside of domain->map_lock and of waiting_lock */
	bool open;
	bool over;
	bool writable;
	bool any;
	unsigned long pfn;
	unsigned long first;
	unsigned long npages;
	struct watch_place place;
	void (*close)(struct watch *watch, bool may_sleep);
};

void watch_set_files(const struct file_operations *fops);
bool watch_wants(unsigned long address);
int watch_init(struct watch *watch, const struct watch_kind *kind,
	       unsigned long start, unsigned long length, bool writable,
	       void (*close)(struct watch *watch, bool may_sleep));
int watch_start(struct watch *watch, unsigned long address,
		unsigned long length, bool writable, bool any,
		void (*close)(struct watch *watch, bool may_sleep));
void watch_stop(struct watch *watch);
int watch_open(struct watch *watch);
const struct mm_struct *watch_mm(const struct watch *watch);

#endif /* __IOMMUFD_MEMORY_WATCH_H */
