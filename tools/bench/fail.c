// SPDX-License-Identifier: GPL-2.0
/*
 * The end when something goes wrong, see fail.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "fail.h"

void fail(int code, int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_print("iommufd-bench", rc, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(code);
}
