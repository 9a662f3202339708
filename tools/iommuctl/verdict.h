/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of the doctor: what was looked at, what is there, and what to do.
 */
#ifndef _IOMMUCTL_VERDICT_H
#define _IOMMUCTL_VERDICT_H

#include "compiler.h"

/* How bad it is: a VMM would not get a device where it is BAD. */
enum verdict { VERDICT_OK, VERDICT_NOTE, VERDICT_BAD };

/* @next: what to type or do; "" where there is nothing. */
void __printf(4, 5) verdict(enum verdict verdict, const char *what,
			    const char *next, const char *format, ...);

/* The first line, the last one; the latter says how bad the worst is. */
void verdicts_begin(void);
enum verdict verdicts_end(void);

#endif
