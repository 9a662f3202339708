// SPDX-License-Identifier: GPL-2.0
/*
 * What a real device reaches, see devicebed.h.
 */
#include "bed.h"
#include "devicebed.h"
#include "edu.h"
#include "edubed.h"
#include "faults.h"
#include "iommufd.h"
#include "scene.h"

void check_unreachable(struct scene *scene)
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

bool old_works(struct edubed *bed)
{
	uint8_t sent[PIECE];

	fill(bed->scratch, PIECE);
	memcpy(sent, bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	memset(bed->scratch, 0, PIECE);
	assert_int_equal(edu_store(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	return !memcmp(bed->scratch, sent, PIECE);
}

void check_old_works(struct scene *scene)
{
	assert_true(old_works(scene->bed));
}

void check_no_object(int fd)
{
	assert_int_equal(iommufd_option_set(fd, IOMMU_OPTION_RLIMIT_MODE, 0, 0),
			 0);
}

int edu_teardown(void **state)
{
	fail_small(true);
	fail_user_pages(false);
	return edubed_teardown(state);
}
