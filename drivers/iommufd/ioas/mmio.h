/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of devices in domains.
 */
#ifndef __IOMMUFD_IOAS_MMIO_H
#define __IOMMUFD_IOAS_MMIO_H

#include <linux/list.h>
#include <linux/types.h>

#include "iommufd/base/object.h"
#include "iommufd/ioas/waiting.h"
#include "iommufd/iommu/extent.h"
#include "iommufd/memory/watch.h"

struct dirty_read;
struct domain;
struct mem_cgroup;

/**
 * struct mmio - registers of a device that a process has mapped, for areas
 * @watch: whether they may be reached; its lock guards the lists and all that is in them
 * @empty: panes of which the domain has nothing
 * @partial: panes of which it has a part
 * @full: panes of which it has all
 * @failed: panes that a driver would not map; tried again when the registers have gone and
 *	come back
 * @waiting: place among those that wait to be revived, and the references: areas, and
 *	calls
 * @memcg: of the process that has mapped them, a reference: pays where a worker maps them
 */
struct mmio {
	struct watch watch;
	struct list_head empty;
	struct list_head partial;
	struct list_head full;
	struct list_head failed;
	struct waiting waiting;
	struct mem_cgroup *memcg;
};

/**
 * struct pane - registers in one domain
 * @node: in the list of its mmio that it belongs to; guarded by watch.lock, as are
 *	what is mapped of @extent, @error and @leaving
 * @next: its owner's
 * @mmio: what it shows
 * @extent: where
 * @offset: of the first byte, from the start of @mmio
 * @error: why the driver has not mapped it as it was asked last, or 0
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_MMIO
 * @leaving: it goes, or pauses: nothing more is mapped
 */
struct pane {
	struct list_head node;
	struct pane *next;
	struct mmio *mmio;
	struct extent extent;
	unsigned long offset;
	int error;
	u8 prot;
	bool leaving;
};

/* Have registers so many areas that they can't have one more? */
static inline bool mmio_is_crowded(const struct mmio *mmio)
{
	return refcount_read(&mmio->waiting.refs) >= REFS_MAX;
}

struct mmio *mmio_create(unsigned long address, unsigned long length,
			 bool writable, bool any);
struct mmio *mmio_create_export(int fd, unsigned long start,
				unsigned long length, bool writable);
struct mmio *mmio_get(struct mmio *mmio);
void mmio_put(struct mmio *mmio);
int mmio_renew(struct mmio *mmio);
int mmio_renew_remote(struct mmio *mmio);
struct pane *pane_create(struct mmio *mmio, struct domain *domain,
			 unsigned long iova, unsigned long offset,
			 size_t length, int prot);
void pane_destroy(struct pane *pane);
void pane_pause(struct pane *pane);
void pane_resume(struct pane *pane);
bool pane_is_missing(const struct pane *pane, int *error);
int pane_read_dirty(struct pane *pane, struct dirty_read *read,
		    unsigned long first, unsigned long last, bool whole);

#endif /* __IOMMUFD_IOAS_MMIO_H */
