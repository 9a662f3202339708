// SPDX-License-Identifier: GPL-2.0
/*
 * The machine sleeps, or is about to, while a device is in use: after that the same
 * DMA arrives, and is blocked, as before, interrupts come, and a program that maps and
 * unmaps all the time has missed nothing. In two ways, which are to behave alike.
 *
 * Hibernation wants a swap device; scripts/power has one. There the image may be
 * written in one boot and read in the next, with HIBERNATE=shutdown. Needs the edu.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "memory.h"
#include "twoways.h"
#include "vfio.h"

#define STATE "/sys/power/state"
#define DISK "/sys/power/disk"
#define PM_TEST "/sys/power/pm_test"
#define DELAY "/sys/module/suspend/parameters/pm_test_delay"
#define COUNT "/sys/power/wakeup_count"
#define ALARM "/sys/class/rtc/rtc0/wakealarm"

/* When the alarm comes; later, if it comes before the machine sleeps. */
#define ALARM_S 2
#define ALARM_MOST_S 64

#define PIECE 1024
#define SIZE (4 * PAGE)
#define KEPT FREE_IOVA
#define GONE (FREE_IOVA + SIZE)
#define BUSY (FREE_IOVA + HUGE)

#define LIMIT_MS 5000

/* ---- what sleeps ---- */

/* A level of /sys/power/pm_test stops there, and comes back at once. */
static int sleep_until(const char *level, const char *state)
{
	char delay[16];
	int rc;

	assert_true(file_read(DELAY, delay, sizeof(delay)) > 0);
	assert_int_equal(file_write(DELAY, "0"), 0);
	assert_int_equal(file_write(PM_TEST, level), 0);
	rc = file_write(STATE, state);
	assert_int_equal(file_write(PM_TEST, "none"), 0);
	assert_int_equal(file_write(DELAY, delay), 0);
	return rc;
}

static int levels(void)
{
	int rc = sleep_until("devices", "mem");

	rc = rc ? rc : sleep_until("platform", "mem");
	rc = rc ? rc : sleep_until("processors", "mem");
	return rc ? rc : sleep_until("core", "mem");
}

static int idle(void)
{
	return sleep_until("platform", "freeze");
}

/*
 * QEMU's south bridge forgets where its registers for power are, and neither firmware
 * nor kernel tells it again: the machine could not be turned off.
 */
#define SOUTH_BRIDGE "/sys/bus/pci/devices/0000:00:1f.0/config"
#define POWER_REGISTERS 0x40

/* By the count the kernel knows an alarm that has come already, and does not sleep. */
static int sleep_for(unsigned int seconds)
{
	char count[32], alarm[16];

	snprintf(alarm, sizeof(alarm), "+%u", seconds);
	assert_true(file_read(COUNT, count, sizeof(count)) > 0);
	assert_int_equal(file_write(COUNT, count), 0);
	assert_int_equal(file_write(ALARM, "0"), 0);
	assert_int_equal(file_write(ALARM, alarm), 0);
	return file_write(STATE, "mem");
}

static int ram(void)
{
	int fd = open(SOUTH_BRIDGE, O_RDWR | O_CLOEXEC);
	unsigned int seconds = ALARM_S;
	uint64_t registers;
	int rc;

	assert_int_equal(pread(fd, &registers, 8, POWER_REGISTERS), 8);
	do {
		rc = sleep_for(seconds);
		seconds *= 2;
	} while (rc && seconds <= ALARM_MOST_S);
	assert_int_equal(pwrite(fd, &registers, 8, POWER_REGISTERS), 8);
	close(fd);
	return rc;
}

static int disk(void)
{
	const char *mode = getenv("HIBERNATE");

	assert_int_equal(file_write(DISK, mode ? mode : "test_resume"), 0);
	return file_write(STATE, "disk");
}

/* ---- what must go on ---- */

/**
 * struct mapper - a thread that maps and unmaps all the time
 * @way: where
 * @mem: what
 * @end: it is to end
 * @rounds: how often it has
 */
struct mapper {
	struct twoways *way;
	uint8_t *mem;
	bool end;
	unsigned long rounds;
	pthread_t thread;
};

static void *mapper_run(void *arg)
{
	struct mapper *mapper = arg;

	while (!__atomic_load_n(&mapper->end, __ATOMIC_ACQUIRE)) {
		if (twoways_map(mapper->way, BUSY, mapper->mem, SIZE) ||
		    twoways_unmap(mapper->way, BUSY, SIZE))
			return mapper;
		__atomic_add_fetch(&mapper->rounds, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void mapper_goes_on(struct mapper *mapper)
{
	unsigned long before = __atomic_load_n(&mapper->rounds, __ATOMIC_ACQUIRE);
	uint64_t end = clock_ms() + LIMIT_MS;

	while (__atomic_load_n(&mapper->rounds, __ATOMIC_ACQUIRE) < before + 2) {
		assert_true(clock_ms() < end);
		clock_pause_us(1000);
	}
}

static void mapper_end(struct mapper *mapper)
{
	void *failed = NULL;

	__atomic_store_n(&mapper->end, true, __ATOMIC_RELEASE);
	pthread_join(mapper->thread, &failed);
	assert_null(failed);
}

static void interrupt_comes(struct edu *edu, int event)
{
	struct pollfd poll_event = { .fd = event, .events = POLLIN };
	uint64_t times = 0;

	edu_interrupt(edu);
	assert_int_equal(poll(&poll_event, 1, LIMIT_MS), 1);
	assert_int_equal(read(event, &times, sizeof(times)), sizeof(times));
	edu_acknowledge(edu);
}

static void works(struct edubed *bed, uint8_t *mem, int event)
{
	fill(mem, PIECE);
	assert_true(dma_reads(bed, KEPT, mem, PIECE));
	assert_true(dma_writes(bed, KEPT + SIZE - PAGE, mem + SIZE - PAGE,
			       PIECE));
	assert_true(dma_read_blocked(bed, GONE, mem, PIECE));
	assert_true(dma_write_blocked(bed, GONE, mem, PIECE));
	interrupt_comes(&bed->edu, event);
}

static void goes_on(struct twoways *way, int (*sleep)(void))
{
	struct mapper mapper = { .way = way, .mem = pages(SIZE) };
	int event = eventfd(0, EFD_CLOEXEC);
	uint8_t *mem = pages(SIZE), *copy = pages(SIZE);
	int rc;

	assert_int_equal(vfio_msi_on(way->bed->edu.dev, event), 0);
	assert_int_equal(twoways_map(way, KEPT, mem, SIZE), 0);
	assert_int_equal(twoways_map(way, GONE, mem, SIZE), 0);
	assert_int_equal(twoways_unmap(way, GONE, SIZE), 0);
	works(way->bed, mem, event);
	fill(mem, SIZE);
	memcpy(copy, mem, SIZE);
	assert_int_equal(pthread_create(&mapper.thread, NULL, mapper_run,
					&mapper), 0);
	mapper_goes_on(&mapper);

	rc = sleep();

	mapper_goes_on(&mapper);
	mapper_end(&mapper);
	assert_int_equal(rc, 0);
	assert_memory_equal(mem, copy, SIZE);
	works(way->bed, mem, event);
	assert_int_equal(twoways_unmap(way, KEPT, SIZE), 0);
	assert_true(dma_write_blocked(way->bed, KEPT, mem, PIECE));
	assert_int_equal(vfio_msi_off(way->bed->edu.dev), 0);
	close(event);
	munmap(mapper.mem, SIZE);
	munmap(copy, SIZE);
	munmap(mem, SIZE);
}

/* ---- tests ---- */

static bool file_has(const char *path, const char *word)
{
	char text[512];

	return file_read(path, text, sizeof(text)) > 0 && strstr(text, word);
}

static void test_levels(void **state)
{
	goes_on(*state, levels);
}

static void test_idle(void **state)
{
	goes_on(*state, idle);
}

/* Where an alarm can wake it. */
static void test_ram(void **state)
{
	if (!file_has("/sys/power/mem_sleep", "[deep]") || access(ALARM, W_OK))
		skip();
	goes_on(*state, ram);
}

static void test_disk(void **state)
{
	if (!file_has("/proc/swaps", "/dev/"))
		skip();
	goes_on(*state, disk);
}

#define CDEV(name) cmocka_unit_test_setup_teardown(name, twoways_cdev, \
						   twoways_close)
#define STOCK(name) cmocka_unit_test_setup_teardown(name, twoways_stock, \
						    twoways_close)

static const struct CMUnitTest tests[] = {
	CDEV(test_levels),
	STOCK(test_levels),
	CDEV(test_idle),
	STOCK(test_idle),
	CDEV(test_ram),
	STOCK(test_ram),
	CDEV(test_disk),
	STOCK(test_disk),
};

int main(void)
{
	if (bed_load())
		return 1;
	if (!file_has(STATE, "mem") || access(PM_TEST, W_OK)) {
		print_message("this kernel does not sleep, nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
