/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas: mapped ranges of IOVA, one at a time.
 */
#ifndef __IOMMUFD_IOAS_AREA_H
#define __IOMMUFD_IOAS_AREA_H

#include <linux/build_bug.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/base/span.h"

struct account;
struct ioas;
struct mem;
struct mem_user;
struct mmio;
struct pane;

enum area_state {
	AREA_RESERVED,	/* its IOVA is taken, a MAP is filling it */
	AREA_LIVE,
	AREA_CLOSING,	/* an UNMAP owns it: no new pins */
};

/**
 * struct area - one mapped range of IOVA
 * @node: first and last IOVA in bytes, inclusive; areas never overlap
 * @mem: the memory; holds a reference
 * @mmio: of an area of registers, these; holds a reference
 * @user: its use of the frames of @mem: set while the IOAS has a domain, from
 *	MAP or from the first domain on; guarded by ioas->topo, held for writing,
 *	or for reading by who owns the area while it is not LIVE
 * @panes: of an area of registers, where it is; as @user
 * @first: first page of @mem, or of @mmio
 * @account: of a lone area, who pays, and whose memory it is
 * @pfn: of a lone area, its frame; 0 where @user would not be set
 * @address: of a lone area, the user address of its page, without a tag
 * @offset: of the first byte within the first page
 * @prot: IOMMU_READ, IOMMU_WRITE, and IOMMU_CACHE, or IOMMU_MMIO for registers
 * @state: guarded by ioas->tree_lock
 * @leaked: a device may reach it for ever: its pins never go
 * @lone: it is one page of a process, and does without a mem until a COPY or an
 *	access wants one; guarded by ioas->tree_lock
 * @is_mmio: it is registers of a device: never pinned, no mem, and in domains only as
 *	long as they may be reached: see mmio.c
 * @shared: @mem was made for another area, and is given back with the last
 *	domain; guarded as @user
 * @accesses: pins of accesses within it; guarded by ioas->tree_lock
 * @next: list of the MAP or UNMAP that owns it
 */
struct area {
	struct span node;
	union {
		struct mem *mem;
		struct account *account;
		struct mmio *mmio;
	};
	union {
		struct mem_user *user;
		unsigned long pfn;
		struct pane *panes;
	};
	union {
		unsigned long first;
		unsigned long address;
	};
	struct area *next;
	u32 accesses;
	u16 offset;
	u8 prot;
	u8 state;
	bool leaked;
	bool lone;
	bool is_mmio;
	bool shared;
};

static_assert(sizeof(struct area) <= 88);

/* Areas handled in one hold of tree_lock. */
#define TREE_BATCH 64

static inline size_t area_length(const struct area *area)
{
	return area->node.last - area->node.start + 1;
}

/* How an IOMMU driver is told what the flags of IOMMU_IOAS_MAP allow devices. */
static inline int prot_of_flags(u32 flags)
{
	return IOMMU_CACHE |
	       (flags & IOMMU_IOAS_MAP_WRITEABLE ? IOMMU_WRITE : 0) |
	       (flags & IOMMU_IOAS_MAP_READABLE ? IOMMU_READ : 0);
}

/* The page of the mem that its last byte lies in. */
static inline unsigned long area_last_page(const struct area *area)
{
	return area->first +
	       ((area->offset + area_length(area) - 1) >> PAGE_SHIFT);
}

int area_init(void);
void area_exit(void);
struct area *area_first(struct ioas *ioas, unsigned long first,
			unsigned long last);
struct area *area_next(struct area *area, unsigned long last);
unsigned long area_address(const struct area *area);
unsigned long area_mem_offset(const struct area *area, unsigned long iova);
int areas_alloc(struct area **areas, unsigned int count);
int area_set_user(struct area *area, struct account *account,
		  unsigned long address, unsigned long length, int prot);
struct area *area_create(struct mem *mem, unsigned long offset,
			 unsigned long length, int prot);
struct area *area_create_user(struct account *account, unsigned long address,
			      unsigned long length, int prot);
struct area *area_create_mmio(struct mmio *mmio, unsigned long offset,
			      unsigned long length, int prot);
void areas_publish(struct ioas *ioas, struct area *areas);
void area_unplace(struct ioas *ioas, struct area *area);
void area_free(struct area *area);
void areas_free(struct area *areas);

#endif /* __IOMMUFD_IOAS_AREA_H */
