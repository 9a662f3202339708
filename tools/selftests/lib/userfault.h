/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page whose faults user space serves, or lets wait (uffd.h): reads and writes of
 * the kernel wait with it, for as long as that takes.
 */
#ifndef _GUEST_USERFAULT_H
#define _GUEST_USERFAULT_H

#include "bed.h"
#include "uffd.h"

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

static inline void userfault_open(struct userfault *fault, bool writes)
{
	fault->page = pages(PAGE);
	fault->fd = uffd_open(writes);
	assert_true(fault->fd >= 0);
	assert_int_equal(uffd_register(fault->fd, fault->page, PAGE, writes),
			 0);
}

static inline void userfault_close(struct userfault *fault)
{
	munmap(fault->page, PAGE);
	close(fault->fd);
}

/* There is nothing yet: who touches it waits for userfault_give(). */
static inline void userfault_missing(struct userfault *fault)
{
	userfault_open(fault, false);
}

/* Does somebody wait, or soon? */
static inline bool userfault_waits(struct userfault *fault)
{
	return !uffd_wait(fault->fd, USERFAULT_MS, NULL);
}

static inline void userfault_give(struct userfault *fault, const void *data)
{
	static uint8_t page[PAGE];

	memcpy(page, data, PAGE);
	assert_int_equal(uffd_serve(fault->fd, fault->page, page), 0);
}

static inline void userfault_protect(struct userfault *fault, bool protect)
{
	assert_int_equal(protect ? uffd_hold_writes(fault->fd, fault->page,
						    PAGE) :
				   uffd_allow_writes(fault->fd, fault->page,
						     PAGE), 0);
}

/* What is there can be read: who writes waits for userfault_protect(.., false). */
static inline void userfault_read_only(struct userfault *fault)
{
	static const uint8_t zeroes[PAGE];

	userfault_open(fault, true);
	userfault_give(fault, zeroes);
	userfault_protect(fault, true);
}

/* Processors of other kinds have no such protection on older kernels. */
static inline bool userfault_has_read_only(void)
{
	int fd = uffd_open(true);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#endif
