// SPDX-License-Identifier: GPL-2.0
/*
 * Ids of others, stale ones; and all of it from somebody without privilege.
 */
#include <sys/socket.h>

#include "badbed.h"
#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "fields.h"
#include "iommufd.h"
#include "owners.h"
#include "picture.h"
#include "user.h"

#define PIECE 64

/* ---- ids of others ---- */

void test_foreign_device(void **state)
{
	struct badbed *bed = *state;
	int fd = new_fd();
	uint32_t ioas = new_ioas(fd), id;

	/* Its ids mean nothing there: those are of IOASes. */
	while (new_ioas(fd) < bed->hwpt)
		;
	assert_int_equal(iommufd_hwpt_alloc(fd, 0, bed->edu->edu.devid, ioas,
					    &id), -ENOENT);
	assert_int_equal(iommufd_hw_info(fd, bed->edu->edu.devid, NULL, NULL,
					 NULL, NULL), -ENOENT);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0,
					    bed->edu->edu.devid, bed->foreign,
					    &id), -EINVAL);
	assert_int_equal(attach(bed->edu, bed->foreign), -ENOENT);
	check_unchanged(bed, "foreign ids");
	close(fd);
}

void test_stale_ids(void **state)
{
	struct badbed *bed = *state;
	uint32_t devid = bed->edu->edu.devid, id;

	assert_int_equal(attach(bed->edu, bed->stale), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->view.fd, bed->hwpt), 0);
	assert_int_equal(attach(bed->edu, bed->hwpt), -ENOENT);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0, bed->hwpt,
					    bed->view.ioas, &id), -ENOENT);
	check_unchanged(bed, "stale ids");
	/* A device that was closed. */
	edu_close(&bed->edu->edu);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0, devid,
					    bed->view.ioas, &id), -ENOENT);
	assert_int_equal(iommufd_hw_info(bed->view.fd, devid, NULL, NULL, NULL,
					 NULL), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->view.fd, devid), -ENOENT);
	assert_int_equal(edu_open(&bed->edu->edu, 0, bed->view.fd), 0);
}

/* ---- and from somebody without privilege ---- */

static struct badbed *shared_bed;

/* The child pins nothing, and what it maps it can't pay for. */
static int share_bed(void **state)
{
	*state = shared_bed;
	picture_take(&shared_bed->view, &shared_bed->before);
	return 0;
}

static void user_mixed_fields(void **state)
{
	size_t i;

	for (i = 0; i < commands_count; i++)
		/* What it unmaps it could not map again. */
		if (commands[i].nr != IOMMU_IOAS_UNMAP)
			try_mixtures(*state, &commands[i], MIXTURES / 2);
}

static const struct CMUnitTest user_tests[] = {
	cmocka_unit_test_setup(user_mixed_fields, share_bed),
};

static int run_user_tests(void)
{
	return cmocka_run_group_tests(user_tests, NULL, NULL);
}

/* Tests of their own, in a process without privilege and without a limit. */
void test_user(void **state)
{
	shared_bed = *state;
	run_group_as_user(run_user_tests);
	check_unchanged(shared_bed, "a user without a limit");
	assert_true(dma_writes(shared_bed->edu, BED_IOVA, shared_bed->mem,
			       PIECE));
}
