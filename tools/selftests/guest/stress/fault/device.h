/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults in calls that concern a device behind VT-d: QEMU's edu.
 */
#ifndef _GUEST_FAULTEDU_H
#define _GUEST_FAULTEDU_H

#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "sweep.h"

#define PIECE 64

/* Memory of single pages: so many IO page tables of 512 entries. */
#define TABLES 8
#define SMALL_SIZE (TABLES * HUGE)
#define LARGE_SIZE (32 * HUGE)

/* ---- what the device reaches ---- */

/* The device writes to pages of the range, and not a byte arrives. */
static void check_unreachable(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	size_t pages = scene->length / PAGE, i, at;

	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	for (i = 0; i < 4; i++) {
		at = i * (pages - 1) / 3 * PAGE;
		memset(scene->mem + at, 0, PIECE);
		assert_int_equal(edu_store(&bed->edu, scene->iova + at, 0,
					   PIECE), 0);
		assert_false(memcmp(scene->mem + at, bed->scratch, PIECE) == 0);
		assert_int_equal(scene->mem[at], 0);
		assert_int_equal(scene->mem[at + PIECE - 1], 0);
		if (pages == 1)
			break;
	}
}

/* There and back again, through the page that it has had from the start. */
static bool old_works(struct edubed *bed)
{
	uint8_t sent[PIECE];

	fill(bed->scratch, PIECE);
	memcpy(sent, bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	memset(bed->scratch, 0, PIECE);
	assert_int_equal(edu_store(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	return !memcmp(bed->scratch, sent, PIECE);
}

/* What the device had before, it still has. */
static void check_old_works(struct scene *scene)
{
	assert_true(old_works(scene->bed));
}

/* ---- objects ---- */

/* On a file without objects: this is refused where there is any. */
static void check_no_object(int fd)
{
	assert_int_equal(iommufd_option_set(fd, IOMMU_OPTION_RLIMIT_MODE, 0, 0),
			 0);
}

static int call_alloc(struct scene *scene)
{
	return iommufd_ioas_alloc(scene->file, &scene->id);
}

static void undo_alloc(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->file, scene->id), 0);
	check_no_object(scene->file);
}

static void inspect_alloc(struct scene *scene)
{
	check_no_object(scene->file);
}

static void test_ioas_alloc(void **state)
{
	struct scene scene = {
		.name = "IOAS_ALLOC", .bed = *state, .file = new_fd(),
		.call = call_alloc, .undo = undo_alloc,
		.inspect = inspect_alloc,
	};

	sweep(&scene);
	close(scene.file);
}

/* A list of ranges is in force as a whole, or the one before is. */
static const struct iommu_iova_range ranges_old[] = {
	{ FREE_IOVA, FREE_IOVA + PAGE - 1 },
};

static const struct iommu_iova_range ranges_new[] = {
	{ HUGE, 2 * HUGE - 1 }, { 4 * HUGE, 5 * HUGE - 1 },
	{ 6 * HUGE, 7 * HUGE - 1 }, { 8 * HUGE, 9 * HUGE - 1 },
};

static int call_allow(struct scene *scene)
{
	return iommufd_allow(scene->bed->fd, scene->ioas, ranges_new,
			     ARRAY_SIZE(ranges_new));
}

static void undo_allow(struct scene *scene)
{
	assert_int_equal(iommufd_allow(scene->bed->fd, scene->ioas, ranges_old,
				       ARRAY_SIZE(ranges_old)), 0);
}

static void inspect_allow(struct scene *scene)
{
	uint64_t iova = 0;

	assert_int_equal(iommufd_map(scene->bed->fd, scene->ioas, MAP_R,
				     scene->mem, PAGE, &iova), 0);
	assert_int_equal(iova, FREE_IOVA);
	assert_int_equal(iommufd_unmap(scene->bed->fd, scene->ioas, iova, PAGE,
				       NULL), 0);
}

static void test_allow(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "IOAS_ALLOW_IOVAS", .bed = bed, .mem = bed->scratch,
		.ioas = new_ioas(bed->fd), .call = call_allow,
		.undo = undo_allow, .inspect = inspect_allow,
	};

	undo_allow(&scene);
	sweep(&scene);
}

/* ---- MAP ---- */

static void sweep_map(struct scene *scene, uint8_t *mem, size_t length)
{
	scene->call = call_map;
	scene->undo = undo_map;
	scene->inspect = check_unreachable;
	scene->mem = mem;
	scene->length = length;
	scene->iova = FREE_IOVA;
}

static void test_map_page(void **state)
{
	struct scene scene = { .name = "MAP of a page", .bed = *state };

	sweep_map(&scene, scattered(PAGE), PAGE);
	sweep(&scene);
}

/* Every page of the IO page table, and every table of frames, has its turn. */
static void test_map_scattered(void **state)
{
	struct scene scene = { .name = "MAP of 16 MiB", .bed = *state };

	sweep_map(&scene, scattered(SMALL_SIZE), SMALL_SIZE);
	assert_true(sweep(&scene) >= 2 * TABLES);
	assert_int_equal(call_map(&scene), 0);
	assert_true(dma_writes(scene.bed, FREE_IOVA + SMALL_SIZE - PIECE,
			       scene.mem + SMALL_SIZE - PIECE, PIECE));
	munmap(scene.mem, SMALL_SIZE);
}

/*
 * Adjacent frames that huge IO pages do not fit: a call of the IOMMU driver
 * could write to two of its tables, and fail at the second.
 */
static void test_map_adjacent(void **state)
{
	struct scene scene = { .name = "MAP of huge pages", .bed = *state };

	sweep_map(&scene, adjacent(4 * HUGE), 4 * HUGE);
	scene.iova = FREE_IOVA + PAGE;
	assert_true(sweep(&scene) >= 5);
	munmap(scene.mem, 4 * HUGE);
}

static void test_map_large(void **state)
{
	struct scene scene = {
		.name = "MAP of 64 MiB", .bed = *state, .step = 7,
	};

	sweep_map(&scene, scattered(LARGE_SIZE), LARGE_SIZE);
	sweep(&scene);
	munmap(scene.mem, LARGE_SIZE);
}

/* The memory is not there yet: that it comes can fail as well. */
static int call_map_fresh(struct scene *scene)
{
	madvise(scene->mem, scene->length, MADV_DONTNEED);
	return call_map(scene);
}

static void test_map_fresh(void **state)
{
	struct scene scene = { .name = "MAP of no pages yet", .bed = *state };

	sweep_map(&scene, scattered(16 * PAGE), 16 * PAGE);
	scene.call = call_map_fresh;
	fail_user_pages(true);
	sweep(&scene);
	munmap(scene.mem, scene.length);
}

static int call_map_file(struct scene *scene)
{
	return iommufd_map_file(scene->bed->fd, scene->bed->ioas,
				MAP_RW | MAP_FIXED_IOVA, scene->file, PAGE,
				scene->length, &scene->iova);
}

static void inspect_map_file(struct scene *scene)
{
	uint8_t byte = 1;

	/* Written through a mapping of its own, and not by the device. */
	fill(scene->bed->scratch, PIECE);
	assert_int_equal(edu_load(&scene->bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(edu_store(&scene->bed->edu, scene->iova, 0, PIECE), 0);
	assert_int_equal(pread(scene->file, &byte, 1, PAGE), 1);
	assert_int_equal(byte, 0);
}

static void test_map_file(void **state)
{
	struct scene scene = {
		.name = "MAP_FILE of 4 MiB", .bed = *state,
		.call = call_map_file, .undo = undo_map,
		.inspect = inspect_map_file, .length = 2 * HUGE,
		.iova = FREE_IOVA, .file = memfd_create("test", MFD_CLOEXEC),
	};

	assert_int_equal(ftruncate(scene.file, 3 * HUGE), 0);
	/* Its pages are there after the first success. */
	assert_int_equal(call_map_file(&scene), 0);
	undo_map(&scene);
	sweep(&scene);
	close(scene.file);
}

/* ---- COPY and UNMAP ---- */

static int call_copy(struct scene *scene)
{
	return iommufd_copy(scene->bed->fd, MAP_RW | MAP_FIXED_IOVA,
			    scene->bed->ioas, &scene->iova, scene->ioas,
			    BED_IOVA, scene->length);
}

/* Two mappings that touch, in an IOAS without a device: pinned by COPY. */
static void test_copy(void **state)
{
	struct edubed *bed = *state;
	uint64_t first = BED_IOVA, second = BED_IOVA + HUGE;
	struct scene scene = {
		.name = "COPY of two mappings", .bed = bed,
		.ioas = new_ioas(bed->fd), .call = call_copy, .undo = undo_map,
		.inspect = check_unreachable, .mem = scattered(2 * HUGE),
		.length = 2 * HUGE, .iova = FREE_IOVA,
	};

	assert_int_equal(iommufd_map(bed->fd, scene.ioas,
				     MAP_RW | MAP_FIXED_IOVA, scene.mem, HUGE,
				     &first), 0);
	assert_int_equal(iommufd_map(bed->fd, scene.ioas,
				     MAP_RW | MAP_FIXED_IOVA, scene.mem + HUGE,
				     HUGE, &second), 0);
	sweep(&scene);
}

/* From what is mapped and pinned here already. */
static void test_copy_pinned(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "COPY of what is pinned", .bed = bed, .ioas = bed->ioas,
		.call = call_copy, .undo = undo_map,
		.inspect = check_unreachable, .mem = scattered(HUGE),
		.length = HUGE, .iova = FREE_IOVA,
	};

	map_at(bed, BED_IOVA, MAP_RW, scene.mem, HUGE);
	sweep(&scene);
}

/*
 * Copies of both ends keep them: the middle of adjacent frames goes, and the
 * rest of them needs a table that nobody can be told there is no memory for.
 */
static void map_with_copies(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	uint64_t low = BED_IOVA, high = BED_IOVA + HUGE - PAGE;

	map_at(bed, FREE_IOVA, MAP_RW, scene->mem, HUGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &low, bed->ioas, FREE_IOVA,
				      4 * PAGE), 0);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &high, bed->ioas,
				      FREE_IOVA + HUGE - PAGE, PAGE), 0);
}

static void undo_unmap(struct scene *scene)
{
	assert_int_equal(pinned(scene->bed), 5 * PAGE);
	unmap(scene->bed, BED_IOVA, 4 * PAGE);
	unmap(scene->bed, BED_IOVA + HUGE - PAGE, PAGE);
	assert_int_equal(pinned(scene->bed), 0);
	map_with_copies(scene);
}

static int call_unmap(struct scene *scene)
{
	return iommufd_unmap(scene->bed->fd, scene->bed->ioas, FREE_IOVA,
			     HUGE, NULL);
}

static void inspect_unmap(struct scene *scene)
{
	assert_true(dma_writes(scene->bed, FREE_IOVA + HUGE / 2,
			       scene->mem + HUGE / 2, PIECE));
}

static void test_unmap(void **state)
{
	struct scene scene = {
		.name = "UNMAP", .bed = *state, .call = call_unmap,
		.undo = undo_unmap, .inspect = inspect_unmap,
		.mem = adjacent(HUGE),
	};

	map_with_copies(&scene);
	sweep(&scene);
}

/* ---- attach, page tables, replace ---- */

/* An IOAS with mappings of several kinds, to be filled into a page table. */
static uint32_t new_filled_ioas(struct edubed *bed, uint8_t *mem, size_t size)
{
	uint64_t iova = FREE_IOVA, scratch = SCRATCH_IOVA, other = BED_IOVA;
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     mem, size, &iova), 0);
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &scratch), 0);
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_R | MAP_FIXED_IOVA,
				     mem, 2 * PAGE, &other), 0);
	return ioas;
}

static int call_attach(struct scene *scene)
{
	uint32_t pt = scene->id;

	return vfio_attach(scene->bed->edu.dev, &pt);
}

static void undo_attach(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
}

/* Blocked; the IOAS is as if it had never been tried. */
static void inspect_attach(struct scene *scene)
{
	memset(scene->mem, 0, PIECE);
	assert_int_equal(edu_store(&scene->bed->edu, FREE_IOVA, 0, PIECE), 0);
	assert_int_equal(scene->mem[0], 0);
}

static void test_attach(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = scattered(4 * HUGE);
	struct scene scene = {
		.name = "ATTACH of a filled IOAS", .bed = bed, .mem = mem,
		.ioas = new_filled_ioas(bed, mem, 4 * HUGE),
		.call = call_attach, .undo = undo_attach,
		.inspect = inspect_attach,
	};

	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	scene.id = scene.ioas;
	sweep(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

/*
 * Some kernels allocate memory to detach a device, and complain loudly where
 * there is none: 6.1 with VT-d. We try again, but a complaint is one: calls that
 * detach see no fault of that kind there.
 */
static void spare_detach(struct edubed *bed)
{
	unsigned int left;

	if (faults != &of_kernel)
		return;
	arm(POINTS_MAX);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	left = disarm();
	assert_int_equal(attach(bed, bed->ioas), 0);
	if (left == POINTS_MAX - 1)
		return;
	print_message("detach can fail: not all faults are tried\n");
	fail_small(false);
}

/* To another page table: the last copy to user space is too late for us. */
static int call_replace(struct scene *scene)
{
	int rc = call_attach(scene);

	if (rc == -EFAULT && !old_works(scene->bed)) {
		uint32_t pt = scene->bed->ioas;

		/* The device is detached then, as mainline has it. */
		assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
		assert_int_equal(vfio_attach(scene->bed->edu.dev, &pt), 0);
	}
	return rc;
}

static void undo_replace(struct scene *scene)
{
	uint32_t pt = scene->bed->ioas;

	assert_int_equal(vfio_attach(scene->bed->edu.dev, &pt), 0);
}

static void test_replace(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = scattered(4 * HUGE);
	struct scene scene = {
		.name = "replace", .bed = bed, .mem = mem,
		.ioas = new_filled_ioas(bed, mem, 4 * HUGE),
		.call = call_replace, .undo = undo_replace,
		.inspect = check_old_works,
	};

	spare_detach(bed);
	scene.id = scene.ioas;
	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

static int call_hwpt(struct scene *scene)
{
	return iommufd_hwpt_alloc(scene->bed->fd, 0, scene->bed->edu.devid,
				  scene->bed->ioas, &scene->id);
}

static void undo_hwpt(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), 0);
}

/* For a device that is not attached: all is pinned and filled now. */
static void test_hwpt(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "HWPT_ALLOC", .bed = bed, .call = call_hwpt,
		.undo = undo_hwpt, .mem = scattered(4 * HUGE),
		.inspect = inspect_attach,
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	spare_detach(bed);
	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	sweep(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	bed->ioas = new_ioas(bed->fd);
}

/* A second page table over an IOAS that is pinned by the first. */
static void test_second_hwpt(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "HWPT_ALLOC, the second", .bed = bed,
		.call = call_hwpt, .undo = undo_hwpt,
		.inspect = check_old_works, .mem = scattered(4 * HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	sweep(&scene);
	assert_true(dma_writes(bed, FREE_IOVA + HUGE, scene.mem + HUGE,
			       PIECE));
}

/* And the device goes there, where it may have to be filled first. */
static void undo_second(struct scene *scene)
{
	undo_replace(scene);
	undo_hwpt(scene);
	/* Not yet filled, where that waits for a device. */
	assert_int_equal(call_hwpt(scene), 0);
}

static void test_replace_by_second(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "replace by a second page table", .bed = bed,
		.call = call_replace, .undo = undo_second,
		.inspect = check_old_works, .mem = scattered(4 * HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	spare_detach(bed);
	assert_int_equal(call_hwpt(&scene), 0);
	sweep(&scene);
	assert_true(dma_writes(bed, FREE_IOVA + HUGE, scene.mem + HUGE,
			       PIECE));
	undo_hwpt(&scene);
}

/* What takes something away is refused only where it can't be read. */
static int call_detach(struct scene *scene)
{
	return vfio_detach(scene->bed->edu.dev);
}

static void test_detach(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "DETACH", .bed = bed, .call = call_detach,
		.undo = undo_replace, .inspect = check_old_works,
		.mem = scattered(HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, HUGE);
	spare_detach(bed);
	sweep(&scene);
}

static int call_destroy(struct scene *scene)
{
	return destroy_or_redo(scene, scene->ioas);
}

static void undo_destroy(struct scene *scene)
{
	scene->ioas = new_filled_ioas(scene->bed, scene->mem, HUGE);
}

static void test_destroy(void **state)
{
	struct scene scene = {
		.name = "DESTROY", .bed = *state, .call = call_destroy,
		.undo = undo_destroy, .mem = scattered(HUGE),
	};

	undo_destroy(&scene);
	sweep(&scene);
}

static int call_hw_info(struct scene *scene)
{
	uint8_t data[64];
	uint32_t length = sizeof(data);

	return iommufd_hw_info(scene->bed->fd, scene->bed->edu.devid, data,
			       &length, NULL, NULL);
}

static void test_hw_info(void **state)
{
	struct scene scene = {
		.name = "GET_HW_INFO", .bed = *state, .call = call_hw_info,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

/* ---- the files ---- */

static int call_open(struct scene *scene)
{
	scene->file = iommufd_open();
	return scene->file < 0 ? scene->file : 0;
}

static void undo_open(struct scene *scene)
{
	close(scene->file);
}

/* As another user, who has no file open: nobody counts for that one yet. */
static int call_open_first(struct scene *scene)
{
	int rc;

	/* Both of these can be what fails. */
	if (syscall(SYS_setresuid, USER, 0, 0))
		return -errno;
	rc = call_open(scene);
	while (syscall(SYS_setresuid, 0, 0, 0))
		;
	return rc;
}

static void test_open(void **state)
{
	struct scene scene = {
		.name = "open", .bed = *state, .call = call_open_first,
		.undo = undo_open,
	};

	sweep(&scene);
}

static char device_node[VFIO_NODE_MAX];

static int call_open_device(struct scene *scene)
{
	scene->file = open(device_node, O_RDWR | O_CLOEXEC);
	return scene->file < 0 ? -errno : 0;
}

static void test_open_device(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "open of a device", .bed = bed,
		.call = call_open_device, .undo = undo_open,
	};

	assert_int_equal(vfio_cdev_node(bed->edu.bdf, device_node), 0);
	sweep(&scene);
}

static int call_bind(struct scene *scene)
{
	return vfio_bind(scene->bed->edu.dev, scene->file, NULL);
}

static void undo_bind(struct scene *scene)
{
	struct edu *edu = &scene->bed->edu;

	close(edu->dev);
	check_no_object(scene->file);
	edu->dev = vfio_cdev_open(edu->bdf);
	assert_true(edu->dev >= 0);
}

/* Not bound, so nothing but BIND works; and there is no device object. */
static void inspect_bind(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), -EINVAL);
	check_no_object(scene->file);
}

/*
 * The device is enabled while no driver has it: to enable it asks the firmware,
 * and the kernel's interpreter of that does not survive each fault.
 */
static void enable_device(const char *bdf, const char *enable)
{
	char path[128];

	assert_int_equal(pci_unbind(bdf), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", bdf);
	assert_int_equal(file_write(path, enable), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

static void test_bind(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "BIND", .bed = bed, .call = call_bind,
		.undo = undo_bind, .inspect = inspect_bind, .file = new_fd(),
	};

	edu_close(&bed->edu);
	enable_device(bed->edu.bdf, "1");
	bed->edu.dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(bed->edu.dev >= 0);
	sweep(&scene);
	close(scene.file);
	close(bed->edu.dev);
	enable_device(bed->edu.bdf, "0");
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}

/* With a token, which the device has no use for, in a longer struct. */
static int call_bind_token(struct scene *scene)
{
	struct {
		struct vfio_device_bind_iommufd cmd;
		uint64_t more[2];
	} arg = {
		.cmd = {
			.argsz = sizeof(arg), .iommufd = scene->file,
			.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
			.token_uuid_ptr = (uintptr_t)scene->bed->scratch,
		},
	};

	return iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_BIND_IOMMUFD,
			    &arg);
}

static void test_bind_token(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "BIND with a token", .bed = bed, .error = -EINVAL,
		.call = call_bind_token, .inspect = inspect_bind,
		.file = new_fd(),
	};

	edu_close(&bed->edu);
	bed->edu.dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(bed->edu.dev >= 0);
	sweep(&scene);
	close(scene.file);
	close(bed->edu.dev);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}

static int call_feature(struct scene *scene)
{
	struct vfio_device_feature arg = { .argsz = sizeof(arg) };

	return iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_FEATURE, &arg);
}

static void test_feature(void **state)
{
	struct scene scene = {
		.name = "FEATURE", .bed = *state, .error = -ENOTTY,
		.call = call_feature,
	};

	sweep(&scene);
}

/* The device is there without a node, where none can be made. */
static int call_probe(struct scene *scene)
{
	const char *bdf = scene->bed->edu.bdf;
	int rc = pci_bind(bdf, "vfio-pci");

	if (rc)
		return rc;
	if (!vfio_cdev_node(bdf, device_node) && !access(device_node, F_OK))
		return 0;
	assert_int_equal(pci_unbind(bdf), 0);
	return -ENOMEM;
}

static void undo_probe(struct scene *scene)
{
	assert_int_equal(pci_unbind(scene->bed->edu.bdf), 0);
	assert_int_not_equal(access(device_node, F_OK), 0);
}

static void test_probe(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "a node in /dev/vfio/devices", .bed = bed,
		.call = call_probe, .undo = undo_probe,
	};

	/* Those of the kernel would hit the driver of the device, not us. */
	if (faults == &of_kernel)
		skip();
	edu_close(&bed->edu);
	assert_int_equal(pci_unbind(bed->edu.bdf), 0);
	sweep(&scene);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}

static int edu_teardown(void **state)
{
	fail_small(true);
	fail_user_pages(false);
	return edubed_teardown(state);
}

#define EDU_TEST(name) \
	cmocka_unit_test_setup_teardown(name, edubed_setup, edu_teardown)

static const struct CMUnitTest edu_tests[] = {
	EDU_TEST(test_ioas_alloc),
	EDU_TEST(test_allow),
	EDU_TEST(test_map_page),
	EDU_TEST(test_map_scattered),
	EDU_TEST(test_map_adjacent),
	EDU_TEST(test_map_large),
	EDU_TEST(test_map_fresh),
	EDU_TEST(test_map_file),
	EDU_TEST(test_copy),
	EDU_TEST(test_copy_pinned),
	EDU_TEST(test_unmap),
	EDU_TEST(test_attach),
	EDU_TEST(test_replace),
	EDU_TEST(test_hwpt),
	EDU_TEST(test_second_hwpt),
	EDU_TEST(test_replace_by_second),
	EDU_TEST(test_detach),
	EDU_TEST(test_destroy),
	EDU_TEST(test_hw_info),
	EDU_TEST(test_open),
	EDU_TEST(test_open_device),
	EDU_TEST(test_bind),
	EDU_TEST(test_bind_token),
	EDU_TEST(test_feature),
	EDU_TEST(test_probe),
};

#endif
