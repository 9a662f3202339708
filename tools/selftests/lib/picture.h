/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space can see of an IOAS, to be compared; and the check that a
 * refused call has changed nothing of it.
 */
#ifndef _GUEST_PICTURE_H
#define _GUEST_PICTURE_H

#include "bed.h"
#include "iommufd.h"

#define PICTURE_RANGES 16
#define PICTURE_PROBES 8

struct picture {
	struct iommu_iova_range ranges[PICTURE_RANGES];
	uint32_t num_ranges;
	uint64_t alignment;
	int mapped[PICTURE_PROBES];
	uint64_t vm_pin;
	uint64_t vm_lck;
	uint64_t huge_pages;
	uint64_t rlimit_mode;
};

/* Whether something is mapped at @iova, without touching it. */
int is_mapped(int fd, uint32_t ioas, uint64_t iova);

/*
 * Whether what is mapped on both sides of @at is one area. If it is not, what
 * lies behind is unmapped: for tests that fail then.
 */
bool is_joined(int fd, uint32_t ioas, uint64_t at);

void picture_take(struct bed *bed, struct picture *picture);

/*
 * Makes the call, expects this errno, and that neither the argument nor
 * anything that user space can see is different afterwards.
 */
void refused_at(struct bed *bed, int error, unsigned long cmd, void *arg,
		size_t size, const char *file, int line);

#define refused(bed, error, cmd, arg) \
	refused_at(bed, error, cmd, arg, sizeof(*(arg)), __FILE__, __LINE__)

#endif
