/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of /sys and /proc: read one, write one, read a number.
 *
 * All return 0 (file_read: the number of bytes), or a negative errno.
 */
#ifndef _LIB_FILE_H
#define _LIB_FILE_H

#include <stddef.h>
#include <stdint.h>

/* The text is terminated, and a newline at its end is cut off. */
int file_read(const char *path, char *text, size_t room);
int file_write(const char *path, const char *text);
int file_read_u64(const char *path, uint64_t *value);

/* A line "NAME: 123 kB" of /proc/self/status or /proc/meminfo, in kB. */
int file_read_kb(const char *path, const char *name, uint64_t *kb);

#endif
