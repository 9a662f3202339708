// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of vfio.ko in a context: a file of /dev/iommu as their container.
 *
 * vfio.ko has containers of its own only, so a context that groups are put into keeps
 * one (vfio/join.c opens it), which user space never sees.  By VFIO_SET_IOMMU on the
 * file that container gets a backend, and that has to learn which context it is for.
 * vfio.ko asks it by a number that anybody may give to a container, so what counts is
 * who asks: a task that is in join_set_iommu().
 *
 * vfio.ko holds a lock over that ioctl which all containers of the machine want.  To
 * attach a group pins what is mapped, which may wait for a user's page fault for ever, so
 * the backend is only given the groups there.  They are attached behind it.
 *
 * joiners_lock guards the list of these, and @taken.  ictx->joined is set once.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>

#include "iommufd/abi/join.h"
#include "iommufd/base/context.h"

static DEFINE_SPINLOCK(joiners_lock);
static LIST_HEAD(joiners);

/**
 * struct joiner - a call that gives the groups of a context their backend
 * @node: in joiners
 * @task: the caller
 * @ictx: the context
 * @taken: a backend has taken it
 */
struct joiner {
	struct list_head node;
	struct task_struct *task;
	struct iommufd_ctx *ictx;
	bool taken;
};

/**
 * iommufd_join_context() - the context that the caller gives a backend to
 * @take: the backend takes it
 *
 * Return: the context, which stays for the time of the call, or NULL where the caller
 * does no such thing.
 */
struct iommufd_ctx *iommufd_join_context(bool take)
{
	struct iommufd_ctx *ictx = NULL;
	struct joiner *joiner;

	spin_lock(&joiners_lock);
	list_for_each_entry(joiner, &joiners, node) {
		if (joiner->task != current)
			continue;
		joiner->taken |= take;
		ictx = joiner->ictx;
		break;
	}
	spin_unlock(&joiners_lock);
	return ictx;
}
EXPORT_SYMBOL_GPL(iommufd_join_context);

/**
 * join_set_iommu - attach the groups that are in a context, and any later one
 * @ictx: the context, in a call of user space
 *
 * Where there is none yet, or the backend has them, vfio.ko says EINVAL without having
 * asked the backend.
 *
 * Return: 0; -EBUSY where another thread is at it; or the error of an attach, with none
 * of them attached: they do no DMA, and the next call tries again.
 */
long join_set_iommu(struct iommufd_ctx *ictx)
{
	struct joiner joiner = { .task = current, .ictx = ictx };
	struct file *file = READ_ONCE(ictx->joined);
	long rc;

	if (!file)
		return 0;
	spin_lock(&joiners_lock);
	list_add(&joiner.node, &joiners);
	spin_unlock(&joiners_lock);

	rc = file->f_op->unlocked_ioctl(file, VFIO_SET_IOMMU,
					IOMMUFD_JOIN_TYPE);

	spin_lock(&joiners_lock);
	list_del(&joiner.node);
	spin_unlock(&joiners_lock);
	if (rc && (rc != -EINVAL || joiner.taken))
		return rc;
	return ictx->join->attach(ictx);
}

/**
 * join_keep - let a context keep a container
 * @ictx: the context
 * @file: a container of vfio.ko; the reference is taken over
 * @join: who has opened it
 *
 * Return: what it keeps: @file, or what another call was first with.
 */
struct file *join_keep(struct iommufd_ctx *ictx, struct file *file,
		       const struct iommufd_join *join)
{
	struct file *old;

	/* The same for all, and there before @joined can be seen. */
	WRITE_ONCE(ictx->join, join);
	old = cmpxchg(&ictx->joined, NULL, file);
	if (!old)
		return file;
	join->close();
	fput(file);
	return old;
}

/**
 * join_end - drop what a context keeps
 * @ictx: a context whose file is closed, so no group is in it any more
 */
void join_end(struct iommufd_ctx *ictx)
{
	if (!ictx->joined)
		return;
	ictx->join->close();
	fput(ictx->joined);
}
