// SPDX-License-Identifier: GPL-2.0
/*
 * The driver is unbound, or the device unplugged, while its file is open: the
 * one who does it waits for the file to be closed, and then all is free. Needs
 * QEMU's edu device.
 */
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "pci.h"
#include "user.h"
#include "vfio.h"

#define PIECE 1024

/* How long the unbind is watched waiting, and may take afterwards. */
#define WAIT_US 700000
#define LIMIT_S 20

static void child_unbinds(void *arg)
{
	struct edubed *bed = arg;

	/* Files that it inherited would never be closed. */
	close(bed->edu.dev);
	close(bed->fd);
	if (bed->edu.bar.base)
		munmap(bed->edu.bar.base, bed->edu.bar.size);
	check(!pci_unbind(bed->edu.bdf));
}

static void child_unplugs(void *arg)
{
	struct edubed *bed = arg;
	char path[128];

	close(bed->edu.dev);
	close(bed->fd);
	munmap(bed->edu.bar.base, bed->edu.bar.size);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove",
		 bed->edu.bdf);
	check(!file_write(path, "1"));
}

static void end_within_limit(pid_t child)
{
	int status = -1, i;

	for (i = 0; i < LIMIT_S * 100; i++) {
		if (waitpid(child, &status, WNOHANG) == child) {
			assert_int_equal(status, 0);
			return;
		}
		usleep(10000);
	}
	kill(child, SIGKILL);
	fail_msg("still waiting after the file was closed");
}

static void wait_and_close(struct edubed *bed, pid_t child)
{
	int status;

	usleep(WAIT_US);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	/* Whoever has the file open can go on meanwhile. */
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	edu_close(&bed->edu);
	end_within_limit(child);
}

static void open_again(struct edubed *bed)
{
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

static void test_unbind_while_open(void **state)
{
	struct edubed *bed = *state;

	wait_and_close(bed, start_child(child_unbinds, bed, -1));
	open_again(bed);
}

static void test_unplug_while_open(void **state)
{
	struct edubed *bed = *state;

	wait_and_close(bed, start_child(child_unplugs, bed, -1));
	assert_int_equal(file_write("/sys/bus/pci/rescan", "1"), 0);
	open_again(bed);
}

/* Opened and not bound: it is waited for as well, and cannot be bound now. */
static void test_unbind_while_not_bound(void **state)
{
	struct edubed *bed = *state;
	pid_t child;
	int status;

	edu_close(&bed->edu);
	bed->edu.bar = (struct vfio_map){ };
	bed->edu.dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(bed->edu.dev >= 0);
	child = start_child(child_unbinds, bed, -1);
	usleep(WAIT_US);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	close(bed->edu.dev);
	end_within_limit(child);
	open_again(bed);
}

/* The file is closed while the unbind is on its way, again and again. */
static void test_unbind_races_close(void **state)
{
	struct edubed *bed = *state;
	int i;

	for (i = 0; i < 8; i++) {
		pid_t child = start_child(child_unbinds, bed, -1);

		usleep(i * 700);
		edu_close(&bed->edu);
		end_within_limit(child);
		assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
		assert_int_equal(attach(bed, bed->ioas), 0);
	}
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_unbind_while_open),
	TEST(test_unplug_while_open),
	TEST(test_unbind_while_not_bound),
	TEST(test_unbind_races_close),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
