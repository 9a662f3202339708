/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program says of an error before it ends.
 */
#ifndef _LIB_ERROR_H
#define _LIB_ERROR_H

#include <stdarg.h>

#include "compiler.h"

/* "PROGRAM: what: why", without the end of the line; @rc: a negative errno, or 0. */
void __printf(3, 0)
error_print(const char *program, int rc, const char *format, va_list args);

#endif
