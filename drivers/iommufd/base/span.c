// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees of ranges that never overlap, see span.h.
 */
#include <linux/rbtree.h>

#include "iommufd/base/span.h"

static struct span *span_of(struct rb_node *rb)
{
	return rb_entry_safe(rb, struct span, rb);
}

/* Does a range lie between two neighbours, either of which may be missing? */
static __always_inline bool
span_is_between(const struct span *span, const struct span *prev,
		const struct span *next)
{
	return (!prev || prev->last < span->start) &&
	       (!next || next->start > span->last);
}

static __always_inline void
span_link(struct span_tree *tree, struct span *span, struct span *prev,
	  struct span *next)
{
	struct rb_node **link = &tree->root.rb_node, *parent = NULL;

	/* Of two neighbours one has room on the side of the other. */
	if (prev && !prev->rb.rb_right) {
		parent = &prev->rb;
		link = &parent->rb_right;
	} else if (next) {
		parent = &next->rb;
		link = &parent->rb_left;
	}
	rb_link_node(&span->rb, parent, link);
	rb_insert_color(&span->rb, &tree->root);
	tree->last = span;
	tree->prev = prev;
	tree->next = next;
}

static bool span_insert_search(struct span_tree *tree, struct span *span)
{
	struct span *prev = NULL, *next = NULL;
	struct rb_node *rb = tree->root.rb_node;

	while (rb) {
		struct span *at = rb_entry(rb, struct span, rb);

		if (span->start < at->start) {
			next = at;
			rb = rb->rb_left;
		} else {
			prev = at;
			rb = rb->rb_right;
		}
	}
	if (!span_is_between(span, prev, next))
		return false;
	span_link(tree, span, prev, next);
	return true;
}

/**
 * span_insert - put a range into a tree
 * @tree: the tree
 * @span: the range, its ends set
 *
 * Return: false where it meets one that is there; then nothing has changed.
 */
bool span_insert(struct span_tree *tree, struct span *span)
{
	struct span *last = tree->last;

	if (last && span_is_between(span, last, tree->next))
		span_link(tree, span, last, tree->next);
	else if (last && span_is_between(span, tree->prev, last))
		span_link(tree, span, tree->prev, last);
	else
		return span_insert_search(tree, span);
	return true;
}

/**
 * span_remove - take a range out of its tree
 * @tree: the tree
 * @span: the range
 */
void span_remove(struct span_tree *tree, struct span *span)
{
	if (span == tree->last || span == tree->prev || span == tree->next)
		tree->last = NULL;
	rb_erase(&span->rb, &tree->root);
}

/**
 * span_first - the first range that meets another
 * @tree: the tree
 * @first: first value of the other
 * @last: its last one, inclusive
 *
 * Return: the range, or NULL.
 */
struct span *span_first(const struct span_tree *tree, unsigned long first,
			unsigned long last)
{
	struct rb_node *rb = tree->root.rb_node;
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
