// SPDX-License-Identifier: GPL-2.0-only
/*
 * CHANGE_PROCESS: a process takes over what all IOASes of a context have mapped.
 *
 * One IOAS at a time is gone through, with its topo held for reading, and its areas in
 * batches under tree_lock.  MAP, UNMAP and ATTACH go on meanwhile: a MAP that has not
 * ended yet comes after the change, so RESERVED areas are left to it, and what it may
 * share with others as well.  ictx->carry_lock is held for writing, so that no COPY
 * carries memory from an IOAS that is still to come to one that was gone through.
 */
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/process.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/takeover.h"

/**
 * struct batch - some areas of an IOAS
 * @next: the IOVA from which on areas are still to be looked at
 * @more: there may be some
 * @mems: their memory, with a reference each
 * @count: how many
 */
struct batch {
	unsigned long next;
	bool more;
	struct mem *mems[TREE_BATCH];
	unsigned int count;
};

/*
 * Memory of a process goes with it: only a file's can outlive who has mapped it.  Registers
 * cost nobody anything, and end by themselves.
 */
static bool area_can_move(const struct area *area)
{
	if (area->is_mmio)
		return true;
	return !area->lone && area->mem->source.is_file;
}

static int batch_fill(struct ioas *ioas, struct batch *batch)
{
	struct area *area = area_first(ioas, batch->next, ULONG_MAX);
	unsigned int n;

	batch->count = 0;
	for (n = 0; area && n < TREE_BATCH; n++) {
		if (area->state != AREA_RESERVED) {
			if (!area_can_move(area))
				return -EINVAL;
			if (!area->is_mmio)
				batch->mems[batch->count++] =
					mem_get(area->mem);
		}
		batch->next = area->node.last + 1;
		area = area_next(area, ULONG_MAX);
	}
	batch->more = area;
	return 0;
}

/* Take the mems over, where that is wanted; then drop the references. */
static int batch_take(struct batch *batch, struct takeover *takeover)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < batch->count; i++) {
		if (takeover && !rc)
			rc = takeover_add(takeover, batch->mems[i]);
		mem_put(batch->mems[i]);
	}
	return rc;
}

/* Take over the areas of an IOAS; or see only whether they may be. */
static int ioas_take_over(struct ioas *ioas, struct takeover *takeover)
{
	struct batch batch = { .more = true };
	int rc = down_read_killable(&ioas->topo);

	if (rc)
		return rc;
	while (!rc && batch.more) {
		spin_lock(&ioas->tree_lock);
		rc = batch_fill(ioas, &batch);
		spin_unlock(&ioas->tree_lock);
		if (rc)
			batch_take(&batch, NULL);
		else
			rc = batch_take(&batch, takeover);
		if (!rc && fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched();
	}
	up_read(&ioas->topo);
	return rc;
}

static int ctx_take_over(struct iommufd_ctx *ictx, struct takeover *takeover)
{
	struct object *obj;
	unsigned long id = 0;
	int rc = 0;

	while (!rc && (obj = object_next(ictx, &id, OBJECT_IOAS))) {
		rc = ioas_take_over(container_of(obj, struct ioas, obj),
				    takeover);
		object_put(obj);
	}
	return rc;
}

/**
 * ioas_change_process - let a process pay for all that the IOASes of a context have
 * @ictx: the context
 * @heir: the process
 *
 * Return: 0; -EINVAL where there is memory that is not of a file, -ENOMEM where the
 * limit of @heir is too small, -EOVERFLOW, -EINTR.  On error nothing has changed.
 */
int ioas_change_process(struct iommufd_ctx *ictx, struct account *heir)
{
	struct takeover takeover = { .ictx = ictx, .heir = heir };
	int rc;

	if (down_write_killable(&ictx->carry_lock))
		return -EINTR;
	rc = ctx_take_over(ictx, NULL);
	if (!rc)
		rc = ctx_take_over(ictx, &takeover);
	takeover_end(&takeover, !rc);
	up_write(&ictx->carry_lock);
	return rc;
}
