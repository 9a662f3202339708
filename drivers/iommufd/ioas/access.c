// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses: kernel users that reach the memory of an IOAS from the CPU.
 *
 * Pins of an access are counted in the areas that they lie in; UNMAP asks the
 * owner to drop them and waits.  access->lock is held over pinning, so that a
 * detach finds all pins, and never over a call to the owner, who unpins from
 * inside it.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/slice.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/memory/cpu.h"
#include "iommufd/memory/mem.h"

/* ---- attach ---- */

/*
 * Let the owner drop all pins; called without access->lock.  As with UNMAP it
 * hears of one area at a time, since drivers go through a range page by page.
 */
static void access_drop_pins(struct iommufd_access *access, struct ioas *ioas)
{
	unsigned long first = 0, last;

	if (!access->ops->unmap)
		return;
	do {
		if (!area_next_pinned(ioas, &first, &last))
			return;
		access->ops->unmap(access->data, first, last - first + 1);
		first = last + 1;
	} while (first);
}

static void access_leave(struct iommufd_access *access, struct ioas *old)
{
	mutex_unlock(&access->lock);
	access_drop_pins(access, old);
	mutex_lock(&access->lock);
	ioas_remove_access(old, access);
	object_unuse(&old->obj);
}

/* Go from one IOAS, or none, to another, or none. */
static int access_change(struct iommufd_access *access, struct ioas *new)
{
	struct ioas *old = access->ioas;
	int rc;

	lockdep_assert_held(&access->lock);

	/* Another thread is asking for the pins to go. */
	if (old != access->unpin_ioas)
		return -EBUSY;
	if (old == new)
		return 0;
	if (new) {
		if (!object_use(&new->obj))
			return -ENOENT;
		rc = ioas_add_access(new, access);
		if (rc) {
			object_unuse(&new->obj);
			return rc;
		}
	}
	access->ioas = NULL;
	if (old)
		access_leave(access, old);
	access->ioas = new;
	WRITE_ONCE(access->unpin_ioas, new);
	return 0;
}

static int access_change_id(struct iommufd_access *access, u32 ioas_id,
			    bool attached)
{
	struct ioas *ioas = ioas_get(access->obj.ictx, ioas_id);
	int rc = attached ? -ENOENT : -EINVAL;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	mutex_lock(&access->lock);
	if (!!access->unpin_ioas == attached)
		rc = access_change(access, ioas);
	mutex_unlock(&access->lock);
	ioas_put(ioas);
	return rc;
}

/**
 * iommufd_access_attach() - let an access use an IOAS
 * @access: an access that is not attached
 * @ioas_id: the IOAS
 *
 * Return: 0, -ENOENT, -EINVAL where it is attached, -EADDRINUSE where it pins
 * pages and the IOAS has mappings that are not made of pages, -ENOMEM.
 */
int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id)
{
	return access_change_id(access, ioas_id, false);
}
EXPORT_SYMBOL_GPL(iommufd_access_attach);

/**
 * iommufd_access_replace() - change the IOAS of an access
 * @access: an access that is attached
 * @ioas_id: the new IOAS
 *
 * The owner's unmap callback is asked to drop all pins in between.
 *
 * Return: as iommufd_access_attach(); -ENOENT where it is not attached, too, -EBUSY
 * where another thread is at it.
 */
int iommufd_access_replace(struct iommufd_access *access, u32 ioas_id)
{
	return access_change_id(access, ioas_id, true);
}
EXPORT_SYMBOL_GPL(iommufd_access_replace);

/**
 * iommufd_access_detach() - take an access off its IOAS
 * @access: the access
 *
 * The owner's unmap callback is asked to drop all pins.
 */
void iommufd_access_detach(struct iommufd_access *access)
{
	mutex_lock(&access->lock);
	WARN_ON(access_change(access, NULL));
	mutex_unlock(&access->lock);
}
EXPORT_SYMBOL_GPL(iommufd_access_detach);

/* ---- the object ---- */

static void access_destroy_object(struct object *obj)
{
	WARN_ON(container_of(obj, struct iommufd_access, obj)->ioas);
}

/**
 * iommufd_access_create() - make an access
 * @ictx: the context; a reference is held until iommufd_access_destroy()
 * @ops: what its owner provides; stays valid until then
 * @data: for the callbacks of @ops
 * @id: set to its id
 *
 * Return: the access, or ERR_PTR(-ENOMEM).
 */
struct iommufd_access *
iommufd_access_create(struct iommufd_ctx *ictx,
		      const struct iommufd_access_ops *ops, void *data,
		      u32 *id)
{
	struct iommufd_access *access;
	int rc;

	access = kzalloc(sizeof(*access), GFP_KERNEL_ACCOUNT);
	if (!access)
		return ERR_PTR(-ENOMEM);
	access->ops = ops;
	access->data = data;
	mutex_init(&access->lock);
	rc = object_reserve(ictx, &access->obj, OBJECT_ACCESS,
			    access_destroy_object);
	if (rc) {
		kfree(access);
		return ERR_PTR(rc);
	}
	/* The use of it is the owner's, until it destroys it. */
	ctx_get(ictx);
	*id = access->obj.id;
	object_publish(&access->obj);
	return access;
}
EXPORT_SYMBOL_GPL(iommufd_access_create);

/**
 * iommufd_access_destroy() - undo iommufd_access_create()
 * @access: the access, detached by this if it is attached; not to be used any
 *	more
 */
void iommufd_access_destroy(struct iommufd_access *access)
{
	struct iommufd_ctx *ictx = access->obj.ictx;

	/* While the id is its own: the IOAS knows it by that. */
	iommufd_access_detach(access);
	object_remove(&access->obj);
	ctx_put(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_access_destroy);

/* ---- pin, unpin ---- */

static int access_prot(unsigned int flags)
{
	return flags & IOMMUFD_ACCESS_RW_WRITE ? IOMMU_WRITE : IOMMU_READ;
}

static void slice_pages(const struct slice *slice, unsigned long *first,
			unsigned long *last)
{
	*first = slice->offset >> PAGE_SHIFT;
	*last = (slice->offset + slice->length - 1) >> PAGE_SHIFT;
}

/* Pin the part of the range that lies in one area. */
static int access_pin_slice(struct ioas *ioas, unsigned long iova,
			    unsigned long last, int prot,
			    struct slice *slice, struct page **pages)
{
	unsigned long first_page, last_page;
	int rc;

	rc = slice_find(ioas, iova, last, prot, SLICE_PIN, slice);
	if (rc)
		return rc;
	slice_pages(slice, &first_page, &last_page);
	rc = mem_access_pin(slice->mem, first_page, last_page, pages);
	mem_put(slice->mem);
	if (rc)
		area_drop_pin(ioas, iova);
	return rc;
}

static void ioas_unpin_range(struct ioas *ioas, unsigned long iova,
			     unsigned long last)
{
	unsigned long first_page, last_page;
	struct slice slice;

	for (;;) {
		if (WARN_ON(!slice_find_pinned(ioas, iova, last, &slice)))
			return;
		slice_pages(&slice, &first_page, &last_page);
		mem_access_unpin(slice.mem, first_page, last_page);
		mem_put(slice.mem);
		area_drop_pin(ioas, iova);
		if (last - iova < slice.length)
			return;
		iova += slice.length;
		cond_resched();
	}
}

static int ioas_pin_range(struct ioas *ioas, unsigned long iova,
			  unsigned long last, int prot, struct page **pages)
{
	unsigned long first = iova, first_page, last_page;
	struct slice slice;
	int rc;

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	for (;;) {
		rc = access_pin_slice(ioas, iova, last, prot, &slice, pages);
		if (rc || last - iova < slice.length)
			break;
		slice_pages(&slice, &first_page, &last_page);
		pages += last_page - first_page + 1;
		iova += slice.length;
		cond_resched();
	}
	up_read(&ioas->topo);
	if (rc && iova != first)
		ioas_unpin_range(ioas, first, iova - 1);
	return rc;
}

/**
 * iommufd_access_pin_pages() - pin the memory behind a range of IOVA
 * @access: an attached access whose ops say needs_pin_pages
 * @iova: first IOVA
 * @length: bytes, not 0
 * @out_pages: out, one entry for each page that the range touches
 * @flags: IOMMUFD_ACCESS_RW_READ or _WRITE
 *
 * The pages stay until iommufd_access_unpin_pages() of the same range, which
 * the unmap callback asks for.
 *
 * Return: 0; -ENOENT where something is not mapped or the access is not
 * attached, -EPERM where it is mapped without the right, -EINVAL, also where it is
 * being unmapped, -EOVERFLOW,
 * -ENOMEM, -EFAULT, -EINTR.  On error nothing is pinned.
 */
int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova,
			     unsigned long length, struct page **out_pages,
			     unsigned int flags)
{
	unsigned long last;
	int rc;

	if (WARN_ON(!access->ops->needs_pin_pages || !access->ops->unmap))
		return -EINVAL;
	if (!length)
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;

	if (mutex_lock_killable(&access->lock))
		return -EINTR;
	if (access->ioas)
		rc = ioas_pin_range(access->ioas, iova, last,
				    access_prot(flags), out_pages);
	else
		rc = -ENOENT;
	mutex_unlock(&access->lock);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_access_pin_pages);

/**
 * iommufd_access_unpin_pages() - undo iommufd_access_pin_pages()
 * @access: the access
 * @iova: first IOVA, as it was pinned
 * @length: bytes, as they were pinned
 *
 * May be called from the unmap callback.
 */
void iommufd_access_unpin_pages(struct iommufd_access *access,
				unsigned long iova, unsigned long length)
{
	/* It does not change as long as there are pins. */
	struct ioas *ioas = READ_ONCE(access->unpin_ioas);
	unsigned long last;

	if (WARN_ON(!ioas || !length ||
		    check_add_overflow(iova, length - 1, &last)))
		return;
	ioas_unpin_range(ioas, iova, last);
}
EXPORT_SYMBOL_GPL(iommufd_access_unpin_pages);

/* ---- read, write ---- */

static int ioas_rw(struct ioas *ioas, unsigned long iova, void *data,
		   size_t len, bool write)
{
	unsigned long last = iova + len - 1;
	struct slice slice;
	int rc;

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	for (;;) {
		rc = slice_find(ioas, iova, last,
				write ? IOMMU_WRITE : IOMMU_READ, SLICE_RW,
				&slice);
		if (rc)
			break;
		rc = mem_rw(slice.mem, slice.offset, data, slice.length,
			    write);
		mem_put(slice.mem);
		if (rc || last - iova < slice.length)
			break;
		iova += slice.length;
		data += slice.length;
	}
	up_read(&ioas->topo);
	return rc;
}

/**
 * iommufd_access_rw() - read or write the memory behind a range of IOVA
 * @access: an attached access
 * @iova: first IOVA
 * @data: kernel memory
 * @len: bytes, not 0
 * @flags: IOMMUFD_ACCESS_RW_READ or _WRITE, and _KTHREAD, which changes
 *	nothing
 *
 * Return: as iommufd_access_pin_pages(); on error some of the bytes may have
 * been copied.
 */
int iommufd_access_rw(struct iommufd_access *access, unsigned long iova,
		      void *data, size_t len, unsigned int flags)
{
	unsigned long last;
	int rc;

	if (!len)
		return -EINVAL;
	if (check_add_overflow(iova, len - 1, &last))
		return -EOVERFLOW;

	if (mutex_lock_killable(&access->lock))
		return -EINTR;
	if (access->ioas)
		rc = ioas_rw(access->ioas, iova, data, len,
			     flags & IOMMUFD_ACCESS_RW_WRITE);
	else
		rc = -ENOENT;
	mutex_unlock(&access->lock);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_access_rw);
