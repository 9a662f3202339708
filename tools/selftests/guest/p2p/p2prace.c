// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of a device as memory, where everybody changes something at once: one
 * thread maps them, copies and unmaps them; one turns them off and on, and takes them
 * away from the process, the device from the context, the driver from the device;
 * one attaches and detaches the device that could reach them. Each call succeeds
 * now and then, and fails with an error that fits; in the end all is as ever.
 *
 * For some seconds; for a minute with TEST_LONG, or RACE_SECONDS. SEED repeats what
 * each thread does, though not when. Needs two NVMes.
 */
#include <linux/vfio.h>
#include <pthread.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "env.h"
#include "memory.h"
#include "module.h"
#include "p2pbed.h"
#include "rest.h"
#include "tally.h"
#include "threads.h"
#include "type1.h"

#define SECONDS 8
#define SECONDS_LONG 90
#define EXTRA_SECONDS 120

#define IOASES 2
#define PLACES 4
#define MEM_SIZE (4 * PAGE)

enum {
	MAP, MAP_MEM, UNMAP, UNMAP_ALL, COPY,
	DECODE, RESET, POWER, PROTECT, REMAP, REOPEN, UNBIND, EXIT,
	ATTACH, DETACH, READER_REOPEN, OPS,
};

/*
 * What may come back; EINTR never, as nobody is sent a signal. Memory that was mapped
 * without a device is pinned for the first one, or for a copy: EFAULT where registers
 * have come to its place. EBUSY from UNMAP: somebody else is mapping there.
 */
static const struct {
	const char *name;
	int errors[8];
} ops[OPS] = {
	[MAP] = { "map", { EFAULT, EEXIST, EINVAL } },
	[MAP_MEM] = { "map memory", { EEXIST, EINVAL } },
	[UNMAP] = { "unmap", { ENOENT, EBUSY } },
	[UNMAP_ALL] = { "unmap all", { EBUSY } },
	[COPY] = { "copy", { ENOENT, EEXIST, EINVAL, EPERM, EFAULT } },
	[DECODE] = { "decoding", { EINVAL, EBADF, EIO, ENODEV } },
	[RESET] = { "reset", { EINVAL, EBADF, EAGAIN, ENODEV } },
	[POWER] = { "D3hot", { EINVAL, EBADF, EIO, ENODEV, ENOENT } },
	[PROTECT] = { "mprotect", { ENOMEM } },
	[REMAP] = { "munmap, mmap", { EINVAL, EBADF, ENODEV } },
	[REOPEN] = { "open the target", { ENODEV, ENOENT, ENXIO, EAGAIN, EBUSY,
					  EINVAL } },
	[UNBIND] = { "unbind the target", { 0 } },
	[EXIT] = { "exit", { 0 } },
	[ATTACH] = { "attach", { EINVAL, EBADF, EFAULT } },
	[DETACH] = { "detach", { EINVAL, EBADF } },
	[READER_REOPEN] = { "open the reader", { EAGAIN, EBUSY, EINVAL } },
};

/* By files of /dev/iommu, or by containers. */
struct race {
	uint64_t end;
	unsigned int seed;
	unsigned int threads;
	int fd;
	uint32_t ioas[IOASES];
	char target[PCI_NAME_MAX];
	char reader[PCI_NAME_MAX];
	int dev;		/* the target's, or -1; the owner's thread changes it */
	int reader_dev;
	size_t size;
	uint8_t *bar;		/* where its registers are, or nothing */
	uint8_t *mem;
	struct tally tally[OPS];
	int bad[OPS];
};

static unsigned int choose(unsigned int *seed, unsigned int limit)
{
	return (unsigned int)rand_r(seed) % limit;
}

/* For one thread; others are told apart by their number. */
static unsigned int thread_seed(struct race *race)
{
	return race->seed * 16 +
	       __atomic_fetch_add(&race->threads, 1, __ATOMIC_RELAXED);
}

static bool has_all(struct race *race)
{
	int op;

	for (op = 0; op < OPS; op++)
		if (!__atomic_load_n(&race->tally[op].done, __ATOMIC_RELAXED))
			return false;
	return true;
}

static bool goes_on(struct race *race)
{
	uint64_t now = clock_ms();

	return now < race->end || (now < race->end + EXTRA_SECONDS * 1000 &&
				   !has_all(race));
}

static int result(struct race *race, int op, int rc)
{
	unsigned int i;

	tally_add(&race->tally[op], rc);
	if (rc >= 0)
		return rc;
	for (i = 0; i < sizeof(ops[op].errors) / sizeof(int); i++)
		if (ops[op].errors[i] && rc == -ops[op].errors[i])
			return rc;
	__atomic_store_n(&race->bad[op], rc, __ATOMIC_RELAXED);
	return rc;
}

/* ---- who maps ---- */

static uint64_t some_place(unsigned int *seed)
{
	return P2P_IOVA + choose(seed, PLACES) * HUGE;
}

/* All of them, or some pages. */
static void map_some(struct race *race, unsigned int *seed)
{
	uint64_t iova = some_place(seed);
	size_t at = 0, length = race->size;

	if (choose(seed, 2)) {
		at = choose(seed, race->size / PAGE) * PAGE;
		length = PAGE * (1 + choose(seed, (race->size - at) / PAGE));
	}
	result(race, MAP,
	       iommufd_map(race->fd, race->ioas[choose(seed, IOASES)],
			   MAP_FIXED_IOVA | (choose(seed, 4) ? MAP_RW : MAP_R),
			   race->bar + at, length, &iova));
}

static void map_memory(struct race *race, unsigned int *seed)
{
	uint64_t iova = some_place(seed);

	result(race, MAP_MEM,
	       iommufd_map(race->fd, race->ioas[choose(seed, IOASES)],
			   MAP_RW | MAP_FIXED_IOVA, race->mem, MEM_SIZE,
			   &iova));
}

static void unmap_some(struct race *race, unsigned int *seed)
{
	result(race, UNMAP,
	       iommufd_unmap(race->fd, race->ioas[choose(seed, IOASES)],
			     some_place(seed), HUGE, NULL));
}

/* "Nothing is there" is a success for this test. */
static void unmap_all(struct race *race, unsigned int *seed)
{
	int rc = iommufd_unmap_all(race->fd, race->ioas[choose(seed, IOASES)],
				   NULL);

	result(race, UNMAP_ALL, rc == -ENOENT ? 0 : rc);
}

static void copy_some(struct race *race, unsigned int *seed)
{
	unsigned int from = choose(seed, IOASES);
	uint64_t iova = some_place(seed);

	result(race, COPY,
	       iommufd_copy(race->fd, MAP_FIXED_IOVA | MAP_R,
			    race->ioas[choose(seed, IOASES)], &iova,
			    race->ioas[from], some_place(seed), PAGE));
}

static void *run_mapper(void *arg)
{
	struct race *race = arg;
	unsigned int seed = thread_seed(race);

	while (goes_on(race)) {
		switch (choose(&seed, 8)) {
		case 0 ... 2:
			map_some(race, &seed);
			break;
		case 3:
			map_memory(race, &seed);
			break;
		case 4 ... 5:
			unmap_some(race, &seed);
			break;
		case 6:
			copy_some(race, &seed);
			break;
		default:
			unmap_all(race, &seed);
			break;
		}
	}
	return NULL;
}

/* ---- whose registers they are ---- */

static void take_away(struct race *race)
{
	assert_ptr_equal(mmap(race->bar, race->size, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 race->bar);
}

static int give_back(struct race *race)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	int rc = iommufd_call(race->dev, VFIO_DEVICE_GET_REGION_INFO, &info);

	if (!rc && mmap(race->bar, race->size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, race->dev, info.offset) ==
	    MAP_FAILED)
		rc = -errno;
	return rc;
}

static int open_device(struct race *race, const char *bdf)
{
	int dev = vfio_cdev_open(bdf), rc;

	if (dev < 0)
		return dev;
	rc = vfio_bind(dev, race->fd, NULL);
	if (!rc)
		rc = vfio_enable(dev, 1);
	if (!rc)
		return dev;
	close(dev);
	return rc;
}

static void reopen_target(struct race *race)
{
	int rc;

	take_away(race);
	close(race->dev);
	race->dev = open_device(race, race->target);
	rc = result(race, REOPEN, race->dev);
	if (rc >= 0)
		result(race, REMAP, give_back(race));
}

/* Nobody has it open then: the registers have been taken away, too. */
static void unbind_target(struct race *race)
{
	take_away(race);
	close(race->dev);
	race->dev = -1;
	result(race, UNBIND, pci_unbind(race->target));
	result(race, UNBIND, pci_bind(race->target, "vfio-pci"));
	reopen_target(race);
}

/* A child has the registers as well, maps them, and ends. */
static void exit_some(struct race *race, unsigned int *seed)
{
	uint64_t iova = some_place(seed);
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		iommufd_map(race->fd, race->ioas[0], MAP_RW | MAP_FIXED_IOVA,
			    race->bar, race->size, &iova);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	result(race, EXIT, status ? -ECHILD : 0);
}

static void protect_some(struct race *race, unsigned int *seed)
{
	static const int protections[] = {
		PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
		PROT_NONE,
	};
	size_t at = choose(seed, race->size / PAGE) * PAGE;

	result(race, PROTECT,
	       mprotect(race->bar + (choose(seed, 2) ? at : 0), PAGE,
			protections[choose(seed, 4)]) ? -errno : 0);
}

static void *run_owner(void *arg)
{
	struct race *race = arg;
	unsigned int seed = thread_seed(race);

	while (goes_on(race)) {
		/* What opens the device takes it seconds. */
		switch (choose(&seed, 256)) {
		case 0 ... 139:
			result(race, DECODE,
			       vfio_decode(race->dev, choose(&seed, 2)));
			break;
		case 140 ... 149:
			result(race, POWER,
			       vfio_power(race->dev, choose(&seed, 2)));
			break;
		case 150 ... 189:
			protect_some(race, &seed);
			break;
		case 190 ... 239:
			take_away(race);
			result(race, REMAP, give_back(race));
			break;
		case 240 ... 249:
			exit_some(race, &seed);
			break;
		case 250 ... 251:
			result(race, RESET, vfio_reset(race->dev));
			break;
		case 252 ... 254:
			reopen_target(race);
			break;
		default:
			unbind_target(race);
			break;
		}
	}
	return NULL;
}

/* ---- who could reach them ---- */

static void *run_attacher(void *arg)
{
	struct race *race = arg;
	unsigned int seed = thread_seed(race);
	uint32_t pt;

	while (goes_on(race)) {
		switch (choose(&seed, 32)) {
		case 0 ... 23:
			pt = race->ioas[choose(&seed, IOASES)];
			result(race, ATTACH,
			       vfio_attach(race->reader_dev, &pt));
			break;
		case 24 ... 30:
			result(race, DETACH, vfio_detach(race->reader_dev));
			break;
		default:
			close(race->reader_dev);
			race->reader_dev = open_device(race, race->reader);
			result(race, READER_REOPEN, race->reader_dev);
			break;
		}
	}
	return NULL;
}

/* ---- the race ---- */

static void prepare(struct race *race)
{
	struct vfio_map bar;
	int i;

	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, race->target), 0);
	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 1, race->reader), 0);
	assert_int_equal(pci_bind(race->target, "vfio-pci"), 0);
	assert_int_equal(pci_bind(race->reader, "vfio-pci"), 0);
	race->fd = new_fd();
	for (i = 0; i < IOASES; i++)
		race->ioas[i] = new_ioas(race->fd);
	race->dev = open_device(race, race->target);
	race->reader_dev = open_device(race, race->reader);
	assert_true(race->dev >= 0 && race->reader_dev >= 0);
	assert_int_equal(vfio_bar_map(race->dev, 0, &bar), 0);
	race->bar = bar.base;
	race->size = bar.size;
	race->mem = pages(MEM_SIZE);
}

static void show(struct race *race)
{
	int op;

	for (op = 0; op < OPS; op++)
		tally_print(ops[op].name, &race->tally[op]);
	for (op = 0; op < OPS; op++)
		if (race->bad[op])
			fail_msg("%s: %s", ops[op].name,
				 strerror(-race->bad[op]));
	assert_true(has_all(race));
}

/* What has been used so badly works. */
static void check_works(void)
{
	void *state = (void *)&p2p_ways[P2P_BY_IOAS];

	p2p_setup(&state);
	p2p_map_bar(state);
	assert_true(p2p_live(state));
	p2p_unmap_bar(state);
	p2p_teardown(&state);
}

static void race_end(struct race *race)
{
	if (race->dev >= 0)
		close(race->dev);
	if (race->reader_dev >= 0)
		close(race->reader_dev);
	munmap(race->bar, race->size);
	close(race->fd);
}

static void test_race(void **state)
{
	static const thread_run runs[] = {
		run_mapper, run_mapper, run_owner, run_attacher,
	};
	struct race *race = calloc(1, sizeof(*race));
	uint64_t pins = pins_now();

	prepare(race);
	race->seed = env_seed(clock_ms());
	race->end = clock_ms() + race_seconds(SECONDS, SECONDS_LONG) * 1000;
	threads_run(runs, sizeof(runs) / sizeof(*runs), race);
	race_end(race);
	show(race);
	check_works();
	check_rest(pins, race->mem, MEM_SIZE);
	munmap(race->mem, MEM_SIZE);
	free(race);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
