/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page whose faults user space serves, or lets wait: reads and writes of the
 * kernel wait with it, for as long as that takes.
 */
#ifndef _GUEST_USERFAULT_H
#define _GUEST_USERFAULT_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "bed.h"

#define USERFAULT_MS 20000

/**
 * struct userfault - such a page
 * @fd: of its faults
 * @page: the page
 */
struct userfault {
	int fd;
	void *page;
};

static inline void userfault_open(struct userfault *fault, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = mode };

	fault->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	assert_true(fault->fd >= 0);
	assert_int_equal(ioctl(fault->fd, UFFDIO_API, &api), 0);
	range.range.start = (uintptr_t)fault->page;
	range.range.len = PAGE;
	assert_int_equal(ioctl(fault->fd, UFFDIO_REGISTER, &range), 0);
}

static inline void userfault_close(struct userfault *fault)
{
	munmap(fault->page, PAGE);
	close(fault->fd);
}

/* There is nothing yet: who touches it waits for userfault_give(). */
static inline void userfault_missing(struct userfault *fault)
{
	fault->page = pages(PAGE);
	userfault_open(fault, UFFDIO_REGISTER_MODE_MISSING);
}

/* Does somebody wait, or soon? */
static inline bool userfault_waits(struct userfault *fault)
{
	struct pollfd poll_fd = { .fd = fault->fd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&poll_fd, 1, USERFAULT_MS) == 1 &&
	       read(fault->fd, &msg, sizeof(msg)) == sizeof(msg);
}

static inline void userfault_give(struct userfault *fault, const void *data)
{
	static uint8_t page[PAGE];
	struct uffdio_copy copy = {
		.dst = (uintptr_t)fault->page, .src = (uintptr_t)page,
		.len = PAGE,
	};

	memcpy(page, data, PAGE);
	assert_int_equal(ioctl(fault->fd, UFFDIO_COPY, &copy), 0);
}

static inline void userfault_protect(struct userfault *fault, bool protect)
{
	struct uffdio_writeprotect arg = {
		.range.start = (uintptr_t)fault->page, .range.len = PAGE,
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	assert_int_equal(ioctl(fault->fd, UFFDIO_WRITEPROTECT, &arg), 0);
}

/* What is there can be read: who writes waits for userfault_protect(.., false). */
static inline void userfault_read_only(struct userfault *fault)
{
	fault->page = pages(PAGE);
	memset(fault->page, 0, PAGE);
	userfault_open(fault, UFFDIO_REGISTER_MODE_WP);
	userfault_protect(fault, true);
}

/* Processors of other kinds have no such protection on older kernels. */
static inline bool userfault_has_read_only(void)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), rc;

	assert_true(fd >= 0);
	rc = ioctl(fd, UFFDIO_API, &api);
	close(fd);
	return !rc;
}

#endif
