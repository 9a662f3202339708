// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that another thread serves, see uffd.h.
 */
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

static int call(int uffd, unsigned long nr, void *arg)
{
	return ioctl(uffd, nr, arg) < 0 ? -errno : 0;
}

int uffd_open(int writes)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = writes ? UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), rc;

	if (uffd < 0)
		return -errno;
	rc = call(uffd, UFFDIO_API, &api);
	if (rc) {
		close(uffd);
		return rc;
	}
	return uffd;
}

int uffd_register(int uffd, void *at, size_t size, int writes)
{
	struct uffdio_register arg = {
		.range = { .start = (uintptr_t)at, .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING |
			(writes ? UFFDIO_REGISTER_MODE_WP : 0),
	};

	return call(uffd, UFFDIO_REGISTER, &arg);
}

static int protect(int uffd, void *at, size_t size, uint64_t mode)
{
	struct uffdio_writeprotect arg = {
		.range = { .start = (uintptr_t)at, .len = size },
		.mode = mode,
	};

	return call(uffd, UFFDIO_WRITEPROTECT, &arg);
}

int uffd_hold_writes(int uffd, void *at, size_t size)
{
	return protect(uffd, at, size, UFFDIO_WRITEPROTECT_MODE_WP);
}

int uffd_allow_writes(int uffd, void *at, size_t size)
{
	return protect(uffd, at, size, 0);
}

int uffd_refuse_writes(int uffd, void *at, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)at, .len = size };
	int rc;

	if (mprotect(at, size, PROT_READ))
		return -errno;
	rc = call(uffd, UFFDIO_UNREGISTER, &range);
	return rc ? rc : call(uffd, UFFDIO_WAKE, &range);
}

int uffd_wait(int uffd, int ms, void **at)
{
	struct pollfd wait = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;
	int rc;

	/* Who has waited, and was killed, has left nothing to be read. */
	do {
		rc = poll(&wait, 1, ms);
		if (rc < 0)
			return -errno;
		if (!rc)
			return -ETIMEDOUT;
		rc = read(uffd, &msg, sizeof(msg));
	} while (rc < 0 && errno == EAGAIN);

	if (rc != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT)
		return -EPROTO;
	if (at)
		*at = (void *)(uintptr_t)(msg.arg.pagefault.address &
					  ~(PAGE - 1));
	return 0;
}

int uffd_serve(int uffd, void *page, const void *data)
{
	struct uffdio_copy arg = {
		.dst = (uintptr_t)page, .src = (uintptr_t)data, .len = PAGE,
	};

	return call(uffd, UFFDIO_COPY, &arg);
}
