// SPDX-License-Identifier: GPL-2.0
/*
 * KVM and VFIO character devices: VMMs tell KVM of a device's file before they
 * bind it. And what becomes of that where functions cannot be redirected.
 * Needs a processor with SVM or VMX, or one of arm64 that began as a hypervisor,
 * emulated or not, and the edu device.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "ftracebed.h"
#include "iommufd.h"
#include "kmsg.h"
#include "kvm.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

struct machine {
	int kvm;
	int vm;
	int vfio;
	char bdf[PCI_NAME_MAX];
	int dev;
	int iommufd;
};

static int file_add(struct machine *machine, int32_t fd)
{
	return kvm_file_add(machine->vfio, &fd);
}

static int file_del(struct machine *machine, int32_t fd)
{
	return kvm_file_del(machine->vfio, &fd);
}

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->kvm = kvm_open();
	if (machine->kvm < 0)
		fail_msg("no /dev/kvm: is there SVM or VMX?");
	machine->vm = kvm_machine(machine->kvm);
	assert_true(machine->vm >= 0);
	machine->vfio = kvm_vfio(machine->vm);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, machine->bdf),
			 0);
	assert_int_equal(pci_bind(machine->bdf, "vfio-pci"), 0);
	machine->dev = vfio_cdev_open(machine->bdf);
	assert_true(machine->dev >= 0);
	machine->iommufd = new_fd();
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	close(machine->vfio);
	close(machine->vm);
	close(machine->kvm);
	close(machine->dev);
	close(machine->iommufd);
	free(machine);
	return 0;
}

/* Can it be opened and bound, as only who is first can? */
static bool is_free(struct machine *machine)
{
	int dev = vfio_cdev_open(machine->bdf), rc;

	assert_true(dev >= 0);
	rc = vfio_bind(dev, machine->iommufd, NULL);
	close(dev);
	assert_true(!rc || rc == -EINVAL);
	return !rc;
}

/* As QEMU: add, bind, work, delete, close. */
static void test_add_bind_delete(void **state)
{
	struct machine *machine = *state;
	struct vfio_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(file_add(machine, machine->dev), -EEXIST);
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	assert_int_equal(iommufd_call(machine->dev, VFIO_DEVICE_GET_INFO,
				      &info), 0);
	assert_int_equal(file_del(machine, machine->dev), 0);
	assert_int_equal(file_del(machine, machine->dev), -ENOENT);
	assert_int_equal(iommufd_call(machine->dev, VFIO_DEVICE_GET_INFO,
				      &info), 0);
	/* And after the bind. */
	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(file_del(machine, machine->dev), 0);
}

/* KVM's is a reference like any other; its end is the file's. */
static void test_machine_ends_last(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	close(machine->dev);
	assert_false(is_free(machine));
	assert_true(module_unload("vfio_cdev") < 0);
	close(machine->vfio);
	close(machine->vm);
	assert_true(is_free(machine));
	machine->vm = kvm_machine(machine->kvm);
	machine->vfio = kvm_vfio(machine->vm);
	machine->dev = vfio_cdev_open(machine->bdf);
}

/* Is the machine there? Its statistics are as long as it is. */
static bool machine_lives(int vm)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d", getpid(),
		 vm);
	return !access(path, F_OK);
}

/* The device keeps the machine that it was given, beyond its files. */
static void test_device_ends_last(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	close(machine->vfio);
	close(machine->vm);
	assert_true(machine_lives(machine->vm));
	close(machine->dev);
	assert_false(machine_lives(machine->vm));
	machine->vm = kvm_machine(machine->kvm);
	machine->vfio = kvm_vfio(machine->vm);
	machine->dev = vfio_cdev_open(machine->bdf);
}

/* A machine that has gone before the bind is none. */
static void test_machine_gone_before_bind(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(file_add(machine, machine->dev), 0);
	close(machine->vfio);
	close(machine->vm);
	assert_false(machine_lives(machine->vm));
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	machine->vm = kvm_machine(machine->kvm);
	machine->vfio = kvm_vfio(machine->vm);
}

#define TRACING "/sys/kernel/tracing"
#define PROBED "kvm_arch_register_noncoherent_dma"

/*
 * How often KVM began to let machines flush the caches, which is what they need
 * where no-snoop DMA does not snoop; -1: it can't be seen.
 */
static int flushes_allowed(void)
{
	char line[128];
	int hits = -1;
	FILE *file = fopen(TRACING "/kprobe_profile", "re");

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " flushes %d", &hits) == 1)
			break;
	fclose(file);
	return hits;
}

/* False where there is nothing that could be watched. */
static bool watch_flushes(void)
{
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	return !system("grep -qw " PROBED " /proc/kallsyms") &&
	       !file_write(TRACING "/kprobe_events", "p:flushes " PROBED) &&
	       !file_write(TRACING "/events/kprobes/flushes/enable", "1");
}

static void unwatch_flushes(void)
{
	assert_int_equal(file_write(TRACING "/events/kprobes/flushes/enable",
				    "0"), 0);
	assert_int_equal(file_write(TRACING "/kprobe_events", "-:flushes"), 0);
}

/*
 * A machine may flush caches where the IOMMU can't make no-snoop DMA snoop, and
 * nowhere else: that slows down all others. KVM asks before the bind.
 */
static void test_flushes(void **state)
{
	struct machine *machine = *state;
	int allowed, group, container;
	uint32_t ioas = new_ioas(machine->iommufd);

	if (!watch_flushes())
		skip();
	assert_int_equal(file_add(machine, machine->dev), 0);
	allowed = flushes_allowed();
	assert_int_equal(allowed, !iommu_has_snoop_control());
	/* It is kept: the device can be attached. */
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	assert_int_equal(vfio_attach(machine->dev, &ioas), 0);
	assert_int_equal(file_del(machine, machine->dev), 0);
	close(machine->dev);

	/* A group in a container gets the same answer. */
	group = type1_group_open(machine->bdf);
	container = type1_container_open();
	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(file_add(machine, group), 0);
	assert_int_equal(flushes_allowed(), 2 * allowed);
	assert_int_equal(file_del(machine, group), 0);
	close(group);
	close(container);
	unwatch_flushes();
	machine->dev = vfio_cdev_open(machine->bdf);
}

/* Groups as ever; everything else is refused, as ever. */
static void test_other_files(void **state)
{
	struct machine *machine = *state;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), group, id;
	char path[64];

	assert_int_equal(file_add(machine, null), -EINVAL);
	assert_int_equal(file_add(machine, machine->iommufd), -EINVAL);
	assert_int_equal(file_add(machine, machine->vm), -EINVAL);
	assert_int_equal(file_add(machine, -1), -EBADF);
	assert_int_equal(file_del(machine, null), -ENOENT);
	assert_int_equal(kvm_file_add(machine->vfio, NULL), -EFAULT);
	assert_int_equal(pci_group(machine->bdf, &id), 0);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	group = open(path, O_RDWR | O_CLOEXEC);
	assert_true(group >= 0);
	assert_int_equal(file_add(machine, group), 0);
	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(file_del(machine, group), 0);
	assert_int_equal(file_del(machine, machine->dev), 0);
	close(group);
	close(null);
}

static void reload(void)
{
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
}

/* Nobody can turn it off under us... */
static void test_ftrace_stays_on(void **state)
{
	struct machine *machine = *state;

	ftrace_stays_on();
	assert_int_equal(file_add(machine, machine->dev), 0);
	assert_int_equal(file_del(machine, machine->dev), 0);
}

/* ... but it may be off. The rest works then, and the log says what does not. */
static void test_ftrace_off(void **state)
{
	struct machine *machine = *state;
	struct vfio_pci_hot_reset_info info;
	int kmsg = kmsg_open();

	close(machine->dev);
	assert_int_equal(module_unload("vfio_cdev"), 0);
	if (!ftrace_turn_off()) {
		close(kmsg);
		assert_int_equal(module_load("vfio_cdev", NULL), 0);
		machine->dev = vfio_cdev_open(machine->bdf);
		skip();
	}
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	assert_true(kmsg_has(kmsg, "cannot redirect"));
	ftrace_turn_on();

	machine->dev = vfio_cdev_open(machine->bdf);
	assert_true(machine->dev >= 0);
	assert_int_equal(file_add(machine, machine->dev), -EINVAL);
	assert_int_equal(vfio_bind(machine->dev, machine->iommufd, NULL), 0);
	assert_int_equal(vfio_hot_reset_info(machine->dev, &info, sizeof(info)),
			 -ENODEV);
	assert_int_equal(vfio_hot_reset(machine->dev), -ENODEV);

	close(machine->dev);
	reload();
	machine->dev = vfio_cdev_open(machine->bdf);
	assert_int_equal(file_add(machine, machine->dev), 0);
	close(kmsg);
}

#define RACE_MS 3000

/* A machine of its own, since KVM's files are of use to who made them only. */
static void child_uses(void *arg)
{
	struct machine *machine = arg;
	uint64_t end = clock_ms() + RACE_MS;
	int vfio = kvm_vfio(kvm_machine(kvm_open()));
	unsigned int bound = 0;

	/* With KASAN a load takes long, and it may be out most of the time. */
	while (clock_ms() < end || !bound) {
		int dev = vfio_cdev_open(machine->bdf), fd = iommufd_open();

		if (dev >= 0 && fd >= 0) {
			check(!kvm_file_add(vfio, &dev));
			check(!vfio_bind(dev, fd, NULL));
			check(!kvm_file_del(vfio, &dev));
			bound++;
		}
		close(dev);
		close(fd);
		clock_pause_us(bound % 1000);
	}
}

/* The module may go at any time when nobody has a file of it. */
static void test_unload_races(void **state)
{
	struct machine *machine = *state;
	unsigned int unloads = 0;
	int status = -1;
	pid_t child;

	close(machine->dev);
	child = start_child(child_uses, machine, -1);
	while (!waitpid(child, &status, WNOHANG)) {
		if (module_unload("vfio_cdev"))
			continue;
		unloads++;
		assert_int_equal(module_load("vfio_cdev", NULL), 0);
	}
	assert_int_equal(status, 0);
	assert_true(unloads);
	machine->dev = vfio_cdev_open(machine->bdf);
	assert_int_equal(file_add(machine, machine->dev), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_add_bind_delete),
	TEST(test_machine_ends_last),
	TEST(test_device_ends_last),
	TEST(test_machine_gone_before_bind),
	TEST(test_flushes),
	TEST(test_other_files),
	TEST(test_ftrace_stays_on),
	TEST(test_ftrace_off),
	TEST(test_unload_races),
};

/* A kernel without KVM has nothing to test here. */
static bool kernel_has_kvm(void)
{
	return !access("/dev/kvm", F_OK) || !module_load("kvm_amd", NULL) ||
	       !module_load("kvm_intel", NULL);
}

static void other_cpus(const char *online)
{
	char path[64];
	int cpu = 1;

	do
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/online", cpu++);
	while (!file_write(path, online));
}

/*
 * With the first machine, and with the last, KVM changes code of the scheduler,
 * and the emulator of the processor that we run on (QEMU before 8.2) may go on
 * with the old code where another CPU runs it: a panic now and then.  So one is
 * there throughout, and there is no other CPU when it comes and goes.  Where who
 * has started us has turned them off (/tests/run) they stay off.
 */
static int hold_machine(void **state)
{
	static int machine = -1;
	uint64_t others = 0;

	file_read_u64("/sys/devices/system/cpu/cpu1/online", &others);
	other_cpus("0");
	if (machine < 0)
		machine = kvm_machine(kvm_open());
	else
		close(machine);
	if (others)
		other_cpus("1");
	return machine < 0 ? -1 : 0;
}

int main(void)
{
	if (bed_load())
		return 1;
	if (!kernel_has_kvm()) {
		print_message("no KVM, nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, hold_machine, hold_machine);
}
