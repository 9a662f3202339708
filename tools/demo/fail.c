// SPDX-License-Identifier: GPL-2.0
/*
 * The end of the demo when something is missing, see fail.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

void fail(int rc, const char *next, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "iommufd-demo: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (rc)
		fprintf(stderr, ": %s", strerror(-rc));
	fprintf(stderr, ". Next: %s\n", next);
	exit(EXIT_SETUP);
}
