// SPDX-License-Identifier: GPL-2.0
/*
 * The redirects of vfio_cdev.ko: all or none. Where one of the functions is
 * live-patched already, or ftrace is off, devices work without what the log then
 * says; once they stand nobody can take them away. With vfio_livepatch.ko; needs
 * the edu device. What KVM does is in kvm.c.
 */
#include <linux/vfio.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "edubed.h"
#include "emulated.h"
#include "file.h"
#include "ftracebed.h"
#include "iommufd.h"
#include "kmsg.h"
#include "memory.h"
#include "module.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

#define LIVEPATCH "vfio_livepatch"
#define LIVEPATCH_DIR "/sys/kernel/livepatch/" LIVEPATCH
#define LIMIT_MS 60000

static void unload(void)
{
	assert_int_equal(module_unload("vfio_cdev"), 0);
}

static void load(void)
{
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
}

/* Nothing of what needs a redirect works, and everything else does. */
static void works_without(void)
{
	struct vfio_pci_hot_reset_info info;
	struct edubed *bed;
	void *state;
	int dev;

	edubed_setup(&state);
	bed = state;
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, 64));
	assert_int_equal(vfio_hot_reset_info(bed->edu.dev, &info, sizeof(info)),
			 -ENODEV);
	assert_int_equal(vfio_hot_reset(bed->edu.dev), -ENODEV);
	dev = emulated_cdev();
	assert_int_equal(vfio_bind(dev, bed->fd, NULL), -EOPNOTSUPP);
	/* Refused, and not taken from who can use it. */
	close(emulated_group());
	close(dev);
	edubed_teardown(&state);
}

static void works(void)
{
	int fd = new_fd(), dev = emulated_cdev();
	uint8_t *mem = pages(PAGE);
	uint64_t iova = FREE_IOVA;
	uint32_t ioas = new_ioas(fd);

	assert_int_equal(vfio_bind(dev, fd, NULL), 0);
	assert_int_equal(vfio_attach(dev, &ioas), 0);
	assert_int_equal(iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, mem,
				     PAGE, &iova), 0);
	fill(mem, PAGE);
	assert_int_equal(pin(dev, iova, PAGE), 1);
	assert_true(peeks(dev, iova, mem));
	close(dev);
	close(fd);
	munmap(mem, PAGE);
}

static void test_ftrace_off(void **state)
{
	int kmsg = kmsg_open();

	unload();
	if (!ftrace_turn_off()) {
		close(kmsg);
		load();
		skip();
	}
	load();
	assert_int_equal(kmsg_count(kmsg, "cannot redirect"), 1);
	works_without();
	/* On again, but it is too late for what is loaded. */
	ftrace_turn_on();
	works_without();
	assert_int_equal(kmsg_count(kmsg, "vfio_cdev: "), 0);
	unload();
	load();
	assert_int_equal(kmsg_count(kmsg, "cannot redirect"), 0);
	works();
	close(kmsg);
}

static void test_ftrace_stays_on(void **state)
{
	ftrace_stays_on();
	works();
}

#define STOPPED "/sys/kernel/debug/iommufd_selftest/stopped"

static void child_unloads(void *arg)
{
	check(!module_unload("vfio_cdev"));
}

/* Does the device of the group still reach memory, as without our module? */
static void group_works(void)
{
	int container = type1_container_open(), group = emulated_group(), dev;
	uint8_t *mem = pages(PAGE);

	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, FREE_IOVA),
			 0);
	fill(mem, PAGE);
	assert_int_equal(pin(dev, FREE_IOVA, PAGE), 1);
	assert_true(peeks(dev, FREE_IOVA, mem));
	close(dev);
	close(group);
	close(container);
	munmap(mem, PAGE);
}

/*
 * An ftrace that has stopped calls the module for ever, so its code stays, and
 * who unloads it waits.
 */
static void test_ftrace_stopped(void **state)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	int kmsg = kmsg_open();
	pid_t child;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_int_equal(file_write(STOPPED, "1"), 0);
	child = start_child(child_unloads, NULL, -1);
	while (!kmsg_has(kmsg, "ftrace has stopped")) {
		assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
		assert_true(clock_ms() < end);
		clock_pause_us(10000);
	}
	/* It says so once. */
	sleep(3);
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	assert_int_equal(kmsg_count(kmsg, "ftrace has stopped"), 0);
	group_works();

	assert_int_equal(file_write(STOPPED, "0"), 0);
	end_child(child);
	group_works();
	load();
	works();
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	close(kmsg);
}

/*
 * Or it stops in the middle of the registration: that fails, and it calls us
 * all the same.
 */
static void test_ftrace_stops_half_way(void **state)
{
	int kmsg = kmsg_open();

	unload();
	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_int_equal(file_write(STOPPED, "2"), 0);
	load();
	assert_int_equal(kmsg_count(kmsg, "cannot redirect"), 1);
	group_works();
	works_without();
	/* Now it is not so bad that nobody could be rid of it. */
	unload();
	assert_int_equal(file_write(STOPPED, "0"), 0);
	group_works();
	load();
	works();
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	close(kmsg);
}

/* It goes when no task is in the old code any more. */
static void livepatch_unload(void)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	assert_int_equal(file_write(LIVEPATCH_DIR "/enabled", "0"), 0);
	while (!access(LIVEPATCH_DIR, F_OK) || module_unload(LIVEPATCH)) {
		assert_true(clock_ms() < end);
		clock_pause_us(100000);
	}
}

static void livepatch_load(void)
{
	uint64_t end = clock_ms() + LIMIT_MS, transition = 1;

	assert_int_equal(module_load(LIVEPATCH, NULL), 0);
	while (transition) {
		assert_int_equal(file_read_u64(LIVEPATCH_DIR "/transition",
					       &transition), 0);
		assert_true(clock_ms() < end);
		clock_pause_us(100000);
	}
}

static void test_livepatch_first(void **state)
{
	int kmsg = kmsg_open();

	unload();
	livepatch_load();
	load();
	assert_int_equal(kmsg_count(kmsg, "cannot redirect"), 1);
	works_without();
	livepatch_unload();
	works_without();
	unload();
	load();
	works();
	close(kmsg);
}

static void test_livepatch_second(void **state)
{
	works();
	assert_true(module_load(LIVEPATCH, NULL) < 0);
	assert_int_equal(access(LIVEPATCH_DIR, F_OK), -1);
	works();
	/* Once they are gone it may. */
	unload();
	livepatch_load();
	livepatch_unload();
	load();
	works();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_ftrace_stays_on),
	cmocka_unit_test(test_ftrace_off),
	cmocka_unit_test(test_ftrace_stopped),
	cmocka_unit_test(test_ftrace_stops_half_way),
	cmocka_unit_test(test_livepatch_first),
	cmocka_unit_test(test_livepatch_second),
};

/*
 * A live patch waits until each task has left the old code. Without ORC's stack
 * traces, as on the debug kernels, it can't tell of one that sleeps for ever.
 */
static bool stacks_are_reliable(void)
{
	return !system("grep -q ' unwind_module_init$' /proc/kallsyms");
}

int main(void)
{
	if (bed_load())
		return 1;
	if (access(FTRACE_ENABLED, F_OK)) {
		print_message("no ftrace, nothing to test\n");
		return 0;
	}
	if (access("/sys/kernel/livepatch", F_OK) || !stacks_are_reliable())
		cmocka_set_skip_filter("test_livepatch*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
