// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page table objects: a domain that user space can name.
 *
 * A page table is filled once its domain is settled: at once, or after its
 * first attach, see struct domain.  ioas->hwpts_lock guards the list of them.
 *
 * One that is nested stands on another, and is never filled: user space writes the
 * table.  All that concerns the IOAS goes by that of its parent.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/ioas/dirty.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/iommu/domain.h"

/* What it stands on. */
static struct object *hwpt_base(const struct hwpt *hwpt)
{
	return hwpt->parent ? &hwpt->parent->obj : &hwpt->ioas->obj;
}

/* With its domain it leaves what it stands on. */
static void hwpt_release(struct hwpt *hwpt)
{
	if (hwpt->filled)
		ioas_remove_domain(hwpt->ioas, &hwpt->domain);
	else
		domain_free(&hwpt->domain);
	object_unuse(hwpt_base(hwpt));
}

static void hwpt_destroy(struct object *obj)
{
	struct hwpt *hwpt = container_of(obj, struct hwpt, obj);

	mutex_lock(&hwpt->ioas->hwpts_lock);
	list_del_init(&hwpt->node);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	hwpt_release(hwpt);
}

/* With its id, on what it stands on; without its domain. */
static struct hwpt *hwpt_reserve(struct ioas *ioas, struct hwpt *parent)
{
	struct hwpt *hwpt = kzalloc(sizeof(*hwpt), GFP_KERNEL_ACCOUNT);
	int rc;

	if (!hwpt)
		return ERR_PTR(-ENOMEM);
	hwpt->ioas = ioas;
	hwpt->parent = parent;
	INIT_LIST_HEAD(&hwpt->node);
	rc = object_reserve(ioas->obj.ictx, &hwpt->obj,
			    parent ? OBJECT_NESTED : OBJECT_HWPT, hwpt_destroy);
	if (rc)
		goto err_free;
	rc = -ENOENT;
	if (!object_use(hwpt_base(hwpt)))
		goto err_abort;
	return hwpt;

err_abort:
	object_abort(&hwpt->obj);
err_free:
	kfree(hwpt);
	return ERR_PTR(rc);
}

/* Undo hwpt_reserve(). */
static void hwpt_forget(struct hwpt *hwpt)
{
	object_unuse(hwpt_base(hwpt));
	object_abort(&hwpt->obj);
	kfree(hwpt);
}

/**
 * hwpt_create - an empty page table
 * @ioas: what it is to hold; the caller holds its hwpts_lock
 * @dev: the device that it is for
 * @flags: what it must be able to do, of enum iommufd_hwpt_alloc_flags
 * @automatic: it goes with its last user
 *
 * The caller has a use of it from now on.  Followed by hwpt_publish() and, in the
 * end, hwpt_unuse(); or by hwpt_abort().
 *
 * Return: the page table with its id reserved, or an ERR_PTR.
 */
struct hwpt *hwpt_create(struct ioas *ioas, struct device *dev, u32 flags,
			 bool automatic)
{
	struct hwpt *hwpt;
	int rc;

	lockdep_assert_held(&ioas->hwpts_lock);

	hwpt = hwpt_reserve(ioas, NULL);
	if (IS_ERR(hwpt))
		return hwpt;
	hwpt->automatic = automatic;
	hwpt->nests = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	hwpt->takes_pasids = flags & IOMMU_HWPT_ALLOC_PASID;
	rc = domain_init(&hwpt->domain, dev, flags, ioas->obj.ictx->quota);
	if (rc) {
		hwpt_forget(hwpt);
		return ERR_PTR(rc);
	}
	return hwpt;
}

/* May a page table for a device be nested on it? */
static bool hwpt_is_parent(struct hwpt *hwpt, struct device *dev)
{
	bool filled;

	if (!hwpt->nests || !domain_fits(&hwpt->domain, dev))
		return false;
	/* Before, a device that is attached to the nested one would reach nothing. */
	mutex_lock(&hwpt->ioas->hwpts_lock);
	filled = hwpt->filled;
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	return filled;
}

/**
 * hwpt_create_nested - a page table that user space writes
 * @parent: translates what that points to; the caller uses it
 * @dev: the device that it is for
 * @flags: IOMMU_HWPT_ALLOC_PASID, or 0
 * @data: the table
 *
 * As of hwpt_create(), but for the lock: the driver reads from user memory, so none
 * is held.
 *
 * Return: the page table with its id reserved, or an ERR_PTR: -EINVAL where @parent
 * was not made for that, or is another driver's, or is not filled yet; or as
 * domain_init_nested().
 */
struct hwpt *hwpt_create_nested(struct hwpt *parent, struct device *dev,
				u32 flags,
				const struct compat_user_data *data)
{
	struct hwpt *hwpt;
	int rc;

	if (!hwpt_is_parent(parent, dev))
		return ERR_PTR(-EINVAL);
	hwpt = hwpt_reserve(parent->ioas, parent);
	if (IS_ERR(hwpt))
		return hwpt;
	hwpt->takes_pasids = flags & IOMMU_HWPT_ALLOC_PASID;
	rc = domain_init_nested(&hwpt->domain, dev, &parent->domain, flags,
				data);
	if (rc) {
		hwpt_forget(hwpt);
		return ERR_PTR(rc);
	}
	return hwpt;
}

/**
 * hwpt_fill - settle the domain and put all of the IOAS into it
 * @hwpt: a page table; the caller holds hwpts_lock of its IOAS
 *
 * Return: 0, also where it is filled already, or nested; as ioas_add_domain()
 * otherwise.
 */
int hwpt_fill(struct hwpt *hwpt)
{
	int rc;

	lockdep_assert_held(&hwpt->ioas->hwpts_lock);

	if (hwpt->filled || hwpt->parent)
		return 0;
	rc = domain_settle(&hwpt->domain);
	if (!rc)
		rc = ioas_add_domain(hwpt->ioas, &hwpt->domain);
	hwpt->filled = !rc;
	return rc;
}

/**
 * hwpt_publish - let user space and other devices find a page table
 * @hwpt: just made; the caller holds hwpts_lock of its IOAS, and still has
 *	its use of it
 */
void hwpt_publish(struct hwpt *hwpt)
{
	lockdep_assert_held(&hwpt->ioas->hwpts_lock);

	if (!hwpt->parent)
		list_add_tail(&hwpt->node, &hwpt->ioas->hwpts);
	object_publish(&hwpt->obj);
}

/**
 * hwpt_abort - undo hwpt_create() or hwpt_create_nested()
 * @hwpt: never published, with no device attached
 */
void hwpt_abort(struct hwpt *hwpt)
{
	hwpt_release(hwpt);
	object_abort(&hwpt->obj);
	kfree(hwpt);
}

/* Give up a use; true where the page table has to be given back by object_put(). */
static bool hwpt_leave(struct hwpt *hwpt)
{
	if (hwpt->automatic)
		return object_unuse_last(&hwpt->obj);
	object_unuse(&hwpt->obj);
	return false;
}

/**
 * hwpt_unuse - give up a use of a page table
 * @hwpt: the page table, which goes with its last use if it is automatic
 *
 * Context: no lock held.
 */
void hwpt_unuse(struct hwpt *hwpt)
{
	if (hwpt_leave(hwpt))
		object_put(&hwpt->obj);
}

/**
 * hwpt_unuse_locked - hwpt_unuse() by who holds hwpts_lock
 * @hwpt: the page table
 * @gone: where it is put if it has to go, for hwpts_free()
 */
void hwpt_unuse_locked(struct hwpt *hwpt, struct list_head *gone)
{
	lockdep_assert_held(&hwpt->ioas->hwpts_lock);

	if (hwpt_leave(hwpt))
		list_move(&hwpt->node, gone);
}

/**
 * hwpts_free - free page tables that nobody uses any more
 * @gone: of hwpt_unuse_locked()
 *
 * Context: no lock held.
 */
void hwpts_free(struct list_head *gone)
{
	struct hwpt *hwpt, *next;

	list_for_each_entry_safe(hwpt, next, gone, node) {
		list_del_init(&hwpt->node);
		object_put(&hwpt->obj);
	}
}

/**
 * hwpts_are_coherent - does no-snoop DMA snoop, in all page tables
 * @ioas: of which
 *
 * Return: 1, 0, or -EINTR.
 */
int hwpts_are_coherent(struct ioas *ioas)
{
	struct hwpt *hwpt;
	int coherent = 1;

	if (mutex_lock_killable(&ioas->hwpts_lock))
		return -EINTR;
	list_for_each_entry(hwpt, &ioas->hwpts, node)
		coherent &= hwpt->domain.coherent;
	mutex_unlock(&ioas->hwpts_lock);
	return coherent;
}

/**
 * hwpt_track - let devices mark what they write, or no longer
 * @hwpt: a page table that the caller uses, not a nested one
 * @enable: they shall; nothing is marked before
 *
 * Return: 0, -EOPNOTSUPP where it was not made for that, -EINTR, or the driver's error.
 */
int hwpt_track(struct hwpt *hwpt, bool enable)
{
	int rc;

	if (!hwpt->domain.tracks)
		return -EOPNOTSUPP;
	if (mutex_lock_killable(&hwpt->ioas->hwpts_lock))
		return -EINTR;
	rc = ioas_track_dirty(hwpt->ioas, &hwpt->domain, enable);
	if (!rc)
		WRITE_ONCE(hwpt->tracking, enable);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	return rc;
}
