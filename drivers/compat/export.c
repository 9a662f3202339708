// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers that the driver of a VFIO device has exported as a dma-buf.
 *
 * Only vfio-pci says where an export is, to a module of our name, by a function that is
 * looked up: it may not be loaded.  The reservation lock of the buffer is held where it
 * calls back, and where it is asked.
 */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "compat/export.h"

MODULE_IMPORT_NS("DMA_BUF");

/**
 * struct compat_export - a dma-buf that is used
 * @buf: a reference
 * @attach: by which it is
 * @changed: called with the reservation lock held as its registers come or go
 * @data: for @changed
 */
struct compat_export {
	struct dma_buf *buf;
	struct dma_buf_attachment *attach;
	void (*changed)(void *data);
	void *data;
};

/* Who attaches: a name, never registered. */
static struct device *user;

static void user_release(struct device *dev)
{
	kfree(dev);
}

/**
 * compat_export_init - when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int compat_export_init(void)
{
	int rc;

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;
	device_initialize(user);
	user->release = user_release;
	rc = dev_set_name(user, "iommufd");
	if (rc)
		put_device(user);
	return rc;
}

/** compat_export_exit - when it is unloaded */
void compat_export_exit(void)
{
	put_device(user);
}

static void export_changed(struct dma_buf_attachment *attach)
{
	struct compat_export *export = attach->importer_priv;

	export->changed(export->data);
}

static const struct dma_buf_attach_ops attach_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = export_changed,
};

/* Attached and pinned: its place is not going to change, only whether it is there. */
static int export_attach(struct compat_export *export)
{
	struct dma_buf *buf = export->buf;
	int rc;

	export->attach = dma_buf_dynamic_attach(buf, user, &attach_ops, export);
	if (IS_ERR(export->attach))
		return PTR_ERR(export->attach);
	dma_resv_lock(buf->resv, NULL);
	rc = dma_buf_pin(export->attach);
	dma_resv_unlock(buf->resv);
	if (rc)
		dma_buf_detach(buf, export->attach);
	return rc;
}

/**
 * compat_export_get - use what a file descriptor exports
 * @fd: the descriptor
 * @changed: called, from now on, as registers come or go, with the lock of
 *	compat_export_lock() held; when it returns no device may reach them any more
 * @data: for @changed
 *
 * Return: for compat_export_put(), or an ERR_PTR: -EINVAL where it is no dma-buf, -EBADF,
 * -ENOMEM, or the exporter's error, as -ENODEV while they are not there.
 */
struct compat_export *compat_export_get(int fd, void (*changed)(void *data),
					void *data)
{
	struct compat_export *export = kzalloc(sizeof(*export),
					       GFP_KERNEL_ACCOUNT);
	int rc;

	if (!export)
		return ERR_PTR(-ENOMEM);
	export->changed = changed;
	export->data = data;
	export->buf = dma_buf_get(fd);
	if (IS_ERR(export->buf)) {
		rc = PTR_ERR(export->buf);
		goto err_free;
	}
	rc = export_attach(export);
	if (rc)
		goto err_put;
	return export;

err_put:
	dma_buf_put(export->buf);
err_free:
	kfree(export);
	return ERR_PTR(rc);
}

/**
 * compat_export_put - undo compat_export_get()
 * @export: the export; its lock is not held
 *
 * No call back is on its way or comes afterwards.
 */
void compat_export_put(struct compat_export *export)
{
	dma_resv_lock(export->buf->resv, NULL);
	dma_buf_unpin(export->attach);
	dma_resv_unlock(export->buf->resv);
	dma_buf_detach(export->buf, export->attach);
	dma_buf_put(export->buf);
	kfree(export);
}

/**
 * compat_export_lock - let registers neither come nor go
 * @export: the export
 *
 * Context: may sleep.
 */
void compat_export_lock(struct compat_export *export)
{
	dma_resv_lock(export->buf->resv, NULL);
}

/**
 * compat_export_trylock - compat_export_lock() without waiting
 * @export: the export
 *
 * Return: false where somebody else has the lock.
 */
bool compat_export_trylock(struct compat_export *export)
{
	return dma_resv_trylock(export->buf->resv);
}

/**
 * compat_export_unlock - undo compat_export_lock(), or compat_export_trylock()
 * @export: the export
 */
void compat_export_unlock(struct compat_export *export)
{
	dma_resv_unlock(export->buf->resv);
}

/**
 * compat_export_size - how large the buffer is
 * @export: the export
 *
 * Return: bytes.
 */
size_t compat_export_size(const struct compat_export *export)
{
	return export->buf->size;
}

/**
 * compat_export_find - where the registers are
 * @export: the export, locked
 * @paddr: set to the first physical address
 * @length: set to bytes, all adjacent
 *
 * Return: 0; -ENODEV where they can't be reached now; -EOPNOTSUPP where they are not of
 * vfio-pci, or in several ranges.
 */
int compat_export_find(struct compat_export *export, phys_addr_t *paddr,
		       size_t *length)
{
	int (*find)(struct dma_buf_attachment *attachment,
		    struct phys_vec *phys);
	struct phys_vec range = {};
	int rc;

	find = symbol_get(vfio_pci_dma_buf_iommufd_map);
	if (!find)
		return -EOPNOTSUPP;
	rc = find(export->attach, &range);
	symbol_put(vfio_pci_dma_buf_iommufd_map);
	*paddr = range.paddr;
	*length = range.len;
	return rc;
}
