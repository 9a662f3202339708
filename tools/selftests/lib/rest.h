/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When everything is closed, all must be as it was: no page is pinned by
 * anybody, nobody has to pay, the modules can be unloaded and loaded again.
 */
#ifndef _GUEST_REST_H
#define _GUEST_REST_H

#include <stddef.h>
#include <stdint.h>

/* A serial console is slow; warnings and worse still go there. */
void console_quiet(void);

void console_usual(void);

/* How many pins there are in the whole system, ours and others'. */
uint64_t pins_now(void);

/*
 * @pins: of pins_now(), before anything was pinned. @mem: memory that was
 * mapped by everybody.
 */
void check_rest(uint64_t pins, const void *mem, size_t size);

#endif
