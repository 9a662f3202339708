/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When everything is closed, all must be as it was: no page is pinned by
 * anybody, nobody has to pay, the modules can be unloaded and loaded again.
 *
 * A test includes this once; everything is static.
 */
#ifndef _GUEST_REST_H
#define _GUEST_REST_H

#include <linux/capability.h>
#include <sys/klog.h>
#include <sys/syscall.h>

#include "manners.h"
#include "test.h"
#include "user.h"

/* Files that an exiting process closes may be released a moment later. */
#define REST_WAIT_MS 20000

/* So many bytes may be locked by the child that tries. */
#define REST_LOCKED (64 * PAGE)

/* A serial console is slow; warnings and worse still go there. */
static inline void console_quiet(void)
{
	klogctl(8, NULL, 5);
}

static inline void console_usual(void)
{
	klogctl(8, NULL, 7);
}

/* Not cmocka's, which would let a child's fault pass for the test's end. */
static inline void usual_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

/* The mock IOMMU, each time with other manners, or always with MANNERS. */
static inline void load_mock(unsigned int turn)
{
	const char *only = getenv("MANNERS");

	manners_now = only ? only : manners[turn % ARRAY_SIZE(manners)];
	assert_int_equal(manners_load(), 0);
}

/* Without CAP_IPC_LOCK even root has to keep to RLIMIT_MEMLOCK. */
static inline int drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &=
		~CAP_TO_MASK(CAP_IPC_LOCK);
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].permitted &=
		~CAP_TO_MASK(CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data);
}

/* A line "NAME 123" of /proc/vmstat. */
static inline uint64_t read_vmstat(const char *name)
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

/* How many pins there are in the whole system, ours and others'. */
static inline uint64_t pins_now(void)
{
	/* CPUs count for themselves, and say so when they are asked. */
	file_write("/proc/sys/vm/stat_refresh", "1");
	return read_vmstat("nr_foll_pin_acquired") -
	       read_vmstat("nr_foll_pin_released");
}

/* What the limit allows can be mapped, and no page more. */
static inline void child_maps_to_limit(void *arg)
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

/*
 * @pins: of pins_now(), before anything was pinned. @mem: memory that was
 * mapped by everybody.
 */
static inline void check_rest(uint64_t pins, const void *mem, size_t size)
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

#endif
