// SPDX-License-Identifier: GPL-2.0
/*
 * All operations of the torture, see op.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "clock.h"
#include "compiler.h"
#include "device.h"
#include "map.h"
#include "op.h"
#include "system.h"
#include "tally.h"
#include "verify.h"
#include "world.h"

#define OP(name, who, weight, ...) \
	{ #name, op_##name, WHO_##who, weight, (const int[]){ 0, ##__VA_ARGS__, 0 } }

const struct op ops[] = {
	OP(ioas_alloc, TENANT, 20, ENOMEM),
	OP(ioas_destroy, TENANT, 4, ENOENT, EBUSY),
	OP(map, TENANT, 50, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_shared, TENANT, 15, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_file, TENANT, 15, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_across, TENANT, 15, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_anywhere, TENANT, 5, ENOENT, EFAULT, ENOMEM, ENOSPC),
	OP(unmap, TENANT, 30, ENOENT, EBUSY),
	OP(unmap_all, TENANT, 4, ENOENT, EBUSY),
	OP(copy, TENANT, 50, ENOENT, EEXIST, EPERM, EFAULT, ENOMEM, ENOSPC),
	OP(allow, TENANT, 3, ENOENT, ENOMEM),
	OP(change_process, TENANT, 6, EINVAL, ENOMEM),
	OP(ranges, TENANT, 3, ENOENT),
	OP(huge_pages, TENANT, 3, ENOENT, EINVAL),
	OP(mock, TENANT, 20, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT, ENOMEM,
	   ENOSPC),
	OP(mock_destroy, TENANT, 6, ENOENT, EBUSY),
	OP(mock_replace, TENANT, 15, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, ENOSPC),
	OP(hwpt_alloc, TENANT, 20, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, ENOSPC, EOPNOTSUPP),
	OP(hwpt_nest, TENANT, 30, ENOENT, EINVAL, ENOMEM, ENOSPC, EOPNOTSUPP),
	OP(invalidate, TENANT, 15, ENOENT, EINVAL),
	OP(track, TENANT, 20, ENOENT, EOPNOTSUPP),
	OP(dirty, TENANT, 30, ENOENT, EINVAL, EOPNOTSUPP),
	OP(hwpt_destroy, TENANT, 10, ENOENT, EBUSY),
	OP(hw_info, TENANT, 3, ENOENT, ENOMEM),
	OP(pasid_attach, TENANT, 20, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, ENOSPC),
	OP(pasid_replace, TENANT, 15, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, ENOSPC),
	OP(pasid_detach, TENANT, 6, ENOENT),
	OP(access, TENANT, 15, ENOENT, EADDRINUSE, ENOMEM),
	OP(access_close, TENANT, 5),
	OP(access_pin, TENANT, 40, ENOENT, EINVAL, EBADFD, EOPNOTSUPP, EPERM,
	   EFAULT, ENOMEM),
	OP(access_unpin, TENANT, 15, ENOENT, EBADFD),
	OP(access_rw, TENANT, 30, ENOENT, EINVAL, EBADFD, EPERM, EFAULT,
	   ENOMEM),
	OP(access_replace, TENANT, 6, ENOENT, EBADFD, EADDRINUSE, EBUSY,
	   ENOMEM),
	OP(dev_open, TENANT, 20, ENOENT, ENODEV, ENXIO, ENOMEM),
	OP(dev_bind, TENANT, 25, EINVAL, EPERM, EBUSY, EAGAIN, ENODEV, ENOMEM,
	   EBADF, ENOTTY),
	OP(dev_bind_late, TENANT, 10, EINVAL, EPERM, EBUSY, EAGAIN, ENODEV,
	   ENOMEM, EBADF, ENOTTY, EFAULT),
	OP(dev_attach, TENANT, 30, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, EBADF, ENOTTY, ENOSPC),
	OP(dev_detach, TENANT, 8, EINVAL, EBADF, ENOTTY),
	OP(dev_attach_pasid, TENANT, 10, ENOENT, EADDRINUSE, EINVAL, EBUSY,
	   EFAULT, ENOMEM, EBADF, ENOTTY, ENOSPC, EOPNOTSUPP),
	OP(dev_detach_pasid, TENANT, 4, EINVAL, EBADF, ENOTTY),
	OP(dev_dma, TENANT, 1, EINVAL, ENODEV, ETIMEDOUT, EBADF, ENOTTY, ESPIPE),
	OP(dev_close, TENANT, 8),
	OP(close, TENANT, 2, ENOMEM),
	OP(fork, TENANT, 2, ENOMEM, EAGAIN),
	OP(limit, TENANT, 3),
	OP(mem_drop, TENANT, 4),
	OP(mem_touch, TENANT, 5, EINVAL, EFAULT, ENOMEM),
	OP(mem_hole, TENANT, 2, ENOMEM),
	OP(mem_protect, TENANT, 2, ENOMEM),
	OP(mem_collapse, TENANT, 3, EINVAL, EAGAIN, EBUSY, ENOMEM),
	OP(mem_split, TENANT, 1),
	OP(verify, TENANT, 3, ENOMEM, ENOSPC),
	OP(unbind, DRIVERS, 1),
	OP(bind, DRIVERS, 2),
	OP(compact, MEMORY, 1),
	OP(shrink, MEMORY, 1),
	OP(squeeze, MEMORY, 1),
	OP(pinch, MEMORY, 1),
};

const unsigned int ops_count = ARRAY_SIZE(ops);

_Static_assert(ARRAY_SIZE(ops) <= OPS_MAX, "room in struct torture");

static unsigned int some_op(struct thread *t, enum who who)
{
	unsigned int total = 0, at, i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].who == who)
			total += ops[i].weight;
	at = choose(t, total);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (ops[i].who != who)
			continue;
		if (at < ops[i].weight)
			break;
		at -= ops[i].weight;
	}
	return i;
}

static bool fits(unsigned int op, int rc)
{
	const int *fit;

	for (fit = ops[op].fits + 1; *fit; fit++)
		if (rc == -*fit)
			return true;
	return false;
}

static void run_op(struct thread *t, unsigned int op)
{
	int rc;

	store(t->life->op, op);
	store(t->life->since, clock_ms());
	rc = ops[op].run(t);
	store(t->life->done, t->life->done + 1);
	if (rc == SKIP)
		return;
	tally_add(&torture->tally[op], rc);
	if (rc < 0 && !fits(op, rc)) {
		store(torture->bad_op, op);
		store(torture->bad, rc);
	}
}

void run_thread(struct thread *t, enum who who)
{
	store(t->life->since, clock_ms());
	store(t->life->tid, gettid());
	while (!load(torture->stop))
		run_op(t, some_op(t, who));
	store(t->life->tid, 0);
}
