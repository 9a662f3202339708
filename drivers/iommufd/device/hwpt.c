// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page table objects: a domain that user space can name.
 *
 * A page table is filled once its domain is settled: at once, or after its
 * first attach, see struct domain.  ioas->hwpts_lock guards the list of them.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/iommu/domain.h"

static void hwpt_destroy(struct object *obj)
{
	struct hwpt *hwpt = container_of(obj, struct hwpt, obj);
	struct ioas *ioas = hwpt->ioas;

	mutex_lock(&ioas->hwpts_lock);
	list_del_init(&hwpt->node);
	mutex_unlock(&ioas->hwpts_lock);

	if (hwpt->filled)
		ioas_remove_domain(ioas, &hwpt->domain);
	else
		domain_free(&hwpt->domain);
	object_unuse(&ioas->obj);
}

/**
 * hwpt_create - an empty page table
 * @ioas: what it is to hold; the caller holds its hwpts_lock
 * @dev: the device that it is for
 * @automatic: it goes with its last user
 *
 * The caller has a use of it from now on.  Followed by hwpt_publish() and, in the
 * end, hwpt_unuse(); or by hwpt_abort().
 *
 * Return: the page table with its id reserved, or an ERR_PTR.
 */
struct hwpt *hwpt_create(struct ioas *ioas, struct device *dev, bool automatic)
{
	struct hwpt *hwpt;
	int rc;

	lockdep_assert_held(&ioas->hwpts_lock);

	hwpt = kzalloc(sizeof(*hwpt), GFP_KERNEL_ACCOUNT);
	if (!hwpt)
		return ERR_PTR(-ENOMEM);
	hwpt->ioas = ioas;
	hwpt->automatic = automatic;
	INIT_LIST_HEAD(&hwpt->node);

	rc = object_reserve(ioas->obj.ictx, &hwpt->obj, OBJECT_HWPT,
			    hwpt_destroy);
	if (rc)
		goto err_free;
	rc = -ENOENT;
	if (!object_use(&ioas->obj))
		goto err_abort;
	rc = domain_init(&hwpt->domain, dev, ioas->obj.ictx->quota);
	if (rc)
		goto err_unuse;
	return hwpt;

err_unuse:
	object_unuse(&ioas->obj);
err_abort:
	object_abort(&hwpt->obj);
err_free:
	kfree(hwpt);
	return ERR_PTR(rc);
}

/**
 * hwpt_fill - settle the domain and put all of the IOAS into it
 * @hwpt: a page table; the caller holds hwpts_lock of its IOAS
 *
 * Return: 0, also where it is filled already; as ioas_add_domain() otherwise.
 */
int hwpt_fill(struct hwpt *hwpt)
{
	int rc;

	lockdep_assert_held(&hwpt->ioas->hwpts_lock);

	if (hwpt->filled)
		return 0;
	rc = domain_settle(&hwpt->domain);
	if (!rc)
		rc = ioas_add_domain(hwpt->ioas, &hwpt->domain);
	hwpt->filled = !rc;
	return rc;
}

/**
 * hwpt_publish - let user space and other devices find a page table
 * @hwpt: from hwpt_create(); the caller holds hwpts_lock of its IOAS, and still has
 *	its use of it
 */
void hwpt_publish(struct hwpt *hwpt)
{
	lockdep_assert_held(&hwpt->ioas->hwpts_lock);

	list_add_tail(&hwpt->node, &hwpt->ioas->hwpts);
	object_publish(&hwpt->obj);
}

/**
 * hwpt_abort - undo hwpt_create()
 * @hwpt: never published, with no device attached
 */
void hwpt_abort(struct hwpt *hwpt)
{
	if (hwpt->filled)
		ioas_remove_domain(hwpt->ioas, &hwpt->domain);
	else
		domain_free(&hwpt->domain);
	object_unuse(&hwpt->ioas->obj);
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
