// SPDX-License-Identifier: GPL-2.0
/*
 * Who pays for pinned memory: RLIMIT_MEMLOCK of a user or of a process, what
 * /proc/PID/status shows, and that every page is paid back. Needs QEMU's edu
 * device, as nothing is pinned without a page table.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "kmsg.h"
#include "user.h"
#include "vfio.h"

#define LIMIT (64 * PAGE)

/* In a child: what map() of edubed.h does, and its result. */
static int try_map(struct edubed *bed, void *va, size_t length, uint64_t *iova)
{
	return iommufd_map(bed->fd, bed->ioas, MAP_RW, va, length, iova);
}

static int try_unmap(struct edubed *bed, uint64_t iova, size_t length)
{
	return iommufd_unmap(bed->fd, bed->ioas, iova, length, NULL);
}

static void *child_pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(mem != MAP_FAILED);
	return mem;
}

static uint64_t child_kb(const char *name)
{
	uint64_t kb = 0;

	check(!file_read_kb("/proc/self/status", name, &kb));
	return kb;
}

/* In the mode of users: pinned is shown, locked is not, the limit counts. */
static void child_limit_of_user(void *arg)
{
	struct edubed *bed = arg;
	void *mem = child_pages(2 * LIMIT);
	uint64_t iova, more;

	check(child_kb("VmPin") == 0);
	check(!try_map(bed, mem, LIMIT - PAGE, &iova));
	check(child_kb("VmPin") == (LIMIT - PAGE) / 1024);
	check(child_kb("VmLck") == 0);
	check(try_map(bed, mem + LIMIT, 2 * PAGE, &more) == -ENOMEM);
	check(child_kb("VmPin") == (LIMIT - PAGE) / 1024);
	/* The last page fits, and then no other. */
	check(!try_map(bed, mem + LIMIT, PAGE, &more));
	check(try_map(bed, mem + LIMIT, PAGE, &iova) == -ENOMEM);
	check(!iommufd_unmap_all(bed->fd, bed->ioas, NULL));
	check(child_kb("VmPin") == 0);
	check(!try_map(bed, mem, LIMIT, &iova));
	check(!try_unmap(bed, iova, LIMIT));
	check(try_map(bed, mem, LIMIT + PAGE, &iova) == -ENOMEM);
	check(child_kb("VmPin") == 0);
}

static void test_limit_of_user(void **state)
{
	run_as_user(child_limit_of_user, *state, LIMIT);
}

/* The name is the program's choice: it can't begin a line of its own in the log. */
static void child_is_refused(void *arg)
{
	uint64_t iova;

	check(!prctl(PR_SET_NAME, "a\nBUG: \x1b[2J"));
	check(try_map(arg, child_pages(2 * LIMIT), 2 * LIMIT, &iova) ==
	      -ENOMEM);
}

/* Neighbours are pinned together where they can be: that it can't is no error yet. */
static void child_bulk_is_refused(void *arg)
{
	static struct iommu_map_entry entries[2 * LIMIT / PAGE];
	struct edubed *bed = arg;
	void *mem = child_pages(2 * LIMIT);
	uint32_t failed = 0, i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].flags = MAP_RW | IOMMU_IOAS_MAP_FIXED_IOVA;
		entries[i].iova = 0x10000000UL + i * 2 * PAGE;
		entries[i].user_va = (uintptr_t)mem + i * PAGE;
		entries[i].length = PAGE;
	}
	check(iommufd_map_bulk(bed->fd, bed->ioas, entries,
			       ARRAY_SIZE(entries), &failed) == -ENOMEM);
	check(failed == LIMIT / PAGE);
}

/*
 * How many lines there are of it.  Others may have been refused just before, and
 * the log takes a few lines at a time.
 */
static int count_lines(struct edubed *bed, void (*refused)(void *arg),
		       const char *line)
{
	int kmsg = kmsg_open(), tries, count = 0;

	assert_true(kmsg >= 0);
	for (tries = 0; tries < 3 && !count; tries++) {
		if (tries)
			sleep(6);
		run_as_user(refused, bed, LIMIT);
		count = kmsg_count(kmsg, line);
	}
	close(kmsg);
	return count;
}

static void test_log_names_limit(void **state)
{
	char line[96];

	snprintf(line, sizeof(line),
		 "may not pin %lu KiB more: its RLIMIT_MEMLOCK is %lu KiB",
		 2 * LIMIT / 1024, LIMIT / 1024);
	assert_int_equal(count_lines(*state, child_is_refused, line), 1);
	assert_int_equal(count_lines(*state, child_bulk_is_refused,
				     "may not pin"), 1);
}

static void child_no_limit_at_all(void *arg)
{
	struct edubed *bed = arg;
	void *mem = child_pages(PAGE);
	uint64_t iova;
	uint32_t pt = bed->ioas, lazy;

	check(try_map(bed, mem, PAGE, &iova) == -ENOMEM);
	check(child_kb("VmPin") == 0);
	/* Refused where it is pinned, which is in attach here. */
	check(!iommufd_ioas_alloc(bed->fd, &lazy));
	check(!iommufd_map(bed->fd, lazy, MAP_RW, mem, PAGE, &iova));
	pt = lazy;
	check(vfio_attach(bed->edu.dev, &pt) == -ENOMEM);
	check(child_kb("VmPin") == 0);
	check(!iommufd_destroy(bed->fd, lazy));
}

static void test_no_limit_at_all(void **state)
{
	struct edubed *bed = *state;

	run_as_user(child_no_limit_at_all, bed, 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, 64));
}

/* One user's processes share the limit. */
static void child_takes_half(void *arg)
{
	struct edubed *bed = arg;
	uint64_t iova;

	check(!try_map(bed, child_pages(LIMIT / 2), LIMIT / 2, &iova));
}

static void child_takes_half_and_dies(void *arg)
{
	child_takes_half(arg);
	pause();
}

static void child_more_than_half_is_refused(void *arg)
{
	struct edubed *bed = arg;
	void *mem = child_pages(LIMIT);
	uint64_t iova;

	check(try_map(bed, mem, LIMIT / 2 + PAGE, &iova) == -ENOMEM);
	check(!try_map(bed, mem, LIMIT / 2, &iova));
	check(!try_unmap(bed, iova, LIMIT / 2));
}

static void child_all_is_possible(void *arg)
{
	struct edubed *bed = arg;
	uint64_t iova;

	check(!try_map(bed, child_pages(LIMIT), LIMIT, &iova));
	check(!try_unmap(bed, iova, LIMIT));
}

/* What a process pinned is charged until it is unmapped, not until it ends. */
static void test_limit_is_of_the_user(void **state)
{
	struct edubed *bed = *state;

	run_as_user(child_takes_half, bed, LIMIT);
	run_as_user(child_more_than_half_is_refused, bed, LIMIT);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	run_as_user(child_all_is_possible, bed, LIMIT);
}

/* Closing the files pays everything back as well. */
static void test_paid_back_by_close(void **state)
{
	struct edubed *bed = *state;
	struct edubed again;

	run_as_user(child_takes_half, bed, LIMIT);
	edu_close(&bed->edu);
	close(bed->fd);
	/* The teardown wants files to close. */
	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	again = *bed;
	run_as_user(child_all_is_possible, &again, LIMIT);
}

static void test_paid_back_after_kill(void **state)
{
	struct edubed *bed = *state;
	pid_t child = start_child(child_takes_half_and_dies, bed, LIMIT);

	usleep(300000);
	kill_child(child);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	run_as_user(child_all_is_possible, bed, LIMIT);
}

/* A copy, and a second page table, are for nothing. */
static void child_copies(void *arg)
{
	struct edubed *bed = arg;
	uint64_t iova, copy;
	uint32_t hwpt;
	int i;

	check(!try_map(bed, child_pages(LIMIT), LIMIT, &iova));
	for (i = 0; i < 5; i++)
		check(!iommufd_copy(bed->fd, MAP_RW, bed->ioas, &copy,
				    bed->ioas, iova, LIMIT));
	check(!iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid, bed->ioas,
				  &hwpt));
	check(child_kb("VmPin") == LIMIT / 1024);
	check(!iommufd_destroy(bed->fd, hwpt));
	check(child_kb("VmPin") == LIMIT / 1024);
	check(!try_unmap(bed, iova, LIMIT));
	check(child_kb("VmPin") == LIMIT / 1024);
	check(!iommufd_unmap_all(bed->fd, bed->ioas, NULL));
	check(child_kb("VmPin") == 0);
}

static void test_copy_is_free(void **state)
{
	run_as_user(child_copies, *state, LIMIT);
}

/* A slice that stays is charged, and no more. */
static void child_slice(void *arg)
{
	struct edubed *bed = arg;
	uint64_t iova, copy, more;
	void *mem = child_pages(2 * LIMIT);

	check(!try_map(bed, mem, LIMIT, &iova));
	check(!iommufd_copy(bed->fd, MAP_RW, bed->ioas, &copy, bed->ioas,
			    iova + PAGE, 4 * PAGE));
	check(!try_unmap(bed, iova, LIMIT));
	check(child_kb("VmPin") == 4 * PAGE / 1024);
	check(try_map(bed, mem, LIMIT - 3 * PAGE, &more) == -ENOMEM);
	check(!try_map(bed, mem, LIMIT - 4 * PAGE, &more));
	check(!iommufd_unmap_all(bed->fd, bed->ioas, NULL));
	check(child_kb("VmPin") == 0);
}

static void test_slice_is_charged(void **state)
{
	run_as_user(child_slice, *state, LIMIT);
}

/* A map that fails half way has charged nothing. */
static void child_fails_half_way(void *arg)
{
	struct edubed *bed = arg;
	uint8_t *mem = child_pages(LIMIT);
	uint64_t iova;
	int i;

	munmap(mem + LIMIT / 2, PAGE);
	for (i = 0; i < 10; i++)
		check(try_map(bed, mem, LIMIT, &iova) == -EFAULT);
	check(child_kb("VmPin") == 0);
	child_all_is_possible(bed);
}

static void test_failure_is_not_charged(void **state)
{
	run_as_user(child_fails_half_way, *state, LIMIT);
}

/* ---- charged to the process ---- */

static void child_limit_of_process(void *arg)
{
	struct edubed *bed = arg;
	void *mem = child_pages(2 * LIMIT);
	uint64_t iova, more;

	check(!try_map(bed, mem, LIMIT - PAGE, &iova));
	check(child_kb("VmPin") == (LIMIT - PAGE) / 1024);
	check(child_kb("VmLck") == (LIMIT - PAGE) / 1024);
	check(try_map(bed, mem + LIMIT, 2 * PAGE, &more) == -ENOMEM);
	check(child_kb("VmLck") == (LIMIT - PAGE) / 1024);
	/* mlock pays from the same purse. */
	check(mlock(mem + LIMIT, 2 * PAGE) == -1 && errno == ENOMEM);
	check(!mlock(mem + LIMIT, PAGE));
	check(!munlock(mem + LIMIT, PAGE));
	check(!try_unmap(bed, iova, LIMIT - PAGE));
	check(child_kb("VmPin") == 0);
	check(child_kb("VmLck") == 0);
}

static void test_limit_of_process(void **state)
{
	run_as_user(child_limit_of_process, *state, LIMIT);
}

/* Another process of the user has a limit of its own. */
static void test_limit_is_of_the_process(void **state)
{
	struct edubed *bed = *state;

	run_as_user(child_takes_half, bed, LIMIT);
	run_as_user(child_all_is_possible, bed, LIMIT);
}

/* ---- what counts where the program does not say ---- */

#define ACCOUNT "/sys/module/iommufd/parameters/account"

static int setup_default_process(void **state)
{
	return file_write(ACCOUNT, "process") || edubed_setup(state);
}

static int teardown_default(void **state)
{
	return edubed_teardown(state) || file_write(ACCOUNT, "user");
}

static void test_default_is_process(void **state)
{
	struct edubed *bed = *state;
	uint64_t mode = 0;
	int fd;

	assert_int_equal(iommufd_option_get(bed->fd, IOMMU_OPTION_RLIMIT_MODE, 0,
					    &mode), 0);
	assert_int_equal(mode, 1);
	run_as_user(child_takes_half, bed, LIMIT);
	run_as_user(child_limit_of_process, bed, LIMIT);
	/* For files that are opened from then on. */
	assert_int_equal(file_write(ACCOUNT, "user"), 0);
	fd = new_fd();
	assert_int_equal(iommufd_option_get(fd, IOMMU_OPTION_RLIMIT_MODE, 0, &mode),
			 0);
	assert_int_equal(mode, 0);
	close(fd);
}

static void test_default_refused(void **state)
{
	static const char * const values[] = {
		"0", "1", "Y", "users", "processes", "user process", "none",
	};
	char now[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		print_message("%s\n", values[i]);
		assert_int_equal(file_write(ACCOUNT, values[i]),
				 -EINVAL);
		assert_true(file_read(ACCOUNT, now, sizeof(now)) > 0);
		assert_string_equal(now, "user");
	}
}

/* ---- the privileged ---- */

static void child_is_root(void *arg)
{
	struct rlimit none = { 0, 0 };
	struct edubed *bed = arg;
	uint64_t iova;

	check(!setrlimit(RLIMIT_MEMLOCK, &none));
	check(!try_map(bed, child_pages(HUGE), HUGE, &iova));
	check(child_kb("VmPin") == HUGE / 1024);
	check(child_kb("VmLck") == 0);
	check(!try_unmap(bed, iova, HUGE));
	check(child_kb("VmPin") == 0);
}

static void test_root_has_no_limit(void **state)
{
	end_child(start_child(child_is_root, *state, -1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)
#define TEST_BY_PROCESS(name) \
	cmocka_unit_test_setup_teardown(name, edubed_setup_by_process, edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_limit_of_user),
	TEST(test_log_names_limit),
	TEST(test_no_limit_at_all),
	TEST(test_limit_is_of_the_user),
	TEST(test_paid_back_by_close),
	TEST(test_paid_back_after_kill),
	TEST(test_copy_is_free),
	TEST(test_slice_is_charged),
	TEST(test_failure_is_not_charged),
	TEST_BY_PROCESS(test_limit_of_process),
	TEST_BY_PROCESS(test_limit_is_of_the_process),
	cmocka_unit_test_setup_teardown(test_default_is_process, setup_default_process,
					teardown_default),
	cmocka_unit_test(test_default_refused),
	TEST(test_root_has_no_limit),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
