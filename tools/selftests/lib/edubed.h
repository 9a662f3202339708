/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests with real DMA begin with: QEMU's edu device, bound and attached
 * to an IOAS; and the questions whether DMA reaches memory or is blocked.
 *
 * Each transfer takes the edu 100 ms, so questions are asked sparingly.
 */
#ifndef _GUEST_EDUBED_H
#define _GUEST_EDUBED_H

#include "bed.h"
#include "edu.h"

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

static inline uint64_t map(struct edubed *bed, uint32_t access, const void *va,
			   size_t length)
{
	uint64_t iova = 0;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas, access, va, length,
				     &iova), 0);
	return iova;
}

static inline void map_at(struct edubed *bed, uint64_t iova, uint32_t access,
			  const void *va, size_t length)
{
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     access | MAP_FIXED_IOVA, va, length,
				     &iova), 0);
}

static inline void unmap(struct edubed *bed, uint64_t iova, size_t length)
{
	uint64_t bytes = 0;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length,
				       &bytes), 0);
	assert_int_equal(bytes, length);
}

static inline int attach(struct edubed *bed, uint32_t pt)
{
	int rc = vfio_attach(bed->edu.dev, &pt);

	if (!rc)
		bed->hwpt = pt;
	return rc;
}

/* Memory that is pinned on account of the test itself, in bytes. */
static inline uint64_t pinned(struct edubed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

static inline int edubed_setup(void **state)
{
	struct edubed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->scratch = pages(PAGE);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	bed->pinned = status_kb("VmPin");
	*state = bed;
	return 0;
}

static inline int edubed_teardown(void **state)
{
	struct edubed *bed = *state;

	edu_close(&bed->edu);
	close(bed->fd);
	munmap(bed->scratch, PAGE);
	free(bed);
	return 0;
}

/* Where the edu's interrupts go: no memory can be mapped there. */
static inline struct iommu_iova_range msi_window(const struct edu *edu)
{
	uint64_t first = 0, last = 0;

	assert_int_equal(pci_msi_window(edu->bdf, &first, &last), 0);
	return (struct iommu_iova_range){ first, last };
}

/*
 * Can the IOMMU make no-snoop DMA snoop? AMD-Vi always; VT-d if bit 7 of its
 * extended capabilities says so, and QEMU's has it if it is told to (scripts/vm
 * --iommu vtd-snoop). The SMMU and virtio-iommu can't.
 */
static inline int iommu_has_snoop_control(void)
{
	char ecap[32];

	if (!access("/sys/class/iommu/ivhd0", F_OK))
		return 1;
	if (file_read("/sys/class/iommu/dmar0/intel-iommu/ecap", ecap,
		      sizeof(ecap)) <= 0)
		return 0;
	return strtoull(ecap, NULL, 16) >> 7 & 1;
}

/* Bytes that are neither 0 nor 0xff nor BLANK, and other ones each time. */
#define BLANK 0x80

static inline void fill(void *va, size_t length)
{
	static unsigned int turn;
	uint8_t *byte = va;
	size_t i;

	turn++;
	for (i = 0; i < length; i++)
		byte[i] = 1 + (i * 7 + i / PAGE * 3 + turn * 31) % 126;
}

/* Whether DMA from @iova sees what the process sees at @va. */
static inline bool dma_reads(struct edubed *bed, uint64_t iova, const void *va,
			     size_t length)
{
	assert_int_equal(edu_load(&bed->edu, iova, 0, length), 0);
	memset(bed->scratch, BLANK, length);
	assert_int_equal(edu_store(&bed->edu, SCRATCH_IOVA, 0, length), 0);
	return !memcmp(bed->scratch, va, length);
}

/* Whether the process sees at @va what DMA writes to @iova. */
static inline bool dma_writes(struct edubed *bed, uint64_t iova,
			      const void *va, size_t length)
{
	fill(bed->scratch, length);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, length), 0);
	assert_int_equal(edu_store(&bed->edu, iova, 0, length), 0);
	return !memcmp(bed->scratch, va, length);
}

/* Whether DMA from @iova gets not one of the bytes that are at @va. */
static inline bool dma_read_blocked(struct edubed *bed, uint64_t iova,
				    void *va, size_t length)
{
	const uint8_t *byte = va;
	size_t i;

	fill(va, length);
	memset(bed->scratch, BLANK, length);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, length), 0);
	if (dma_reads(bed, iova, va, length))
		return false;
	for (i = 0; i < length; i++)
		if (bed->scratch[i] == byte[i])
			return false;
	return true;
}

/* Whether DMA to @iova leaves all that is at @va as it was. */
static inline bool dma_write_blocked(struct edubed *bed, uint64_t iova,
				     void *va, size_t length)
{
	const uint8_t *byte = va;
	size_t i;

	memset(va, 0, length);
	if (dma_writes(bed, iova, va, length))
		return false;
	for (i = 0; i < length; i++)
		if (byte[i])
			return false;
	return true;
}

#endif
