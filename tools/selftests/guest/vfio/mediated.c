// SPDX-License-Identifier: GPL-2.0
/*
 * A mediated device by its character device: bind, attach, replace, detach,
 * what its driver pins, reads and writes, and what is left of that. With
 * vfio_emulated.ko, which needs neither hardware nor an IOMMU; the edu device
 * where there is one.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "emulated.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "type1.h"
#include "vfio.h"

#define AT FREE_IOVA
#define SIZE (4 * PAGE)

struct mediated {
	int fd;
	uint32_t ioas;
	int dev;
	uint32_t devid;
	uint8_t *mem;	/* SIZE bytes, mapped at AT */
};

static void map_fixed(struct mediated *bed, uint32_t ioas, uint32_t access,
		      const void *va, size_t length, uint64_t iova)
{
	assert_int_equal(iommufd_map(bed->fd, ioas, access | MAP_FIXED_IOVA, va,
				     length, &iova), 0);
}

/* Bound, not attached. */
static int setup(void **state)
{
	struct mediated *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->dev = emulated_cdev();
	bed->mem = pages(SIZE);
	fill(bed->mem, SIZE);
	map_fixed(bed, bed->ioas, MAP_RW, bed->mem, SIZE, AT);
	assert_int_equal(vfio_bind(bed->dev, bed->fd, &bed->devid), 0);
	*state = bed;
	return 0;
}

static int setup_attached(void **state)
{
	struct mediated *bed;
	uint32_t pt;

	setup(state);
	bed = *state;
	pt = bed->ioas;
	assert_int_equal(vfio_attach(bed->dev, &pt), 0);
	/* What it is attached to is the IOAS itself. */
	assert_int_equal(pt, bed->ioas);
	return 0;
}

static int teardown(void **state)
{
	struct mediated *bed = *state;

	close(bed->dev);
	close(bed->fd);
	assert_int_equal(all_pinned(), 0);
	munmap(bed->mem, SIZE);
	free(bed);
	return 0;
}

/* ---- bind, attach, detach ---- */

static void test_bind(void **state)
{
	struct mediated *bed = *state;
	int other = emulated_cdev();

	assert_int_not_equal(bed->devid, 0);
	assert_int_not_equal(bed->devid, bed->ioas);
	assert_int_equal(vfio_bind(bed->dev, bed->fd, NULL), -EINVAL);
	assert_int_equal(vfio_bind(other, bed->fd, NULL), -EINVAL);
	/* User space can't take it away. */
	assert_int_equal(iommufd_destroy(bed->fd, bed->devid), -EBUSY);
	assert_true(module_unload(EMULATED_NAME) < 0);
	close(bed->dev);
	assert_int_equal(iommufd_destroy(bed->fd, bed->devid), -ENOENT);
	assert_int_equal(vfio_bind(other, bed->fd, NULL), 0);
	bed->dev = other;
}

/* Nothing is left of what was refused, or the next one would be. */
static void test_bind_refused(void **state)
{
	struct mediated *bed = *state;
	struct vfio_cdev_bind_iommufd *arg = pages(PAGE);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint64_t token[2] = { 0 };

	close(bed->dev);
	bed->dev = emulated_cdev();
	assert_int_equal(vfio_bind(bed->dev, null, NULL), -EBADFD);
	assert_int_equal(vfio_bind(bed->dev, bed->dev, NULL), -EBADFD);
	assert_int_equal(vfio_bind_token(bed->dev, bed->fd,
					 (uint8_t *)token), -EINVAL);
	arg->argsz = sizeof(*arg);
	arg->iommufd = bed->fd;
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(bed->dev, VFIO_DEVICE_BIND_IOMMUFD, arg),
			 -EFAULT);
	assert_int_equal(pin(bed->dev, AT, PAGE), -EINVAL);
	assert_int_equal(vfio_bind(bed->dev, bed->fd, NULL), 0);
	munmap(arg, PAGE);
	close(null);
}

static void test_attach_refused(void **state)
{
	struct mediated *bed = *state;
	int other = new_fd();
	uint32_t pt = NO_ID;

	assert_int_equal(vfio_attach(bed->dev, &pt), -ENOENT);
	/* The device itself. */
	pt = bed->devid;
	assert_int_equal(vfio_attach(bed->dev, &pt), -ENOENT);
	do {
		pt = new_ioas(other);
	} while (pt <= bed->devid);
	assert_int_equal(vfio_attach(bed->dev, &pt), -ENOENT);
	/* Pins are of whole pages, and what is mapped is not. */
	pt = new_ioas(bed->fd);
	map_fixed(bed, pt, MAP_RW, bed->mem + 512, 512, AT + 512);
	assert_int_equal(vfio_attach(bed->dev, &pt), -EADDRINUSE);
	assert_int_equal(pin(bed->dev, AT, PAGE), -ENOENT);
	pt = bed->ioas;
	assert_int_equal(vfio_attach(bed->dev, &pt), 0);
	assert_int_equal(pin(bed->dev, AT, PAGE), 1);
	close(other);
}

/* Without an IOAS there is no memory; and its IOAS stays while it has one. */
static void test_attach_detach(void **state)
{
	struct mediated *bed = *state;
	uint32_t pt = bed->ioas;
	uint8_t byte;

	assert_int_equal(pin(bed->dev, AT, PAGE), -ENOENT);
	assert_int_equal(emulated_call(bed->dev, EMULATED_READ, AT, 1, &byte,
				       false), -ENOENT);
	assert_int_equal(vfio_detach(bed->dev), 0);
	assert_int_equal(vfio_attach(bed->dev, &pt), 0);
	assert_int_equal(pin(bed->dev, AT, 2 * PAGE), 2);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), -EBUSY);
	assert_int_equal(vfio_detach(bed->dev), 0);
	assert_int_equal(all_pinned(), 0);
	assert_false(peeks(bed->dev, AT, bed->mem));
	assert_int_equal(pin(bed->dev, AT, PAGE), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

/* The pins go, and from then on it is the memory of the other. */
static void test_replace(void **state)
{
	struct mediated *bed = *state;
	uint32_t other = new_ioas(bed->fd), pt = other;
	uint8_t *mem = pages(PAGE);

	fill(mem, PAGE);
	map_fixed(bed, other, MAP_RW, mem, PAGE, AT);
	assert_int_equal(pin(bed->dev, AT, SIZE), 4);
	assert_int_equal(vfio_attach(bed->dev, &pt), 0);
	assert_int_equal(pt, other);
	assert_int_equal(all_pinned(), 0);
	assert_int_equal(pin(bed->dev, AT, 2 * PAGE), -ENOENT);
	assert_int_equal(pin(bed->dev, AT, PAGE), 1);
	assert_true(peeks(bed->dev, AT, mem));
	/* Refused, so nothing has changed. */
	pt = NO_ID;
	assert_int_equal(vfio_attach(bed->dev, &pt), -ENOENT);
	assert_true(peeks(bed->dev, AT, mem));
	/* To the same: nothing to do. */
	pt = other;
	assert_int_equal(vfio_attach(bed->dev, &pt), 0);
	assert_true(peeks(bed->dev, AT, mem));
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	munmap(mem, PAGE);
}

/* Everything that it had goes with its file, in use as it is. */
static void test_close(void **state)
{
	struct mediated *bed = *state;

	assert_int_equal(pin(bed->dev, AT, SIZE), 4);
	assert_int_equal(all_pinned(), SIZE);
	close(bed->dev);
	assert_int_equal(all_pinned(), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->devid), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	bed->dev = emulated_cdev();
	assert_int_equal(vfio_bind(bed->dev, bed->fd, NULL), 0);
}

/* The iommufd's file may go first. */
static void test_close_iommufd(void **state)
{
	struct mediated *bed = *state;

	close(bed->fd);
	assert_int_equal(pin(bed->dev, AT, SIZE), 4);
	assert_true(peeks(bed->dev, AT, bed->mem));
	assert_int_equal(vfio_detach(bed->dev), 0);
	assert_int_equal(vfio_attach(bed->dev, &bed->ioas), 0);
	assert_int_equal(pin(bed->dev, AT, SIZE), 4);
	close(bed->dev);
	assert_int_equal(all_pinned(), 0);
	bed->fd = new_fd();
	bed->dev = emulated_cdev();
}

/* ---- pins, reads, writes ---- */

static void test_pins(void **state)
{
	struct mediated *bed = *state;
	uint8_t *mem = pages(PAGE);

	assert_int_equal(all_pinned(), 0);
	/* Where in the page doesn't matter. */
	assert_int_equal(pin(bed->dev, AT + 8, 3 * PAGE), 3);
	assert_int_equal(all_pinned(), 3 * PAGE);
	assert_true(peeks(bed->dev, AT + 2 * PAGE, bed->mem + 2 * PAGE));
	/* Other portions than were pinned, and some of them twice. */
	assert_int_equal(pin(bed->dev, AT + PAGE, 3 * PAGE), 3);
	assert_int_equal(all_pinned(), SIZE);
	assert_int_equal(unpin(bed->dev, AT + PAGE, PAGE), 0);
	assert_int_equal(all_pinned(), 3 * PAGE);
	/* All or nothing. */
	assert_int_equal(pin(bed->dev, AT + 3 * PAGE, 2 * PAGE), -ENOENT);
	assert_int_equal(pin(bed->dev, -PAGE, PAGE), -ENOENT);
	assert_int_equal(pin(bed->dev, -PAGE, 2 * PAGE), -EOVERFLOW);
	assert_int_equal(all_pinned(), 3 * PAGE);
	assert_int_equal(unpin(bed->dev, AT, SIZE), 0);
	assert_int_equal(all_pinned(), 0);
	/* What may only be read. */
	map_fixed(bed, bed->ioas, MAP_R, mem, PAGE, AT + SIZE);
	assert_int_equal(pin(bed->dev, AT + 3 * PAGE, 2 * PAGE), -EPERM);
	assert_int_equal(all_pinned(), 0);
	assert_int_equal(emulated_call(bed->dev, EMULATED_PIN, AT + SIZE, PAGE,
				       NULL, false), 1);
	assert_int_equal(all_pinned(), PAGE);
	munmap(mem, PAGE);
}

static void test_rw(void **state)
{
	struct mediated *bed = *state;
	uint8_t *copy = pages(2 * PAGE);

	assert_int_equal(emulated_call(bed->dev, EMULATED_READ, AT + PAGE + 8,
				       2 * PAGE, copy, false), 0);
	assert_memory_equal(copy, bed->mem + PAGE + 8, 2 * PAGE);
	fill(copy, PAGE);
	assert_int_equal(emulated_call(bed->dev, EMULATED_WRITE, AT + PAGE / 2,
				       PAGE, copy, false), 0);
	assert_memory_equal(copy, bed->mem + PAGE / 2, PAGE);
	assert_int_equal(emulated_call(bed->dev, EMULATED_READ,
				       AT + 3 * PAGE + 8, PAGE, copy, false),
			 -ENOENT);
	assert_int_equal(emulated_call(bed->dev, EMULATED_READ, -8, 16, copy,
				       false), -EOVERFLOW);
	assert_int_equal(all_pinned(), 0);
	munmap(copy, 2 * PAGE);
}

/*
 * The driver is asked to unpin what goes and is pinned, a mapping at a time:
 * some look at each page of the range, so it must not be all that there is.
 */
static void test_unmaps(void **state)
{
	struct mediated *bed = *state;
	uint8_t *mem = pages(2 * HUGE);
	uint64_t bytes;
	int round;

	for (round = 0; round < 2; round++) {
		map_fixed(bed, bed->ioas, MAP_RW, mem, HUGE, AT + HUGE);
		map_fixed(bed, bed->ioas, MAP_RW, mem + HUGE, HUGE,
			  AT + 4 * HUGE);
		assert_int_equal(pin(bed->dev, AT + PAGE, PAGE), 1);
		assert_int_equal(pin(bed->dev, AT + 5 * HUGE - PAGE, PAGE), 1);
		assert_int_equal(all_pinned(), 2 * PAGE);
		assert_int_equal(unmaps(bed->dev, &bytes), 0);
		if (round)
			assert_int_equal(vfio_detach(bed->dev), 0);
		else
			assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas,
							   &bytes), 0);
		assert_int_equal(all_pinned(), 0);
		assert_int_equal(unmaps(bed->dev, &bytes), 2);
		assert_int_equal(bytes, SIZE + HUGE);
		if (!round)
			map_fixed(bed, bed->ioas, MAP_RW, bed->mem, SIZE, AT);
	}
	munmap(mem, 2 * HUGE);
}

/* Beside a device with DMA a page is pinned once, and both see it. */
static void test_beside_dma(void **state)
{
	struct mediated *bed = *state;
	struct edubed edu = { .fd = bed->fd, .ioas = bed->ioas };

	if (edu_open(&edu.edu, 0, bed->fd))
		skip();
	edu.scratch = pages(PAGE);
	assert_int_equal(attach(&edu, edu.ioas), 0);
	map_at(&edu, SCRATCH_IOVA, MAP_RW, edu.scratch, PAGE);
	assert_int_equal(all_pinned(), SIZE + PAGE);
	assert_int_equal(pin(bed->dev, AT, SIZE), 4);
	assert_int_equal(all_pinned(), SIZE + PAGE);
	assert_true(dma_writes(&edu, AT + PAGE, bed->mem + PAGE, 64));
	assert_true(peeks(bed->dev, AT + PAGE, bed->mem + PAGE));
	unmap(&edu, AT, SIZE);
	assert_int_equal(all_pinned(), PAGE);
	edu_close(&edu.edu);
	munmap(edu.scratch, PAGE);
}

/* ---- groups ---- */

/* Who has it by one of the two ways has it alone. */
static void test_group_excluded(void **state)
{
	struct mediated *bed = *state;
	int group;

	assert_int_equal(emulated_open_group(), -EBUSY);
	close(bed->dev);
	group = emulated_group();
	bed->dev = emulated_cdev();
	assert_int_equal(vfio_bind(bed->dev, bed->fd, NULL), -EBUSY);
	close(group);
	assert_int_equal(vfio_bind(bed->dev, bed->fd, NULL), 0);
	assert_int_equal(emulated_open_group(), -EBUSY);
}

/* A device of the group's goes the way of vfio.ko, as ever. */
static void use_container(bool unmap_pinned)
{
	int container = type1_container_open(), group = emulated_group(), dev;
	uint8_t *mem = pages(SIZE);

	assert_true(container >= 0);
	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, SIZE, AT), 0);
	fill(mem, SIZE);
	assert_int_equal(pin(dev, AT, 2 * PAGE), 2);
	assert_true(peeks(dev, AT + PAGE, mem + PAGE));
	if (!unmap_pinned)
		assert_int_equal(unpin(dev, AT, 2 * PAGE), 0);
	assert_int_equal(type1_unmap(container, AT, SIZE, NULL), 0);
	assert_false(peeks(dev, AT + PAGE, mem + PAGE));
	close(dev);
	close(group);
	close(container);
	munmap(mem, SIZE);
}

static void test_container(void **state)
{
	use_container(true);
}

/*
 * The stock backend takes the lock that it holds over dma_unmap() inside of the
 * one that unpins take, which are made there. Lockdep minds, whatever we do.
 */
static void test_stock_container(void **state)
{
	assert_int_equal(module_unload("vfio_iommufd"), 0);
	assert_int_equal(module_load("vfio_iommu_type1", NULL), 0);
	use_container(access("/proc/lockdep", F_OK));
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
}

#define BOUND(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ATTACHED(name) \
	cmocka_unit_test_setup_teardown(name, setup_attached, teardown)

static const struct CMUnitTest tests[] = {
	BOUND(test_bind),
	BOUND(test_bind_refused),
	BOUND(test_attach_refused),
	BOUND(test_attach_detach),
	ATTACHED(test_replace),
	ATTACHED(test_close),
	ATTACHED(test_close_iommufd),
	ATTACHED(test_pins),
	ATTACHED(test_rw),
	ATTACHED(test_unmaps),
	ATTACHED(test_beside_dma),
	BOUND(test_group_excluded),
	cmocka_unit_test(test_container),
	cmocka_unit_test(test_stock_container),
};

int main(void)
{
	int failed;

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	if (access("/proc/sys/kernel/ftrace_enabled", F_OK)) {
		print_message("no ftrace, nothing to test\n");
		return 0;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	module_unload("vfio_iommufd");
	return failed;
}
