/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests with real DMA begin with: QEMU's edu device, bound and attached
 * to an IOAS; and the questions whether DMA reaches memory or is blocked.
 *
 * Each transfer takes the edu 100 ms, so questions are asked sparingly.
 */
#ifndef _GUEST_EDUBED_H
#define _GUEST_EDUBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edu.h"
#include "iommufd.h"
#include "pci.h"

/* A page through which the edu's own buffer is filled and seen. */
#define SCRATCH_IOVA 0x4000000UL

struct edubed {
	int fd;
	uint32_t ioas;
	uint32_t hwpt;
	struct edu edu;
	uint8_t *scratch;
	uint64_t pinned;	/* VmPin in kB before the test's own mappings */
};

/* At an IOVA of the kernel's choice, or at this one; none of these may fail. */
uint64_t map(struct edubed *bed, uint32_t access, const void *va,
	     size_t length);
void map_at(struct edubed *bed, uint64_t iova, uint32_t access, const void *va,
	    size_t length);
void unmap(struct edubed *bed, uint64_t iova, size_t length);

/* To an IOAS or a page table. 0, or a negative errno. */
int attach(struct edubed *bed, uint32_t pt);

/* Memory that is pinned on account of the test itself, in bytes. */
uint64_t pinned(struct edubed *bed);

/* For cmocka: @state is a struct edubed. */
int edubed_setup(void **state);

/* The same, where the process pays, and not its user. */
int edubed_setup_by_process(void **state);

int edubed_teardown(void **state);

/* All edus that there are, but no more than @most, with vfio-pci: at least one. */
unsigned int edus_bind(char edus[][PCI_NAME_MAX], unsigned int most);

/* Where the edu's interrupts go: no memory can be mapped there. */
struct iommu_iova_range msi_window(const struct edu *edu);

/*
 * Can the IOMMU make no-snoop DMA snoop? AMD-Vi always; VT-d if bit 7 of its
 * extended capabilities says so, and QEMU's has it if it is told to (scripts/vm
 * --iommu vtd-snoop). The SMMU and virtio-iommu can't.
 */
int iommu_has_snoop_control(void);

/* Bytes that are neither 0 nor 0xff, and other ones each time. */
void fill(void *va, size_t length);

/* Whether DMA from @iova sees what the process sees at @va. */
bool dma_reads(struct edubed *bed, uint64_t iova, const void *va,
	       size_t length);

/* Whether the process sees at @va what DMA writes to @iova. */
bool dma_writes(struct edubed *bed, uint64_t iova, const void *va,
		size_t length);

/* Whether DMA from @iova gets not one of the bytes that are at @va. */
bool dma_read_blocked(struct edubed *bed, uint64_t iova, void *va,
		      size_t length);

/* Whether DMA to @iova leaves all that is at @va as it was. */
bool dma_write_blocked(struct edubed *bed, uint64_t iova, void *va,
		       size_t length);

#endif
