// SPDX-License-Identifier: GPL-2.0
/* Memory that the test serves by userfaultfd. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "uffd.h"

#define PAGE 4096UL
#define WAIT_MS 30000

static int uffd_call(int uffd, unsigned long cmd, void *arg)
{
	return ioctl(uffd, cmd, arg) ? -errno : 0;
}

int uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (uffd < 0)
		return -errno;
	rc = uffd_call(uffd, UFFDIO_API, &api);
	if (rc) {
		close(uffd);
		return rc;
	}
	return uffd;
}

static int uffd_register(int uffd, void *mem, size_t size, uint64_t mode)
{
	struct uffdio_register arg = {
		.range = { .start = (uintptr_t)mem, .len = size },
		.mode = mode,
	};

	return uffd_call(uffd, UFFDIO_REGISTER, &arg);
}

int uffd_hold(int uffd, void *mem, size_t size)
{
	return uffd_register(uffd, mem, size, UFFDIO_REGISTER_MODE_MISSING);
}

static int uffd_protect(int uffd, void *mem, size_t size, uint64_t mode)
{
	struct uffdio_writeprotect arg = {
		.range = { .start = (uintptr_t)mem, .len = size },
		.mode = mode,
	};

	return uffd_call(uffd, UFFDIO_WRITEPROTECT, &arg);
}

int uffd_hold_writes(int uffd, void *mem, size_t size)
{
	int rc = uffd_register(uffd, mem, size, UFFDIO_REGISTER_MODE_WP);

	return rc ? rc : uffd_protect(uffd, mem, size,
				      UFFDIO_WRITEPROTECT_MODE_WP);
}

int uffd_wait(int uffd)
{
	struct pollfd poll_in = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	do {
		if (poll(&poll_in, 1, WAIT_MS) != 1)
			return -ETIMEDOUT;
		/* One that has given up meanwhile leaves nothing to read. */
	} while (read(uffd, &msg, sizeof(msg)) != sizeof(msg));
	return msg.event == UFFD_EVENT_PAGEFAULT ? 0 : -EINVAL;
}

int uffd_fill(int uffd, void *page, const void *data)
{
	struct uffdio_copy arg = {
		.dst = (uintptr_t)page, .src = (uintptr_t)data, .len = PAGE,
	};

	return uffd_call(uffd, UFFDIO_COPY, &arg);
}

int uffd_let_write(int uffd, void *mem, size_t size)
{
	return uffd_protect(uffd, mem, size, 0);
}

int uffd_refuse(int uffd, void *mem, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)mem, .len = size };
	int rc;

	if (mprotect(mem, size, PROT_READ))
		return -errno;
	rc = uffd_call(uffd, UFFDIO_UNREGISTER, &range);
	return rc ? rc : uffd_call(uffd, UFFDIO_WAKE, &range);
}
