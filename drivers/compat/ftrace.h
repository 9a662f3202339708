/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of functions of the kernel that run a function of ours instead, where
 * their arguments are ours; all others run the original, untouched.
 */
#ifndef __COMPAT_FTRACE_H
#define __COMPAT_FTRACE_H

#include <linux/types.h>

/* arm64 of 6.1 has the second alone. */
#if defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS) || \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
#define COMPAT_REDIRECTS
#endif

/**
 * struct compat_redirect - one function
 * @from: the function of the kernel
 * @to: ours, of the same type
 * @ours: whether a call is for @to, from the first two arguments.  Called with
 *	preemption off; may take no lock.  What it answers must stay true until
 *	the call has returned.
 */
struct compat_redirect {
	void *from;
	void *to;
	bool (*ours)(unsigned long arg0, unsigned long arg1);
};

int compat_redirect_start(const struct compat_redirect *redirects,
			  unsigned int count);
void compat_redirect_stop(void);
void *compat_redirect_find(const char *name);

#ifdef COMPAT_REDIRECTS
bool compat_redirect_active(void);
#else
/* A constant, so that there is no code for what never happens. */
static inline bool compat_redirect_active(void)
{
	return false;
}
#endif

#endif /* __COMPAT_FTRACE_H */
