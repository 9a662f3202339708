// SPDX-License-Identifier: GPL-2.0
/*
 * A trial, see trial.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "trial.h"

__noreturn __printf(2, 3)
void trial_wrong(struct trial *trial, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(trial->record->why, sizeof(trial->record->why), format, args);
	va_end(args);
	_exit(1);
}

void trial_expect(struct trial *trial, int rc, int want)
{
	trial->rc = rc;
	if (rc != want)
		trial_wrong(trial, "returned %d (%s), should %d (%s)", rc,
			    strerror(-rc), want, strerror(-want));
}

void trial_be_root(struct trial *trial, bool root)
{
	if (trial->record->payer != PAYER_NONE &&
	    seteuid(root ? 0 : trial->record->uid))
		trial_wrong(trial, "cannot change user: %s", strerror(errno));
}

uint8_t *at_va(struct trial *trial, uint64_t at)
{
	return trial->arena.va + at;
}
