// SPDX-License-Identifier: GPL-2.0
/*
 * A page whose faults user space serves, see userfault.h.
 */
#include "bed.h"
#include "memory.h"
#include "uffd.h"
#include "userfault.h"

#define USERFAULT_MS 20000

static void userfault_open(struct userfault *fault, bool writes)
{
	fault->page = pages(PAGE);
	fault->fd = uffd_open(writes);
	assert_true(fault->fd >= 0);
	assert_int_equal(uffd_register(fault->fd, fault->page, PAGE, writes),
			 0);
}

void userfault_close(struct userfault *fault)
{
	munmap(fault->page, PAGE);
	close(fault->fd);
}

void userfault_missing(struct userfault *fault)
{
	userfault_open(fault, false);
}

bool userfault_waits(struct userfault *fault)
{
	return !uffd_wait(fault->fd, USERFAULT_MS, NULL);
}

void userfault_give(struct userfault *fault, const void *data)
{
	static uint8_t page[PAGE];

	memcpy(page, data, PAGE);
	assert_int_equal(uffd_serve(fault->fd, fault->page, page), 0);
}

void userfault_protect(struct userfault *fault, bool protect)
{
	assert_int_equal(protect ? uffd_hold_writes(fault->fd, fault->page,
						    PAGE) :
				   uffd_allow_writes(fault->fd, fault->page,
						     PAGE), 0);
}

void userfault_read_only(struct userfault *fault)
{
	static const uint8_t zeroes[PAGE];

	userfault_open(fault, true);
	userfault_give(fault, zeroes);
	userfault_protect(fault, true);
}

bool userfault_has_read_only(void)
{
	int fd = uffd_open(true);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
