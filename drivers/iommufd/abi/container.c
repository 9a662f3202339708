// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts of VFIO containers, for vfio_iommufd.ko: with one IOAS, and without a
 * descriptor.
 */
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/module.h>

#include "iommufd/abi/file.h"
#include "iommufd/abi/type1.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/ioas/ioas.h"

/**
 * iommufd_type1_create() - the context of a container, with its IOAS
 * @type: VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU
 * @any_pfnmap: let it map memory without struct pages of any driver, and not only
 *	registers of VFIO devices
 * @ioas_id: set to the id of the IOAS
 *
 * Memory is charged to the process that maps it, as containers always did.
 *
 * Return: the context, for iommufd_ctx_put(), or an ERR_PTR: -EINVAL for
 * another type, -ENOMEM, -ENFILE.
 */
struct iommufd_ctx *iommufd_type1_create(unsigned long type, bool any_pfnmap,
					 u32 *ioas_id)
{
	struct iommufd_ctx *ictx = ctx_create();
	struct ioas *ioas;
	int rc;

	if (IS_ERR(ictx))
		return ictx;
	ictx->rlimit_mm = true;
	ictx->is_container = true;
	ictx->any_pfnmap = any_pfnmap;
	ioas = ioas_create(ictx);
	if (IS_ERR(ioas)) {
		rc = PTR_ERR(ioas);
		goto err_put;
	}
	*ioas_id = ioas->obj.id;
	object_publish(&ioas->obj);
	type1_set_ioas(ictx, ioas);
	rc = type1_set_iommu(ioas, type);
	object_unuse(&ioas->obj);
	if (rc)
		goto err_put;
	return ictx;

err_put:
	ctx_put(ictx);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(iommufd_type1_create);
