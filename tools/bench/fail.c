// SPDX-License-Identifier: GPL-2.0
/*
 * The end when something goes wrong, see fail.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

void fail(int code, int rc, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "iommufd-bench: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (rc)
		fprintf(stderr, ": %s", strerror(-rc));
	fprintf(stderr, "\n");
	exit(code);
}
