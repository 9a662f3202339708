// SPDX-License-Identifier: GPL-2.0
/*
 * Tests with QEMU's edu device, see edubed.h.
 */
#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "pci.h"
#include "vfio.h"

uint64_t map(struct edubed *bed, uint32_t access, const void *va, size_t length)
{
	uint64_t iova = 0;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas, access, va, length,
				     &iova), 0);
	return iova;
}

void map_at(struct edubed *bed, uint64_t iova, uint32_t access, const void *va,
	    size_t length)
{
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     access | MAP_FIXED_IOVA, va, length,
				     &iova), 0);
}

void unmap(struct edubed *bed, uint64_t iova, size_t length)
{
	uint64_t bytes = 0;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length,
				       &bytes), 0);
	assert_int_equal(bytes, length);
}

int attach(struct edubed *bed, uint32_t pt)
{
	int rc = vfio_attach(bed->edu.dev, &pt);

	if (!rc)
		bed->hwpt = pt;
	return rc;
}

uint64_t pinned(struct edubed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

static int setup(void **state, bool by_process)
{
	struct edubed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	if (by_process)
		assert_int_equal(iommufd_option_set(bed->fd,
						    IOMMU_OPTION_RLIMIT_MODE,
						    0, 1), 0);
	bed->ioas = new_ioas(bed->fd);
	bed->scratch = pages(PAGE);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	bed->pinned = status_kb("VmPin");
	*state = bed;
	return 0;
}

int edubed_setup(void **state)
{
	return setup(state, false);
}

int edubed_setup_by_process(void **state)
{
	return setup(state, true);
}

int edubed_teardown(void **state)
{
	struct edubed *bed = *state;

	edu_close(&bed->edu);
	close(bed->fd);
	munmap(bed->scratch, PAGE);
	free(bed);
	return 0;
}

unsigned int edus_bind(char edus[][PCI_NAME_MAX], unsigned int most)
{
	unsigned int n;

	for (n = 0; n < most; n++) {
		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, n, edus[n]))
			break;
		assert_int_equal(pci_bind(edus[n], "vfio-pci"), 0);
	}
	assert_true(n > 0);
	return n;
}

struct iommu_iova_range msi_window(const struct edu *edu)
{
	uint64_t first = 0, last = 0;

	assert_int_equal(pci_msi_window(edu->bdf, &first, &last), 0);
	return (struct iommu_iova_range){ first, last };
}

int iommu_has_snoop_control(void)
{
	char ecap[32];

	if (!access("/sys/class/iommu/ivhd0", F_OK))
		return 1;
	if (file_read("/sys/class/iommu/dmar0/intel-iommu/ecap", ecap,
		      sizeof(ecap)) <= 0)
		return 0;
	return strtoull(ecap, NULL, 16) >> 7 & 1;
}

/* No byte that fill() makes. */
#define BLANK 0x80

void fill(void *va, size_t length)
{
	static unsigned int turn;
	uint8_t *byte = va;
	size_t i;

	turn++;
	for (i = 0; i < length; i++)
		byte[i] = 1 + (i * 7 + i / PAGE * 3 + turn * 31) % 126;
}

bool dma_reads(struct edubed *bed, uint64_t iova, const void *va, size_t length)
{
	assert_int_equal(edu_load(&bed->edu, iova, 0, length), 0);
	memset(bed->scratch, BLANK, length);
	assert_int_equal(edu_store(&bed->edu, SCRATCH_IOVA, 0, length), 0);
	return !memcmp(bed->scratch, va, length);
}

bool dma_writes(struct edubed *bed, uint64_t iova, const void *va,
		size_t length)
{
	fill(bed->scratch, length);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, length), 0);
	assert_int_equal(edu_store(&bed->edu, iova, 0, length), 0);
	return !memcmp(bed->scratch, va, length);
}

bool dma_read_blocked(struct edubed *bed, uint64_t iova, void *va,
		      size_t length)
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

bool dma_write_blocked(struct edubed *bed, uint64_t iova, void *va,
		       size_t length)
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
