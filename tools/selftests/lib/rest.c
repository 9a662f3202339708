// SPDX-License-Identifier: GPL-2.0
/*
 * That nothing is left, see rest.h.
 */
#include <sys/klog.h>
#include <sys/resource.h>

#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "rest.h"
#include "test.h"
#include "user.h"

/* Files that an exiting process closes may be released a moment later. */
#define REST_WAIT_MS 20000

/* So many bytes may be locked by the child that tries. */
#define REST_LOCKED (64 * PAGE)

void console_quiet(void)
{
	klogctl(8, NULL, 5);
}

void console_usual(void)
{
	klogctl(8, NULL, 7);
}

/* A line "NAME 123" of /proc/vmstat. */
static uint64_t read_vmstat(const char *name)
{
	unsigned long value = 0;
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128], found[64];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned long n;

		if (sscanf(line, "%63s %lu", found, &n) == 2 &&
		    !strcmp(found, name))
			value = n;
	}
	if (file)
		fclose(file);
	return value;
}

uint64_t pins_now(void)
{
	/* CPUs count for themselves, and say so when they are asked. */
	file_write("/proc/sys/vm/stat_refresh", "1");
	return read_vmstat("nr_foll_pin_acquired") -
	       read_vmstat("nr_foll_pin_released");
}

/* What the limit allows can be mapped, and no page more. */
static void child_maps_to_limit(void *arg)
{
	struct rlimit limit = { REST_LOCKED, REST_LOCKED };
	uint8_t *mem = mmap(NULL, REST_LOCKED + PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = iommufd_open();
	uint64_t iova;
	uint32_t ioas;

	check(fd >= 0 && mem != MAP_FAILED);
	check(!drop_ipc_lock() && !setrlimit(RLIMIT_MEMLOCK, &limit));
	check(!iommufd_ioas_alloc(fd, &ioas));
	check(!test_mock(fd, ioas, 0, NULL));
	check(!iommufd_map(fd, ioas, MAP_RW, mem, REST_LOCKED, &iova));
	check(iommufd_map(fd, ioas, MAP_RW, mem + REST_LOCKED, PAGE, &iova) ==
	      -ENOMEM);
}

void check_rest(uint64_t pins, const void *mem, size_t size)
{
	int fd, i;

	for (i = 0; i < REST_WAIT_MS / 10 && pins_now() != pins; i++)
		usleep(10000);
	if (pins_now() != pins)
		fail_msg("%ld pages are still pinned",
			 (long)(pins_now() - pins));
	fd = new_fd();
	assert_int_equal(test_check_refs(fd, mem, size, 0), 0);
	close(fd);
	assert_int_equal(status_kb("VmPin"), 0);
	assert_int_equal(status_kb("VmLck"), 0);
	end_child(start_child(child_maps_to_limit, NULL, -1));
}
