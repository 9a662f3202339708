// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl, as people use it: what it prints, and what it ends with. Needs QEMU's edu.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "list.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "test.h"
#include "user.h"
#include "vfio.h"

#define IOMMUCTL "/usr/sbin/iommuctl "
#define SAID_MAX (256 << 10)

static char said[SAID_MAX];

/* What a command prints, errors too, is in said[]. What it ends with. */
static int __printf(1, 2) run(const char *format, ...)
{
	char words[256], line[512];
	va_list args;
	FILE *pipe;
	size_t got;
	int status;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(line, sizeof(line), IOMMUCTL "%s 2>&1", words);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	got = fread(said, 1, SAID_MAX - 1, pipe);
	said[got] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void ends_with(int code, int expected)
{
	if (code != expected)
		fail_msg("exit code %d, and not %d:\n%s", code, expected, said);
}

static void says(const char *words)
{
	if (!strstr(said, words))
		fail_msg("no \"%s\" in:\n%s", words, said);
}

static void says_not(const char *words)
{
	if (strstr(said, words))
		fail_msg("\"%s\" in:\n%s", words, said);
}

/* ---- contexts ---- */

struct ctlbed {
	struct bed bed;
	struct test_mock mock;
	uint8_t *mem;
};

static int setup(void **state)
{
	struct ctlbed *bed = calloc(1, sizeof(*bed));

	bed->bed.fd = new_fd();
	bed->bed.ioas = new_ioas(bed->bed.fd);
	bed->mem = aligned_pages(4 * HUGE);
	memset(bed->mem, 1, 4 * HUGE);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct ctlbed *bed = *state;

	close(bed->bed.fd);
	munmap(bed->mem, 4 * HUGE);
	free(bed);
	return 0;
}

static void map_at(struct ctlbed *bed, uint64_t iova, const void *va, size_t length)
{
	assert_int_equal(iommufd_map(bed->bed.fd, bed->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, va, length, &iova),
			 0);
}

static void test_list(void **state)
{
	struct ctlbed *bed = *state;
	char words[64];

	map_at(bed, FREE_IOVA, bed->mem, HUGE);
	ends_with(run("list"), 0);
	snprintf(words, sizeof(words), "%7d %4d", getpid(), bed->bed.fd);
	says(words);
	says("2M");
	ends_with(run("list --json"), 0);
	snprintf(words, sizeof(words), "{\"pid\":%d,\"fd\":%d,\"command\":\"ctl\"",
		 getpid(), bed->bed.fd);
	says(words);
	says("\"areas\":1,\"mapped\":2097152,\"pinned\":0");
	ends_with(run(" "), 0);
	says("kernel");
	says("Open files of /dev/iommu:");
	ends_with(run("--json"), 0);
	assert_int_equal(said[0], '{');
	says("\"contexts\":[{");
}

static void test_show(void **state)
{
	struct ctlbed *bed = *state;
	int second;

	assert_int_equal(test_mock(bed->bed.fd, bed->bed.ioas, 0, &bed->mock), 0);
	map_at(bed, FREE_IOVA, bed->mem, HUGE);
	ends_with(run("show %d:%d", getpid(), bed->bed.fd), 0);
	says("pinned         2M");
	says("charged        none");
	says("page table");
	says("automatic");
	says("device");
	ends_with(run("show %d --json", getpid()), 0);
	says("\"type\":\"ioas\"");
	second = new_fd();
	ends_with(run("show %d", getpid()), 2);
	says("say which");
	ends_with(run("show %d:%d", getpid(), second), 0);
	close(second);
}

static void test_maps(void **state)
{
	struct ctlbed *bed = *state;
	uint64_t iova = FREE_IOVA + 16 * HUGE;
	int file = memfd_create("lent", 0);
	char words[64];

	assert_int_equal(ftruncate(file, HUGE), 0);
	map_at(bed, FREE_IOVA, bed->mem, PAGE);
	map_at(bed, FREE_IOVA + HUGE, bed->mem, HUGE);
	assert_int_equal(iommufd_map_file(bed->bed.fd, bed->bed.ioas,
					  MAP_R | MAP_FIXED_IOVA, file, PAGE,
					  PAGE, &iova), 0);
	ends_with(run("maps %d", getpid()), 0);
	snprintf(words, sizeof(words), "%#lx", FREE_IOVA + HUGE);
	says(words);
	snprintf(words, sizeof(words), "%p", bed->mem);
	says(words);
	says("lent+0x1000");
	says("r-");
	says("areas_total    3");
	ends_with(run("maps %d --largest 1", getpid()), 0);
	says("2M");
	says_not("lent");
	says("areas_total    3");
	ends_with(run("maps %d --sum", getpid()), 0);
	says("memory");
	says("file");
	says("By size:");
	ends_with(run("maps %d --json", getpid()), 0);
	says("\"file\":\"memfd:lent\"");
	close(file);
}

/*
 * A million areas: in 5 seconds where nobody else uses the machine, and in memory that
 * does not depend on it.
 */
#define MANY 1048576

static void map_many(struct ctlbed *bed)
{
	static struct iommu_map_entry entries[IOMMU_BULK_MAX];
	unsigned int i, n;

	for (n = 0; n < MANY; n += IOMMU_BULK_MAX) {
		for (i = 0; i < IOMMU_BULK_MAX; i++)
			entries[i] = (struct iommu_map_entry){
				.iova = FREE_IOVA + (n + i) * PAGE,
				.user_va = (uintptr_t)bed->mem,
				.length = PAGE,
				.flags = MAP_RW | MAP_FIXED_IOVA,
			};
		assert_int_equal(iommufd_map_bulk(bed->bed.fd, bed->bed.ioas,
						  entries, IOMMU_BULK_MAX, NULL),
				 0);
	}
}

static void test_million(void **state)
{
	struct ctlbed *bed = *state;
	struct rusage before, after;
	uint64_t start, took;

	map_many(bed);
	getrusage(RUSAGE_CHILDREN, &before);
	start = clock_ms();
	ends_with(run("maps %d > /tmp/maps; tail -n 3 /tmp/maps", getpid()), 0);
	took = clock_ms() - start;
	getrusage(RUSAGE_CHILDREN, &after);
	says("areas_total    1048576");
	print_message("%lu ms, %ld kB\n", took, after.ru_maxrss);
	unlink("/tmp/maps");
	assert_true(took < (kernel_has_kasan() ? 100000 : 15000));
	assert_true(after.ru_maxrss < 16 << 10);
	ends_with(run("list"), 0);
	says("1048576");
}

/* What iommuctl asks in one request, while it has the file, takes less than 10 ms. */
static void test_request_is_short(void **state)
{
	static struct iommu_area_entry entries[1024];
	struct ctlbed *bed = *state;
	uint64_t shortest = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < 2048; i++)
		map_at(bed, FREE_IOVA + i * PAGE, bed->mem, PAGE);
	for (i = 0; i < 20; i++) {
		struct list list = {
			.fd = bed->bed.fd, .ioas = bed->bed.ioas,
		};
		uint64_t start = clock_ms();

		assert_int_equal(list_areas(&list, entries, 1024), 1024);
		if (clock_ms() - start < shortest)
			shortest = clock_ms() - start;
	}
	print_message("%lu ms\n", shortest);
	assert_true(shortest < (kernel_has_kasan() ? 100 : 10));
}

/* ---- who looks keeps nothing ---- */

struct guest {
	uint8_t *mem;
	int ready[2];
};

/* As a VM: memory that a device has, in a process that is killed. */
static void child_holds(void *arg)
{
	struct guest *guest = arg;
	struct test_mock mock;
	uint64_t iova = FREE_IOVA;
	int fd = iommufd_open();
	uint32_t ioas;

	check(fd >= 0);
	check(!iommufd_ioas_alloc(fd, &ioas));
	check(!test_mock(fd, ioas, 0, &mock));
	check(!iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, guest->mem,
			   4 * HUGE, &iova));
	check(write(guest->ready[1], "", 1) == 1);
	pause();
}

/* Again and again, until it is killed itself. */
static void child_looks(void *arg)
{
	char line[256];

	usual_signals();
	snprintf(line, sizeof(line),
		 "timeout 60 %stop --interval 1 >/dev/null 2>&1 & while %smaps %d >/dev/null 2>&1; do :; done",
		 IOMMUCTL, IOMMUCTL, *(pid_t *)arg);
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(127);
}

static void test_killed(void **state)
{
	struct ctlbed *bed = *state;
	struct guest guest = { .mem = shared_pages(4 * HUGE) };
	pid_t child, looker;
	uint64_t start;
	char byte;

	memset(guest.mem, 1, 4 * HUGE);
	assert_int_equal(pipe(guest.ready), 0);
	child = start_child(child_holds, &guest, -1);
	assert_int_equal(read(guest.ready[0], &byte, 1), 1);
	assert_int_equal(test_check_refs(bed->bed.fd, guest.mem, PAGE, 1), 0);
	looker = start_child(child_looks, &child, -1);
	sleep(2);
	start = clock_ms();
	kill_child(child);
	while (test_check_refs(bed->bed.fd, guest.mem, 4 * HUGE, 0) &&
	       clock_ms() - start < 5000)
		clock_pause_us(10000);
	print_message("pins are gone after %lu ms\n", clock_ms() - start);
	assert_true(clock_ms() - start < 1000);
	/* The loop ends by itself, as there is nothing to look at. */
	waitpid(looker, NULL, 0);
	system("kill $(pidof iommuctl) 2>/dev/null");
	ends_with(run("maps %d", child), 1);
	says("there is no process");
	close(guest.ready[0]);
	close(guest.ready[1]);
	munmap(guest.mem, 4 * HUGE);
}

/* ---- wrong arguments ---- */

static void test_bad_arguments(void **state)
{
	static const struct {
		const char *line;
		int code;
		const char *words;
	} rows[] = {
		{ "frob", 2, "no command" },
		{ "--frob", 2, "unknown option" },
		{ "list --sum", 2, "another command" },
		{ "list more", 2, "no command and no argument" },
		{ "maps", 2, "wants PID[:FD]" },
		{ "maps 0", 2, "no PID" },
		{ "maps -1", 2, "unknown option" },
		{ "maps x", 2, "no PID" },
		{ "maps 1:2:3", 2, "no PID" },
		{ "maps 1: ", 2, "no PID" },
		{ "maps 1:-2", 2, "no descriptor" },
		{ "maps 99999999999999999999", 2, "no PID" },
		{ "maps 4194305", 1, "no process" },
		{ "maps 1", 1, "no /dev/iommu open" },
		{ "maps 1 --largest 0", 2, "no number" },
		{ "maps 1 --largest -5", 2, "no number" },
		{ "maps 1 --largest 1000001", 2, "too much" },
		{ "maps 1 --largest", 2, "no value" },
		{ "top --turns x", 2, "no number" },
		{ "doctor xyz", 2, "no address" },
		{ "doctor 0000:00:00.0:0", 2, "no address" },
		{ "doctor ffff:ff:1f.7", 1, "no device" },
		{ "doctor --memory 8X", 2, "no number" },
		{ "doctor --memory 99999999999G", 2, "no number" },
		{ "doctor 00:00.0 00:01.0", 2, "one argument too many" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("%s\n", rows[i].line);
		ends_with(run("%s", rows[i].line), rows[i].code);
		says(rows[i].words);
		/* One line. */
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
	ends_with(run("--help"), 0);
	says("usage: iommuctl");
	ends_with(run("--version"), 0);
}

/* Somebody else's files are not for everybody. */
static void child_may_not(void *arg)
{
	int code = run("maps %d", getppid());

	check(code == 3);
	check(strstr(said, "try as root"));
	check(run("list") == 0);
	check(strstr(said, "(none)") && strstr(said, "try as root"));
}

static void test_other_user(void **state)
{
	run_as_user(child_may_not, *state, 1 << 20);
}

/* ---- the doctor ---- */

static char edu[PCI_NAME_MAX];

static int doctor_setup(void **state)
{
	if (pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, edu) ||
	    module_load("vfio-pci", NULL) || module_load("vfio_cdev", NULL))
		return -1;
	return pci_bind(edu, "vfio-pci");
}

static void test_healthy(void **state)
{
	ends_with(run("doctor %s", edu), 0);
	says_not("BAD");
	says("a program would get the device");
	ends_with(run("doctor %s --json", edu), 0);
	says("{\"verdict\":\"ok\",\"what\":\"node\"");
	ends_with(run("devices"), 0);
	says(edu);
	says("/dev/vfio/devices/vfio");
}

static void test_no_driver(void **state)
{
	assert_int_equal(pci_unbind(edu), 0);
	ends_with(run("doctor %s", edu), 1);
	says("BAD   driver           none has it");
	says("driverctl set-override");
	assert_int_equal(pci_bind(edu, "vfio-pci"), 0);
	ends_with(run("doctor %s", edu), 0);
}

static void test_in_use(void **state)
{
	int dev = vfio_cdev_open(edu);
	char words[64];

	assert_true(dev >= 0);
	ends_with(run("doctor %s", edu), 1);
	snprintf(words, sizeof(words), "ctl[%d] has it", getpid());
	says(words);
	ends_with(run("devices"), 0);
	snprintf(words, sizeof(words), "ctl[%d]", getpid());
	says(words);
	close(dev);
	ends_with(run("doctor %s", edu), 0);
}

static void test_not_loaded(void **state)
{
	assert_int_equal(module_unload("vfio_cdev"), 0);
	ends_with(run("doctor %s", edu), 1);
	says("BAD   loaded           vfio_cdev is not loaded");
	says("modprobe -a vfio-pci vfio_cdev");
	says("BAD   device node");
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	ends_with(run("doctor %s", edu), 0);
}

static void test_not_installed(void **state)
{
	struct utsname name;
	char path[128], away[160];

	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", name.release);
	snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(rename(path, away), 0);
	ends_with(run("doctor"), 1);
	assert_int_equal(rename(away, path), 0);
	says("BAD   modules          not installed");
	says("apt-get install");
}

static void make_initrd(const char *path, time_t when)
{
	const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void test_old_initramfs(void **state)
{
	struct utsname name;
	char path[128];

	uname(&name);
	mkdir("/boot", 0755);
	snprintf(path, sizeof(path), "/boot/initrd.img-%s", name.release);
	/* The files of the guest are all of the same age. */
	make_initrd(path, 1);
	system("touch -d @1000 $(find /lib/modules -name 'vfio_cdev.ko*')");
	ends_with(run("doctor"), 0);
	says("note  initramfs");
	says("update-initramfs -u");
	make_initrd(path, 2000);
	ends_with(run("doctor"), 0);
	says("ok    initramfs");
	unlink(path);
}

static void test_ftrace_off(void **state)
{
	if (access("/proc/sys/kernel/ftrace_enabled", F_OK))
		skip();
	assert_int_equal(module_unload("vfio_cdev"), 0);
	if (file_write("/proc/sys/kernel/ftrace_enabled", "0")) {
		assert_int_equal(module_load("vfio_cdev", NULL), 0);
		skip();
	}
	ends_with(run("doctor"), 1);
	assert_int_equal(file_write("/proc/sys/kernel/ftrace_enabled", "1"), 0);
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	says("BAD   ftrace");
	says("sysctl kernel.ftrace_enabled=1");
	ends_with(run("doctor"), 0);
}

static void child_asks(void *arg)
{
	check(run("doctor --memory 1G") == 1);
	check(strstr(said, "BAD   RLIMIT_MEMLOCK   1M, and 1G are to be mapped"));
	check(strstr(said, "LimitMEMLOCK="));
	check(strstr(said, "BAD   node             /dev/iommu may not be opened by user 1000"));
	check(run("doctor --memory 512K") == 1);
	check(strstr(said, "ok    RLIMIT_MEMLOCK"));
	check(run("doctor") == 1);
	check(strstr(said, "note  RLIMIT_MEMLOCK"));
}

static void test_user(void **state)
{
	run_as_user(child_asks, NULL, 1 << 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_list),
	TEST(test_show),
	TEST(test_maps),
	TEST(test_million),
	TEST(test_request_is_short),
	TEST(test_killed),
	TEST(test_other_user),
	cmocka_unit_test(test_bad_arguments),
	cmocka_unit_test_setup(test_healthy, doctor_setup),
	cmocka_unit_test(test_no_driver),
	cmocka_unit_test(test_in_use),
	cmocka_unit_test(test_not_loaded),
	cmocka_unit_test(test_not_installed),
	cmocka_unit_test(test_old_initramfs),
	cmocka_unit_test(test_user),
	cmocka_unit_test(test_ftrace_off),
};

int main(void)
{
	int failed;

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	module_unload("iommufd_selftest");
	return failed;
}
