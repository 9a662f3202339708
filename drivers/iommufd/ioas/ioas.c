// SPDX-License-Identifier: GPL-2.0-only
/*
 * IO address spaces as objects.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/iova.h"
#include "iommufd/ioas/unmap.h"

static void ioas_destroy_object(struct object *obj)
{
	struct ioas *ioas = container_of(obj, struct ioas, obj);

	xa_lock(&obj->ictx->objects);
	if (obj->ictx->type1_ioas == ioas)
		obj->ictx->type1_ioas = NULL;
	xa_unlock(&obj->ictx->objects);
	ioas_clear(ioas);
	WARN_ON(ioas->ndomains || !xa_empty(&ioas->accesses) ||
		!list_empty(&ioas->hwpts));
	iova_space_destroy(&ioas->iova);
	xa_destroy(&ioas->accesses);
	kfree(ioas->domains);
}

/**
 * ioas_create - a new IOAS
 * @ictx: the context
 *
 * Followed by ioas_publish() or ioas_abort().
 *
 * Return: the IOAS with its id reserved, or an ERR_PTR: -ENOMEM.
 */
struct ioas *ioas_create(struct iommufd_ctx *ictx)
{
	struct ioas *ioas = kzalloc(sizeof(*ioas), GFP_KERNEL_ACCOUNT);
	int rc;

	if (!ioas)
		return ERR_PTR(-ENOMEM);
	init_rwsem(&ioas->topo);
	iova_space_init(&ioas->iova);
	mutex_init(&ioas->hwpts_lock);
	INIT_LIST_HEAD(&ioas->hwpts);
	xa_init_flags(&ioas->accesses, XA_FLAGS_ACCOUNT);
	spin_lock_init(&ioas->tree_lock);
	init_waitqueue_head(&ioas->access_wait);
	INIT_LIST_HEAD(&ioas->readings);
	init_waitqueue_head(&ioas->reading_wait);

	rc = object_reserve(ictx, &ioas->obj, OBJECT_IOAS,
			    ioas_destroy_object);
	if (rc) {
		kfree(ioas);
		return ERR_PTR(rc);
	}
	return ioas;
}

/**
 * ioas_publish - hand an IOAS over to user space
 * @ioas: from ioas_create(), whose id user space has been told
 */
void ioas_publish(struct ioas *ioas)
{
	object_publish(&ioas->obj);
	object_unuse(&ioas->obj);
}

/**
 * ioas_abort - undo ioas_create()
 * @ioas: never published
 */
void ioas_abort(struct ioas *ioas)
{
	object_abort(&ioas->obj);
	kfree(ioas);
}

/**
 * ioas_get - find an IOAS by its id
 * @ictx: the context
 * @id: its id
 *
 * Return: the IOAS, for ioas_put(), or ERR_PTR(-ENOENT).
 */
struct ioas *ioas_get(struct iommufd_ctx *ictx, u32 id)
{
	struct object *obj = object_get(ictx, id, OBJECT_IOAS);

	if (IS_ERR(obj))
		return ERR_CAST(obj);
	return container_of(obj, struct ioas, obj);
}

/**
 * ioas_put - end a use
 * @ioas: from ioas_get()
 */
void ioas_put(struct ioas *ioas)
{
	object_put(&ioas->obj);
}
