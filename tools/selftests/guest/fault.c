// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in which one allocation, or one copy from or to user space, fails:
 * each of them in turn, for each call that allocates. A call that is refused
 * has changed nothing: no IOVA is taken, nothing is pinned or paid for, no
 * device reaches memory, and the same call succeeds afterwards.
 *
 * Needs a kernel with fault injection, or skips; and QEMU's edu device.
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "edubed.h"

#define PIECE 64

/* Memory of single pages: so many IO page tables of 512 entries. */
#define TABLES 8
#define SMALL_SIZE (TABLES * HUGE)
#define LARGE_SIZE (32 * HUGE)

/* More faults than any call has places for. */
#define POINTS_MAX 3000

/**
 * struct scene - a call that faults are put into
 * @name: for the log
 * @bed: the device and its IOAS
 * @call: makes the call
 * @undo: takes a success back
 * @inspect: looks closer after a failure, or NULL
 * @ioas: another IOAS that is to stay as it is, or 0
 * @step: faults from one that is tried to the next; 1: all
 * @mem: memory that the call maps
 * @length: of it
 * @iova: where the call maps
 * @id: of what the call makes, or of what it uses
 * @file: that the call uses
 */
struct scene {
	const char *name;
	struct edubed *bed;
	int (*call)(struct scene *scene);
	void (*undo)(struct scene *scene);
	void (*inspect)(struct scene *scene);
	uint32_t ioas;
	unsigned int step;
	uint8_t *mem;
	size_t length;
	uint64_t iova;
	uint32_t id;
	int file;
};

/* ---- faults ---- */

static int nth = -1;

/* What sleeps may fail as well; the log is not told of each. */
static void prepare_kind(const char *kind)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kind);
	file_write(path, "0");
	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait",
		 kind);
	file_write(path, "N");
}

/* Memory of the process itself fails only where a test asks for that. */
static void fail_user_pages(bool fail)
{
	file_write("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem",
		   fail ? "N" : "Y");
}

/* What sleeps and is small fails, or not. */
static void fail_small(bool fail)
{
	file_write("/sys/kernel/debug/failslab/ignore-gfp-wait",
		   fail ? "N" : "Y");
}

static void prepare_faults(void)
{
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	prepare_kind("failslab");
	prepare_kind("fail_page_alloc");
	prepare_kind("fail_usercopy");
	/* Page tables are single pages. */
	file_write("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_user_pages(false);
}

static void arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	assert_int_equal(pwrite(nth, text, length, 0), length);
}

/* How many more faults there would have to be; 0: it has come. */
static unsigned int disarm(void)
{
	char text[16] = "";
	ssize_t got = pread(nth, text, sizeof(text) - 1, 0);

	/* Both of these can be what fails. */
	while (pwrite(nth, "0", 1, 0) != 1)
		;
	return got > 0 ? strtoul(text, NULL, 10) : 1;
}

/* ---- the sweep ---- */

/**
 * struct look - what user space can see
 * @one: of the IOAS of the device
 * @other: of the scene's, if there is one
 */
struct look {
	struct picture one;
	struct picture other;
};

static void look_at(struct scene *scene, struct look *look)
{
	struct bed one = { .fd = scene->bed->fd, .ioas = scene->bed->ioas };
	struct bed other = { .fd = scene->bed->fd, .ioas = scene->ioas };

	memset(look, 0, sizeof(*look));
	picture_take(&one, &look->one);
	if (scene->ioas)
		picture_take(&other, &look->other);
}

static void check_same(struct scene *scene, const struct look *before,
		       unsigned int n, int rc)
{
	struct look after;

	look_at(scene, &after);
	if (memcmp(before, &after, sizeof(after)))
		fail_msg("%s: fault %u: returned %d, but something changed",
			 scene->name, n, rc);
}

/* With fault @n; returns how many more there would have to be. */
static unsigned int call_with_fault(struct scene *scene, unsigned int n,
				    int *rc)
{
	struct look before;
	unsigned int left;

	look_at(scene, &before);
	arm(n);
	*rc = scene->call(scene);
	left = disarm();
	if (!*rc)
		scene->undo(scene);
	else if (left || (*rc != -ENOMEM && *rc != -EFAULT))
		fail_msg("%s: fault %u: returned %d (%s)", scene->name, n, *rc,
			 strerror(-*rc));
	else if (scene->inspect)
		scene->inspect(scene);
	check_same(scene, &before, n, *rc);
	return left;
}

/* Returns how many faults the call was refused for. */
static unsigned int sweep(struct scene *scene)
{
	unsigned int n, tried = 0, refused = 0;
	int rc;

	for (n = 1;; n += scene->step ? scene->step : 1) {
		unsigned int left = call_with_fault(scene, n, &rc);

		if (left)
			break;
		assert_true(n < POINTS_MAX);
		refused += !!rc;
		tried++;
	}
	print_message("%s: %u faults, refused for %u\n", scene->name, tried,
		      refused);
	assert_int_equal(rc, 0);
	assert_true(refused > 0);
	return refused;
}

/* ---- memory ---- */

/* Neighbours come at times far apart, so their frames are no neighbours. */
static uint8_t *scattered(size_t size)
{
	uint8_t *mem = no_pages(size + HUGE);
	size_t pages = size / PAGE, i;

	mem += HUGE - (uintptr_t)mem % HUGE;
	madvise(mem, size, MADV_NOHUGEPAGE);
	assert_int_equal(mprotect(mem, size, PROT_READ | PROT_WRITE), 0);
	for (i = 0; i < pages; i++)
		mem[i * 1237 % pages * PAGE] = 1;
	return mem;
}

/* Adjacent frames, as far as the kernel has huge pages to give. */
static uint8_t *adjacent(size_t size)
{
	uint8_t *mem = no_pages(size + HUGE);

	mem += HUGE - (uintptr_t)mem % HUGE;
	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	madvise(mem, size, MADV_HUGEPAGE);
	assert_int_equal(mprotect(mem, size, PROT_READ | PROT_WRITE), 0);
	memset(mem, 1, size);
	return mem;
}

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

/* What the device had before, it still has. */
static void check_old_works(struct scene *scene)
{
	assert_true(dma_writes(scene->bed, SCRATCH_IOVA, scene->bed->scratch,
			       PIECE));
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

static int call_map(struct scene *scene)
{
	return iommufd_map(scene->bed->fd, scene->bed->ioas,
			   MAP_RW | MAP_FIXED_IOVA, scene->mem, scene->length,
			   &scene->iova);
}

static void undo_map(struct scene *scene)
{
	unmap(scene->bed, scene->iova, scene->length);
}

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

/* The number of bytes is told last: that this fails comes too late. */
static int call_unmap(struct scene *scene)
{
	int rc = iommufd_unmap(scene->bed->fd, scene->bed->ioas, FREE_IOVA,
			       HUGE, NULL);

	if (rc == -EFAULT &&
	    !is_mapped(scene->bed->fd, scene->bed->ioas, FREE_IOVA))
		undo_unmap(scene);
	return rc;
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
 * Some kernels allocate memory to detach a device, complain where there is
 * none, and keep the device from us until it is closed: 6.1 with VT-d. Calls
 * that detach see no fault of that kind there.
 */
static void spare_detach(struct edubed *bed)
{
	unsigned int left;

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

	if (rc == -EFAULT && !dma_writes(scene->bed, SCRATCH_IOVA,
					 scene->bed->scratch, PIECE)) {
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
	return iommufd_destroy(scene->bed->fd, scene->ioas);
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

static void undo_nothing(struct scene *scene)
{
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

static void test_open(void **state)
{
	struct scene scene = {
		.name = "open", .bed = *state, .call = call_open,
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

static void test_without_faults(void **state)
{
	skip();
}

static int teardown(void **state)
{
	fail_small(true);
	fail_user_pages(false);
	return edubed_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_ioas_alloc),
	TEST(test_allow),
	TEST(test_map_page),
	TEST(test_map_scattered),
	TEST(test_map_adjacent),
	TEST(test_map_large),
	TEST(test_map_fresh),
	TEST(test_map_file),
	TEST(test_copy),
	TEST(test_copy_pinned),
	TEST(test_unmap),
	TEST(test_attach),
	TEST(test_replace),
	TEST(test_hwpt),
	TEST(test_second_hwpt),
	TEST(test_replace_by_second),
	TEST(test_detach),
	TEST(test_destroy),
	TEST(test_hw_info),
	TEST(test_open),
	TEST(test_open_device),
	TEST(test_bind),
};

static const struct CMUnitTest no_tests[] = {
	cmocka_unit_test(test_without_faults),
};

int main(void)
{
	if (bed_load())
		return 1;
	prepare_faults();
	if (nth < 0)
		return cmocka_run_group_tests(no_tests, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
