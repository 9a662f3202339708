// SPDX-License-Identifier: GPL-2.0
/*
 * Errors, see say.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"
#include "say.h"

int say(int code, int rc, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	error_print("iommuctl", rc, format, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}
