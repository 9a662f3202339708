// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers at the entry of a function, and instructions that call one, of
 * arm64 and of x86.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "compat/probe.h"

#ifdef CONFIG_ARM64

#define CALL_OPCODE 0x94000000
#define JUMP_OPCODE 0x14000000
#define OPCODE_MASK GENMASK(31, 26)
#define CALL_SIZE 4

static unsigned long caller(const struct pt_regs *regs)
{
	return procedure_link_pointer(regs);
}

static void return_to_caller(struct pt_regs *regs)
{
	instruction_pointer_set(regs, caller(regs));
}

static bool decode(unsigned long at, struct compat_call *call)
{
	u32 instruction, opcode;

	if (!IS_ALIGNED(at, CALL_SIZE))
		return false;
	instruction = le32_to_cpup((__le32 *)at);
	opcode = instruction & OPCODE_MASK;
	if (opcode != CALL_OPCODE && opcode != JUMP_OPCODE)
		return false;
	call->tail = opcode == JUMP_OPCODE;
	call->target = at + sign_extend64((u64)instruction * CALL_SIZE, 27);
	return true;
}

#else /* x86 */

#define CALL_OPCODE 0xe8
#define JUMP_OPCODE 0xe9
#define CALL_SIZE 5

static unsigned long caller(const struct pt_regs *regs)
{
	return *(unsigned long *)kernel_stack_pointer((struct pt_regs *)regs);
}

/*
 * Goes on where the probed function would have returned to.  It is empty, so
 * that no register is another afterwards.
 */
static noinline notrace void probe_return(void)
{
	barrier();
}

static void return_to_caller(struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)probe_return);
}

static bool decode(unsigned long at, struct compat_call *call)
{
	u8 opcode = *(u8 *)at;
	s32 distance;

	if (opcode != CALL_OPCODE && opcode != JUMP_OPCODE)
		return false;
	call->tail = opcode == JUMP_OPCODE;
	memcpy(&distance, (void *)(at + 1), sizeof(distance));
	call->target = at + CALL_SIZE + distance;
	return true;
}

#endif /* x86 */

/**
 * compat_probe_caller - where does the function return to
 * @regs: at its entry
 *
 * Return: the address after the call.
 */
unsigned long compat_probe_caller(const struct pt_regs *regs)
{
	return caller(regs);
}

/**
 * compat_probe_return - let the function return instead of running
 * @regs: at its entry
 * @value: that it returns
 *
 * The handler of the probe then returns 1.
 */
void compat_probe_return(struct pt_regs *regs, unsigned long value)
{
	regs_set_return_value(regs, value);
	return_to_caller(regs);
}

/**
 * compat_probe_passed - the row post_handler of a probe that uses
 *	compat_probe_return()
 * @probe: the probe
 * @regs: behind its instruction
 * @flags: none
 *
 * A probe that has one is never made so fast that it can't change the way.
 */
void compat_probe_passed(struct kprobe *probe, struct pt_regs *regs,
			 unsigned long flags)
{
}

#ifdef COMPAT_PROBE_USER_CALLS
/* The two of these have registers of their own, as they are never inlined. */

/**
 * compat_probe_fail_get_user - let get_user() fail
 * @regs: at its entry
 */
void compat_probe_fail_get_user(struct pt_regs *regs)
{
	regs->dx = 0;
	compat_probe_return(regs, -EFAULT);
}

/**
 * compat_probe_fail_put_user - let put_user() fail
 * @regs: at its entry
 */
void compat_probe_fail_put_user(struct pt_regs *regs)
{
	regs->cx = -EFAULT;
	compat_probe_return(regs, regs->ax);
}
#endif

/**
 * compat_call_decode - is this an instruction that calls a function
 * @at: address of any byte of a module's text
 * @call: described here
 *
 * The byte need not be the start of an instruction, so that the target has to
 * be looked at: a mistake leads to no function.
 *
 * Return: true where it may be.
 */
bool compat_call_decode(unsigned long at, struct compat_call *call)
{
	call->next = at + CALL_SIZE;
	return decode(at, call);
}

/**
 * compat_module_text - the code of a module
 * @module: the module, past its initialisation
 * @size: set to its size; compat_call_decode() can read every byte of it
 *
 * Return: the address.
 */
unsigned long compat_module_text(struct module *module, size_t *size)
{
#ifdef HAVE_MODULE_MEMORY
	*size = module->mem[MOD_TEXT].size - CALL_SIZE;
	return (unsigned long)module->mem[MOD_TEXT].base;
#else
	*size = module->core_layout.text_size - CALL_SIZE;
	return (unsigned long)module->core_layout.base;
#endif
}
