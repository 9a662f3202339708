// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_DEVICE_FEATURE: GET, SET and PROBE; migration and its sessions; the log
 * of DMA. With vfio_selftest.ko as the driver of two edus, which also shows
 * that hot resets don't believe what user memory says.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <pthread.h>
#include <sys/utsname.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "picture.h"
#include "vfio.h"

#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

/* 6.1's headers end before these. */
#define STATE_PRE_COPY 6
#define FLAG_PRE_COPY 4

/* MIG_PRECOPY_INFOv2, for which only 7.3's have a name. */
#define FEATURE_PRECOPY_FLAGS 12

/* As the driver has them. */
#define STATE_SIZE 64
#define DIRTY_STEP 0x10000UL

struct bed2 {
	char bdf[2][PCI_NAME_MAX];
	int dev[2];
	int iommufd;
};

static int setup(void **state)
{
	struct bed2 *bed = calloc(1, sizeof(*bed));
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, i,
					     bed->bdf[i]), 0);
		assert_int_equal(pci_bind(bed->bdf[i], "vfio-selftest"), 0);
		bed->dev[i] = vfio_cdev_open(bed->bdf[i]);
		assert_true(bed->dev[i] >= 0);
	}
	bed->iommufd = new_fd();
	assert_int_equal(vfio_bind(bed->dev[0], bed->iommufd, NULL), 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed2 *bed = *state;

	close(bed->dev[0]);
	close(bed->dev[1]);
	close(bed->iommufd);
	free(bed);
	return 0;
}

/* As on 6.1: no pre-copy; but drivers' logs arrive. */
static bool is_6_1(void)
{
	struct utsname name;

	uname(&name);
	return !strncmp(name.release, "6.1.", 4);
}

static bool is_7_3(void)
{
	struct utsname name;

	uname(&name);
	return !strncmp(name.release, "7.3.", 4);
}

static int feature_sized(struct bed2 *bed, uint32_t flags, void *data,
			 size_t size, uint32_t argsz)
{
	uint64_t buffer[16] = { 0 };
	struct vfio_device_feature *arg = (struct vfio_device_feature *)buffer;
	int rc;

	arg->argsz = argsz;
	arg->flags = flags;
	memcpy(arg->data, data, size);
	rc = iommufd_call(bed->dev[0], VFIO_DEVICE_FEATURE, arg);
	memcpy(data, arg->data, size);
	return rc;
}

static int feature(struct bed2 *bed, uint32_t flags, void *data, size_t size)
{
	return feature_sized(bed, flags, data, size,
			     sizeof(struct vfio_device_feature) + size);
}

/* What can be got and set; of nothing else a probe says yes. */
static void test_probe(void **state)
{
	const struct {
		uint32_t feature, ops;
		bool only_6_1, not_6_1;
	} rows[] = {
		{ VFIO_DEVICE_FEATURE_MIGRATION, GET, false, false },
		{ VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, GET | SET, false,
		  false },
		{ VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, GET, false, true },
		{ FEATURE_PRECOPY_FLAGS, is_7_3() ? SET : 0,
		  false, false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, SET, true, false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, SET, true, false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, GET, true, false },
		{ VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, SET, false, false },
		{ VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, SET, false, false },
		{ VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, 0, false, false },
		{ 4711, 0, false, false },
	};
	static const uint32_t ops[] = { 0, GET, SET, GET | SET };
	struct bed2 *bed = *state;
	unsigned int i, j;
	bool there;
	int want;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		there = rows[i].ops && !(is_6_1() ? rows[i].not_6_1 :
						    rows[i].only_6_1);
		for (j = 0; j < ARRAY_SIZE(ops); j++) {
			want = (ops[j] & ~rows[i].ops) ? -EINVAL : 0;
			if (!there)
				want = -ENOTTY;
			assert_int_equal(feature(bed, rows[i].feature |
						 PROBE | ops[j], "", 0), want);
			/* Not a probe: with one of them, and with data. */
			if (there && j != 1 && j != 2)
				assert_int_equal(feature(bed, rows[i].feature |
							 ops[j], "", 0),
						 -EINVAL);
		}
	}
}

/* What is the driver's own comes there, and its answer back. */
static void test_of_driver(void **state)
{
	const uint32_t entry = SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;
	const uint32_t leave = SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT;
	struct bed2 *bed = *state;

	assert_int_equal(feature(bed, leave, "", 0), 0);
	assert_int_equal(feature(bed, entry, "", 0), 0);
	assert_int_equal(feature(bed, PROBE | entry, "", 0), 0);
	assert_int_equal(feature(bed, entry, "", 0), -EBUSY);
	assert_int_equal(feature(bed, leave, "", 0), 0);
	assert_int_equal(feature(bed, entry, "", 0), 0);
}

static void test_arguments(void **state)
{
	struct bed2 *bed = *state;
	uint64_t data[4] = { 0 };
	uint32_t size, bit;

	for (size = 0; size < 8; size++)
		assert_int_equal(feature_sized(bed, GET |
					       VFIO_DEVICE_FEATURE_MIGRATION,
					       data, 8, size), -EINVAL);
	for (size = 8; size < 16; size++)
		assert_int_equal(feature_sized(bed, GET |
					       VFIO_DEVICE_FEATURE_MIGRATION,
					       data, 8, size), -EINVAL);
	for (size = 16; size < 40; size++)
		assert_int_equal(feature_sized(bed, GET |
					       VFIO_DEVICE_FEATURE_MIGRATION,
					       data, 8, size), 0);
	for (bit = 19; bit < 32; bit++)
		assert_int_equal(feature(bed, 1U << bit | GET |
					 VFIO_DEVICE_FEATURE_MIGRATION, data,
					 8), -EINVAL);
	assert_int_equal(iommufd_call(bed->dev[0], VFIO_DEVICE_FEATURE, NULL),
			 -EFAULT);
}

/* ---- migration ---- */

static int set_state(struct bed2 *bed, uint32_t device_state, int *fd)
{
	struct vfio_device_feature_mig_state arg = {
		.device_state = device_state, .data_fd = 4711,
	};
	int rc = feature(bed, SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg,
			 sizeof(arg));

	*fd = arg.data_fd;
	return rc;
}

static uint32_t get_state(struct bed2 *bed)
{
	struct vfio_device_feature_mig_state arg = { .data_fd = 4711 };

	assert_int_equal(feature(bed, GET |
				 VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg,
				 sizeof(arg)), 0);
	assert_int_equal(arg.data_fd, -1);
	return arg.device_state;
}

static void go(struct bed2 *bed, uint32_t device_state)
{
	int fd;

	assert_int_equal(set_state(bed, device_state, &fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(get_state(bed), device_state);
}

static int go_with_data(struct bed2 *bed, uint32_t device_state)
{
	int fd;

	assert_int_equal(set_state(bed, device_state, &fd), 0);
	assert_true(fd >= 0 && fd != 4711);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(get_state(bed), device_state);
	return fd;
}

static void test_migration_flags(void **state)
{
	struct bed2 *bed = *state;
	uint64_t flags = 0, size = 0;
	int rc;

	assert_int_equal(feature(bed, GET | VFIO_DEVICE_FEATURE_MIGRATION,
				 &flags, 8), 0);
	assert_int_equal(flags, VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				(is_6_1() ? 0 : FLAG_PRE_COPY));
	rc = feature(bed, GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size, 8);
	assert_int_equal(rc, is_6_1() ? -ENOTTY : 0);
	assert_int_equal(size, is_6_1() ? 0 : STATE_SIZE);
}

/* Bytes in, bytes out; a session's file is dead when the session is over. */
static void test_sessions(void **state)
{
	uint8_t in[STATE_SIZE], out[STATE_SIZE];
	struct bed2 *bed = *state;
	int load, save;

	fill(in, sizeof(in));
	assert_int_equal(get_state(bed), VFIO_DEVICE_STATE_RUNNING);
	load = go_with_data(bed, VFIO_DEVICE_STATE_RESUMING);
	assert_int_equal(write(load, in, sizeof(in)), sizeof(in));
	go(bed, VFIO_DEVICE_STATE_STOP);
	assert_int_equal(write(load, in, 1), -1);
	assert_int_equal(errno, ENODEV);
	close(load);

	save = go_with_data(bed, VFIO_DEVICE_STATE_STOP_COPY);
	assert_int_equal(read(save, out, sizeof(out)), sizeof(out));
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(read(save, out, sizeof(out)), 0);
	go(bed, VFIO_DEVICE_STATE_RUNNING_P2P);
	assert_int_equal(read(save, out, sizeof(out)), -1);
	close(save);
	go(bed, VFIO_DEVICE_STATE_RUNNING);

	/* One that is open when the device is closed. */
	save = go_with_data(bed, VFIO_DEVICE_STATE_STOP_COPY);
	close(bed->dev[0]);
	assert_int_equal(read(save, out, sizeof(out)), -1);
	close(save);
	bed->dev[0] = vfio_cdev_open(bed->bdf[0]);
}

static void test_pre_copy(void **state)
{
	struct bed2 *bed = *state;
	uint8_t out[STATE_SIZE];
	int save, fd;

	if (is_6_1()) {
		assert_int_equal(set_state(bed, STATE_PRE_COPY, &fd), -EINVAL);
		assert_int_equal(fd, -1);
		return;
	}
	save = go_with_data(bed, STATE_PRE_COPY);
	assert_int_equal(read(save, out, 1), 1);
	/* The same session. */
	go(bed, VFIO_DEVICE_STATE_STOP_COPY);
	assert_int_equal(read(save, out, sizeof(out)), sizeof(out) - 1);
	go(bed, VFIO_DEVICE_STATE_RUNNING);
	close(save);
}

struct precopy_info {
	uint32_t argsz, flags;
	uint64_t initial_bytes, dirty_bytes;
};

/* 6.1's headers lack it. */
#define GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)

/* What becomes of the flags that the caller has. */
static uint32_t precopy_flags(struct bed2 *bed)
{
	struct precopy_info info = { .argsz = sizeof(info), .flags = 0x55 };
	int save = go_with_data(bed, STATE_PRE_COPY);

	assert_int_equal(iommufd_call(save, GET_PRECOPY_INFO, &info), 0);
	assert_int_equal(info.initial_bytes, STATE_SIZE);
	go(bed, VFIO_DEVICE_STATE_RUNNING);
	close(save);
	return info.flags;
}

static void test_precopy_info(void **state)
{
	const uint32_t set = SET | FEATURE_PRECOPY_FLAGS;
	struct bed2 *bed = *state;

	if (!is_7_3()) {
		assert_int_equal(feature(bed, set, "", 0), -ENOTTY);
		return;
	}
	assert_int_equal(precopy_flags(bed), 0x55);
	assert_int_equal(feature(bed, PROBE | set, "", 0), 0);
	assert_int_equal(precopy_flags(bed), 0x55);
	assert_int_equal(feature(bed, set, "", 0), 0);
	assert_int_equal(precopy_flags(bed), 0);
	/* Who opens the device next has not asked for it. */
	close(bed->dev[0]);
	bed->dev[0] = vfio_cdev_open(bed->bdf[0]);
	assert_true(bed->dev[0] >= 0);
	assert_int_equal(vfio_bind(bed->dev[0], bed->iommufd, NULL), 0);
	assert_int_equal(precopy_flags(bed), 0x55);
}

static void test_bad_states(void **state)
{
	struct vfio_device_feature *arg = pages(PAGE);
	struct bed2 *bed = *state;
	int fd, next = dup(0);

	close(next);
	assert_int_equal(set_state(bed, 4711, &fd), -EINVAL);
	assert_int_equal(fd, -1);
	assert_int_equal(set_state(bed, VFIO_DEVICE_STATE_ERROR, &fd), -EINVAL);
	assert_int_equal(get_state(bed), VFIO_DEVICE_STATE_RUNNING);
	/* A file that cannot be told is no file. */
	arg->argsz = sizeof(*arg) + 8;
	arg->flags = SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	*(uint32_t *)arg->data = VFIO_DEVICE_STATE_STOP_COPY;
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(bed->dev[0], VFIO_DEVICE_FEATURE, arg),
			 -EFAULT);
	fd = dup(0);
	assert_int_equal(fd, next);
	close(fd);
	munmap(arg, PAGE);
}

/* ---- the log of DMA ---- */

static int log_start(struct bed2 *bed, uint64_t page_size, uint32_t count,
		     const struct vfio_device_feature_dma_logging_range *ranges)
{
	struct vfio_device_feature_dma_logging_control arg = {
		.page_size = page_size, .num_ranges = count,
		.ranges = (uintptr_t)ranges,
	};

	return feature(bed, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &arg,
		       sizeof(arg));
}

static int log_stop(struct bed2 *bed)
{
	return feature(bed, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, "", 0);
}

static int log_report(struct bed2 *bed, uint64_t iova, uint64_t length,
		      uint64_t page_size, void *bitmap)
{
	struct vfio_device_feature_dma_logging_report arg = {
		.iova = iova, .length = length, .page_size = page_size,
		.bitmap = (uintptr_t)bitmap,
	};

	return feature(bed, GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &arg,
		       sizeof(arg));
}

#define LOG_RANGE(first, size) { .iova = (first), .length = (size) }

/* More than is pinned at a time, from within a page: every bit is right. */
static void test_log(void **state)
{
	static const struct vfio_device_feature_dma_logging_range ranges[] = {
		LOG_RANGE(0x100000000UL, 0x10000000UL),
		LOG_RANGE(0x200000000UL, 0x2000000000UL),
	};
	const uint64_t iova = 0xfffe0000UL, length = 0x2100000000UL;
	const uint64_t bits = length / PAGE;
	struct bed2 *bed = *state;
	uint8_t *bitmap = pages(bits / 8 + 2 * PAGE), *bytes = bitmap + 40;
	uint64_t i, at, wrong = 0;
	int rc;

	rc = log_start(bed, PAGE, ARRAY_SIZE(ranges), ranges);
	if (!is_6_1()) {
		assert_int_equal(rc, -ENOTTY);
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(log_start(bed, PAGE, 1, ranges), -EBUSY);
	bytes[0] = 2;
	assert_int_equal(log_report(bed, iova, length, PAGE, bytes), 0);
	for (i = 0; i < bits; i++) {
		at = iova + i * PAGE;
		if ((bytes[i / 8] >> (i % 8) & 1) !=
		    (i == 1 || (at % DIRTY_STEP == 0 && at >= ranges[0].iova)))
			wrong++;
	}
	assert_int_equal(wrong, 0);
	for (i = 0; i < PAGE; i++)
		wrong += bytes[bits / 8 + i];
	assert_int_equal(wrong, 0);
	assert_int_equal(log_stop(bed), 0);
	assert_int_equal(log_report(bed, iova, length, PAGE, bytes), -EINVAL);
	munmap(bitmap, bits / 8 + 2 * PAGE);
}

static void test_log_refused(void **state)
{
	static const struct vfio_device_feature_dma_logging_range ranges[] = {
		LOG_RANGE(0x100000, 0x2000), LOG_RANGE(0x101000, 0x2000),
		LOG_RANGE(0x100800, 0x1000), LOG_RANGE(0x100000, 0x800),
		LOG_RANGE(0x100000, 0), LOG_RANGE(-0x1000UL, 0x2000),
	};
	struct bed2 *bed = *state;
	void *bitmap = pages(PAGE);

	if (!is_6_1()) {
		assert_int_equal(log_stop(bed), -ENOTTY);
		assert_int_equal(log_report(bed, 0, PAGE, PAGE, bitmap),
				 -ENOTTY);
		return;
	}
	assert_int_equal(log_start(bed, PAGE, 0, ranges), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 257, ranges), -E2BIG);
	assert_int_equal(log_start(bed, PAGE, 1, NULL), -EFAULT);
	assert_int_equal(log_start(bed, 0, 1, ranges), -EINVAL);
	assert_int_equal(log_start(bed, PAGE + 1, 1, ranges), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 2, ranges), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 1, ranges + 2), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 1, ranges + 3), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 1, ranges + 4), -EINVAL);
	assert_int_equal(log_start(bed, PAGE, 1, ranges + 5), -EOVERFLOW);

	assert_int_equal(log_start(bed, PAGE, 1, ranges), 0);
	assert_int_equal(log_report(bed, 0, 0, PAGE, bitmap), -EINVAL);
	assert_int_equal(log_report(bed, 0, PAGE, 2048, bitmap), -EINVAL);
	assert_int_equal(log_report(bed, 0, PAGE, PAGE + 8, bitmap), -EINVAL);
	assert_int_equal(log_report(bed, -PAGE, 2 * PAGE, PAGE, bitmap),
			 -EOVERFLOW);
	assert_int_equal(log_report(bed, 0, PAGE, PAGE, NULL), -EFAULT);
	mprotect(bitmap, PAGE, PROT_READ);
	assert_int_equal(log_report(bed, 0, PAGE, PAGE, bitmap), -EFAULT);
	/* Closing the device ends the log. */
	close(bed->dev[0]);
	bed->dev[0] = vfio_cdev_open(bed->bdf[0]);
	assert_int_equal(vfio_bind(bed->dev[0], bed->iommufd, NULL), 0);
	assert_int_equal(log_start(bed, PAGE, 1, ranges), 0);
	munmap(bitmap, PAGE);
}

/* ---- hot reset ---- */

struct request {
	struct vfio_pci_hot_reset header;
	int32_t fds[2];
};

/* Somebody who writes what he likes where the kernel keeps its request. */
struct attacker {
	struct request request;
	off_t where;
	bool stop;
	uint64_t writes;
};

static void *attack(void *arg)
{
	struct attacker *attacker = arg;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	while (!__atomic_load_n(&attacker->stop, __ATOMIC_RELAXED))
		if (pwrite(mem, &attacker->request, sizeof(attacker->request),
			   __atomic_load_n(&attacker->where,
					   __ATOMIC_RELAXED)) > 0)
			attacker->writes++;
	close(mem);
	return NULL;
}

/* Where the next page goes that somebody maps. */
static off_t next_page(void)
{
	void *page = pages(PAGE);

	munmap(page, PAGE);
	return (uintptr_t)page;
}

static int group_open(const char *bdf)
{
	char path[64];
	int id, fd;

	assert_int_equal(pci_group(bdf, &id), 0);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

#define ATTACKS 200

/* Tries while the request is @fds in memory; how often it was refused. */
static unsigned int reset_attacked(struct bed2 *bed, int fd0, int fd1)
{
	struct attacker attacker = {
		.request = {
			.header = {
				.argsz = sizeof(struct request), .count = 2,
			},
			.fds = { fd0, fd1 },
		},
	};
	unsigned int i, refused = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, attack, &attacker), 0);
	/* When the thread has mapped all that it needs. */
	usleep(100000);
	__atomic_store_n(&attacker.where, next_page(), __ATOMIC_RELAXED);
	for (i = 0; i < ATTACKS; i++)
		refused += vfio_hot_reset(bed->dev[0]) == -EINVAL;
	__atomic_store_n(&attacker.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	/* Or it was no attack. */
	assert_true(attacker.writes > ATTACKS);
	return refused;
}

/*
 * The devices reset together and have a group each. With the file of the
 * other's group in the request there is a proof for each; it does not count.
 */
static void test_request_rewritten(void **state)
{
	struct bed2 *bed = *state;
	int group0 = group_open(bed->bdf[0]), group1 = group_open(bed->bdf[1]);
	int other = new_fd();

	assert_int_equal(vfio_hot_reset(bed->dev[0]), -EINVAL);
	assert_int_equal(reset_attacked(bed, bed->dev[0], group1), ATTACKS);
	assert_int_equal(reset_attacked(bed, group0, group1), ATTACKS);
	assert_int_equal(vfio_bind(bed->dev[1], other, NULL), 0);
	assert_int_equal(reset_attacked(bed, bed->dev[0], bed->dev[1]),
			 ATTACKS);
	assert_int_equal(reset_attacked(bed, bed->dev[0], group1), ATTACKS);
	close(group0);
	close(group1);
	close(other);
}

/* Who owns both may. */
static void test_reset_owned(void **state)
{
	struct bed2 *bed = *state;

	assert_int_equal(vfio_bind(bed->dev[1], bed->iommufd, NULL), 0);
	assert_int_equal(vfio_hot_reset(bed->dev[0]), 0);
	assert_int_equal(vfio_hot_reset(bed->dev[1]), 0);
	close(bed->dev[1]);
	assert_int_equal(vfio_hot_reset(bed->dev[0]), -EINVAL);
	bed->dev[1] = vfio_cdev_open(bed->bdf[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_probe),
	TEST(test_of_driver),
	TEST(test_arguments),
	TEST(test_migration_flags),
	TEST(test_sessions),
	TEST(test_pre_copy),
	TEST(test_precopy_info),
	TEST(test_bad_states),
	TEST(test_log),
	TEST(test_log_refused),
	TEST(test_reset_owned),
	TEST(test_request_rewritten),
};

/* Without ftrace there are no hot resets. */
static int tests_run(void)
{
	if (access("/proc/sys/kernel/ftrace_enabled", F_OK))
		cmocka_set_skip_filter("test_re*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The edus go back to vfio-pci, for whoever comes next. */
static void tests_leave(void)
{
	char bdf[PCI_NAME_MAX];
	int i;

	for (i = 0; i < 2; i++)
		if (!pci_find_id(EDU_VENDOR, EDU_DEVICE, i, bdf))
			pci_bind(bdf, "vfio-pci");
	module_unload("vfio_selftest");
}

int main(void)
{
	int failed;

	if (bed_load() || module_load("vfio_selftest", NULL))
		return 1;
	failed = tests_run();
	tests_leave();
	return failed;
}
