// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watch over registers that their driver has exported, as a dma-buf: it says itself when
 * they must not be reached, and no process need have them mapped.
 *
 * It says so when they are there again, too, but before they can be had: so then, as with
 * a mapping that is empty, they are looked for later.  The reservation lock of the buffer
 * is held where the driver says so, and while they are looked for: outside of watch->lock.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "compat/export.h"
#include "iommufd/memory/export.h"
#include "iommufd/memory/watch.h"

static void export_changed(void *data)
{
	struct watch *watch = data;

	spin_lock(&watch->lock);
	watch->open = false;
	watch->close(watch, true);
	spin_unlock(&watch->lock);
}

/* The frame of the first page; the reservation lock is held. */
static int export_find(struct watch *watch, unsigned long *pfn)
{
	phys_addr_t paddr;
	size_t length;
	int rc;

	rc = compat_export_find(watch->export, &paddr, &length);
	if (rc)
		return rc;
	if (!PAGE_ALIGNED(paddr) || watch->first >= length ||
	    watch->npages > PFN_UP(length - watch->first))
		return -EINVAL;
	*pfn = PHYS_PFN(paddr + watch->first);
	return 0;
}

/*
 * The driver waits with that lock held until all that users have added as fences is done,
 * for as long as they like.  A worker has others to look after, and comes again.
 */
static int export_lock(struct compat_export *export)
{
	if (current->flags & PF_KTHREAD)
		return compat_export_trylock(export) ? 0 : -EFAULT;
	compat_export_lock(export);
	return 0;
}

static int export_open(struct watch *watch)
{
	unsigned long pfn;
	int rc;

	rc = export_lock(watch->export);
	if (rc)
		return rc;
	rc = export_find(watch, &pfn);
	if (!rc) {
		spin_lock(&watch->lock);
		watch->pfn = pfn;
		watch->open = true;
		spin_unlock(&watch->lock);
	}
	compat_export_unlock(watch->export);
	return rc;
}

static void export_stop(struct watch *watch)
{
	compat_export_put(watch->export);
}

static const struct watch_kind export_kind = {
	.open = export_open,
	.stop = export_stop,
};

/**
 * export_start - watch registers that are exported
 * @watch: zeroed
 * @fd: a file descriptor of the caller
 * @start: first byte in that
 * @length: bytes, not 0
 * @writable: devices are to write there
 * @close: as of struct watch
 *
 * It is not open yet.
 *
 * Return: 0; -EINVAL where it is no dma-buf, or not as large; -EOVERFLOW, or the errors of
 * compat_export_get() and compat_export_find().
 */
int export_start(struct watch *watch, int fd, unsigned long start,
		 unsigned long length, bool writable,
		 void (*close)(struct watch *watch, bool may_sleep))
{
	struct compat_export *export;
	int rc;

	rc = watch_init(watch, &export_kind, start, length, writable, close);
	if (rc)
		return rc;
	export = compat_export_get(fd, export_changed, watch);
	if (IS_ERR(export))
		return PTR_ERR(export);
	watch->export = export;
	rc = -EINVAL;
	if (start + length - 1 < compat_export_size(export)) {
		compat_export_lock(export);
		rc = export_find(watch, &watch->place.pgoff);
		compat_export_unlock(export);
	}
	if (rc)
		export_stop(watch);
	return rc;
}
