/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space names by an id: references and destruction.
 */
#ifndef __IOMMUFD_BASE_OBJECT_H
#define __IOMMUFD_BASE_OBJECT_H

#include <linux/limits.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct completion;
struct iommufd_ctx;

enum object_type {
	OBJECT_ANY,
	OBJECT_TEST,	/* of iommufd_selftest.ko, see test.h */
	OBJECT_DEVICE,
	OBJECT_ACCESS,
	OBJECT_NESTED,	/* stands on one of the next */
	OBJECT_HWPT,
	OBJECT_IOAS,
	OBJECT_TYPES,	/* the order above is the order of teardown */
};

/**
 * struct object - what user space names by an id
 * @ictx: the context that the id is one of
 * @busy: one for the id, and one for each call that is using the object
 * @users: one for the id, one for who makes it, and one for each other object that
 *	stands on this one; DESTROY is refused while there is any but the first
 * @id: the id
 * @type: what it is
 * @gone: completed when the last of @busy is dropped; set by the destroyer
 *	under the id table's lock
 * @destroy: frees what the object holds, in process context; the memory of
 *	the object itself is freed by object.c after an RCU grace period
 * @rcu: for that
 */
struct object {
	struct iommufd_ctx *ictx;
	refcount_t busy;
	refcount_t users;
	u32 id;
	enum object_type type;
	struct completion *gone;
	void (*destroy)(struct object *obj);
	struct rcu_head rcu;
};

void object_ctx_destroy(struct iommufd_ctx *ictx);
int object_reserve(struct iommufd_ctx *ictx, struct object *obj,
		   enum object_type type, void (*destroy)(struct object *obj));
void object_publish(struct object *obj);
void object_abort(struct object *obj);
struct object *object_get(struct iommufd_ctx *ictx, u32 id,
			  enum object_type type);
struct object *object_next(struct iommufd_ctx *ictx, unsigned long *id,
			   enum object_type type);
void object_put(struct object *obj);
bool object_use(struct object *obj);
void object_unuse(struct object *obj);
bool object_unuse_last(struct object *obj);
int object_destroy(struct iommufd_ctx *ictx, u32 id);
void object_remove(struct object *obj);

/*
 * References that user space can make without end are refused from here on, long
 * before their counter is full.  Calls that run take a few more.
 */
#define REFS_MAX (INT_MAX / 2)

#endif /* __IOMMUFD_BASE_OBJECT_H */
