// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits for the registers of a device to be there again: found by the process whose
 * they are, or by a worker, which takes one of each process in turn.
 *
 * A process can let as many wait as it likes.  So nobody walks what is others': who waits
 * is found in a tree, and whose turn it is does not depend on how many one has.
 *
 * waiting_lock guards all of it: a leaf.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "iommufd/ioas/waiting.h"

/* How often the worker looks. */
#define WAITING_PERIOD msecs_to_jiffies(40)

/* So many processes waiting_take() looks at, that have nobody left for this round. */
#define WAITING_LOOKS 64

static DEFINE_SPINLOCK(waiting_lock);	/* a leaf */
/* By process, and of one by the round that each was taken in. */
static struct rb_root tree = RB_ROOT;
static unsigned int count;
/* Whose turn it was last. */
static const struct mm_struct *cursor;
static unsigned long rounds;
static struct delayed_work worker;

/* ---- the tree ---- */

static struct waiting *waiting_of(struct rb_node *rb)
{
	return rb_entry(rb, struct waiting, rb);
}

static bool is_before(const struct waiting *one, const struct waiting *other)
{
	if (one->mm != other->mm)
		return one->mm < other->mm;
	return one->round < other->round;
}

static void tree_insert(struct waiting *waiting)
{
	struct rb_node **link = &tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (is_before(waiting, waiting_of(parent)))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&waiting->rb, parent, link);
	rb_insert_color(&waiting->rb, &tree);
	WRITE_ONCE(count, count + 1);
}

static void tree_remove(struct waiting *waiting)
{
	rb_erase(&waiting->rb, &tree);
	RB_CLEAR_NODE(&waiting->rb);
	WRITE_ONCE(count, count - 1);
}

/* The first of a process, or of those @behind it; else of the next that has any. */
static struct waiting *tree_find(const struct mm_struct *mm, bool behind)
{
	struct rb_node *rb = tree.rb_node;
	struct waiting *found = NULL;

	while (rb) {
		struct waiting *at = waiting_of(rb);

		if (at->mm > mm || (at->mm == mm && !behind)) {
			found = at;
			rb = rb->rb_left;
		} else {
			rb = rb->rb_right;
		}
	}
	return found;
}

/* ---- who waits ---- */

/**
 * waiting_start - when the module is loaded
 * @work: run by a worker some time after somebody has begun to wait
 */
void waiting_start(void (*work)(struct work_struct *work))
{
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
	RB_CLEAR_NODE(&waiting->rb);
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
	if (RB_EMPTY_NODE(&waiting->rb))
		tree_insert(waiting);
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
	if (!RB_EMPTY_NODE(&waiting->rb))
		tree_remove(waiting);
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

/* Not one that was taken in this round, or a later one; nor one that goes. */
static bool take_one(struct waiting *waiting, unsigned long round)
{
	if (waiting->round >= round)
		return false;
	tree_remove(waiting);
	if (!refcount_inc_not_zero(&waiting->refs))
		return false;
	waiting->round = round;
	tree_insert(waiting);
	return true;
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
	struct waiting *waiting, *taken = NULL;

	spin_lock(&waiting_lock);
	while (!taken) {
		waiting = tree_find(mm, false);
		if (!waiting || waiting->mm != mm || waiting->round >= round)
			break;
		if (take_one(waiting, round))
			taken = waiting;
	}
	spin_unlock(&waiting_lock);
	return taken;
}

/**
 * waiting_take - the next who waits, of the next process that has one
 * @round: from waiting_begin_round()
 *
 * Return: as waiting_take_of(); NULL also where many processes in a row have none left
 * in this round.
 */
struct waiting *waiting_take(unsigned long round)
{
	struct waiting *waiting, *taken = NULL;
	unsigned int looks;

	spin_lock(&waiting_lock);
	for (looks = 0; looks < WAITING_LOOKS && !taken; looks++) {
		waiting = tree_find(cursor, true);
		if (!waiting)
			waiting = tree_find(NULL, true);
		if (!waiting)
			break;
		cursor = waiting->mm;
		if (take_one(waiting, round))
			taken = waiting;
	}
	spin_unlock(&waiting_lock);
	return taken;
}

/** waiting_look_again - let the worker look, if anybody waits */
void waiting_look_again(void)
{
	if (READ_ONCE(count))
		queue_delayed_work(system_unbound_wq, &worker, WAITING_PERIOD);
}
