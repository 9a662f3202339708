// SPDX-License-Identifier: GPL-2.0
/*
 * CHANGE_PROCESS that is refused: nothing has changed.
 */
#include "iommufd.h"
#include "memory.h"
#include "refused.h"
#include "takebed.h"
#include "test.h"
#include "type1.h"
#include "user.h"

void test_reserved(void **state)
{
	struct takebed *bed = *state;
	struct iommu_ioas_change_process arg = {
		.size = sizeof(arg), .__reserved = 1,
	};

	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_CHANGE_PROCESS, &arg),
			 -EOPNOTSUPP);
}

/* ---- memory that is not of a file ---- */

static void refused_for_memory(struct takebed *bed)
{
	check(iommufd_change_process(bed->fd) == -EINVAL);
	check(pinned_by(bed->owner) == bed->want);
	check(pinned_by(getpid()) == 0);
	has_left(bed, LARGE);
}

/* @i: the IOAS where the other memory is; the file is in that between. */
static void map_memory(struct takebed *bed, int i, size_t length)
{
	void *mem = mmap(NULL, length, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova;

	check(mem != MAP_FAILED);
	check(!iommufd_map(bed->fd, bed->ioas[i], MAP_RW, mem, length, &iova));
	bed->want = SMALL + length;
	heir_runs_as_user(bed, refused_for_memory, LARGE);
	check(iommufd_change_process(bed->fd) == -EINVAL);
	unmap_all(bed, i);
	check(pinned_by(getpid()) == SMALL);
}

static void take_rest(struct takebed *bed)
{
	check(!iommufd_change_process(bed->fd));
	check(pinned_by(bed->owner) == 0);
	check(pinned_by(getpid()) == SMALL);
}

static void memory_and_file(struct takebed *bed)
{
	map_file(bed, 1, 0, SMALL);
	map_memory(bed, 0, PAGE);
	map_memory(bed, 2, PAGE);
	map_memory(bed, 0, 2 * PAGE);
	map_memory(bed, 2, HUGE);
	heir_runs_as_user(bed, take_rest, SMALL);
}

/* Not pinned, too. */
static void unpinned_memory(struct takebed *bed)
{
	uint64_t iova;
	uint32_t lazy;

	map_file(bed, 1, 0, SMALL);
	check(!iommufd_ioas_alloc(bed->fd, &lazy));
	check(!iommufd_map(bed->fd, lazy, MAP_RW, bed, PAGE, &iova));
	bed->want = SMALL;
	heir_runs_as_user(bed, refused_for_memory, LARGE);
	check(!iommufd_destroy(bed->fd, lazy));
	heir_runs_as_user(bed, take_rest, SMALL);
}

void test_memory_of_process(void **state)
{
	struct takebed *bed = *state;
	int i;

	owner_is_root(bed, memory_and_file, 2 * LARGE);
	for (i = 0; i < IOASES; i++)
		assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas[i], NULL),
				 0);
	owner_is_root(bed, unpinned_memory, 2 * LARGE);
}

/* ---- limits ---- */

/* All but a page of it: some of it fits. */
static void refused_for_limit(struct takebed *bed)
{
	check(iommufd_change_process(bed->fd) == -ENOMEM);
	check(pinned_by(bed->owner) == bed->want);
	check(pinned_by(getpid()) == 0);
	check(locked_by(getpid()) == 0);
}

static void refused_and_has_all(struct takebed *bed)
{
	refused_for_limit(bed);
	/* Nothing is left of what was charged in between. */
	has_left(bed, bed->want - PAGE);
}

static void map_three(struct takebed *bed)
{
	int i;

	for (i = 0; i < IOASES; i++)
		map_file(bed, i, i * SMALL, SMALL);
	bed->want = IOASES * SMALL;
}

static void limited(struct takebed *bed)
{
	map_three(bed);
	heir_runs_as_user(bed, refused_and_has_all, IOASES * SMALL - PAGE);
	heir_runs_as_user(bed, refused_for_limit, 0);
	check(pinned_by(getpid()) == bed->want);
	has_left(bed, 0);
	unmap_all(bed, 1);
	check(pinned_by(getpid()) == 2 * SMALL);
	has_left(bed, SMALL);
}

void test_limit(void **state)
{
	owner_is_root(*state, limited, IOASES * SMALL);
}

/* Here the limit is the process's. */
void test_limit_of_process(void **state)
{
	owner_is_root(*state, limited, IOASES * SMALL);
}

/* The user's counter has it already, but the limit of this process is lower. */
static void limited_user(struct takebed *bed)
{
	map_three(bed);
	heir_runs(bed, refused_for_limit, IOASES * SMALL - PAGE);
	check(pinned_by(getpid()) == bed->want);
	has_left(bed, 0);
}

void test_limit_of_same_user(void **state)
{
	owner_is_user(*state, limited_user, IOASES * SMALL);
}

/* ---- container ioctls on a file of /dev/iommu ---- */

/* What they map is memory of a process; before that, and after, there is none. */
void test_containers(void **state)
{
	struct takebed *bed = *state;
	void *mem = pages(SMALL);

	assert_int_equal(iommufd_vfio_ioas(bed->fd, IOMMU_VFIO_IOAS_SET,
					   &bed->ioas[0]), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_R, mem, SMALL, FREE_IOVA), 0);
	assert_int_equal(iommufd_change_process(bed->fd), -EINVAL);
	assert_int_equal(type1_unmap(bed->fd, FREE_IOVA, SMALL, NULL), 0);
	assert_int_equal(iommufd_change_process(bed->fd), 0);
	munmap(mem, SMALL);
}
