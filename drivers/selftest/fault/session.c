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
 * session_lock guards that there is one session at a time, and whose calls count.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/probe.h"
#include "selftest/fault/function.h"
#include "selftest/fault/point.h"
#include "selftest/fault/session.h"
#include "selftest/fault/site.h"

static const char * const module_names[] = {
	"iommufd", "vfio_cdev", "vfio_iommufd",
};

/**
 * struct fault_session - while fail-nth is open
 * @points: the probes
 * @modules: whose calls count; NULL where one is not loaded
 * @task: whose calls count, or NULL; set while no call counts
 * @nth: which of its calls fails, counted from now on; 0: none
 * @sites: the calls
 *
 * @nth and what @sites count is changed by @task alone.
 */
struct fault_session {
	struct fault_points points;
	struct module *modules[ARRAY_SIZE(module_names)];
	struct task_struct *task;
	unsigned int nth;
	struct fault_sites sites;
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
	if (!is_ours(s, next) ||
	    fault_function_must_not(point->function, regs))
		return 0;
	site = fault_sites_find(&s->sites, point, next);
	if (!site)
		return 0;
	site->passed++;
	if (!s->nth || --s->nth)
		return 0;
	site->failed++;
	fault_function_fail(point->function, regs);
	return 1;
}

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
	rc = fault_points_start(&s->points, fault_hit);
	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(s->modules); i++)
		if (s->modules[i])
			fault_sites_scan(&s->sites, &s->points,
					 s->modules[i]);
	return 0;
}

/*
 * With an ftrace that has stopped, probes stay: so does what they point to, and
 * the module. The caller is a file of it, so it is loaded.
 */
static void session_end(struct fault_session *s)
{
	bool gone = fault_points_stop(&s->points);

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
	for (i = 0; session && i < session->sites.count; i++) {
		site = &session->sites.all[i];
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
