// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can fail, as data: a row for each function of the kernel, and of the mock
 * IOMMU, and how it does.
 *
 * What a caller can't be told of is left alone: functions that free, detach or
 * unmap, and allocations that must not fail.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>

#include "compat/probe.h"
#include "selftest/fault/function.h"

/* Not a byte was copied. */
static void fail_copy(struct pt_regs *regs)
{
	compat_probe_return(regs, regs_get_kernel_argument(regs, 2));
}

const struct fault_function fault_functions[] = {
	{ .name = "__kmalloc", .gfp = 1 },
	{ .name = "__kmalloc_noprof", .gfp = 1 },
	{ .name = "kmalloc_trace", .gfp = 1 },
	{ .name = "__kmalloc_cache_noprof", .gfp = 1 },
	{ .name = "kmem_cache_alloc", .gfp = 1 },
	{ .name = "kmem_cache_alloc_noprof", .gfp = 1 },
	{ .name = "krealloc", .gfp = 2 },
	{ .name = "krealloc_noprof", .gfp = 2 },
	{ .name = "kvmalloc_node" },
	{ .name = "__kvmalloc_node_noprof" },
	{ .name = "kasprintf" },
	{ .name = "kstrdup" },

	{ .name = "memdup_user", .value = -ENOMEM },

	{ .name = "__xa_alloc", .value = -ENOMEM },
	{ .name = "__xa_insert", .value = -ENOMEM },

	{ .name = "_copy_from_user", .fail = fail_copy },
	{ .name = "_copy_to_user", .fail = fail_copy },
	{ .name = "__arch_copy_from_user", .fail = fail_copy },
	{ .name = "__arch_copy_to_user", .fail = fail_copy },
	{ .name = "check_zeroed_user", .value = -EFAULT },
#ifdef COMPAT_PROBE_USER_CALLS
	{ .name = "__get_user_4", .fail = compat_probe_fail_get_user },
	{ .name = "__put_user_4", .fail = compat_probe_fail_put_user },
	{ .name = "__put_user_8", .fail = compat_probe_fail_put_user },
#endif

	/* One -ENOMEM is survived: see compat/mm.c. */
	{ .name = "pin_user_pages_fast", .value = -EINTR },
	{ .name = "pin_user_pages_remote", .value = -EINTR },
	{ .name = "memfd_pin_folios", .value = -EINTR },
	{ .name = "mmu_interval_notifier_insert", .value = -ENOMEM },
	{ .name = "get_unused_fd_flags", .value = -EMFILE },
	/* As if no number were that of the file. */
	{ .name = "iterate_fd", .value = 0 },
	{ .name = "vm_mmap", .value = -ENOMEM },
	{ .name = "simple_pin_fs", .value = -ENOMEM },
	{ .name = "alloc_anon_inode", .value = -ENOMEM },
	{ .name = "dentry_open", .value = -ENOMEM },
	{ .name = "__account_locked_vm", .value = -ENOMEM },

	{ .name = "iommu_domain_alloc" },
	{ .name = "iommu_paging_domain_alloc", .value = -ENOMEM },
	{ .name = "iommu_paging_domain_alloc_flags", .value = -ENOMEM },
	{ .name = "intel_iommu_domain_alloc_user", .value = -ENOMEM },
	{ .name = "iommu_attach_group", .value = -ENOMEM },
	{ .name = "iommu_group_replace_domain", .value = -ENOMEM },
	{ .name = "iommu_group_claim_dma_owner", .value = -ENOMEM },
	{ .name = "iommu_get_group_resv_regions", .value = -ENOMEM },
	{ .name = "iommu_get_msi_cookie", .value = -ENOMEM },
	{ .name = "iommu_map", .value = -ENOMEM },
	{ .name = "intel_iommu_map_pages", .value = -ENOMEM },
	{ .name = "mock_map_pages", .value = -ENOMEM },
	{ .name = "mock_domain_alloc_user", .value = -ENOMEM },
	{ .name = "mock_domain_alloc_nested", .value = -ENOMEM },
	{ .name = "compat_mock_invalidate", .value = -ENOMEM },

	{ .name = "vfio_pci_open_device", .value = -ENOMEM },
	{ .name = "dev_set_name", .value = -ENOMEM },
	{ .name = "cdev_device_add", .value = -ENOMEM },
	{ .name = "device_create_file", .value = -ENOMEM },
	{ .name = "sysfs_create_link", .value = -ENOMEM },
	{ .name = "try_module_get", .value = false },

	/* As if the caller were about to be killed. */
	{ .name = "mutex_lock_killable", .value = -EINTR },
	{ .name = "mutex_lock_killable_nested", .value = -EINTR },
	{ .name = "_mutex_lock_killable", .value = -EINTR },
	{ .name = "down_read_killable", .value = -EINTR },
	{ .name = "down_write_killable", .value = -EINTR },
	{ .name = "wait_for_completion_killable", .value = -ERESTARTSYS },
	{ .name = "prepare_to_wait_event", .value = -ERESTARTSYS },
};

const unsigned int fault_functions_count = ARRAY_SIZE(fault_functions);

static_assert(ARRAY_SIZE(fault_functions) <= FAULT_FUNCTIONS_MAX);

/**
 * fault_function_must_not - is this a call that is not allowed to fail
 * @function: the function
 * @regs: at its entry
 */
bool fault_function_must_not(const struct fault_function *function,
			     struct pt_regs *regs)
{
	gfp_t gfp = 0;

	if (function->gfp)
		gfp = (__force gfp_t)regs_get_kernel_argument(regs,
							      function->gfp);
	return gfp & __GFP_NOFAIL;
}

/**
 * fault_function_fail - let a call fail
 * @function: the function
 * @regs: at its entry
 *
 * The handler of the probe then returns 1.
 */
void fault_function_fail(const struct fault_function *function,
			 struct pt_regs *regs)
{
	if (function->fail)
		function->fail(regs);
	else
		compat_probe_return(regs, function->value);
}
