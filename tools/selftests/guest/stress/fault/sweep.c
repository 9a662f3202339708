// SPDX-License-Identifier: GPL-2.0
/*
 * Each thing that a call needs fails in turn, see sweep.h.
 */
#include "bed.h"
#include "compiler.h"
#include "faults.h"
#include "picture.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"

/* Where no more than some are tried: so many from the start, the end, and
 * in between.
 */
#define POINTS_FIRST 24
#define POINTS_LAST 8
#define POINTS_BETWEEN 16

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

unsigned int sweep(struct scene *scene)
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
