/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls in which one thing fails that they need, each of them in turn. A call
 * that is refused has changed nothing: no IOVA is taken, nothing is pinned or
 * paid for, no device reaches more or less, and the same call succeeds
 * afterwards.
 *
 * Faults come from two places. Those of iommufd_selftest.ko let any call of our
 * modules fail, on every kernel. Those of the kernel let any allocation fail,
 * also deep in an IOMMU driver, where it was built with fault injection.
 */
#ifndef _GUEST_SWEEP_H
#define _GUEST_SWEEP_H

#include <fcntl.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "pci.h"
#include "vfio.h"
#include "picture.h"
#include "edubed.h"
#include "test.h"

/* More faults than any call has places for. */
#define POINTS_MAX 100000

/* Where no more than some are tried: so many from the start, the end, and
 * in between.
 */
#define POINTS_FIRST 24
#define POINTS_LAST 8
#define POINTS_BETWEEN 16

/**
 * struct scene - a call that faults are put into
 * @name: for the log
 * @bed: an IOAS; and a device, which may be none
 * @call: makes the call
 * @undo: takes a success back
 * @inspect: looks closer after a failure, or NULL
 * @quick: @inspect is quick, and is made after each failure
 * @error: the call is refused with it where nothing fails; else 0
 * @ioas: another IOAS that is to stay as it is, or 0
 * @hwpts: page tables of the mock that are to stay as they are, or 0
 * @step: of the kernel's faults, from one that is tried to the next; 0: all
 * @mem: memory that the call maps
 * @length: of it
 * @iova: where the call maps
 * @id: of what the call makes, or of what it uses
 * @file: that the call uses
 * @next: the number of the next file, which stays the same, if @inspect asks
 * @vm_size: the size of the process, likewise
 */
struct scene {
	const char *name;
	struct edubed *bed;
	int (*call)(struct scene *scene);
	void (*undo)(struct scene *scene);
	void (*inspect)(struct scene *scene);
	bool quick;
	int error;
	uint32_t ioas;
	uint32_t hwpts[2];
	unsigned int step;
	uint8_t *mem;
	size_t length;
	uint64_t iova;
	uint32_t id;
	int file;
	int next;
	uint64_t vm_size;
};

/* ---- faults ---- */

#define SELFTEST_FAULTS "/sys/kernel/debug/iommufd_selftest/"

/**
 * struct faults - what makes calls fail
 * @name: for the log
 * @nth: its file, -1: there is none here
 * @sparing: not every fault is tried, unless the run may be long
 */
struct faults {
	const char *name;
	int nth;
	bool sparing;
};

static struct faults of_calls = { .name = "calls", .nth = -1, .sparing = true };
static struct faults of_kernel = { .name = "the kernel", .nth = -1 };

/* Those that sweeps are made with now. */
static struct faults *faults;

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

/* Each takes its time to be there, so that one of them is at a time. */
static bool use_calls(void)
{
	const char *is_long = getenv("TEST_LONG");

	of_calls.nth = open(SELFTEST_FAULTS "fail-nth", O_RDWR | O_CLOEXEC);
	of_calls.sparing = !is_long || !*is_long;
	faults = &of_calls;
	return of_calls.nth >= 0;
}

static bool use_kernel(void)
{
	of_kernel.nth = open("/proc/thread-self/fail-nth",
			     O_RDWR | O_CLOEXEC);
	if (of_kernel.nth < 0)
		return false;
	prepare_kind("failslab");
	prepare_kind("fail_page_alloc");
	prepare_kind("fail_usercopy");
	/* Page tables are single pages. */
	file_write("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_user_pages(false);
	faults = &of_kernel;
	return true;
}

static void arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	assert_int_equal(pwrite(faults->nth, text, length, 0), length);
}

/* How many more faults there would have to be; 0: it has come. */
static unsigned int disarm(void)
{
	char text[16] = "";
	ssize_t got = pread(faults->nth, text, sizeof(text) - 1, 0);

	/* Both of these can be what fails. */
	while (pwrite(faults->nth, "0", 1, 0) != 1)
		;
	return got > 0 ? strtoul(text, NULL, 10) : 1;
}

/* ---- the sweep ---- */

#define LOOK_PAGES 8
#define LOOK_REFS 4

/**
 * struct look - what user space can see
 * @one: of the IOAS of the bed
 * @other: of the scene's, if there is one
 * @maps: whether its page tables lead from pages of its IOVA to its memory
 * @refs: how often pages of its memory are pinned
 */
struct look {
	struct picture one;
	struct picture other;
	int maps[ARRAY_SIZE(((struct scene *)0)->hwpts)][LOOK_PAGES];
	int refs[LOOK_PAGES];
};

static int count_refs(int fd, const uint8_t *page)
{
	int refs;

	for (refs = 0; refs < LOOK_REFS; refs++)
		if (!test_check_refs(fd, page, PAGE, refs))
			break;
	return refs;
}

static void look_at_pages(struct scene *scene, struct look *look)
{
	size_t i, at, pages = scene->length / PAGE;
	unsigned int h;

	for (i = 0; i < LOOK_PAGES; i++) {
		at = i * (pages - 1) / (LOOK_PAGES - 1) * PAGE;
		look->refs[i] = count_refs(scene->bed->fd, scene->mem + at);
		for (h = 0; h < ARRAY_SIZE(scene->hwpts); h++)
			if (scene->hwpts[h])
				look->maps[h][i] =
					test_check_map(scene->bed->fd,
						       scene->hwpts[h],
						       scene->iova + at,
						       scene->mem + at, PAGE);
	}
}

static void look_at(struct scene *scene, struct look *look)
{
	struct bed one = { .fd = scene->bed->fd, .ioas = scene->bed->ioas };
	struct bed other = { .fd = scene->bed->fd, .ioas = scene->ioas };

	memset(look, 0, sizeof(*look));
	picture_take(&one, &look->one);
	if (scene->ioas)
		picture_take(&other, &look->other);
	if (scene->mem && scene->length)
		look_at_pages(scene, look);
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

/* What a caller is told of something that failed below. */
static bool is_fault(int rc)
{
	if (rc == -ENOMEM || rc == -EFAULT)
		return true;
	return faults == &of_calls &&
	       (rc == -EINTR || rc == -ENODEV || rc == -ENOTTY ||
		rc == -EBADF || rc == -EMFILE);
}

/* A device takes its time for DMA. */
static bool is_spared(struct scene *scene, unsigned int n)
{
	return faults->sparing && !scene->quick && n % 32 != 1;
}

/* With fault @n; returns how many more there would have to be. */
static unsigned int call_with_fault(struct scene *scene,
				    const struct look *before, unsigned int n,
				    bool *refused)
{
	unsigned int left;
	int rc;

	arm(n);
	rc = scene->call(scene);
	left = disarm();
	*refused = rc != scene->error;
	if (!rc)
		scene->undo(scene);
	else if (*refused && (left || !is_fault(rc)))
		fail_msg("%s: fault %u: returned %d (%s)", scene->name, n, rc,
			 strerror(-rc));
	else if (*refused && scene->inspect && !is_spared(scene, n))
		scene->inspect(scene);
	check_same(scene, before, n, rc);
	return left;
}

/* Which fault to try after @n, of @points. */
static unsigned int next_fault(struct scene *scene, unsigned int n,
			       unsigned int points)
{
	unsigned int last = points - POINTS_LAST, step;

	if (!faults->sparing)
		return n + (scene->step ? scene->step : 1);
	if (n < POINTS_FIRST || n >= last || last > points)
		return n + 1;
	step = (points - POINTS_FIRST) / POINTS_BETWEEN;
	n += step ? step : 1;
	return n < last ? n : last;
}

/* Returns how many faults the call was refused for. */
static unsigned int sweep(struct scene *scene)
{
	unsigned int n, points, tried = 0, refused = 0;
	struct look before;
	bool now;

	look_at(scene, &before);
	points = POINTS_MAX - call_with_fault(scene, &before, POINTS_MAX, &now);
	assert_false(now);
	for (n = 1;; n = next_fault(scene, n, points)) {
		if (call_with_fault(scene, &before, n, &now))
			break;
		assert_true(n < POINTS_MAX);
		refused += now;
		tried++;
	}
	print_message("%s, faults of %s: %u places, %u tried, refused for %u\n",
		      scene->name, faults->name, points, tried, refused);
	assert_false(now);
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

/* ---- what several scenes do ---- */

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

/* The id goes first; who is killed then does not wait for the rest. */
static int destroy_or_redo(struct scene *scene, uint32_t id)
{
	int rc = iommufd_destroy(scene->bed->fd, id);

	if (rc == -EINTR && iommufd_destroy(scene->bed->fd, id) == -ENOENT)
		scene->undo(scene);
	return rc;
}

static void undo_nothing(struct scene *scene)
{
}

#endif
