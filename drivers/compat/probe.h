/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and processors for probes at the entry of a
 * function: its registers, and the code that calls it.
 */
#ifndef __COMPAT_PROBE_H
#define __COMPAT_PROBE_H

#include <linux/types.h>

struct kprobe;
struct module;
struct pt_regs;

/**
 * struct compat_call - a call or a tail call of a function that is named in
 *	the instruction
 * @target: the function
 * @next: the instruction that follows
 * @tail: a jump: the function returns elsewhere
 */
struct compat_call {
	unsigned long target;
	unsigned long next;
	bool tail;
};

/* What may stand between a function's address and that of its probe. */
#define COMPAT_PROBE_OFFSET_MAX 4

unsigned long compat_probe_caller(const struct pt_regs *regs);
void compat_probe_return(struct pt_regs *regs, unsigned long value);
void compat_probe_passed(struct kprobe *probe, struct pt_regs *regs,
			 unsigned long flags);

/* Where get_user() and put_user() are calls: elsewhere they are inlined. */
#ifdef CONFIG_X86
#define COMPAT_PROBE_USER_CALLS
void compat_probe_fail_get_user(struct pt_regs *regs);
void compat_probe_fail_put_user(struct pt_regs *regs);
#endif

bool compat_call_decode(unsigned long at, struct compat_call *call);
unsigned long compat_module_text(struct module *module, size_t *size);

#endif /* __COMPAT_PROBE_H */
