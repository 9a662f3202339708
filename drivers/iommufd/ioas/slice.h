/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory behind IOVA.
 */
#ifndef __IOMMUFD_IOAS_SLICE_H
#define __IOMMUFD_IOAS_SLICE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "iommufd/ioas/mmio.h"
#include "iommufd/memory/mem.h"

struct ioas;

/**
 * struct slice - a part of the memory of one area
 * @mem: the memory; a reference is held.  NULL where it is registers
 * @mmio: the registers; a reference is held.  NULL where it is memory
 * @offset: first byte
 * @length: bytes
 * @shared: as of the area
 */
struct slice {
	struct mem *mem;
	struct mmio *mmio;
	unsigned long offset;
	unsigned long length;
	bool shared;
};

/**
 * enum slice_use - what a slice is wanted for
 * @SLICE_COPY: another area
 * @SLICE_RW: the CPU
 * @SLICE_PIN: the CPU, until area_drop_pin(), which UNMAP waits for
 */
enum slice_use { SLICE_COPY, SLICE_RW, SLICE_PIN };

int slice_find(struct ioas *ioas, unsigned long iova, unsigned long last,
	       int prot, enum slice_use use, struct slice *slice);

/**
 * slice_put - drop the reference that a slice has
 * @slice: from slice_find() or slice_find_pinned()
 */
static inline void slice_put(struct slice *slice)
{
	if (likely(slice->mem))
		mem_put(slice->mem);
	else
		mmio_put(slice->mmio);
}

bool slice_find_pinned(struct ioas *ioas, unsigned long iova,
		       unsigned long last, struct slice *slice);
bool area_next_pinned(struct ioas *ioas, unsigned long *first,
		      unsigned long *last);
void area_drop_pin(struct ioas *ioas, unsigned long iova);

#endif /* __IOMMUFD_IOAS_SLICE_H */
