// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory that user space makes grow is charged to its memory cgroup: in
 * a tight one the calls fail with ENOMEM, nothing else suffers, and all of it
 * comes back.
 */
#include "bed.h"
#include "cgroup.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
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
	if (cgroup_make(CGROUP, LIMIT))
		return -1;
	cgroup_forbid_swap(CGROUP);
	return bed_setup(state);
}

static int teardown(void **state)
{
	int rc = bed_teardown(state);

	cgroup_remove(CGROUP);
	return rc;
}

static uint64_t charged(void)
{
	uint64_t bytes = 0;

	assert_int_equal(file_read_u64(CGROUP "/memory.current", &bytes), 0);
	return bytes;
}

static void child_maps(void *arg)
{
	struct outcome *out = arg;
	uint64_t iova;

	cgroup_enter_immortal(CGROUP);
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

	cgroup_enter_immortal(CGROUP);
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
	cgroup_enter_immortal(CGROUP);
	for (n = 1000; !out->rc && n <= CALLS; n *= 2) {
		out->rc = iommufd_allow(out->bed->fd, out->bed->ioas, range, n);
		out->done = n;
	}
}

static struct outcome *run(struct bed *bed, void (*child)(void *arg))
{
	struct outcome *out = shared_pages(PAGE);

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
