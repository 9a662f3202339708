// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of devices that are there again: mapped by the call that has turned the device
 * on, if that goes through a character device, else by a worker, which can't know and
 * looks now and then.  No lock.
 */
#include <linux/iommufd.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/revive.h"
#include "iommufd/ioas/waiting.h"

/* As many as the worker looks at each time, so that nobody keeps it busy. */
#define REVIVE_BATCH 64

static struct mmio *mmio_of(struct waiting *waiting)
{
	return container_of(waiting, struct mmio, waiting);
}

static void revive_some(struct work_struct *work)
{
	unsigned long round = waiting_begin_round();
	struct waiting *waiting;
	unsigned int i;

	for (i = 0; round && i < REVIVE_BATCH; i++) {
		waiting = waiting_take(round);
		if (!waiting)
			break;
		mmio_renew_remote(mmio_of(waiting));
		mmio_put(mmio_of(waiting));
		cond_resched();
	}
	waiting_look_again();
}

/**
 * iommufd_revive() - a call has ended that may have turned a device on
 *
 * What the calling process has mapped of the registers of devices, and devices reach no
 * more, is mapped again where the registers are there.
 *
 * Context: may sleep, as page faults may; no lock is held that they may want.
 */
void iommufd_revive(void)
{
	unsigned long round = waiting_begin_round();
	struct waiting *waiting;

	if (!round || !current->mm)
		return;
	while (!fatal_signal_pending(current)) {
		waiting = waiting_take_of(current->mm, round);
		if (!waiting)
			break;
		mmio_renew(mmio_of(waiting));
		mmio_put(mmio_of(waiting));
		cond_resched();
	}
}
EXPORT_SYMBOL_GPL(iommufd_revive);

/** revive_init - when the module is loaded */
void revive_init(void)
{
	waiting_start(revive_some);
}

/** revive_exit - when it is unloaded */
void revive_exit(void)
{
	waiting_stop();
}
