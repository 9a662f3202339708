// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ftrace that has stopped, as it does after a fault of its own: nobody gets
 * rid of what was registered with it.  In debugfs, iommufd_selftest/stopped:
 * write 1; or 2 for one that stops in the middle of each registration, which
 * then fails although it is there; and 0 for the end, which a real one has not.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#include "compat/probe.h"
#include "selftest/stopped.h"

enum { STOPPED_NOT, STOPPED_BEFORE, STOPPED_HALF_WAY };

static DEFINE_MUTEX(stopped_lock);	/* guards stopped, and the probes */
static u64 stopped;

static int __kprobes unregister_hit(struct kprobe *probe, struct pt_regs *regs)
{
	compat_probe_return(regs, -ENODEV);
	return 1;
}

static struct kprobe unregister_probe = {
	.symbol_name = "unregister_ftrace_function",
	.pre_handler = unregister_hit,
	.post_handler = compat_probe_passed,
};

static int __kprobes register_returns(struct kretprobe_instance *instance,
				      struct pt_regs *regs)
{
	if (!regs_return_value(regs))
		regs_set_return_value(regs, -ENODEV);
	return 0;
}

static struct kretprobe register_probe = {
	.kp.symbol_name = "register_ftrace_function",
	.handler = register_returns,
};

/* What the last time has left in it. */
static void probe_clear(struct kprobe *probe)
{
	probe->addr = NULL;
	probe->flags = 0;
}

static void stopped_end(void)
{
	if (stopped == STOPPED_BEFORE)
		unregister_kprobe(&unregister_probe);
	else if (stopped == STOPPED_HALF_WAY)
		unregister_kretprobe(&register_probe);
	stopped = STOPPED_NOT;
}

static int stopped_begin(u64 how)
{
	int rc = -EINVAL;

	probe_clear(&unregister_probe);
	probe_clear(&register_probe.kp);
	if (how == STOPPED_BEFORE)
		rc = register_kprobe(&unregister_probe);
	else if (how == STOPPED_HALF_WAY)
		rc = register_kretprobe(&register_probe);
	if (!rc)
		stopped = how;
	return rc;
}

static int stopped_set(void *unused, u64 how)
{
	int rc = 0;

	mutex_lock(&stopped_lock);
	stopped_end();
	if (how != STOPPED_NOT)
		rc = stopped_begin(how);
	mutex_unlock(&stopped_lock);
	return rc;
}
DEFINE_DEBUGFS_ATTRIBUTE(stopped_fops, NULL, stopped_set, "%llu\n");

/**
 * stopped_start - let ftrace be stopped
 * @directory: in debugfs
 */
void stopped_start(struct dentry *directory)
{
	debugfs_create_file_unsafe("stopped", 0200, directory, NULL,
				   &stopped_fops);
}

/** stopped_stop - undo stopped_start(); its file has gone */
void stopped_stop(void)
{
	stopped_end();
}
