/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of the demo that devices reach: allocated, mapped into the IOAS and
 * put into the report's table.
 */
#ifndef _DEMO_MEMORY_H
#define _DEMO_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "iommufd.h"

struct memory {
	int iommufd;
	uint32_t ioas;
	void *va;
	size_t size;
	uint64_t iova;
	uint32_t access;
};

/*
 * @size bytes of zeroes that devices may use as @access says, at an IOVA of
 * the kernel's choice; with MAP_FIXED_IOVA in @access at mem->iova. Ends the
 * program if it fails. The caller sets mem->iommufd and mem->ioas.
 */
void memory_map(struct memory *mem, size_t size, uint32_t access,
		const char *what);

/* Takes it from the devices; and gives it back, at the same IOVA. */
int memory_block(struct memory *mem);
int memory_unblock(struct memory *mem);

#endif
