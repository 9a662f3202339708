// SPDX-License-Identifier: GPL-2.0
/*
 * Who pays after CHANGE_PROCESS, and for what.
 */
#include "iommufd.h"
#include "payer.h"
#include "takebed.h"
#include "test.h"
#include "user.h"

static void take(struct takebed *bed)
{
	check(!iommufd_change_process(bed->fd));
}

void test_nothing_is_mapped(void **state)
{
	int fd = new_fd();

	assert_int_equal(iommufd_change_process(fd), 0);
	new_ioas(fd);
	assert_int_equal(iommufd_change_process(fd), 0);
	close(fd);
}

/* It changes nothing, and there need be no room for it. */
static void again(struct takebed *bed)
{
	map_file(bed, 0, 0, LARGE);
	has_left(bed, 0);
	take(bed);
	has_left(bed, 0);
	check(pinned_by(getpid()) == LARGE);
	unmap_all(bed, 0);
	check(pinned_by(getpid()) == 0);
	has_left(bed, LARGE);
}

void test_same_process(void **state)
{
	owner_is_root(*state, again, LARGE);
	owner_is_user(*state, again, LARGE);
}

/* All of it moves, from one counter to the other, and back by UNMAP. */
static void heir_of_user(struct takebed *bed)
{
	take(bed);
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == SMALL + LARGE);
	check(locked_by(getpid()) == 0);
	has_left(bed, 0);
	/* Once more is nothing more. */
	take(bed);
	has_left(bed, 0);
	unmap_all(bed, 1);
	check(pinned_by(getpid()) == SMALL);
	has_left(bed, LARGE);
	unmap_all(bed, 0);
	check(pinned_by(getpid()) == 0);
	check(pinned_by(bed->owner) == 0);
}

static void owner_of_user(struct takebed *bed)
{
	map_file(bed, 0, 0, SMALL);
	map_file(bed, 1, 0, LARGE);
	has_left(bed, 0);
	heir_runs_as_user(bed, heir_of_user, SMALL + LARGE);
	has_left(bed, SMALL + LARGE);
}

void test_user_pays(void **state)
{
	owner_is_root(*state, owner_of_user, SMALL + LARGE);
}

static void heir_by_process(struct takebed *bed)
{
	check(locked_by(bed->owner) == SMALL + LARGE);
	take(bed);
	check(pinned_by(bed->owner) == 0);
	check(locked_by(bed->owner) == 0);
	check(pinned_by(getpid()) == SMALL + LARGE);
	check(locked_by(getpid()) == SMALL + LARGE);
	has_left(bed, 0);
	unmap_all(bed, 1);
	check(locked_by(getpid()) == SMALL);
	unmap_all(bed, 0);
	check(pinned_by(getpid()) == 0);
	check(locked_by(getpid()) == 0);
	check(locked_by(bed->owner) == 0);
}

static void owner_by_process(struct takebed *bed)
{
	map_file(bed, 0, 0, SMALL);
	map_file(bed, 1, 0, LARGE);
	heir_runs_as_user(bed, heir_by_process, SMALL + LARGE);
	has_left(bed, SMALL + LARGE);
}

void test_process_pays(void **state)
{
	owner_is_root(*state, owner_by_process, SMALL + LARGE);
}

/* The user has it already: it is not wanted twice, and stays counted once. */
static void heir_of_same_user(struct takebed *bed)
{
	take(bed);
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == LARGE);
	has_left(bed, 0);
	unmap_all(bed, 2);
	has_left(bed, LARGE);
}

static void owner_of_same_user(struct takebed *bed)
{
	map_file(bed, 2, 0, LARGE);
	has_left(bed, 0);
	heir_runs(bed, heir_of_same_user, LARGE);
	has_left(bed, LARGE);
}

void test_same_user(void **state)
{
	owner_is_user(*state, owner_of_same_user, LARGE);
}

/* Who has CAP_IPC_LOCK pays without a limit, and lets the other have his. */
static void owner_of_privileged(struct takebed *bed)
{
	has_left(bed, 0);
	unmap_all(bed, 0);
}

void test_privileged_heir(void **state)
{
	struct takebed *bed = *state;
	uint64_t iova = 0;

	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas[0], MAP_RW,
					  bed->file, 0, LARGE, &iova), 0);
	assert_int_equal(status_kb("VmPin"), LARGE / 1024);
	/* The one who takes it has a limit, and keeps to it. */
	owner_is_user(bed, take, LARGE);
	assert_int_equal(status_kb("VmPin"), 0);
	owner_is_user(bed, owner_of_privileged, LARGE);

	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas[0], MAP_RW,
					  bed->file, 0, LARGE, &iova), 0);
	owner_is_user(bed, take, LARGE);
	assert_int_equal(iommufd_change_process(bed->fd), 0);
	assert_int_equal(status_kb("VmPin"), LARGE / 1024);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas[0], NULL), 0);
	assert_int_equal(status_kb("VmPin"), 0);
	owner_is_user(bed, again, LARGE);
}

/* The one who has mapped it is gone, and so may be those who took it over. */
static void map_both(struct takebed *bed)
{
	map_file(bed, 0, 0, SMALL);
	map_file(bed, 1, 0, LARGE);
}

static void take_both(struct takebed *bed)
{
	take(bed);
	check(pinned_by(getpid()) == SMALL + LARGE);
	has_left(bed, 0);
}

static void give_both_back(struct takebed *bed)
{
	take_both(bed);
	unmap_all(bed, 0);
	unmap_all(bed, 1);
	check(pinned_by(getpid()) == 0);
	has_left(bed, SMALL + LARGE);
}

void test_owner_is_gone(void **state)
{
	owner_is_root(*state, map_both, SMALL + LARGE);
	owner_is_user(*state, give_both_back, SMALL + LARGE);
}

void test_heir_is_gone(void **state)
{
	owner_is_user(*state, map_both, SMALL + LARGE);
	owner_is_root(*state, take_both, SMALL + LARGE);
	owner_is_user(*state, take_both, SMALL + LARGE);
	owner_is_user(*state, give_both_back, SMALL + LARGE);
}

/* Memory of several IOASes, by COPY and because they share, is paid for once. */
static void heir_of_one(struct takebed *bed)
{
	take(bed);
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == bed->want);
	unmap_all(bed, 0);
	check(pinned_by(getpid()) == bed->want);
	unmap_all(bed, 1);
	check(pinned_by(getpid()) == bed->want);
	unmap_all(bed, 2);
	check(pinned_by(getpid()) == 0);
	has_left(bed, bed->want);
}

static void owner_of_one(struct takebed *bed)
{
	uint64_t iova = map_file(bed, 0, 0, bed->want);

	copy(bed, 1, 0, iova, bed->want);
	copy(bed, 1, 0, iova, PAGE);
	copy(bed, 2, 0, iova, bed->want);
	heir_runs(bed, heir_of_one, bed->want);
}

static void owner_shares(struct takebed *bed)
{
	int i;

	for (i = 0; i < IOASES; i++)
		map_file(bed, i, 0, bed->want);
	check(pinned_by(getpid()) == bed->want);
	heir_runs(bed, heir_of_one, bed->want);
}

void test_pinned_once(void **state)
{
	struct takebed *bed = *state;

	bed->want = SMALL;
	owner_is_user(bed, owner_of_one, SMALL);
	bed->want = LARGE;
	owner_is_user(bed, owner_of_one, LARGE);
	owner_is_user(bed, owner_shares, LARGE);
}

/* What is not pinned yet is pinned on the account of the heir. */
static void attach_later(struct takebed *bed)
{
	struct test_mock mock;
	uint32_t lazy = bed->want;

	take(bed);
	check(pinned_by(getpid()) == 0);
	check(!test_mock(bed->fd, lazy, 0, &mock));
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == LARGE);
	check(!iommufd_destroy(bed->fd, mock.stdev));
	check(pinned_by(getpid()) == 0);
}

static void map_lazily(struct takebed *bed)
{
	uint64_t iova = FREE_IOVA;
	uint32_t lazy;

	check(!iommufd_ioas_alloc(bed->fd, &lazy));
	check(!iommufd_map_file(bed->fd, lazy, MAP_RW | MAP_FIXED_IOVA,
				bed->file, 0, LARGE, &iova));
	bed->want = lazy;
	heir_runs(bed, attach_later, -1);
}

void test_pinned_later(void **state)
{
	owner_is_user(*state, map_lazily, LARGE);
}

static void take_with_access(struct takebed *bed)
{
	take(bed);
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == bed->want);
	has_left(bed, LARGE - bed->want);
}

static void pin_by_access(struct takebed *bed)
{
	uint64_t iova;
	uint32_t lazy, pin, more;
	int access;

	check(!iommufd_ioas_alloc(bed->fd, &lazy));
	check(!iommufd_map_file(bed->fd, lazy, MAP_RW, bed->file, 0, LARGE,
				&iova));
	check(!test_access_create(bed->fd, lazy, ACCESS_PINS, &access));
	check(!test_access_pin(bed->fd, access, ACCESS_WRITE, iova, 3 * PAGE,
			       NULL, &pin));
	bed->want = 3 * PAGE;
	heir_runs(bed, take_with_access, -1);
	/* Two more on account of the one who is gone; then all of them go. */
	check(!test_access_pin(bed->fd, access, ACCESS_WRITE, iova + HUGE,
			       2 * PAGE, NULL, &more));
	check(pinned_by(getpid()) == 0);
	has_left(bed, LARGE - 5 * PAGE);
	check(!test_access_unpin(bed->fd, access, pin));
	check(!test_access_unpin(bed->fd, access, more));
	has_left(bed, LARGE);
	close(access);
}

void test_pinned_by_access(void **state)
{
	owner_is_user(*state, pin_by_access, LARGE);
}

/* What the heir maps is what it has taken over; what the other maps is not. */
static void heir_shares(struct takebed *bed)
{
	take(bed);
	check(pinned_by(getpid()) == LARGE);
	map_file(bed, 1, 0, LARGE);
	check(pinned_by(getpid()) == LARGE);
}

static void owner_shares_no_more(struct takebed *bed)
{
	map_file(bed, 0, 0, LARGE);
	heir_runs(bed, heir_shares, -1);
	check(pinned_by(getpid()) == 0);
	map_file(bed, 2, 0, LARGE);
	check(pinned_by(getpid()) == LARGE);
}

void test_shared_afterwards(void **state)
{
	owner_is_user(*state, owner_shares_no_more, 2 * LARGE);
}

/* The area that gets memory of its own again: whoever pays by then pays for it. */
static void unshare(struct takebed *bed)
{
	take(bed);
	check(!iommufd_destroy(bed->fd, bed->mock[1].stdev));
	unmap_all(bed, 0);
	check(pinned_by(getpid()) == 0);
	check(!test_mock(bed->fd, bed->ioas[1], 0, &bed->mock[1]));
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == LARGE);
}

static void share(struct takebed *bed)
{
	map_file(bed, 0, 0, LARGE);
	map_file(bed, 1, 0, LARGE);
	check(pinned_by(getpid()) == LARGE);
	heir_runs(bed, unshare, -1);
}

void test_unshared_afterwards(void **state)
{
	owner_is_user(*state, share, LARGE);
}

static void unmap_taken(struct takebed *bed)
{
	map_file(bed, 0, 0, LARGE);
	heir_runs(bed, take, -1);
	has_left(bed, 0);
	unmap_all(bed, 0);
	has_left(bed, LARGE);
}

void test_unmapped_by_owner(void **state)
{
	owner_is_user(*state, unmap_taken, LARGE);
}
