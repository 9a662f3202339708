/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that another thread serves (userfaultfd): who touches it waits, in the
 * kernel as well, for as long as that thread likes.
 *
 * All return 0, or a negative errno, where nothing else is said.
 */
#ifndef _LIB_UFFD_H
#define _LIB_UFFD_H

#include <stddef.h>

/* The fd; -EINVAL where writes can't be made to wait. */
int uffd_open(int writes);

/*
 * Of anonymous memory, whole pages: who touches one that is missing waits. With
 * @writes whoever writes to one waits as well.
 */
int uffd_register(int uffd, void *at, size_t size, int writes);

/* From now on whoever writes to these pages, which are there, waits; or no more. */
int uffd_hold_writes(int uffd, void *at, size_t size);
int uffd_allow_writes(int uffd, void *at, size_t size);

/* Who waits to write to these pages goes on, and may not. */
int uffd_refuse_writes(int uffd, void *at, size_t size);

/* Wait until somebody waits; -ETIMEDOUT after so many ms. @at may be NULL. */
int uffd_wait(int uffd, int ms, void **at);

/* Put a page there, with what is in @data; who waits for it goes on. */
int uffd_serve(int uffd, void *page, const void *data);

#endif
