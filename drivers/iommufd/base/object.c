// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of user space: ids, references, destruction.
 *
 * An id is looked up under RCU.  The table holds one of obj->busy; whoever
 * drops the last one destroys the object, so DESTROY takes the id away, gives
 * up the table's share and waits for calls that still run on the object.  An
 * object that others stand on (obj->users) keeps its id.
 *
 * Who makes an object has a use of it from object_reserve() on, and gives it up
 * last of all: after it has told user space the id, and after it has published
 * the object.  Others may find the object earlier, and come and go: by its id, or
 * because a group is attached to it.  None of them can be the last user while its
 * maker is at work.  A driver's device or access keeps that use until the driver
 * lets go.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"

/**
 * object_reserve - give an id to a new object, which nobody can find by it yet
 * @ictx: the context
 * @obj: zeroed, from kmalloc(), at the start of what it is part of
 * @type: what it is
 * @destroy: called once, when it goes
 *
 * The caller has a use of it from now on.  Followed by object_publish() and, in the
 * end, object_unuse(); or by object_abort().
 *
 * Return: 0, or -ENOMEM.
 */
int object_reserve(struct iommufd_ctx *ictx, struct object *obj,
		   enum object_type type, void (*destroy)(struct object *obj))
{
	obj->ictx = ictx;
	obj->type = type;
	obj->destroy = destroy;
	refcount_set(&obj->busy, 1);
	refcount_set(&obj->users, 2);
	return xa_alloc(&ictx->objects, &obj->id, NULL, xa_limit_31b,
			GFP_KERNEL_ACCOUNT);
}

/**
 * object_publish - let user space find an object by its id
 * @obj: from object_reserve(); the caller still has its use of it
 *
 * It can't be destroyed before the caller gives up that use.
 */
void object_publish(struct object *obj)
{
	/* The reserved slot has its memory: storing can't fail. */
	xa_store(&obj->ictx->objects, obj->id, obj, GFP_KERNEL);
}

/**
 * object_abort - give back the id of an object that was never published
 * @obj: from object_reserve(); its memory stays with the caller
 */
void object_abort(struct object *obj)
{
	xa_release(&obj->ictx->objects, obj->id);
}

/**
 * object_get - find an object for the time of a call
 * @ictx: the context
 * @id: its id
 * @type: what it has to be, or OBJECT_ANY
 *
 * Return: the object, to be given back by object_put(), or ERR_PTR(-ENOENT).
 */
struct object *object_get(struct iommufd_ctx *ictx, u32 id,
			  enum object_type type)
{
	struct object *obj;

	rcu_read_lock();
	obj = xa_load(&ictx->objects, id);
	if (!obj || (type != OBJECT_ANY && obj->type != type) ||
	    !refcount_inc_not_zero(&obj->busy))
		obj = ERR_PTR(-ENOENT);
	rcu_read_unlock();
	return obj;
}

/**
 * object_next - find the next object of a type for the time of a call
 * @ictx: the context
 * @id: where the search begins; set to where the next one does
 * @type: what it has to be, or OBJECT_ANY
 *
 * One that is made meanwhile may be missed.
 *
 * Return: the object, to be given back by object_put(), or NULL.
 */
struct object *object_next(struct iommufd_ctx *ictx, unsigned long *id,
			   enum object_type type)
{
	struct object *obj;

	rcu_read_lock();
	do {
		obj = xa_find(&ictx->objects, id, ULONG_MAX, XA_PRESENT);
		++*id;
	} while (obj && ((type != OBJECT_ANY && obj->type != type) ||
			 !refcount_inc_not_zero(&obj->busy)));
	rcu_read_unlock();
	return obj;
}

/**
 * object_put - end the use of an object by a call
 * @obj: from object_get().  Context: may sleep, no lock held
 */
void object_put(struct object *obj)
{
	struct completion *gone;

	if (!refcount_dec_and_test(&obj->busy))
		return;
	obj->destroy(obj);

	xa_lock(&obj->ictx->objects);
	gone = obj->gone;
	if (gone)
		complete(gone);
	xa_unlock(&obj->ictx->objects);
	kfree_rcu(obj, rcu);
}

/**
 * object_use - keep an object for as long as another one stands on it
 * @obj: an object in use by the calling call
 *
 * Return: false where it is being destroyed.
 */
bool object_use(struct object *obj)
{
	return refcount_inc_not_zero(&obj->users);
}

/**
 * object_unuse - undo object_use(), or give up the use of the maker
 * @obj: the object, which is there until user space destroys it
 */
void object_unuse(struct object *obj)
{
	refcount_dec(&obj->users);
}

/* Take the id away where nothing stands on the object. */
static int object_retire(struct object *obj, struct completion *gone)
{
	lockdep_assert_held(&obj->ictx->objects.xa_lock);

	if (!refcount_dec_if_one(&obj->users))
		return -EBUSY;
	obj->gone = gone;
	__xa_erase(&obj->ictx->objects, obj->id);
	return 0;
}

/**
 * object_unuse_last - object_unuse() of an object that goes with its last user
 * @obj: the object
 *
 * Context: any lock may be held.
 *
 * Return: true where that was the last one: the id is gone, and the caller gives
 * the object back by object_put(), with no lock held.  Otherwise the object may
 * be gone already.
 */
bool object_unuse_last(struct object *obj)
{
	struct iommufd_ctx *ictx = obj->ictx;
	bool last;

	xa_lock(&ictx->objects);
	object_unuse(obj);
	last = !object_retire(obj, NULL);
	xa_unlock(&ictx->objects);
	return last;
}

/* Wait until @obj is gone; a killed caller leaves the rest to the last user. */
static int object_wait(struct object *obj, struct completion *gone)
{
	struct iommufd_ctx *ictx = obj->ictx;

	object_put(obj);
	if (!wait_for_completion_killable(gone))
		return 0;

	xa_lock(&ictx->objects);
	if (!completion_done(gone))
		obj->gone = NULL;
	xa_unlock(&ictx->objects);
	return -EINTR;
}

/**
 * object_destroy - destroy what an id names
 * @ictx: the context
 * @id: the id
 *
 * Objects that the kernel made for a driver (devices, accesses) have a user
 * of their own until that driver lets go.
 *
 * Return: 0, -ENOENT, -EBUSY where another object stands on it, or -EINTR
 * where the caller was killed while it waited: the id is gone then, too.
 */
int object_destroy(struct iommufd_ctx *ictx, u32 id)
{
	DECLARE_COMPLETION_ONSTACK(gone);
	struct object *obj;
	int rc = -ENOENT;

	xa_lock(&ictx->objects);
	obj = xa_load(&ictx->objects, id);
	if (obj)
		rc = object_retire(obj, &gone);
	xa_unlock(&ictx->objects);
	if (rc)
		return rc;
	return object_wait(obj, &gone);
}

/**
 * object_remove - destroy an object whose one user, besides the id, is the
 * caller
 * @obj: the object
 *
 * Waits for calls that use it.
 */
void object_remove(struct object *obj)
{
	DECLARE_COMPLETION_ONSTACK(gone);
	struct iommufd_ctx *ictx = obj->ictx;

	/* In one step, or a DESTROY of user space could come in between. */
	xa_lock(&ictx->objects);
	object_unuse(obj);
	WARN_ON(object_retire(obj, &gone));
	xa_unlock(&ictx->objects);

	object_put(obj);
	wait_for_completion(&gone);
}

/**
 * object_ctx_destroy - destroy all objects of a context whose file is closed
 * @ictx: the context; no call runs on it any more
 *
 * An object goes before what it stands on: that is the order of the types.
 */
void object_ctx_destroy(struct iommufd_ctx *ictx)
{
	enum object_type type;
	struct object *obj;
	unsigned long id;

	for (type = OBJECT_ANY + 1; type < OBJECT_TYPES; type++) {
		xa_for_each(&ictx->objects, id, obj) {
			if (obj->type != type)
				continue;
			WARN_ON(refcount_read(&obj->users) != 1);
			xa_erase(&ictx->objects, id);
			object_put(obj);
			cond_resched();
		}
	}
	WARN_ON(!xa_empty(&ictx->objects));
	xa_destroy(&ictx->objects);
}
