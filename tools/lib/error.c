// SPDX-License-Identifier: GPL-2.0
/*
 * What a program says of an error, see error.h.
 */
#include <stdio.h>
#include <string.h>

#include "error.h"

void error_print(const char *program, int rc, const char *format, va_list args)
{
	fprintf(stderr, "%s: ", program);
	vfprintf(stderr, format, args);
	if (rc)
		fprintf(stderr, ": %s", strerror(-rc));
}
