// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page table objects: a domain that user space can name.
 *
 * A page table is filled once its domain is settled: at once, or after its
 * first attach, see struct domain.
 */
#include <linux/slab.h>

#include "iommufd.h"

static void hwpt_destroy(struct object *obj)
{
	struct hwpt *hwpt = container_of(obj, struct hwpt, obj);
	struct ioas *ioas = hwpt->ioas;

	mutex_lock(&ioas->hwpts_lock);
	list_del(&hwpt->node);
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
 * Followed by hwpt_publish() or hwpt_abort().
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

	rc = object_reserve(ioas->obj.ictx, &hwpt->obj, OBJECT_HWPT,
			    hwpt_destroy);
	if (rc)
		goto err_free;
	rc = -ENOENT;
	if (!object_use(&ioas->obj))
		goto err_abort;
	rc = domain_init(&hwpt->domain, dev);
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
 * @hwpt: from hwpt_create(); hwpts_lock is still held
 */
void hwpt_publish(struct hwpt *hwpt)
{
	list_add_tail(&hwpt->node, &hwpt->ioas->hwpts);
	object_publish(&hwpt->obj);
}

/**
 * hwpt_abort - undo hwpt_create()
 * @hwpt: from hwpt_create(), with no device attached
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

/**
 * hwpt_unuse - a device is no longer attached
 * @hwpt: its page table, which goes with the last device if it is automatic
 *
 * Context: no lock held.
 */
void hwpt_unuse(struct hwpt *hwpt)
{
	if (hwpt->automatic)
		object_unuse_last(&hwpt->obj);
	else
		object_unuse(&hwpt->obj);
}
