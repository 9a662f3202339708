/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers that wait to be written; and who waits and is killed.
 */
#ifndef _GUEST_USERFAULT_ANSWERS_H
#define _GUEST_USERFAULT_ANSWERS_H

#include "set.h"
#include "userfault.h"

void test_bind_answer(void **state);
void test_bind_answer_fails(void **state);

/*
 * Somebody who holds the IOAS, as long as nobody takes the protection away: an
 * UNMAP that is about to tell how much it was.
 */
struct holder {
	struct userfault fault;
	struct task task;
};

void holder_begin(struct holder *holder, struct set *set);
void holder_end(struct holder *holder);
void test_attach_answer(void **state);
void test_attach_answer_fails(void **state);
void test_killed(void **state);

#endif
