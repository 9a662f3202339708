// SPDX-License-Identifier: GPL-2.0-only
/*
 * References on a context, for other modules.
 */
#include <linux/iommufd.h>
#include <linux/module.h>

#include "iommufd/base/context.h"

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
