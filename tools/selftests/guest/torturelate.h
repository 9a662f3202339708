/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arguments of the torture in memory that comes late: a thread serves the fault,
 * and the call waits where it first touches its argument.
 */
#ifndef _GUEST_TORTURELATE_H
#define _GUEST_TORTURELATE_H

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "torturemap.h"

#define LATE_US 5000
#define LATE_POLL_MS 20

/**
 * struct late - a page that comes late
 * @fd: of its fault
 * @page: where it will be; NULL: it has gone, and may be somebody else's
 * @data: what will be there
 * @us: how late
 * @over: nobody will want it any more
 */
struct late {
	int fd;
	uint8_t *page;
	uint8_t data[PAGE];
	unsigned int us;
	int over;
};

/* Where there is no memory for it, it is gone: nobody waits for ever. */
static void late_come(struct late *late)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)late->page, .src = (uintptr_t)late->data,
		.len = PAGE,
	};
	struct uffd_msg msg;

	if (read(late->fd, &msg, sizeof(msg)) != sizeof(msg))
		return;
	usleep(late->us);
	if (!ioctl(late->fd, UFFDIO_COPY, &copy))
		return;
	munmap(late->page, PAGE);
	close(late->fd);
	late->page = NULL;
	late->fd = -1;
}

static void *late_serve(void *arg)
{
	struct late *late = arg;

	while (late->fd >= 0 && !__atomic_load_n(&late->over, __ATOMIC_RELAXED)) {
		struct pollfd poll_fd = { .fd = late->fd, .events = POLLIN };

		if (poll(&poll_fd, 1, LATE_POLL_MS) == 1)
			late_come(late);
	}
	return NULL;
}

static int late_open(struct late *late)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };

	late->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (late->fd < 0)
		return -errno;
	range.range.start = (uintptr_t)late->page;
	range.range.len = PAGE;
	if (ioctl(late->fd, UFFDIO_API, &api) ||
	    ioctl(late->fd, UFFDIO_REGISTER, &range)) {
		close(late->fd);
		return -ENOMEM;
	}
	return 0;
}

/* Makes a call, whose argument is @arg before and afterwards. */
static int late_call(struct thread *t, int fd, unsigned long cmd, void *arg,
		     size_t size)
{
	struct late late = { .us = choose(t, LATE_US) };
	pthread_t server;
	uint8_t *page;
	int rc;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	late.page = page;
	memcpy(late.data, arg, size);
	rc = late_open(&late);
	if (rc)
		goto out;
	rc = -pthread_create(&server, NULL, late_serve, &late);
	if (!rc) {
		rc = iommufd_call(fd, cmd, page);
		__atomic_store_n(&late.over, 1, __ATOMIC_RELAXED);
		pthread_join(server, NULL);
	}
	if (!rc)
		memcpy(arg, page, size);
	if (late.fd >= 0)
		close(late.fd);
out:
	if (late.page)
		munmap(late.page, PAGE);
	return rc;
}

#endif
