// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of ranges that never overlap, see span.h.
 */
#include "span.h"

static struct span *span_of(struct rb_node *rb)
{
	return rb_entry_safe(rb, struct span, rb);
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
	struct rb_node **link = &tree->rb_node, *parent = NULL;
	const struct span *prev = NULL, *next = NULL;

	while (*link) {
		const struct span *at = rb_entry(*link, struct span, rb);

		parent = *link;
		if (span->start < at->start) {
			next = at;
			link = &parent->rb_left;
		} else {
			prev = at;
			link = &parent->rb_right;
		}
	}
	if ((prev && prev->last >= span->start) ||
	    (next && next->start <= span->last))
		return false;
	rb_link_node(&span->rb, parent, link);
	rb_insert_color(&span->rb, tree);
	return true;
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
	struct span *prev = cursor->prev, *next = cursor->next;

	if (prev && prev->last < span->start &&
	    (!next || span->last < next->start)) {
		/* Of two neighbours one has room on the side of the other. */
		if (!prev->rb.rb_right)
			rb_link_node(&span->rb, &prev->rb, &prev->rb.rb_right);
		else
			rb_link_node(&span->rb, &next->rb, &next->rb.rb_left);
		rb_insert_color(&span->rb, tree);
	} else {
		if (!span_insert(tree, span))
			return false;
		cursor->next = span_of(rb_next(&span->rb));
	}
	cursor->prev = span;
	return true;
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
