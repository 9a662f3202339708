// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts: made blank, and references on them for other modules.
 */
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>

#include "iommufd/base/context.h"

/**
 * context_init - a context of which nobody knows yet
 * @ictx: zeroed; who makes it says whose quota counts, and which file it is
 */
void context_init(struct iommufd_ctx *ictx)
{
	xa_init_flags(&ictx->objects, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	mutex_init(&ictx->groups_lock);
	INIT_LIST_HEAD(&ictx->groups);
	init_rwsem(&ictx->carry_lock);
	spin_lock_init(&ictx->account_lock);
	spin_lock_init(&ictx->share_lock);
	ictx->shares = RB_ROOT_CACHED;
	mutex_init(&ictx->view_lock);
}

/**
 * iommufd_ctx_get() - take a reference on a context
 * @ictx: a context that the caller has a reference on
 */
void iommufd_ctx_get(struct iommufd_ctx *ictx)
{
	ctx_get(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_ctx_get);

/**
 * iommufd_ctx_put() - drop a reference on a context
 * @ictx: the context
 */
void iommufd_ctx_put(struct iommufd_ctx *ictx)
{
	ctx_put(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_ctx_put);
