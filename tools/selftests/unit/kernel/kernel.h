/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the pure parts of the modules use, for programs of
 * the host: names and meanings are the kernel's, the code is as simple as can
 * be. Allocations can be told to fail; trees are not balanced.
 */
#ifndef _UNIT_KERNEL_H
#define _UNIT_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u64 phys_addr_t;

#define __user
#define gfp_t unsigned int
#define likely(condition) (condition)
#define unlikely(condition) (condition)
#define __uninitialized

#define U32_MAX UINT32_MAX

#define PAGE_SHIFT 12
#define PAGE_SIZE BIT(PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PMD_SIZE BIT(21)
#define SZ_1T BIT(40)

#define IOMMU_READ BIT(0)
#define IOMMU_WRITE BIT(1)
#define IOMMU_CACHE BIT(2)
#define offset_in_page(address) ((unsigned long)(address) & (PAGE_SIZE - 1))

#define BIT(bit) (1UL << (bit))
#define BIT_ULL(bit) (1ULL << (bit))
#define GENMASK(high, low) ((~0UL >> (63 - (high))) & (~0UL << (low)))
#define GENMASK_ULL(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))
#define FIELD_GET(mask, word) (((word) & (mask)) >> __builtin_ctzll(mask))
#define FIELD_PREP(mask, value) \
	(((u64)(value) << __builtin_ctzll(mask)) & (mask))
#define BITS_PER_LONG 64
#define DECLARE_BITMAP(name, bits) unsigned long name[(bits) / BITS_PER_LONG]
#define ilog2(word) ((unsigned int)__fls(word))
#define __ffs(word) ((unsigned long)__builtin_ctzl(word))
#define __fls(word) ((unsigned long)(63 - __builtin_clzl(word)))

#define min(a, b) \
	({ \
		__typeof__(a) min_a = (a); \
		__typeof__(b) min_b = (b); \
		min_a < min_b ? min_a : min_b; \
	})
#define max(a, b) \
	({ \
		__typeof__(a) max_a = (a); \
		__typeof__(b) max_b = (b); \
		max_a > max_b ? max_a : max_b; \
	})
#define IS_ENABLED(...) 0
#define clamp(value, low, high) max(min(value, high), low)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define swap(a, b) \
	do { \
		__typeof__(a) swapped = (a); \
		(a) = (b); \
		(b) = swapped; \
	} while (0)
#define check_add_overflow(a, b, sum) __builtin_add_overflow(a, b, sum)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define round_down(n, power) ((n) & ~((__typeof__(n))(power) - 1))
#define roundup_pow_of_two(n) \
	((n) <= 1 ? 1UL : 1UL << (64 - __builtin_clzl((n) - 1)))
#define container_of(pointer, type, field) \
	((type *)((char *)(pointer) - offsetof(type, field)))

#define ERR_PTR(error) ((void *)(long)(error))
#define PTR_ERR(pointer) ((long)(pointer))
#define IS_ERR(pointer) ((unsigned long)(pointer) >= -4095UL)

/* What the kernel would only complain about ends the test. */
#define WARN_ON(condition) \
	({ \
		bool warned = (condition); \
		if (warned) { \
			fprintf(stderr, "%s:%d: WARN_ON(%s)\n", __FILE__, \
				__LINE__, #condition); \
			abort(); \
		} \
		warned; \
	})

/* A page's address is its frame number, so the next page is a byte away. */
struct page {
	unsigned char nothing;
};

#define page_to_pfn(page) ((unsigned long)(uintptr_t)(page))
#define pfn_to_page(pfn) ((struct page *)(uintptr_t)(pfn))

/* ---- memory ---- */

#define GFP_KERNEL 0
#define GFP_KERNEL_ACCOUNT 0
#define __GFP_NOWARN 0
#define __GFP_NOFAIL 1

/* How many allocations may succeed before one fails; -1: all. */
static int allocations_left = -1;

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	if (!(gfp & __GFP_NOFAIL) && allocations_left >= 0 &&
	    !allocations_left--)
		return NULL;
	return calloc(n, size);
}

#define kzalloc(size, gfp) kcalloc(1, size, gfp)
#define kmalloc(size, gfp) kcalloc(1, size, gfp)
#define kvcalloc(n, size, gfp) kcalloc(n, size, gfp)
#define kmalloc_array(n, size, gfp) kcalloc(n, size, gfp)
#define kfree(pointer) free(pointer)
#define kvfree(pointer) free(pointer)
#define struct_size(pointer, array, n) \
	offsetof(__typeof__(*(pointer)), array[n])

/* ---- one thread, which signals may end ---- */

struct refcount {
	int count;
};

#define refcount_t struct refcount

struct mutex {
	bool held;
};

/* How many waits are granted before a signal ends one; -1: all. */
static int signals_left = -1;

static inline bool signal_comes(void)
{
	return signals_left >= 0 && !signals_left--;
}

#define READ_ONCE(value) (value)
/* Of one thread. */
#define smp_load_acquire(pointer) (*(pointer))
/* The same. */
#define smp_store_release(pointer, value) (*(pointer) = (value))
#define WRITE_ONCE(variable, value) ((variable) = (value))
#define cond_resched() ((void)0)
#define current NULL
#define fatal_signal_pending(task) ((void)(task), signal_comes())

#define refcount_set(refs, n) ((refs)->count = (n))
#define refcount_read(refs) ((refs)->count)
#define refcount_inc(refs) ((void)(WARN_ON(!(refs)->count), (refs)->count++))
#define refcount_inc_not_zero(refs) ((refs)->count && (refs)->count++)
#define refcount_dec_and_test(refs) \
	(WARN_ON(!(refs)->count), !--(refs)->count)

#define mutex_init(mutex) ((mutex)->held = false)
#define mutex_unlock(mutex) ((mutex)->held = false)
#define lockdep_assert_held(mutex) WARN_ON(!(mutex)->held)

static inline void mutex_lock(struct mutex *mutex)
{
	WARN_ON(mutex->held);
	mutex->held = true;
}

static inline int mutex_lock_killable(struct mutex *mutex)
{
	if (signal_comes())
		return -EINTR;
	mutex_lock(mutex);
	return 0;
}

/* ---- of which only the names are needed ---- */

struct unused {
	long unused;
};

#define atomic_t struct unused
#define atomic_long_t struct unused
#define kuid_t struct unused
#define spinlock_t struct unused
#define wait_queue_head_t struct unused

#define DEFINE_SPINLOCK(name) spinlock_t name
#define spin_lock(lock) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))

struct list_head {
	struct list_head *next;
};

/* Nobody works. */
struct work_struct {
	void (*run)(struct work_struct *work);
};

struct delayed_work {
	struct work_struct work;
};

#define system_unbound_wq NULL
#define msecs_to_jiffies(ms) (ms)
#define INIT_DELAYED_WORK(delayed, function) ((delayed)->work.run = (function))
#define queue_delayed_work(queue, delayed, delay) \
	((void)(queue), (void)(delayed), (void)(delay))
#define cancel_delayed_work_sync(delayed) ((void)(delayed))

struct rcu_head {
	void *unused;
};

struct rw_semaphore {
	int unused;
};

struct xarray {
	int unused;
};

struct iommu_domain;
struct iommu_iotlb_gather {
	unsigned long start;
	unsigned long end;
	size_t pgsize;
};

struct device;
struct file;
struct mm_struct;
struct task_struct;

/* ---- bits ---- */

static inline bool test_bit(unsigned int bit, const unsigned long *bits)
{
	return bits[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline void set_bit(unsigned int bit, unsigned long *bits)
{
	bits[bit / BITS_PER_LONG] |= BIT(bit % BITS_PER_LONG);
}

static inline void clear_bit(unsigned int bit, unsigned long *bits)
{
	bits[bit / BITS_PER_LONG] &= ~BIT(bit % BITS_PER_LONG);
}

static inline unsigned int find_next_bit(const unsigned long *bits,
					 unsigned int size, unsigned int bit)
{
	while (bit < size && !test_bit(bit, bits))
		bit++;
	return bit;
}

static inline bool bitmap_empty(const unsigned long *bits, unsigned int size)
{
	return find_next_bit(bits, size, 0) == size;
}

/* ---- trees ---- */

/* @next: of the interval tree, which is a sorted list. */
struct rb_node {
	struct rb_node *rb_parent;
	struct rb_node *rb_left;
	union {
		struct rb_node *rb_right;
		struct rb_node *next;
	};
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

#define RB_ROOT ((struct rb_root){ NULL })
#define RB_ROOT_CACHED ((struct rb_root_cached){ { NULL } })
#define RB_EMPTY_ROOT(root) (!(root)->rb_node)
#define RB_CLEAR_NODE(node) ((node)->rb_parent = (node))
#define RB_EMPTY_NODE(node) ((node)->rb_parent == (node))

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

#define rb_entry_safe(ptr, type, member)				\
	({								\
		struct rb_node *rb_entry_node = (ptr);			\
									\
		rb_entry_node ?						\
			container_of(rb_entry_node, type, member) :	\
			NULL;						\
	})

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	*node = (struct rb_node){ .rb_parent = parent };
	*link = node;
}

/* Nothing is balanced here. */
static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *at = node->rb_right;

	if (at) {
		while (at->rb_left)
			at = at->rb_left;
		return at;
	}
	for (at = node->rb_parent; at && node == at->rb_right;
	     at = at->rb_parent)
		node = at;
	return at;
}

static inline void rb_put(struct rb_root *root, struct rb_node *node,
			  struct rb_node *in_place)
{
	struct rb_node *parent = node->rb_parent;

	if (!parent)
		root->rb_node = in_place;
	else if (parent->rb_left == node)
		parent->rb_left = in_place;
	else
		parent->rb_right = in_place;
	if (in_place)
		in_place->rb_parent = parent;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next = rb_next(node);

	if (!node->rb_left || !node->rb_right) {
		rb_put(root, node,
		       node->rb_left ? node->rb_left : node->rb_right);
		return;
	}
	rb_put(root, next, next->rb_right);
	rb_put(root, node, next);
	next->rb_left = node->rb_left;
	next->rb_right = node->rb_right;
	if (next->rb_left)
		next->rb_left->rb_parent = next;
	if (next->rb_right)
		next->rb_right->rb_parent = next;
}

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start;
	unsigned long last;
};

static inline struct interval_tree_node *
interval_from(struct rb_node *rb, unsigned long start, unsigned long last)
{
	for (; rb; rb = rb->next) {
		struct interval_tree_node *node =
			container_of(rb, struct interval_tree_node, rb);

		if (node->start <= last && node->last >= start)
			return node;
	}
	return NULL;
}

static inline struct interval_tree_node *
interval_tree_iter_first(struct rb_root_cached *root, unsigned long start,
			 unsigned long last)
{
	return interval_from(root->rb_root.rb_node, start, last);
}

static inline struct interval_tree_node *
interval_tree_iter_next(struct interval_tree_node *node, unsigned long start,
			unsigned long last)
{
	return interval_from(node->rb.next, start, last);
}

static inline void interval_tree_insert(struct interval_tree_node *node,
					struct rb_root_cached *root)
{
	struct rb_node **link = &root->rb_root.rb_node;

	while (*link && container_of(*link, struct interval_tree_node,
				     rb)->start <= node->start)
		link = &(*link)->next;
	node->rb.next = *link;
	*link = &node->rb;
}

static inline void interval_tree_remove(struct interval_tree_node *node,
					struct rb_root_cached *root)
{
	struct rb_node **link = &root->rb_root.rb_node;

	while (*link != &node->rb)
		link = &(*link)->next;
	*link = node->rb.next;
}

#endif
