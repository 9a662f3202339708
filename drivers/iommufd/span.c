// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of ranges that never overlap, see span.h.
 */
#include "span.h"

static struct span *span_of(struct rb_node *rb)
{
	return rb_entry_safe(rb, struct span, rb);
}

/* Between the neighbours of its place; false where it meets one of them. */
static __always_inline bool
span_link(struct rb_root *tree, struct span *span, struct span *prev,
	  struct span *next)
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	if ((prev && prev->last >= span->start) ||
	    (next && next->start <= span->last))
		return false;
	/* Of two neighbours one has room on the side of the other. */
	if (prev && !prev->rb.rb_right) {
		parent = &prev->rb;
		link = &parent->rb_right;
	} else if (next) {
		parent = &next->rb;
		link = &parent->rb_left;
	}
	rb_link_node(&span->rb, parent, link);
	rb_insert_color(&span->rb, tree);
	return true;
}

/* The neighbours of a range that begins with @start. */
static struct span_cursor span_search(const struct rb_root *tree,
				      unsigned long start)
{
	struct span *prev = NULL, *next = NULL;
	struct rb_node *rb = tree->rb_node;

	while (rb) {
		struct span *at = rb_entry(rb, struct span, rb);

		if (start < at->start) {
			next = at;
			rb = rb->rb_left;
		} else {
			prev = at;
			rb = rb->rb_right;
		}
	}
	return (struct span_cursor) { .prev = prev, .next = next };
}

/**
 * span_insert_next - put a range into a tree, probably after the one before
 * @tree: the tree
 * @span: the range, its ends set
 * @cursor: all zero at first; valid for as long as nobody else changes the tree
 *
 * Does not search where @span lies between the range that was put there last and
 * the one that followed it.
 *
 * Return: as span_insert().
 */
bool span_insert_next(struct rb_root *tree, struct span *span,
		      struct span_cursor *cursor)
{
	const struct span *prev = cursor->prev, *next = cursor->next;

	if (!prev || prev->last >= span->start ||
	    (next && next->start <= span->last))
		*cursor = span_search(tree, span->start);
	if (!span_link(tree, span, cursor->prev, cursor->next))
		return false;
	cursor->prev = span;
	return true;
}

/**
 * span_insert - put a range into a tree
 * @tree: the tree
 * @span: the range, its ends set
 *
 * Return: false where it meets one that is there; then nothing has changed.
 */
bool span_insert(struct rb_root *tree, struct span *span)
{
	struct span_cursor cursor = span_search(tree, span->start);

	return span_link(tree, span, cursor.prev, cursor.next);
}

/**
 * span_remove - take a range out of its tree
 * @tree: the tree
 * @span: the range
 */
void span_remove(struct rb_root *tree, struct span *span)
{
	rb_erase(&span->rb, tree);
}

/**
 * span_first - the first range that meets another
 * @tree: the tree
 * @first: first value of the other
 * @last: its last one, inclusive
 *
 * Return: the range, or NULL.
 */
struct span *span_first(const struct rb_root *tree, unsigned long first,
			unsigned long last)
{
	struct rb_node *rb = tree->rb_node;
	struct span *found = NULL;

	while (rb) {
		struct span *at = rb_entry(rb, struct span, rb);

		if (at->last >= first) {
			found = at;
			rb = rb->rb_left;
		} else {
			rb = rb->rb_right;
		}
	}
	return found && found->start <= last ? found : NULL;
}

/**
 * span_next - the range after another
 * @span: the other, in its tree
 * @last: last value to look at, inclusive
 *
 * Return: the range, or NULL where the next one starts beyond @last.
 */
struct span *span_next(const struct span *span, unsigned long last)
{
	struct span *next = span_of(rb_next(&span->rb));

	return next && next->start <= last ? next : NULL;
}
