// SPDX-License-Identifier: GPL-2.0
/*
 * A device that pins by the CPU, that of vfio_emulated.ko.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "containerbed.h"
#include "edubed.h"
#include "emulated.h"
#include "memory.h"
#include "pci.h"
#include "pinning.h"
#include "type1.h"

/* Alone in its container: nothing is pinned but what it pins. */
void test_emulated(void **state)
{
	int container = new_container(), group = emulated_group(), dev;
	uint8_t *mem = pages(4 * PAGE), *copy = pages(2 * PAGE);

	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_true(is_ours(container));
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE / 2,
				   AT + HUGE), -EINVAL);
	fill(mem, 4 * PAGE);
	assert_int_equal(all_pinned(), 0);

	assert_int_equal(pin(dev, AT, 3 * PAGE), 3);
	assert_int_equal(all_pinned(), 3 * PAGE);
	assert_true(peeks(dev, AT + 2 * PAGE, mem + 2 * PAGE));
	/* Other portions than were pinned. */
	assert_int_equal(unpin(dev, AT + PAGE, PAGE), 0);
	assert_int_equal(all_pinned(), 2 * PAGE);
	/* All or nothing. */
	assert_int_equal(pin(dev, AT + 3 * PAGE, 2 * PAGE), -ENOENT);
	assert_int_equal(all_pinned(), 2 * PAGE);

	assert_int_equal(emulated_call(dev, EMULATED_READ, AT + PAGE + 8,
				       2 * PAGE, copy, false), 0);
	assert_memory_equal(copy, mem + PAGE + 8, 2 * PAGE);
	fill(copy, PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_WRITE, AT + PAGE / 2, PAGE,
				       copy, false), 0);
	assert_memory_equal(copy, mem + PAGE / 2, PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_READ, AT + 3 * PAGE + 8,
				       PAGE, copy, false), -ENOENT);

	/* UNMAP asks it to let go. */
	assert_int_equal(type1_unmap(container, AT, 4 * PAGE, NULL), 0);
	assert_int_equal(all_pinned(), 0);
	assert_false(peeks(dev, AT, mem));
	/* What is only to be read; and pins that go with the file. */
	assert_int_equal(type1_map(container, TYPE1_R, mem, PAGE, AT), 0);
	assert_int_equal(pin(dev, AT, PAGE), -EPERM);
	assert_int_equal(emulated_call(dev, EMULATED_PIN, AT, PAGE, NULL,
				       false), 1);
	assert_int_equal(all_pinned(), PAGE);
	close(dev);
	assert_int_equal(all_pinned(), 0);
	close(group);
	close(container);
	munmap(mem, 4 * PAGE);
	munmap(copy, 2 * PAGE);
}

/* Beside a device with DMA: a page is pinned once. */
void test_emulated_beside(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	int group = emulated_group(), dev;

	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, 4 * PAGE,
				   AT), 0);
	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(pin(dev, AT, 4 * PAGE), 4);
	assert_int_equal(pinned(&bed->edu), 4 * PAGE);
	dma_writes(&bed->edu, AT + PAGE, mem + PAGE, 64);
	assert_true(peeks(dev, AT + PAGE, mem + PAGE));
	assert_int_equal(type1_unmap(bed->container, AT, 4 * PAGE, NULL), 0);
	assert_int_equal(pinned(&bed->edu), 0);
	close(dev);
	close(group);
	munmap(mem, 4 * PAGE);
}

/* The page after the last one is not the first. */
void test_emulated_end(void **state)
{
	int container = new_container(), group = emulated_group(), dev;
	uint8_t *mem = pages(2 * PAGE);

	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, 0), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem + PAGE, PAGE,
				   -PAGE), 0);
	assert_int_equal(pin(dev, -PAGE, PAGE), 1);
	assert_int_equal(pin(dev, -PAGE, 2 * PAGE), -EOVERFLOW);
	assert_int_equal(all_pinned(), PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_READ, -PAGE, 2 * PAGE, mem,
				       false), -EOVERFLOW);
	close(dev);
	close(group);
	close(container);
	munmap(mem, 2 * PAGE);
}

/* The first device with DMA comes later, and goes earlier. */
void test_emulated_first(void **state)
{
	int container = new_container(), group = emulated_group(), dev, other;
	uint8_t *mem = pages(4 * PAGE);
	char edu[PCI_NAME_MAX];

	find_edu(0, edu);
	other = new_group(edu);
	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(pin(dev, AT + PAGE, PAGE), 1);
	assert_int_equal(type1_join(other, container), 0);
	assert_int_equal(all_pinned(), 4 * PAGE);
	assert_int_equal(type1_leave(other), 0);
	assert_int_equal(all_pinned(), PAGE);
	fill(mem + PAGE, 64);
	assert_true(peeks(dev, AT + PAGE, mem + PAGE));
	close(other);
	close(dev);
	close(group);
	close(container);
	assert_int_equal(all_pinned(), 0);
	munmap(mem, 4 * PAGE);
}

/* Version 1 unmaps parts, so nobody may pin. */
void test_emulated_v1(void **state)
{
	struct containerbed *bed = *state;
	int group = emulated_group(), dev;

	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(pin(dev, SCRATCH_IOVA, PAGE), -EACCES);
	close(dev);
	close(group);
}
