// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ftrace that has stopped, as it does after a fault of its own: nobody gets
 * rid of what was registered with it.  In debugfs, iommufd_selftest/stopped:
 * write 1, and 0 for the end of it, which a real one has not.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#include "compat/probe.h"
#include "selftest.h"

static DEFINE_MUTEX(stopped_lock);	/* guards stopped, and the probe */
static bool stopped;

static int __kprobes stopped_hit(struct kprobe *probe, struct pt_regs *regs)
{
	compat_probe_return(regs, -ENODEV);
	return 1;
}

/* With it the probe is never made so fast that it can't change the way. */
static void stopped_passed(struct kprobe *probe, struct pt_regs *regs,
			   unsigned long flags)
{
}

static struct kprobe stopped_probe = {
	.symbol_name = "unregister_ftrace_function",
	.pre_handler = stopped_hit,
	.post_handler = stopped_passed,
};

static int stopped_change(bool stop)
{
	int rc = 0;

	if (stop == stopped)
		return 0;
	if (!stop) {
		unregister_kprobe(&stopped_probe);
	} else {
		/* What the last time has left there. */
		stopped_probe.addr = NULL;
		stopped_probe.flags = 0;
		rc = register_kprobe(&stopped_probe);
	}
	if (!rc)
		stopped = stop;
	return rc;
}

static int stopped_set(void *unused, u64 value)
{
	int rc;

	mutex_lock(&stopped_lock);
	rc = stopped_change(value);
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
	stopped_set(NULL, 0);
}
