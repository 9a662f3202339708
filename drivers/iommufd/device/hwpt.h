/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page table objects.
 */
#ifndef __IOMMUFD_DEVICE_HWPT_H
#define __IOMMUFD_DEVICE_HWPT_H

#include <linux/list.h>
#include <linux/types.h>

#include "iommufd/base/object.h"
#include "iommufd/iommu/domain.h"

struct compat_user_data;
struct device;
struct ioas;

/**
 * enum msi_kind - what a window is that a device's interrupts are written to
 * @MSI_NONE: there is none
 * @MSI_PLAIN: the IOMMU lets them pass
 * @MSI_TRANSLATED: like all DMA: software maps doorbells there
 */
enum msi_kind { MSI_NONE, MSI_PLAIN, MSI_TRANSLATED };

/**
 * struct msi_window - where a device's interrupts go
 * @kind: who looks after it
 * @first: its first IOVA
 */
struct msi_window {
	enum msi_kind kind;
	unsigned long first;
};

/**
 * struct hwpt - a page table that user space can name
 * @obj: names it
 * @ioas: what it holds; what @parent holds, where it is nested
 * @parent: what it is nested on, or NULL
 * @domain: holds what @ioas holds, and nothing else; of a nested one, a table that
 *	user space writes
 * @nests: others may be nested on it
 * @takes_pasids: it can be attached to PASIDs, and to a group that has some attached
 * @automatic: made by attaching a device to an IOAS; goes with its last user
 * @tracking: devices mark what they write
 * @filled: @domain is among the domains of @ioas
 * @msi: where interrupts go, and the kernel was told so
 * @msi_taken: pages of it, from the first on, for doorbells of groups that had
 *	them before
 * @node: in ioas->hwpts, from hwpt_publish() to the last use, unless it is nested
 *
 * @tracking, @filled and what is said of doorbells are guarded by ioas->hwpts_lock; the
 * latter changes no more once a group is attached.
 */
struct hwpt {
	struct object obj;
	struct ioas *ioas;
	struct hwpt *parent;
	struct domain domain;
	bool nests;
	bool takes_pasids;
	bool automatic;
	bool tracking;
	bool filled;
	struct msi_window msi;
	unsigned int msi_taken;
	struct list_head node;
};

/* The domain that holds what @ioas holds. */
static inline const struct domain *hwpt_holder(const struct hwpt *hwpt)
{
	return hwpt->parent ? &hwpt->parent->domain : &hwpt->domain;
}

struct hwpt *hwpt_create(struct ioas *ioas, struct device *dev, u32 flags,
			 bool automatic);
struct hwpt *hwpt_create_nested(struct hwpt *parent, struct device *dev,
				u32 flags,
				const struct compat_user_data *data);
int hwpt_fill(struct hwpt *hwpt);
void hwpt_publish(struct hwpt *hwpt);
void hwpt_abort(struct hwpt *hwpt);
void hwpt_unuse(struct hwpt *hwpt);
void hwpt_unuse_locked(struct hwpt *hwpt, struct list_head *gone);
void hwpts_free(struct list_head *gone);
int hwpts_are_coherent(struct ioas *ioas);
int hwpt_track(struct hwpt *hwpt, bool enable);

#endif /* __IOMMUFD_DEVICE_HWPT_H */
