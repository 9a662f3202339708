// SPDX-License-Identifier: GPL-2.0
/*
 * What makes calls fail, see faults.h.
 */
#include <fcntl.h>

#include "bed.h"
#include "env.h"
#include "faults.h"
#include "file.h"

struct faults of_calls = { .name = "calls", .nth = -1, .sparing = true };
struct faults of_kernel = { .name = "the kernel", .nth = -1 };
struct faults *faults;

/* What sleeps may fail as well; the log is not told of each. */
static void prepare_kind(const char *kind)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kind);
	file_write(path, "0");
	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait",
		 kind);
	file_write(path, "N");
}

void fail_user_pages(bool fail)
{
	file_write("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem",
		   fail ? "N" : "Y");
}

void fail_small(bool fail)
{
	file_write("/sys/kernel/debug/failslab/ignore-gfp-wait",
		   fail ? "N" : "Y");
}

bool use_calls(void)
{
	of_calls.nth = open(SELFTEST_FAULTS "fail-nth", O_RDWR | O_CLOEXEC);
	of_calls.sparing = !env_is_long();
	faults = &of_calls;
	return of_calls.nth >= 0;
}

bool use_kernel(void)
{
	of_kernel.nth = open("/proc/thread-self/fail-nth",
			     O_RDWR | O_CLOEXEC);
	if (of_kernel.nth < 0)
		return false;
	prepare_kind("failslab");
	prepare_kind("fail_page_alloc");
	prepare_kind("fail_usercopy");
	/* Page tables are single pages. */
	file_write("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_user_pages(false);
	faults = &of_kernel;
	return true;
}

void arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	assert_int_equal(pwrite(faults->nth, text, length, 0), length);
}

unsigned int disarm(void)
{
	char text[16] = "";
	ssize_t got = pread(faults->nth, text, sizeof(text) - 1, 0);

	/* Both of these can be what fails. */
	while (pwrite(faults->nth, "0", 1, 0) != 1)
		;
	return got > 0 ? strtoul(text, NULL, 10) : 1;
}
