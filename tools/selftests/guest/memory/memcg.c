// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory that user space makes grow is charged to its memory cgroup: in
 * a tight one the calls fail with ENOMEM, nothing else suffers, and all of it
 * comes back.
 */
#include <sys/stat.h>

#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "user.h"

#define CGROUP "/sys/fs/cgroup/iommufd-test"

/* What the child may use, and more calls than fit into it by far. */
#define LIMIT "12582912"
#define CALLS 400000

/* Both processes have it; the child only writes. */
struct outcome {
	struct bed *bed;
	long done;
	int rc;
};

static int setup(void **state)
{
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -1;
	if (file_write(CGROUP "/memory.max", LIMIT))
		return -1;
	/* With room to swap there is no end. */
	file_write(CGROUP "/memory.swap.max", "0");
	return bed_setup(state);
}

static int teardown(void **state)
{
	int i, rc = bed_teardown(state);

	for (i = 0; i < 100 && rmdir(CGROUP); i++)
		usleep(20000);
	return rc;
}

static uint64_t charged(void)
{
	uint64_t bytes = 0;

	assert_int_equal(file_read_u64(CGROUP "/memory.current", &bytes), 0);
	return bytes;
}

/*
 * Into the cgroup, and not to be killed when it is full; with all of the
 * process's own pages, as a page fault that finds no memory tries for ever.
 */
static void enter(void)
{
	check(!mlockall(MCL_CURRENT | MCL_FUTURE));
	check(!file_write("/proc/self/oom_score_adj", "-1000"));
	check(!file_write(CGROUP "/cgroup.procs", "0"));
}

static void child_maps(void *arg)
{
	struct outcome *out = arg;
	uint64_t iova;

	enter();
	while (!out->rc && out->done < CALLS) {
		iova = FREE_IOVA + out->done * 2 * PAGE;
		out->rc = iommufd_map(out->bed->fd, out->bed->ioas,
				      MAP_R | MAP_FIXED_IOVA, out->bed->mem,
				      PAGE, &iova);
		out->done += !out->rc;
	}
}

static void child_allocates(void *arg)
{
	struct outcome *out = arg;
	uint32_t ioas;

	enter();
	while (!out->rc && out->done < CALLS) {
		out->rc = iommufd_ioas_alloc(out->bed->fd, &ioas);
		out->done += !out->rc;
	}
}

/* A list of allowed ranges as long as possible, doubled until refused. */
static void child_allows(void *arg)
{
	struct outcome *out = arg;
	struct iommu_iova_range *range;
	long n, i;

	/* The array itself is not to be what fails. */
	range = mmap(NULL, CALLS * sizeof(*range), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	check(range != MAP_FAILED);
	for (i = 0; i < CALLS; i++)
		range[i] = (struct iommu_iova_range){
			i * 2 * PAGE, i * 2 * PAGE + PAGE - 1,
		};
	enter();
	for (n = 1000; !out->rc && n <= CALLS; n *= 2) {
		out->rc = iommufd_allow(out->bed->fd, out->bed->ioas, range, n);
		out->done = n;
	}
}

static struct outcome *run(struct bed *bed, void (*child)(void *arg))
{
	struct outcome *out = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(out, MAP_FAILED);
	out->bed = bed;
	end_child(start_child(child, out, -1));
	print_message("%ld done\n", out->done);
	assert_int_equal(out->rc, -ENOMEM);
	/* It fails because of what it has got, not at once. */
	assert_true(out->done > 1000 && out->done < CALLS);
	return out;
}

static void test_map(void **state)
{
	struct bed *bed = *state;
	struct outcome *out = run(bed, child_maps);
	uint64_t bytes, full = charged();

	/* All that was said to be mapped is; and nothing more. */
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE + out->done * PAGE);
	assert_true(charged() < full / 2);
	munmap(out, PAGE);
}

static void test_ioas_alloc(void **state)
{
	struct bed *bed = *state;
	struct outcome *out = run(bed, child_allocates);

	/* We are outside, and can go on. */
	new_ioas(bed->fd);
	munmap(out, PAGE);
}

static void test_allow(void **state)
{
	struct bed *bed = *state;
	struct outcome *out = run(bed, child_allows);
	uint64_t iova = 0;

	/* The last list that was accepted is in force, from its start on. */
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_R, bed->mem, PAGE,
				     &iova), 0);
	assert_true(iova < out->done * 2 * PAGE);
	assert_int_equal(iova % (2 * PAGE), 0);
	munmap(out, PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_map),
	TEST(test_ioas_alloc),
	TEST(test_allow),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
