/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What waits for the registers of a device to be there again.
 */
#ifndef __IOMMUFD_IOAS_WAITING_H
#define __IOMMUFD_IOAS_WAITING_H

#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct mm_struct;
struct work_struct;

/**
 * struct waiting - one who may wait
 * @rb: place among those that wait; guarded by waiting_lock, as is @round
 * @refs: of what it is in: it is only given to somebody while there are some
 * @mm: whose registers they are; constant
 * @round: of waiting_take(), the last one that it was taken in
 */
struct waiting {
	struct rb_node rb;
	refcount_t refs;
	const struct mm_struct *mm;
	unsigned long round;
};

void waiting_start(void (*work)(struct work_struct *work));
void waiting_stop(void);
void waiting_init(struct waiting *waiting, const struct mm_struct *mm);
void waiting_add(struct waiting *waiting);
void waiting_remove(struct waiting *waiting);
unsigned long waiting_begin_round(void);
struct waiting *waiting_take_of(const struct mm_struct *mm, unsigned long round);
struct waiting *waiting_take(unsigned long round);
void waiting_look_again(void);

#endif /* __IOMMUFD_IOAS_WAITING_H */
