// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts of VFIO containers: for vfio_iommufd.ko, with one IOAS, and without a
 * descriptor; and files of /dev/iommu that groups are put into.
 */
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/module.h>

#include "iommufd/abi/file.h"
#include "iommufd/abi/join.h"
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

/* As of user space: it has an id, and goes by DESTROY or with the file. */
static int type1_need_ioas(struct iommufd_ctx *ictx)
{
	struct ioas *ioas;
	u32 id;

	if (!iommufd_type1_ioas(ictx, &id))
		return 0;
	ioas = ioas_create(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	object_publish(&ioas->obj);
	type1_set_ioas(ictx, ioas);
	object_unuse(&ioas->obj);
	return 0;
}

/**
 * iommufd_type1_join() - the container of vfio.ko for groups that join a context
 * @ictx: the context; it gets an IOAS for the ioctls of containers if it has none
 * @join: opens a container, and is the same for all contexts
 *
 * Return: the file of the container, which stays until the context goes, or an
 * ERR_PTR: -ENOMEM, or of @join.
 */
struct file *iommufd_type1_join(struct iommufd_ctx *ictx,
				const struct iommufd_join *join)
{
	struct file *file = READ_ONCE(ictx->joined);
	int rc = type1_need_ioas(ictx);

	if (rc)
		return ERR_PTR(rc);
	if (file)
		return file;
	file = join->open();
	return IS_ERR(file) ? file : join_keep(ictx, file, join);
}
EXPORT_SYMBOL_GPL(iommufd_type1_join);
