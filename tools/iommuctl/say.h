/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors: one line, that says what to do next; and what the program ends with.
 */
#ifndef _IOMMUCTL_SAY_H
#define _IOMMUCTL_SAY_H

#include "compiler.h"

/* What the program ends with; a part of what is promised, see iommuctl(8). */
enum {
	EXIT_FINE,	/* what was asked for is there, or works */
	EXIT_NO,	/* it is not, or does not */
	EXIT_USAGE,	/* wrong arguments */
	EXIT_CANNOT,	/* it can't be known: not permitted, or modules are missing */
};

/* @rc: a negative errno, or 0. Returns @code. */
int __printf(3, 4) say(int code, int rc, const char *format, ...);

#endif
