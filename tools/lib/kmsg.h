/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's log, from a point in time on: to see the line in which the
 * IOMMU reports a blocked access.
 */
#ifndef _LIB_KMSG_H
#define _LIB_KMSG_H

#include <stddef.h>
#include <stdint.h>

/* Opens the log at its end. The fd, or a negative errno. */
int kmsg_open(void);

/*
 * Waits for a line that reports a fault of an IOMMU (Intel, AMD, Arm) and, if
 * @iova is not 0, names that address. 0; -ETIMEDOUT after @limit_ms.
 */
int kmsg_fault(int kmsg, uint64_t iova, unsigned int limit_ms, char *line,
	       size_t room);

/* 1 if one of the lines that are there has @words in it; they are read. */
int kmsg_has(int kmsg, const char *words);

/* How many of the lines that are there have; all are read. */
int kmsg_count(int kmsg, const char *words);

/* Writes a line of our own into it. */
int kmsg_mark(const char *text);

/* Takes the next line that says that the kernel met a bug. 0 where none is. */
int kmsg_complaint(int kmsg, char *line, size_t room);

#endif
