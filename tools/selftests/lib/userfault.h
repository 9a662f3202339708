/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page whose faults user space serves, or lets wait (uffd.h): reads and writes of
 * the kernel wait with it, for as long as that takes.
 */
#ifndef _GUEST_USERFAULT_H
#define _GUEST_USERFAULT_H

#include <stdbool.h>

/**
 * struct userfault - such a page
 * @fd: of its faults
 * @page: the page
 */
struct userfault {
	int fd;
	void *page;
};

void userfault_close(struct userfault *fault);

/* There is nothing yet: who touches it waits for userfault_give(). */
void userfault_missing(struct userfault *fault);

/* Does somebody wait, or soon? */
bool userfault_waits(struct userfault *fault);

void userfault_give(struct userfault *fault, const void *data);
void userfault_protect(struct userfault *fault, bool protect);

/* What is there can be read: who writes waits for userfault_protect(.., false). */
void userfault_read_only(struct userfault *fault);

/* Processors of other kinds have no such protection on older kernels. */
bool userfault_has_read_only(void);

#endif
