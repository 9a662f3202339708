/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's short names for the compiler's attributes.
 */
#ifndef _LIB_COMPILER_H
#define _LIB_COMPILER_H

#define __noreturn __attribute__((__noreturn__))
#define __printf(format, first) \
	__attribute__((__format__(__printf__, format, first)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
