/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory behind IOVA.
 */
#ifndef __IOMMUFD_IOAS_SLICE_H
#define __IOMMUFD_IOAS_SLICE_H

#include <linux/types.h>

struct ioas;
struct mem;

/**
 * struct slice - a part of the memory of one area
 * @mem: the memory; a reference is held
 * @offset: first byte
 * @length: bytes
 * @shared: as of the area
 */
struct slice {
	struct mem *mem;
	unsigned long offset;
	unsigned long length;
	bool shared;
};

int slice_find(struct ioas *ioas, unsigned long iova, unsigned long last,
	       int prot, bool pin, struct slice *slice);
bool slice_find_pinned(struct ioas *ioas, unsigned long iova,
		       unsigned long last, struct slice *slice);
bool area_next_pinned(struct ioas *ioas, unsigned long *first,
		      unsigned long *last);
void area_drop_pin(struct ioas *ioas, unsigned long iova);

#endif /* __IOMMUFD_IOAS_SLICE_H */
