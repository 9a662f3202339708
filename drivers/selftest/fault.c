// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand: of the calls that iommufd.ko, vfio_cdev.ko and vfio_iommufd.ko
 * make to functions of the kernel which can fail, the n-th does.  No code of theirs
 * knows about it, and the kernel needs no fault injection: probes stand at the
 * entry of those functions, look who calls, and return an error.
 *
 * In debugfs, iommufd_selftest/fail-nth: write n, for the calling thread; read
 * how many more calls it would have taken, 0 where one has failed.  `sites` has
 * each call in the code of the modules, how often it was passed and how often
 * it has failed, since fail-nth was opened.  The probes stay while it is open.
 *
 * What a caller can't be told of is left alone: functions that free, detach or
 * unmap, and allocations that must not fail.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "compat/probe.h"
#include "selftest.h"

/* ---- what can fail ---- */

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

/* Not a byte was copied. */
static void fail_copy(struct pt_regs *regs)
{
	compat_probe_return(regs, regs_get_kernel_argument(regs, 2));
}

static const struct fault_function functions[] = {
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
	{ .name = "__account_locked_vm", .value = -ENOMEM },

	{ .name = "iommu_domain_alloc" },
	{ .name = "iommu_paging_domain_alloc", .value = -ENOMEM },
	{ .name = "intel_iommu_domain_alloc_user", .value = -ENOMEM },
	{ .name = "iommu_attach_group", .value = -ENOMEM },
	{ .name = "iommu_group_replace_domain", .value = -ENOMEM },
	{ .name = "iommu_group_claim_dma_owner", .value = -ENOMEM },
	{ .name = "iommu_get_group_resv_regions", .value = -ENOMEM },
	{ .name = "iommu_get_msi_cookie", .value = -ENOMEM },
	{ .name = "iommu_map", .value = -ENOMEM },
	{ .name = "intel_iommu_map_pages", .value = -ENOMEM },
	{ .name = "mock_map_pages", .value = -ENOMEM },

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

/* ---- calls ---- */

#define SITES_MAX 512

/**
 * struct fault_point - a function with a probe
 * @probe: at its entry
 * @function: the function, NULL where there is no probe
 */
struct fault_point {
	struct kprobe probe;
	const struct fault_function *function;
};

/**
 * struct fault_site - a call in the code of a module
 * @point: the function that it calls
 * @next: the address after the call
 * @tail: a jump, so that the function returns to the caller's caller
 * @passed: how often it ran
 * @failed: how often it was made to fail
 */
struct fault_site {
	struct fault_point *point;
	unsigned long next;
	bool tail;
	unsigned long passed;
	unsigned long failed;
};

static const char * const module_names[] = {
	"iommufd", "vfio_cdev", "vfio_iommufd",
};

/**
 * struct fault_session - while fail-nth is open
 * @points: one for each of functions[]
 * @modules: whose calls count; NULL where one is not loaded
 * @task: whose calls count, or NULL; set while no call counts
 * @nth: which of its calls fails, counted from now on; 0: none
 * @nsites: how many there are
 * @sites: sorted by nothing
 *
 * @nth and what @sites count is changed by @task alone.
 */
struct fault_session {
	struct fault_point points[ARRAY_SIZE(functions)];
	struct module *modules[ARRAY_SIZE(module_names)];
	struct task_struct *task;
	unsigned int nth;
	unsigned int nsites;
	struct fault_site sites[SITES_MAX];
};

static DEFINE_MUTEX(session_lock);	/* guards session, and who is @task */
static struct fault_session *session;

static bool is_ours(struct fault_session *s, unsigned long address)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(s->modules); i++)
		if (s->modules[i] && within_module_core(address, s->modules[i]))
			return true;
	return false;
}

/* NULL where there is no room. */
static struct fault_site *site_add(struct fault_session *s,
				   struct fault_point *point,
				   unsigned long next, bool tail)
{
	struct fault_site *site;

	if (WARN_ON_ONCE(s->nsites == SITES_MAX))
		return NULL;
	site = &s->sites[s->nsites++];
	site->point = point;
	site->next = next;
	site->tail = tail;
	return site;
}

/*
 * Which call is it that returns there?  None that names the function in the
 * code: then a jump to it, or it is called through a pointer.
 */
static struct fault_site *site_find(struct fault_session *s,
				    struct fault_point *point,
				    unsigned long next)
{
	struct fault_site *tail = NULL;
	unsigned int i;

	for (i = 0; i < s->nsites; i++) {
		if (s->sites[i].point != point)
			continue;
		if (s->sites[i].tail)
			tail = &s->sites[i];
		else if (s->sites[i].next == next)
			return &s->sites[i];
	}
	return tail ?: site_add(s, point, next, false);
}

static struct fault_point *point_at(struct fault_session *s,
				    unsigned long target)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(s->points); i++)
		if (s->points[i].function &&
		    (unsigned long)s->points[i].probe.addr - target <=
		    COMPAT_PROBE_OFFSET_MAX)
			return &s->points[i];
	return NULL;
}

/* All calls that the code of a module has. */
static void sites_scan(struct fault_session *s, struct module *module)
{
	struct fault_point *point;
	struct compat_call call;
	unsigned long start;
	size_t size, i;

	start = compat_module_text(module, &size);
	for (i = 0; i < size; i++) {
		if (!compat_call_decode(start + i, &call))
			continue;
		point = point_at(s, call.target);
		if (point)
			site_add(s, point, call.next, call.tail);
	}
}

/* ---- probes ---- */

static bool must_not_fail(const struct fault_function *function,
			  struct pt_regs *regs)
{
	gfp_t gfp = 0;

	if (function->gfp)
		gfp = (__force gfp_t)regs_get_kernel_argument(regs,
							      function->gfp);
	return gfp & __GFP_NOFAIL;
}

/* No interrupt calls the modules, so that a task is all there is to ask for. */
static int __kprobes fault_hit(struct kprobe *probe, struct pt_regs *regs)
{
	struct fault_point *point =
		container_of(probe, struct fault_point, probe);
	struct fault_session *s = READ_ONCE(session);
	unsigned long next;
	struct fault_site *site;

	if (!s || current != READ_ONCE(s->task))
		return 0;
	next = compat_probe_caller(regs);
	if (!is_ours(s, next) || must_not_fail(point->function, regs))
		return 0;
	site = site_find(s, point, next);
	if (!site)
		return 0;
	site->passed++;
	if (!s->nth || --s->nth)
		return 0;
	site->failed++;
	if (point->function->fail)
		point->function->fail(regs);
	else
		compat_probe_return(regs, point->function->value);
	return 1;
}

/* A probe that has this is never made so fast that it can't change the way. */
static void fault_passed(struct kprobe *probe, struct pt_regs *regs,
			 unsigned long flags)
{
}

static int point_start(struct fault_point *point,
		       const struct fault_function *function)
{
	int rc;

	point->probe.symbol_name = function->name;
	point->probe.pre_handler = fault_hit;
	point->probe.post_handler = fault_passed;
	point->function = function;
	rc = register_kprobe(&point->probe);
	if (rc) {
		point->function = NULL;
		if (rc != -ENOENT)
			pr_warn("iommufd_selftest: no probe at %s: %d\n",
				function->name, rc);
	}
	return rc == -ENOENT ? 0 : rc;
}

/* False where the kernel keeps a probe: it then forgets where that stood. */
static bool points_stop(struct fault_session *s)
{
	struct kprobe *probes[ARRAY_SIZE(functions)];
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(s->points); i++)
		if (s->points[i].function)
			probes[n++] = &s->points[i].probe;
	unregister_kprobes(probes, n);
	for (i = 0; i < n; i++)
		if (!probes[i]->addr)
			return false;
	return true;
}

static int points_start(struct fault_session *s)
{
	int i, rc = 0;

	for (i = 0; i < ARRAY_SIZE(s->points) && !rc; i++)
		rc = point_start(&s->points[i], &functions[i]);
	return rc;
}

/* ---- a session ---- */

/* A loaded module, which then stays loaded, or NULL. */
static struct module *module_hold(const char *name)
{
	struct module_kobject *mkobj;
	struct module *module = NULL;
	struct kobject *kobj;

	kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
	if (!kobj)
		return NULL;
	mkobj = container_of(kobj, struct module_kobject, kobj);
	if (mkobj->mod && try_module_get(mkobj->mod))
		module = mkobj->mod;
	kobject_put(kobj);
	return module;
}

static void modules_put(struct fault_session *s)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(s->modules); i++)
		if (s->modules[i])
			module_put(s->modules[i]);
}

static int session_start(struct fault_session *s)
{
	int rc, i;

	for (i = 0; i < ARRAY_SIZE(s->modules); i++)
		s->modules[i] = module_hold(module_names[i]);
	rc = points_start(s);
	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(s->modules); i++)
		if (s->modules[i])
			sites_scan(s, s->modules[i]);
	return 0;
}

/*
 * With an ftrace that has stopped, probes stay: so does what they point to, and
 * the module. The caller is a file of it, so it is loaded.
 */
static void session_end(struct fault_session *s)
{
	bool gone = points_stop(s);

	modules_put(s);
	if (s->task)
		put_task_struct(s->task);
	if (gone)
		kvfree(s);
	else
		__module_get(THIS_MODULE);
}

static int nth_open(struct inode *inode, struct file *file)
{
	struct fault_session *s;
	int rc = -EBUSY;

	mutex_lock(&session_lock);
	if (session)
		goto out;
	rc = -ENOMEM;
	s = kvzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		goto out;
	rc = session_start(s);
	if (rc)
		session_end(s);
	else
		WRITE_ONCE(session, s);
out:
	mutex_unlock(&session_lock);
	return rc;
}

static int nth_release(struct inode *inode, struct file *file)
{
	mutex_lock(&session_lock);
	session_end(session);
	session = NULL;
	mutex_unlock(&session_lock);
	return 0;
}

static ssize_t nth_read(struct file *file, char __user *buffer, size_t count,
			loff_t *at)
{
	char text[16];
	int length = scnprintf(text, sizeof(text), "%u\n",
			       READ_ONCE(session->nth));

	return simple_read_from_buffer(buffer, count, at, text, length);
}

static ssize_t nth_write(struct file *file, const char __user *buffer,
			 size_t count, loff_t *at)
{
	unsigned int nth;
	int rc;

	rc = kstrtouint_from_user(buffer, count, 0, &nth);
	if (rc)
		return rc;
	mutex_lock(&session_lock);
	if (session->task != current) {
		if (session->task)
			put_task_struct(session->task);
		WRITE_ONCE(session->task, get_task_struct(current));
	}
	session->nth = nth;
	mutex_unlock(&session_lock);
	return count;
}

static const struct file_operations nth_fops = {
	.owner = THIS_MODULE,
	.open = nth_open,
	.release = nth_release,
	.read = nth_read,
	.write = nth_write,
};

static int sites_show(struct seq_file *file, void *unused)
{
	struct fault_site *site;
	unsigned int i;

	mutex_lock(&session_lock);
	for (i = 0; session && i < session->nsites; i++) {
		site = &session->sites[i];
		seq_printf(file, "%pB %s %lu %lu\n", (void *)site->next,
			   site->point->function->name, site->passed,
			   site->failed);
	}
	mutex_unlock(&session_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sites);

/**
 * fault_start - let faults be asked for
 * @directory: in debugfs; fail-nth is not open when it goes
 */
void fault_start(struct dentry *directory)
{
	debugfs_create_file("fail-nth", 0600, directory, NULL, &nth_fops);
	debugfs_create_file("sites", 0400, directory, NULL, &sites_fops);
}
