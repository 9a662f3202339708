// SPDX-License-Identifier: GPL-2.0
/*
 * Callers without means: a user whose RLIMIT_MEMLOCK is 0, and processes in a
 * memory cgroup that is too small, refused or killed. What they were refused
 * has changed nothing, what they got is all there. Needs QEMU's edu device.
 *
 * How limits are counted is in account.c, and growth without a device in
 * memcg.c.
 */
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "cgroup.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"
#include "user.h"
#include "vfio.h"

#define PIECE 64

/**
 * struct poor - what a child is given
 * @edu: the device, attached
 * @view: the same, as refused() wants it
 * @mem: memory of both processes, mapped at BED_IOVA
 * @done: mappings that the child made
 * @rc: what it was refused with
 */
struct poor {
	struct edubed *edu;
	struct bed view;
	uint8_t *mem;
	long done;
	int rc;
};

/* Neighbours come at times far apart, so their frames are no neighbours. */
static uint8_t *scattered_shared(size_t size)
{
	uint8_t *mem = shared_pages(size);
	size_t count = size / PAGE, i;

	for (i = 0; i < count; i++)
		mem[i * 1237 % count * PAGE] = 1;
	return mem;
}

static int setup(void **state)
{
	struct poor *poor = shared_pages(PAGE);
	void *edu;

	edubed_setup(&edu);
	poor->edu = edu;
	poor->mem = scattered_shared(HUGE);
	map_at(poor->edu, BED_IOVA, MAP_RW, poor->mem, BED_SIZE);
	poor->view = (struct bed){
		.fd = poor->edu->fd, .ioas = poor->edu->ioas,
	};
	*state = poor;
	return 0;
}

static int teardown(void **state)
{
	struct poor *poor = *state;
	void *edu = poor->edu;

	edubed_teardown(&edu);
	munmap(poor->mem, HUGE);
	munmap(poor, PAGE);
	return 0;
}

static void check_same(struct poor *poor, const struct picture *before,
		       const char *what)
{
	struct picture now;

	picture_take(&poor->view, &now);
	if (memcmp(before, &now, sizeof(now)))
		fail_msg("%s: something has changed", what);
}

/* ---- RLIMIT_MEMLOCK of 0 ---- */

static struct iommu_ioas_map map_argument(struct poor *poor)
{
	return (struct iommu_ioas_map){
		.size = sizeof(struct iommu_ioas_map),
		.flags = MAP_RW | MAP_FIXED_IOVA, .ioas_id = poor->view.ioas,
		.user_va = (uintptr_t)poor->mem, .length = PAGE,
		.iova = FREE_IOVA,
	};
}

/* Nothing is pinned, of whatever length and kind. */
static void user_maps(void **state)
{
	struct poor *poor = *state;
	struct iommu_ioas_map arg = map_argument(poor);

	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
	arg.flags = MAP_R | MAP_FIXED_IOVA;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
	arg.flags = MAP_RW;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
	arg.length = HUGE;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
	/* More than any limit allows, and than there is. */
	arg = map_argument(poor);
	arg.length = 1ULL << 37;
	arg.iova = 1ULL << 38;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
	/* Before it is looked at, so also where there is nothing. */
	arg.user_va = (uintptr_t)no_pages(PAGE);
	arg.length = PAGE;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP, &arg);
}

static void user_maps_file(void **state)
{
	struct poor *poor = *state;
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg), .flags = MAP_RW | MAP_FIXED_IOVA,
		.ioas_id = poor->view.ioas, .length = 4 * PAGE,
		.fd = memfd_create("test", MFD_CLOEXEC), .iova = FREE_IOVA,
	};

	assert_int_equal(ftruncate(arg.fd, HUGE), 0);
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP_FILE, &arg);
	arg.flags = MAP_R;
	arg.length = HUGE;
	refused(&poor->view, ENOMEM, IOMMU_IOAS_MAP_FILE, &arg);
	close(arg.fd);
}

/* Without a device nothing has to be paid, until there is one. */
static void user_attaches(void **state)
{
	struct poor *poor = *state;
	int fd = poor->view.fd;
	uint32_t ioas = new_ioas(fd), id;
	uint64_t iova = FREE_IOVA;
	struct picture before;

	picture_take(&poor->view, &before);
	assert_int_equal(iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     poor->mem, HUGE, &iova), 0);
	assert_int_equal(attach(poor->edu, ioas), -ENOMEM);
	check_same(poor, &before, "replace");
	assert_int_equal(iommufd_copy(fd, MAP_RW | MAP_FIXED_IOVA,
				      poor->view.ioas, &iova, ioas, FREE_IOVA,
				      HUGE), -ENOMEM);
	check_same(poor, &before, "COPY");
	assert_int_equal(iommufd_hwpt_alloc(fd, 0, poor->edu->edu.devid,
					    poor->view.ioas, &id), 0);
	assert_int_equal(vfio_detach(poor->edu->edu.dev), 0);
	assert_int_equal(attach(poor->edu, ioas), -ENOMEM);
	/* What is pinned was paid for by somebody else, and stays so. */
	assert_int_equal(attach(poor->edu, poor->view.ioas), 0);
	assert_int_equal(iommufd_destroy(fd, id), 0);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	check_same(poor, &before, "ATTACH");
}

static void user_allocates(void **state)
{
	struct poor *poor = *state;
	int fd = poor->view.fd;
	uint32_t ioas = new_ioas(fd), id;
	uint64_t iova = FREE_IOVA;
	struct picture before;

	assert_int_equal(iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     poor->mem, HUGE, &iova), 0);
	/* So that the memory stays pinned. */
	assert_int_equal(iommufd_hwpt_alloc(fd, 0, poor->edu->edu.devid,
					    poor->view.ioas, &id), 0);
	assert_int_equal(vfio_detach(poor->edu->edu.dev), 0);
	picture_take(&poor->view, &before);
	assert_int_equal(iommufd_hwpt_alloc(fd, 0, poor->edu->edu.devid, ioas,
					    &id), -ENOMEM);
	check_same(poor, &before, "HWPT_ALLOC");
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	assert_int_equal(attach(poor->edu, poor->view.ioas), 0);
}

static struct poor *shared_poor;

static int share(void **state)
{
	*state = shared_poor;
	return 0;
}

static const struct CMUnitTest user_tests[] = {
	cmocka_unit_test_setup(user_maps, share),
	cmocka_unit_test_setup(user_maps_file, share),
	cmocka_unit_test_setup(user_attaches, share),
	cmocka_unit_test_setup(user_allocates, share),
};

static int run_user_tests(void)
{
	return cmocka_run_group_tests(user_tests, NULL, NULL);
}

/* Tests of their own, in a process without privilege. */
static void test_user(void **state)
{
	struct picture before;

	shared_poor = *state;
	picture_take(&shared_poor->view, &before);
	run_group_as_user(run_user_tests);
	check_same(shared_poor, &before, "a user without a limit");
	assert_true(dma_writes(shared_poor->edu, BED_IOVA, shared_poor->mem,
			       PIECE));
}

/* ---- a tight memory cgroup ---- */

#define CGROUP "/sys/fs/cgroup/iommufd-poor"
#define LIMIT "1048576"

/* Where the child maps: 2 MiB at a time. */
#define MANY_IOVA 0x100000000UL
#define MANY 20000

/* Each mapping needs a table of frames here and one of the IOMMU. */
static void map_until_refused(struct poor *poor)
{
	while (!poor->rc && poor->done < MANY) {
		uint64_t iova = MANY_IOVA + poor->done * HUGE;

		poor->rc = iommufd_map(poor->view.fd, poor->view.ioas,
				       MAP_RW | MAP_FIXED_IOVA, poor->mem, HUGE,
				       &iova);
		poor->done += !poor->rc;
	}
}

/* The process's own pages are there before, and it is not to be killed. */
static void child_is_refused(void *arg)
{
	cgroup_enter_immortal(CGROUP);
	map_until_refused(arg);
}

/* Killed, wherever it is in a call. */
static void child_is_killed(void *arg)
{
	cgroup_enter(CGROUP);
	alarm(60);
	map_until_refused(arg);
	pause();
}

static int setup_tight(void **state)
{
	if (cgroup_make(CGROUP, LIMIT))
		return -1;
	cgroup_forbid_swap(CGROUP);
	return setup(state);
}

static int teardown_tight(void **state)
{
	int rc = teardown(state);

	cgroup_remove(CGROUP);
	return rc;
}

static void test_refused_for_memory(void **state)
{
	struct poor *poor = *state;
	struct picture before;
	uint64_t bytes, end;

	picture_take(&poor->view, &before);
	end_child(start_child(child_is_refused, poor, -1));
	print_message("%ld mappings of 2 MiB\n", poor->done);
	assert_int_equal(poor->rc, -ENOMEM);
	assert_true(poor->done > 10);
	check_same(poor, &before, "MAP in a tight cgroup");
	end = MANY_IOVA + poor->done * HUGE;
	assert_true(dma_writes(poor->edu, end - HUGE, poor->mem, PIECE));
	assert_true(dma_write_blocked(poor->edu, end, poor->mem, PIECE));
	assert_true(dma_write_blocked(poor->edu, end + HUGE - PAGE,
				      poor->mem + HUGE - PAGE, PIECE));
	assert_int_equal(iommufd_unmap(poor->view.fd, poor->view.ioas,
				       MANY_IOVA, poor->done * HUGE, &bytes),
			 0);
	assert_int_equal(bytes, poor->done * HUGE);
	check_same(poor, &before, "UNMAP after it");
}

static void test_killed_for_memory(void **state)
{
	struct poor *poor = *state;
	uint64_t bytes, most;
	struct picture before;
	int status = 0;
	pid_t child;

	picture_take(&poor->view, &before);
	child = start_child(child_is_killed, poor, -1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	print_message("%ld mappings of 2 MiB\n", poor->done);
	/* The last one may have been made, and not been counted. */
	most = (poor->done + 1) * HUGE;
	assert_int_equal(iommufd_unmap(poor->view.fd, poor->view.ioas,
				       MANY_IOVA, most, &bytes), 0);
	assert_true(bytes == most || bytes == most - HUGE);
	check_same(poor, &before, "a process that was killed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_TIGHT(name) \
	cmocka_unit_test_setup_teardown(name, setup_tight, teardown_tight)

static const struct CMUnitTest tests[] = {
	TEST(test_user),
	TEST_TIGHT(test_refused_for_memory),
	TEST_TIGHT(test_killed_for_memory),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
