// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits for the registers of a device to be there again: found by the process whose
 * they are, or one after the other by a worker.
 *
 * waiting_lock guards all of it: a leaf.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "iommufd/ioas/waiting.h"

/* The lists, each of some processes: one does not have to look through all. */
#define WAITING_BITS 8

/* How often the worker looks. */
#define WAITING_PERIOD msecs_to_jiffies(40)

static DEFINE_SPINLOCK(waiting_lock);	/* a leaf */
static struct list_head lists[BIT(WAITING_BITS)];
static unsigned int count;
static unsigned int cursor;
static unsigned long rounds;
static struct delayed_work worker;

static struct list_head *list_of(const struct mm_struct *mm)
{
	return &lists[hash_ptr(mm, WAITING_BITS)];
}

/**
 * waiting_start - when the module is loaded
 * @work: run by a worker some time after somebody has begun to wait
 */
void waiting_start(void (*work)(struct work_struct *work))
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		INIT_LIST_HEAD(&lists[i]);
	INIT_DELAYED_WORK(&worker, work);
}

/** waiting_stop - when it is unloaded, and nobody waits any more */
void waiting_stop(void)
{
	cancel_delayed_work_sync(&worker);
}

/**
 * waiting_init - make one who may wait
 * @waiting: the one, with one reference
 * @mm: whose registers they are
 */
void waiting_init(struct waiting *waiting, const struct mm_struct *mm)
{
	INIT_LIST_HEAD(&waiting->node);
	refcount_set(&waiting->refs, 1);
	waiting->mm = mm;
	waiting->round = 0;
}

/**
 * waiting_add - begin to wait
 * @waiting: one who may wait already
 *
 * Context: may be called with spinlocks held.
 */
void waiting_add(struct waiting *waiting)
{
	spin_lock(&waiting_lock);
	if (list_empty(&waiting->node)) {
		list_add_tail(&waiting->node, list_of(waiting->mm));
		WRITE_ONCE(count, count + 1);
	}
	spin_unlock(&waiting_lock);
	waiting_look_again();
}

/**
 * waiting_remove - end to wait
 * @waiting: one who may not wait at all
 *
 * Context: may be called with spinlocks held.
 */
void waiting_remove(struct waiting *waiting)
{
	spin_lock(&waiting_lock);
	if (!list_empty(&waiting->node)) {
		list_del_init(&waiting->node);
		WRITE_ONCE(count, count - 1);
	}
	spin_unlock(&waiting_lock);
}

/**
 * waiting_begin_round - begin to look at each who waits once
 *
 * Return: the round, or 0 where nobody waits.
 */
unsigned long waiting_begin_round(void)
{
	unsigned long round;

	if (!READ_ONCE(count))
		return 0;
	spin_lock(&waiting_lock);
	round = ++rounds;
	spin_unlock(&waiting_lock);
	return round;
}

/* The first of a list that was not taken in this round, or a later one. */
static struct waiting *take_from(struct list_head *list,
				 const struct mm_struct *mm,
				 unsigned long round)
{
	struct waiting *waiting;

	list_for_each_entry(waiting, list, node) {
		if ((mm && waiting->mm != mm) || waiting->round >= round ||
		    !refcount_inc_not_zero(&waiting->refs))
			continue;
		waiting->round = round;
		list_move_tail(&waiting->node, list);
		return waiting;
	}
	return NULL;
}

/**
 * waiting_take_of - the next who waits for registers of a process
 * @mm: of the process
 * @round: from waiting_begin_round()
 *
 * Return: one that goes on waiting until waiting_remove(), with a reference, or NULL.
 */
struct waiting *waiting_take_of(const struct mm_struct *mm, unsigned long round)
{
	struct waiting *waiting;

	spin_lock(&waiting_lock);
	waiting = take_from(list_of(mm), mm, round);
	spin_unlock(&waiting_lock);
	return waiting;
}

/**
 * waiting_take - the next who waits, whoever it is
 * @round: from waiting_begin_round()
 *
 * Return: as waiting_take_of().
 */
struct waiting *waiting_take(unsigned long round)
{
	struct waiting *waiting = NULL;
	unsigned int i;

	spin_lock(&waiting_lock);
	for (i = 0; i < ARRAY_SIZE(lists) && !waiting; i++) {
		cursor = (cursor + 1) % ARRAY_SIZE(lists);
		waiting = take_from(&lists[cursor], NULL, round);
	}
	spin_unlock(&waiting_lock);
	return waiting;
}

/** waiting_look_again - let the worker look, if anybody waits */
void waiting_look_again(void)
{
	if (READ_ONCE(count))
		queue_delayed_work(system_unbound_wq, &worker, WAITING_PERIOD);
}
