/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of the kernel that can fail.
 */
#ifndef __SELFTEST_FAULT_FUNCTION_H
#define __SELFTEST_FAULT_FUNCTION_H

#include <linux/types.h>

struct pt_regs;

/**
 * struct fault_function - a function that can fail
 * @name: it; names that this kernel does not have are passed over
 * @value: what it returns when it fails
 * @fail: or this, which sets the registers
 * @gfp: which of its arguments says how to allocate; 0: none
 */
struct fault_function {
	const char *name;
	long value;
	void (*fail)(struct pt_regs *regs);
	int gfp;
};

/* Room for a probe at each. */
#define FAULT_FUNCTIONS_MAX 96

extern const struct fault_function fault_functions[];
extern const unsigned int fault_functions_count;

bool fault_function_must_not(const struct fault_function *function,
			     struct pt_regs *regs);
void fault_function_fail(const struct fault_function *function,
			 struct pt_regs *regs);

#endif /* __SELFTEST_FAULT_FUNCTION_H */
