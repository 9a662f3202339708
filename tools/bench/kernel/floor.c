// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor: what map and unmap cost at the least, with the kernel's own means
 * and without any bookkeeping.  Pin 512 pages, map them, sync; unmap once,
 * sync, unpin.  One caller at a time; it is root and is believed.
 */
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat/domain.h"
#include "compat/group.h"
#include "compat/iommu.h"
#include "abi.h"

#define CHUNK_PAGES (SZ_2M / PAGE_SIZE)
#define PROT (IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE)

/**
 * struct slot - a device and its domain
 * @dev: the device
 * @group: its group, of which we own the DMA
 * @domain: NULL where the slot is free
 */
struct slot {
	struct device *dev;
	struct iommu_group *group;
	struct iommu_domain *domain;
};

/**
 * struct floor - all there is
 * @lock: one call at a time
 * @slots: domains
 * @used: how many of them are in use
 * @large: what a new domain is filled with; its length is 0 where that is
 *	nothing
 * @pages: what is pinned
 */
static struct floor {
	struct mutex lock;	/* guards the rest */
	struct slot slots[FLOOR_SLOTS];
	unsigned int used;
	struct floor_range large;
	struct page **pages;
} bed = {
	.lock = __MUTEX_INITIALIZER(bed.lock),
};

static bool range_is_large(const struct floor_range *range)
{
	return range->length >= SZ_2M;
}

/* ---- pages ---- */

static int chunk_pin(struct page **pages, unsigned long va, unsigned int count)
{
	int n = pin_user_pages_fast(va, count, FOLL_WRITE | FOLL_LONGTERM,
				    pages);

	if (n == count)
		return 0;
	if (n > 0)
		unpin_user_pages(pages, n);
	return n < 0 ? n : -EFAULT;
}

static void chunk_unpin(struct page **pages, unsigned int count, u32 kind)
{
	if (kind == FLOOR_ADJACENT)
		unpin_user_page_range_dirty_lock(*pages, count, true);
	else if (kind == FLOOR_WHOLE)
		unpin_user_pages_dirty_lock(pages, 1, true);
	else
		unpin_user_pages_dirty_lock(pages, count, true);
}

static int chunk_map(struct iommu_domain *domain, unsigned long iova,
		     struct page **pages, unsigned int count, u32 kind)
{
	size_t mapped = 0;
	unsigned int i;
	int rc = 0;

	if (kind != FLOOR_SCATTERED)
		return compat_domain_map(domain, iova, page_to_phys(*pages),
					 SZ_2M, 1, PROT, GFP_KERNEL_ACCOUNT,
					 &mapped);
	for (i = 0; i < count && !rc; i++)
		rc = compat_domain_map(domain, iova + i * PAGE_SIZE,
				       page_to_phys(pages[i]), PAGE_SIZE, 1,
				       PROT, GFP_KERNEL_ACCOUNT, &mapped);
	return rc;
}

static unsigned int chunk_count(const struct floor_range *range,
				unsigned long done)
{
	return min_t(u64, CHUNK_PAGES, (range->length - done) >> PAGE_SHIFT);
}

/* ---- ranges ---- */

/* Into the domains from slot @from on; pinned before where @pin says so. */
static int range_map(const struct floor_range *range, unsigned int from,
		     bool pin)
{
	struct page **pages = bed.pages + range->index;
	unsigned long done;
	unsigned int i;
	int rc = 0;

	for (done = 0; done < range->length; done += SZ_2M) {
		unsigned int count = chunk_count(range, done);

		if (pin)
			rc = chunk_pin(pages, range->va + done,
				       range->kind == FLOOR_WHOLE ? 1 : count);
		for (i = from; i < FLOOR_SLOTS && !rc; i++)
			if (bed.slots[i].domain)
				rc = chunk_map(bed.slots[i].domain,
					       range->iova + done, pages,
					       count, range->kind);
		/* What is half done is left as it is: the benchmark ends. */
		if (rc)
			return rc;
		pages += count;
		cond_resched();
	}
	for (i = from; i < FLOOR_SLOTS && !rc; i++)
		if (bed.slots[i].domain)
			rc = compat_domain_map_sync(bed.slots[i].domain,
						    range->iova,
						    range->length);
	return rc;
}

static int range_unmap(const struct floor_range *range)
{
	struct iommu_iotlb_gather gather;
	unsigned int i;

	for (i = 0; i < FLOOR_SLOTS; i++) {
		struct iommu_domain *domain = bed.slots[i].domain;

		if (!domain)
			continue;
		iommu_iotlb_gather_init(&gather);
		if (iommu_unmap_fast(domain, range->iova, range->length,
				     &gather) != range->length)
			return -EIO;
		iommu_iotlb_sync(domain, &gather);
	}
	return 0;
}

static void range_unpin(const struct floor_range *range)
{
	struct page **pages = bed.pages + range->index;
	unsigned long done;

	for (done = 0; done < range->length; done += SZ_2M) {
		unsigned int count = chunk_count(range, done);

		chunk_unpin(pages, count, range->kind);
		pages += count;
		cond_resched();
	}
}

static int map(const struct floor_range *range)
{
	if (range_is_large(range))
		bed.large = *range;
	return bed.used ? range_map(range, 0, true) : 0;
}

static int unmap(const struct floor_range *range)
{
	int rc;

	if (range_is_large(range))
		bed.large.length = 0;
	if (!bed.used)
		return 0;
	rc = range_unmap(range);
	if (!rc)
		range_unpin(range);
	return rc;
}

/* ---- devices ---- */

static int slot_attach(struct slot *slot)
{
	const struct iommu_domain_ops *ops;
	struct compat_iommu_traits traits;
	int rc;

	slot->domain = compat_domain_alloc(slot->dev, 0, &traits);
	if (IS_ERR(slot->domain))
		return PTR_ERR(slot->domain);
	rc = compat_group_attach(slot->group, slot->domain);
	if (rc) {
		iommu_domain_free(slot->domain);
		return rc;
	}
	ops = slot->domain->ops;
	if (ops->enforce_cache_coherency)
		ops->enforce_cache_coherency(slot->domain);
	return 0;
}

static int slot_claim(struct slot *slot)
{
	int rc;

	slot->group = iommu_group_get(slot->dev);
	if (!slot->group)
		return -ENODEV;
	rc = iommu_group_claim_dma_owner(slot->group, &bed);
	if (!rc) {
		rc = slot_attach(slot);
		if (!rc)
			return 0;
		iommu_group_release_dma_owner(slot->group);
	}
	iommu_group_put(slot->group);
	return rc;
}

static int join(const struct floor_join *arg)
{
	struct slot *slot;
	int rc;

	if (arg->slot >= FLOOR_SLOTS || bed.slots[arg->slot].domain)
		return -EINVAL;
	slot = &bed.slots[arg->slot];
	slot->dev = bus_find_device_by_name(&pci_bus_type, NULL, arg->name);
	if (!slot->dev)
		return -ENODEV;
	rc = slot_claim(slot);
	if (rc) {
		slot->domain = NULL;
		put_device(slot->dev);
		return rc;
	}
	if (bed.large.length)
		rc = range_map(&bed.large, arg->slot, !bed.used);
	bed.used++;
	return rc;
}

/* A domain is not emptied: it goes as a whole, and then the memory is unpinned. */
static void leave(unsigned int n)
{
	struct slot *slot = &bed.slots[n];

	if (!slot->domain)
		return;
	compat_group_detach(slot->group, slot->domain);
	iommu_domain_free(slot->domain);
	slot->domain = NULL;
	bed.used--;
	if (!bed.used && bed.large.length)
		range_unpin(&bed.large);
	iommu_group_release_dma_owner(slot->group);
	iommu_group_put(slot->group);
	put_device(slot->dev);
}

/* ---- the node ---- */

static int range_run(unsigned int cmd, void __user *user)
{
	struct floor_range range;

	if (copy_from_user(&range, user, sizeof(range)))
		return -EFAULT;
	if (!range.length || !PAGE_ALIGNED(range.iova | range.length) ||
	    range.length >> PAGE_SHIFT > FLOOR_PAGES ||
	    range.index > FLOOR_PAGES - (range.length >> PAGE_SHIFT))
		return -EINVAL;
	switch (cmd) {
	case FLOOR_MAP:
		return map(&range);
	case FLOOR_UNMAP:
		return unmap(&range);
	case FLOOR_COPY:
		return range_map(&range, 0, false);
	default:
		return range_unmap(&range);
	}
}

static int run(unsigned int cmd, unsigned long arg)
{
	struct floor_join joining;

	switch (cmd) {
	case FLOOR_NOTHING:
		return 0;
	case FLOOR_JOIN:
		if (copy_from_user(&joining, (void __user *)arg,
				   sizeof(joining)))
			return -EFAULT;
		joining.name[sizeof(joining.name) - 1] = '\0';
		return join(&joining);
	case FLOOR_LEAVE:
		if (arg >= FLOOR_SLOTS)
			return -EINVAL;
		leave(arg);
		return 0;
	case FLOOR_MAP:
	case FLOOR_UNMAP:
	case FLOOR_COPY:
	case FLOOR_UNCOPY:
		return range_run(cmd, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static long floor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long rc;

	mutex_lock(&bed.lock);
	rc = run(cmd, arg);
	mutex_unlock(&bed.lock);
	return rc;
}

static int floor_release(struct inode *inode, struct file *file)
{
	unsigned int n;

	mutex_lock(&bed.lock);
	for (n = 0; n < FLOOR_SLOTS; n++)
		leave(n);
	bed.large.length = 0;
	mutex_unlock(&bed.lock);
	return 0;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = floor_ioctl,
	.release = floor_release,
};

static struct miscdevice floor_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_floor",
	.mode = 0600,
	.fops = &floor_fops,
};

static int __init floor_init(void)
{
	int rc;

	bed.pages = vzalloc(FLOOR_PAGES * sizeof(*bed.pages));
	if (!bed.pages)
		return -ENOMEM;
	rc = misc_register(&floor_misc);
	if (rc)
		vfree(bed.pages);
	return rc;
}
module_init(floor_init);

static void __exit floor_exit(void)
{
	misc_deregister(&floor_misc);
	vfree(bed.pages);
}
module_exit(floor_exit);

MODULE_DESCRIPTION("What mapping memory costs at the least");
MODULE_LICENSE("GPL");
