/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the test serves by userfaultfd: a call that reads or writes it waits,
 * until the test lets it go on. So the test can look at what a call holds meanwhile.
 *
 * All return 0 or a fd, or a negative errno.
 */
#ifndef _LIB_UFFD_H
#define _LIB_UFFD_H

#include <stddef.h>

int uffd_open(void);

/* Whoever touches one of the pages, which have nothing yet, waits. */
int uffd_hold(int uffd, void *mem, size_t size);

/* Whoever writes to one of the pages, which are there, waits. */
int uffd_hold_writes(int uffd, void *mem, size_t size);

/* Until somebody waits, for some seconds: -ETIMEDOUT. */
int uffd_wait(int uffd);

/* Who waits goes on: with a page of these bytes; with a page that can be written. */
int uffd_fill(int uffd, void *page, const void *data);
int uffd_let_write(int uffd, void *mem, size_t size);

/* Who waits to write goes on, and may not. */
int uffd_refuse(int uffd, void *mem, size_t size);

#endif
