// SPDX-License-Identifier: GPL-2.0
/*
 * What IOMMU drivers allocate for an ordinary user, in a memory cgroup of some
 * MiB: where the kernel does not charge it there, the user gets no more than
 * max_table_bytes of it, by whatever calls, and the machine's free memory shows
 * it. All of it comes back. Needs QEMU's edu device.
 *
 * To the byte it is compared in mock.c and model.c.
 */
#include <linux/vfio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bed.h"
#include "cgroup.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"
#define CGROUP "/sys/fs/cgroup/iommufd-tables"

#define MIB 0x100000UL
#define GIB 0x40000000UL

/* What the cgroup may have, and what the machine needs meanwhile. */
#define CGROUP_MIB 32
#define NOISE_MIB 16

#define TABLE PAGE
#define TABLE_SPAN HUGE

/* What one of the sequences maps again and again. */
#define PIECE (4 * MIB)

/* Where the first mapping is; others are above, and interrupts below. */
#define BASE (4 * GIB)

/* How the driver allocates. */
enum kind { PAID, RADIX, CALLS };

/**
 * struct sequence - a user who makes the same call until it is refused
 * @name: for the log
 * @prepare: before the first one, or NULL
 * @step: one call
 * @after: when one was refused, or NULL
 * @limit: for tables, or where @any
 * @most: calls without an end
 * @any: it is so much whatever the driver allocates
 * @ends: where the driver allocates tables, or a struct for each call
 * @small: HUGE_PAGES=0
 * @container: by a container
 */
struct sequence {
	const char *name;
	int (*prepare)(const struct sequence *seq);
	int (*step)(const struct sequence *seq, long i);
	void (*after)(const struct sequence *seq);
	uint64_t limit;
	long most;
	bool any;
	bool ends[3];
	bool small;
	bool container;
};

/* Of the child. */
static int device, container, group, fd;
static uint32_t devid, ioas, hwpt;
static uint8_t *mem;

/*
 * Both processes see it. What is lost the parent looks for, which needs memory,
 * while the child waits.
 */
static struct outcome {
	long done;
	int rc;
	long before_kb;
	long lost_kb;
	volatile bool waits;
} *outcome;

static char bdf[PCI_NAME_MAX];

static enum kind kind_here(void)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		return kernel_is_6_1() ? RADIX : PAID;
	return module_loaded("virtio_iommu") == 1 ? CALLS : PAID;
}

/* Free pages that CPUs keep for themselves: some ten MiB, which MemFree leaves out. */
static long kept_kb(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	long pages = 0, count;
	char line[128];

	check(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			pages += count;
	fclose(file);
	return pages * (PAGE / 1024);
}

static long free_kb(void)
{
	uint64_t kb = 0;

	check(!file_read_kb("/proc/meminfo", "MemFree", &kb));
	return kb + kept_kb();
}

/* ---- who it is ---- */

/* All that only root may do; and not to be killed when the cgroup is full. */
static void child_enter(const struct sequence *seq)
{
	cgroup_enter_immortal(CGROUP);
	if (seq->container) {
		container = type1_container_open();
		group = type1_group_open(bdf);
		check(container >= 0 && group >= 0);
		check(!type1_join(group, container));
	} else {
		device = vfio_cdev_open(bdf);
		check(device >= 0);
	}
	become_user(64 * MIB);
	mem = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(mem != MAP_FAILED);
}

/* Files and containers of the user's own. */
static void child_begin(const struct sequence *seq)
{
	uint64_t iova = BASE;

	if (seq->container) {
		check(!type1_set_iommu(container, VFIO_TYPE1v2_IOMMU));
		return;
	}
	fd = iommufd_open();
	check(fd >= 0);
	check(!vfio_bind(device, fd, &devid));
	check(!iommufd_ioas_alloc(fd, &ioas));
	if (seq->small)
		check(!iommufd_option_set(fd, IOMMU_OPTION_HUGE_PAGES, ioas,
					  0));
	hwpt = ioas;
	check(!vfio_attach(device, &hwpt));
	check(!iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, mem,
			   seq->small ? PIECE : PAGE, &iova));
}

static void child_run(void *arg)
{
	const struct sequence *seq = arg;

	child_enter(seq);
	outcome->before_kb = free_kb();
	child_begin(seq);
	if (seq->prepare)
		outcome->rc = seq->prepare(seq);
	while (!outcome->rc && outcome->done < seq->most) {
		outcome->rc = seq->step(seq, outcome->done);
		outcome->done += !outcome->rc;
	}
	outcome->waits = true;
	while (outcome->waits)
		usleep(1000);
	if (outcome->rc && seq->after)
		seq->after(seq);
}

static int setup(void **state)
{
	if (cgroup_make(CGROUP, "max"))
		return -1;
	cgroup_forbid_swap(CGROUP);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	assert_int_equal(chmod(IOMMUFD_NODE, 0666), 0);
	outcome = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return outcome == MAP_FAILED;
}

static int teardown(void **state)
{
	munmap(outcome, PAGE);
	cgroup_remove(CGROUP);
	return 0;
}

static void set_limit(uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", bytes);
	assert_int_equal(file_write(MAX_TABLE_BYTES, text), 0);
}

static bool has_ended(pid_t child)
{
	siginfo_t info = {};

	return waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

static void run_child(const struct sequence *seq)
{
	pid_t child = start_child(child_run, (void *)seq, -1);

	while (!outcome->waits && !has_ended(child))
		usleep(1000);
	outcome->lost_kb = outcome->before_kb - free_kb();
	outcome->waits = false;
	end_child(child);
}

static void check_end(const struct sequence *seq, enum kind kind)
{
	if (seq->ends[kind])
		assert_int_equal(outcome->rc, -ENOSPC);
	else if (kind == PAID && outcome->rc)
		assert_int_equal(outcome->rc, -ENOMEM);
	else
		assert_int_equal(outcome->rc, 0);
	if (!outcome->rc)
		assert_int_equal(outcome->done, seq->most);
	else
		assert_true(outcome->done > 0);
}

static void run(const struct sequence *seq)
{
	enum kind kind = kind_here();
	uint64_t limit = kind == CALLS && !seq->any ? MIB / 2 : seq->limit, max = 0;
	long before, after, most_kb;
	char text[24];

	assert_int_equal(file_read_u64(MAX_TABLE_BYTES, &max), 0);
	set_limit(limit);
	snprintf(text, sizeof(text), "%lu", CGROUP_MIB * MIB);
	assert_int_equal(file_write(CGROUP "/memory.max", text), 0);
	before = free_kb();
	run_child(seq);
	after = free_kb();
	set_limit(max);
	most_kb = limit / 1024 + (CGROUP_MIB + NOISE_MIB) * 1024;
	print_message("%s: %ld calls of %ld, then %d\n", seq->name,
		      outcome->done, seq->most, outcome->rc);
	print_message("%ld kB lost, of at most %ld; %ld in the end\n",
		      outcome->lost_kb, most_kb, before - after);
	check_end(seq, kind);
	assert_true(outcome->lost_kb <= most_kb);
	assert_true(before - after <= NOISE_MIB * 1024);
	/* What the limit lets through was really taken. */
	if (kind == RADIX && seq->limit >= 16 * MIB)
		assert_true(outcome->lost_kb >= (long)seq->limit / 1024 / 4 * 3);
}

/* ---- the calls ---- */

static int step_copy(const struct sequence *seq, long i)
{
	size_t length = seq->small ? PIECE : PAGE;
	size_t step = seq->small ? PIECE : TABLE_SPAN;
	uint64_t iova = BASE + (i + 1) * step;

	return iommufd_copy(fd, MAP_RW | MAP_FIXED_IOVA, ioas, &iova, ioas,
			    BASE, length);
}

/* A table for each, 2 MiB apart; and what is left is less than one. */
static void test_copies(void **state)
{
	static const struct sequence seq = {
		.name = "COPY of a page", .step = step_copy,
		.limit = 16 * MIB, .most = 40000, .ends = { [RADIX] = true,
							     [CALLS] = true },
	};

	run(&seq);
	if (kind_here() != RADIX)
		return;
	/* But for the domain, tables above them, and one for each GiB. */
	assert_true(outcome->done <= (long)(seq.limit / TABLE));
	assert_true(outcome->done >= (long)(seq.limit / TABLE) - 20);
}

static void test_small_pages(void **state)
{
	static const struct sequence seq = {
		.name = "COPY of 4 MiB, HUGE_PAGES=0", .step = step_copy,
		.small = true, .limit = 4 * MIB, .most = 16000,
		.ends = { [RADIX] = true, [CALLS] = true },
	};

	run(&seq);
}

static int prepare_copies(const struct sequence *seq)
{
	int rc = 0;
	long i;

	for (i = 0; i < 1500 && !rc; i++)
		rc = step_copy(seq, i);
	/* So that some drivers' page tables are filled at once. */
	return rc ? rc : vfio_detach(device);
}

static int step_hwpt(const struct sequence *seq, long i)
{
	return iommufd_hwpt_alloc(fd, 0, devid, ioas, &hwpt);
}

/* What is destroyed gives back what it took. */
static void after_hwpt(const struct sequence *seq)
{
	check(!iommufd_destroy(fd, hwpt));
	check(!step_hwpt(seq, 0));
	check(step_hwpt(seq, 0));
}

static void test_hwpts(void **state)
{
	static const struct sequence seq = {
		.name = "HWPT_ALLOC of 1500 areas", .prepare = prepare_copies,
		.step = step_hwpt, .after = after_hwpt, .limit = 20 * MIB,
		.most = 25, .ends = { [RADIX] = true, [CALLS] = true },
	};

	run(&seq);
}

/* Of a page table that is empty nobody is charged for the root. */
static void test_empty_hwpts(void **state)
{
	static const struct sequence seq = {
		.name = "HWPT_ALLOC of one area", .step = step_hwpt,
		.after = after_hwpt, .limit = MIB, .any = true, .most = 5000,
		.ends = { true, true, true },
	};

	run(&seq);
}

static int map_unmap(uint64_t iova, size_t length)
{
	int rc = iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, mem, length,
			     &iova);

	return rc ? rc : iommufd_unmap(fd, ioas, iova, length, NULL);
}

static int step_new_iova(const struct sequence *seq, long i)
{
	return map_unmap(BASE + (i + 1) * TABLE_SPAN, PAGE);
}

/* Only one of them is mapped at a time, but its table stays. */
static void test_new_iovas(void **state)
{
	static const struct sequence seq = {
		.name = "MAP and UNMAP, always elsewhere",
		.step = step_new_iova, .limit = 16 * MIB, .most = 30000,
		.ends = { [RADIX] = true },
	};

	run(&seq);
}

static int step_same_iova(const struct sequence *seq, long i)
{
	return map_unmap(BASE + (i % 8 + 1) * TABLE_SPAN, PAGE);
}

static void test_same_iovas(void **state)
{
	static const struct sequence seq = {
		.name = "MAP and UNMAP at eight places",
		.step = step_same_iova, .limit = MIB / 4, .any = true,
		.most = 6000,
	};

	run(&seq);
}

static int step_span(const struct sequence *seq, long i)
{
	return map_unmap(BASE + (i + 1) * GIB, PIECE);
}

/* An unmap call takes the tables that it covers; those above them stay. */
static void test_spans(void **state)
{
	static const struct sequence seq = {
		.name = "MAP and UNMAP of 4 MiB, HUGE_PAGES=0, in each GiB",
		.step = step_span, .small = true, .limit = MIB, .most = 400,
		.ends = { [RADIX] = true },
	};

	run(&seq);
	if (kind_here() != RADIX)
		return;
	assert_true(outcome->done < (long)(seq.limit / TABLE) - 5);
	assert_true(outcome->done > (long)(seq.limit / TABLE) - 20);
}

static int step_container(const struct sequence *seq, long i)
{
	return type1_map(container, TYPE1_RW, mem, PAGE,
			 BASE + i * TABLE_SPAN);
}

/* What is left is told: nothing, or less than one mapping may take. */
static void after_container(const struct sequence *seq)
{
	struct type1_info info;

	if (outcome->rc != -ENOSPC)
		return;
	check(!type1_info(container, &info));
	check(!info.avail);
	check(!type1_unmap_all(container, NULL));
}

static void test_container(void **state)
{
	static const struct sequence seq = {
		.name = "MAP_DMA of a page", .step = step_container,
		.after = after_container, .container = true,
		.limit = 16 * MIB, .most = 40000,
		.ends = { [RADIX] = true, [CALLS] = true },
	};

	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	run(&seq);
	assert_int_equal(module_unload("vfio_iommufd"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_copies),
		TEST(test_small_pages),
		TEST(test_hwpts),
		TEST(test_empty_hwpts),
		TEST(test_new_iovas),
		TEST(test_same_iovas),
		TEST(test_spans),
		TEST(test_container),
	};

	return bed_load() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
