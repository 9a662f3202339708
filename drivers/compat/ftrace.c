// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirects by ftrace: its handler runs as the function is entered, sees the
 * arguments and may let the call go on elsewhere, as live patches do.
 *
 * It is all redirects or none.  Only one user may redirect a function, so a
 * live patch of one of them and we exclude each other: who comes second gets
 * EBUSY.  The ops are permanent: while they are there nobody can turn ftrace
 * off (sysctl kernel.ftrace_enabled: EBUSY), and where it is off they can't be
 * registered.
 *
 * When ftrace meets a fault of its own it stops for good: from then on it takes
 * nothing out of the kernel's code any more, and the handler runs for ever.
 *
 * No lock: the table is set before the handler can run.
 */
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "compat/ftrace.h"

#ifdef COMPAT_REDIRECTS

/*
 * A function calls the tracer from its first bytes: the first, or the first
 * behind the landing pad for indirect calls, and on arm64 behind the one that
 * saves where the function returns to.
 */
#define REDIRECT_SITE_MAX 16

static const struct compat_redirect *redirects;
static unsigned int redirects_count;	/* 0: none is redirected */

/* The kernel's code may call the handler. */
static bool redirect_planted;

#ifdef HAVE_FTRACE_REGS_ARGUMENT
#define REDIRECT_SAVE_REGS 0

static unsigned long redirect_argument(struct ftrace_regs *fregs,
				       unsigned int n)
{
	return ftrace_regs_get_argument(fregs, n);
}

static void redirect_go(struct ftrace_regs *fregs, void *to)
{
	ftrace_regs_set_instruction_pointer(fregs, (unsigned long)to);
}
#else
#define REDIRECT_SAVE_REGS FTRACE_OPS_FL_SAVE_REGS

static unsigned long redirect_argument(struct ftrace_regs *fregs,
				       unsigned int n)
{
	return regs_get_kernel_argument(ftrace_get_regs(fregs), n);
}

static void redirect_go(struct ftrace_regs *fregs, void *to)
{
	instruction_pointer_set(ftrace_get_regs(fregs), (unsigned long)to);
}
#endif

static void notrace redirect_handler(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops,
				     struct ftrace_regs *fregs)
{
	const struct compat_redirect *redirect = redirects;
	unsigned int left;

	for (left = READ_ONCE(redirects_count); left; left--, redirect++)
		if (ip - (unsigned long)redirect->from < REDIRECT_SITE_MAX)
			break;

	if (left && redirect->ours(redirect_argument(fregs, 0),
				   redirect_argument(fregs, 1)))
		redirect_go(fregs, redirect->to);
}

static struct ftrace_ops redirect_ops = {
	.func = redirect_handler,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
		 FTRACE_OPS_FL_RECURSION | REDIRECT_SAVE_REGS,
};

static int redirect_set_filter(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < redirects_count; i++) {
		ret = ftrace_set_filter_ip(&redirect_ops,
					   (unsigned long)redirects[i].from,
					   0, 0);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * compat_redirect_start() - begin to redirect functions
 * @table: which, and where to; it stays the caller's and is used until
 *	compat_redirect_stop()
 * @count: how many
 *
 * One table at a time.
 *
 * Return: 0, or -errno with nothing redirected: -EBUSY where a live patch has
 * one of the functions or ftrace is off, -EOPNOTSUPP where the kernel is built
 * without it.
 */
int compat_redirect_start(const struct compat_redirect *table,
			  unsigned int count)
{
	int ret;

	redirects = table;
	redirects_count = count;

	ret = redirect_set_filter();
	if (!ret) {
		ret = register_ftrace_function(&redirect_ops);
		/* The error of one that has stopped half way. */
		redirect_planted = !ret || ret == -ENODEV;
	}
	if (ret)
		WRITE_ONCE(redirects_count, 0);
	if (!redirect_planted)
		ftrace_free_filter(&redirect_ops);
	return ret;
}

/**
 * compat_redirect_stop() - undo compat_redirect_start(), which may have failed
 *
 * No handler runs any more when this returns.  The caller knows that none of
 * its functions does.
 *
 * Where ftrace has stopped this never returns: the module's code must stay, and
 * nothing else keeps a module that is being unloaded.
 */
void compat_redirect_stop(void)
{
	if (!redirect_planted)
		return;

	while (unregister_ftrace_function(&redirect_ops)) {
		pr_err_once("vfio_cdev: ftrace has stopped and still calls this module, which cannot be unloaded before the machine is restarted\n");
		schedule_timeout_idle(HZ);
	}
	ftrace_free_filter(&redirect_ops);
	redirect_planted = false;
	redirects_count = 0;
}

/**
 * compat_redirect_find() - a function that its module keeps to itself
 * @name: the module, a colon, and the function
 *
 * Return: where it begins, or NULL where there is none that can be redirected.
 */
void *compat_redirect_find(const char *name)
{
	struct kprobe probe = {
		.symbol_name = name, .flags = KPROBE_FLAG_DISABLED,
	};
	void *function = NULL;

	if (!register_kprobe(&probe)) {
		function = probe.addr;
		unregister_kprobe(&probe);
	}
	return function;
}

/**
 * compat_redirect_active() - whether functions are redirected
 */
bool compat_redirect_active(void)
{
	return redirects_count;
}

#else /* COMPAT_REDIRECTS */

int compat_redirect_start(const struct compat_redirect *table,
			  unsigned int count)
{
	return -EOPNOTSUPP;
}

void compat_redirect_stop(void)
{
}

void *compat_redirect_find(const char *name)
{
	return NULL;
}

#endif /* COMPAT_REDIRECTS */
