// SPDX-License-Identifier: GPL-2.0
/*
 * The end of the demo when something is missing, see fail.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
