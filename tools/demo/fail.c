// SPDX-License-Identifier: GPL-2.0
/*
 * The end of the demo when something is missing, see fail.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "fail.h"

void fail(int rc, const char *next, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	error_print("iommufd-demo", rc, format, args);
	va_end(args);
	fprintf(stderr, ". Next: %s\n", next);
	exit(EXIT_SETUP);
}

void fail_open(int rc, const char *path)
{
	char next[160];

	if (rc != -EACCES || !geteuid())
		fail(rc, "dmesg | tail", "cannot open %s", path);
	snprintf(next, sizeof(next),
		 "as root: chown %u %s (until the next boot; for good, \"Give a device to a program\" in the README)",
		 geteuid(), path);
	fail(rc, next, "cannot open %s", path);
}
