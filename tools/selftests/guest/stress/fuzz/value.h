/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzer puts into fields: values that belong there, and others.
 */
#ifndef _GUEST_FUZZ_VALUE_H
#define _GUEST_FUZZ_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "calls.h"
#include "life.h"

int good_fd(struct life *life, uint64_t kinds);
uint64_t good_value(struct life *life, const struct one *one,
		    const struct field *field);

uint64_t border(struct life *life);
int other_fd(struct life *life);
uint64_t bad_value(struct life *life, uint64_t good);
uint32_t bad_size(struct life *life, uint32_t size);

/* An address of the struct: unaligned, across an end, or not ours at all. */
void *bad_arg(struct life *life, uint8_t *arg, size_t size);

#endif
