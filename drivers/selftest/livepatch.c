// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_livepatch.ko: a live patch of a function that vfio_cdev.ko redirects, to
 * show that the two exclude each other.
 *
 * Never installed.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/vfio.h>

/* No mediated device is open while this is in. */
static int livepatch_dma_rw(struct vfio_device *vdev, dma_addr_t iova,
			    void *data, size_t len, bool write)
{
	return -EINVAL;
}

static struct klp_func livepatch_funcs[] = {
	{ .old_name = "vfio_dma_rw", .new_func = livepatch_dma_rw },
	{}
};

static struct klp_object livepatch_objs[] = {
	{ .name = "vfio", .funcs = livepatch_funcs },
	{}
};

static struct klp_patch livepatch_patch = {
	.mod = THIS_MODULE,
	.objs = livepatch_objs,
};

static int __init livepatch_init(void)
{
	return klp_enable_patch(&livepatch_patch);
}

static void __exit livepatch_exit(void)
{
}

module_init(livepatch_init);
module_exit(livepatch_exit);

MODULE_DESCRIPTION("For tests: a live patch of vfio.ko");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
