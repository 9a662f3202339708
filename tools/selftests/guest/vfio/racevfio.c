// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes that want the same devices: each opens, binds, attaches, hot
 * resets and closes them, with an iommufd of its own and a second thread that
 * makes the same calls on whatever file there is; and a third that takes the
 * driver away and gives it back. Whoever is refused is refused with an error
 * that fits, everybody gets a turn, and in the end the devices are free. Where the
 * devices have PASIDs these are attached and left, too (PASID_MUST=1: they have).
 *
 * With vfio_selftest.ko, whose edus reset together at no cost; with
 * vfio_emulated.ko; and with vfio-pci and an NVMe disk. For some seconds each,
 * and on until everybody had that turn; for a minute with TEST_LONG, or
 * RACE_SECONDS.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "emulated.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "picture.h"
#include "user.h"
#include "vfio.h"

#define SECONDS 3
#define SECONDS_LONG 60
#define EXTRA_SECONDS 120	/* a disk takes seconds to open with KASAN */
#define DEVICES_MAX 2
#define USERS 2
#define AT FREE_IOVA
#define SIZE (16 * PAGE)

enum { OPEN, BIND, ATTACH, DETACH, PASID, DESTROY, RESET, PIN, UNMAP, UNBIND, OPS };

static const char * const names[OPS] = {
	"open", "bind", "attach", "detach", "PASID", "destroy", "hot reset",
	"pin", "unmap", "unbind",
};

/* Shared by all; the counts change atomically. */
struct race {
	const char *driver;	/* NULL: the emulated device, which keeps its */
	int devices;
	char bdf[DEVICES_MAX][PCI_NAME_MAX];
	char node[VFIO_NODE_MAX];	/* of the emulated device */
	uint64_t end;
	unsigned int wanted;	/* a bit for each that has to succeed */
	unsigned int good[OPS];
	unsigned int refused[OPS];
	int bad[OPS];	/* an error that has no place there */
};

/* One process. @dev, and @hwpt for PASIDs, are what its two threads share. */
struct user {
	struct race *race;
	unsigned int random;
	int fd;
	uint32_t ioas;
	uint8_t *mem;
	int dev;
	uint32_t hwpt;
};

static bool has_all(const struct race *race)
{
	int op;

	for (op = 0; op < OPS; op++)
		if (race->wanted & 1U << op &&
		    !__atomic_load_n(&race->good[op], __ATOMIC_RELAXED))
			return false;
	return true;
}

static bool goes_on(const struct race *race)
{
	uint64_t now = clock_ms();

	return now < race->end ||
	       (now < race->end + EXTRA_SECONDS * 1000 && !has_all(race));
}

static unsigned int choose(struct user *user, unsigned int limit)
{
	return (unsigned int)rand_r(&user->random) % limit;
}

static int result(struct race *race, int op, int rc, const int *fitting)
{
	if (rc >= 0) {
		__atomic_fetch_add(&race->good[op], 1, __ATOMIC_RELAXED);
		return rc;
	}
	__atomic_fetch_add(&race->refused[op], 1, __ATOMIC_RELAXED);
	for (; *fitting; fitting++)
		if (rc == -*fitting)
			return rc;
	__atomic_store_n(&race->bad[op], rc, __ATOMIC_RELAXED);
	return rc;
}

/* Of the second thread's calls any may come before BIND, or after the close. */
#define RESULT(user, op, rc, ...) \
	result((user)->race, op, rc, \
	       (const int[]){ EINVAL, EBADF, __VA_ARGS__, 0 })

static int open_some(struct user *user)
{
	struct race *race = user->race;
	int dev;

	if (!race->driver) {
		dev = open(race->node, O_RDWR | O_CLOEXEC);
		return dev < 0 ? -errno : dev;
	}
	return vfio_cdev_open(race->bdf[choose(user, race->devices)]);
}

static void attach_some(struct user *user, int dev)
{
	uint32_t pt = user->ioas;

	RESULT(user, ATTACH, vfio_attach(dev, &pt), EBUSY, ENOTTY);
}

/* What a device has of PASIDs, and their page table. */
static void use_parts(struct user *user, int dev)
{
	uint32_t hwpt = __atomic_load_n(&user->hwpt, __ATOMIC_RELAXED);
	uint32_t pasid = 1 + choose(user, 3);

	switch (choose(user, 4)) {
	case 0:
		vfio_detach_pasid(dev, pasid);
		break;
	case 1:
		RESULT(user, DESTROY, iommufd_destroy(user->fd, hwpt), EBUSY,
		       ENOENT);
		break;
	default:
		RESULT(user, PASID, vfio_attach_pasid(dev, pasid, hwpt), EBUSY,
		       ENOTTY, ENOENT, EOPNOTSUPP);
		break;
	}
}

static void map_again(struct user *user)
{
	uint64_t iova = AT;

	RESULT(user, UNMAP, iommufd_unmap(user->fd, user->ioas, AT, SIZE, NULL),
	       EBUSY, ENOENT);
	iommufd_map(user->fd, user->ioas, MAP_RW | MAP_FIXED_IOVA, user->mem,
		    SIZE, &iova);
}

/* The ioctls of the emulated device mean nothing to others. */
static void use_some(struct user *user, int dev)
{
	uint64_t iova = AT + choose(user, 16) * PAGE;

	if (user->race->driver) {
		RESULT(user, RESET, vfio_hot_reset(dev), ENODEV, EAGAIN,
		       ENOTTY);
		return;
	}
	/* EINVAL: what is being unmapped. */
	RESULT(user, PIN, pin(dev, iova, (1 + choose(user, 8)) * PAGE), ENOENT,
	       EINVAL, ENOTTY);
	if (choose(user, 2))
		emulated_call(dev, EMULATED_UNPIN, AT, SIZE, NULL, false);
}

static void call_some(struct user *user, int dev)
{
	switch (choose(user, 6)) {
	case 0:
		attach_some(user, dev);
		break;
	case 1:
		RESULT(user, DETACH, vfio_detach(dev), ENOTTY);
		break;
	case 2:
		map_again(user);
		break;
	case 3:
		use_parts(user, dev);
		break;
	default:
		use_some(user, dev);
		break;
	}
}

/* vfio-pci can't reset a device that is being taken away: EAGAIN. */
static int bind_some(struct user *user, int dev, uint32_t *devid)
{
	return RESULT(user, BIND, vfio_bind(dev, user->fd, devid), EPERM, EBUSY,
		      ENODEV, EAGAIN, ENOTTY);
}

/* All of its DMA goes through a page table for PASIDs, and some of a PASID, too. */
static void attach_parts(struct user *user, int dev, uint32_t devid)
{
	uint32_t hwpt = 0, pt;

	if (iommufd_hwpt_alloc(user->fd, IOMMU_HWPT_ALLOC_PASID, devid,
			       user->ioas, &hwpt))
		return;
	__atomic_store_n(&user->hwpt, hwpt, __ATOMIC_RELAXED);
	pt = hwpt;
	RESULT(user, ATTACH, vfio_attach(dev, &pt), EBUSY, ENOTTY, ENOENT);
	use_parts(user, dev);
}

static void *run_second(void *arg)
{
	struct user own = *(struct user *)arg, *user = arg;

	own.random++;
	while (goes_on(user->race)) {
		own.hwpt = __atomic_load_n(&user->hwpt, __ATOMIC_RELAXED);
		int dev = __atomic_load_n(&user->dev, __ATOMIC_RELAXED);

		if (!choose(&own, 8))
			bind_some(&own, dev, NULL);
		else
			call_some(&own, dev);
	}
	return NULL;
}

static void take_turn(struct user *user)
{
	int dev = RESULT(user, OPEN, open_some(user), ENODEV, ENOENT, ENXIO);
	unsigned int n;
	uint32_t devid;

	if (dev < 0)
		return;
	__atomic_store_n(&user->dev, dev, __ATOMIC_RELAXED);
	if (bind_some(user, dev, &devid) >= 0) {
		if (user->race->driver && choose(user, 2))
			attach_parts(user, dev, devid);
		else
			attach_some(user, dev);
		use_some(user, dev);
	}
	for (n = choose(user, 8); n; n--)
		call_some(user, dev);
	close(dev);
	RESULT(user, DESTROY, iommufd_destroy(user->fd, user->hwpt), EBUSY,
	       ENOENT);
}

static void run_user(void *arg)
{
	struct user user = *(struct user *)arg;
	pthread_t second;

	user.fd = iommufd_open();
	check(user.fd >= 0);
	check(!iommufd_ioas_alloc(user.fd, &user.ioas));
	user.mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_again(&user);
	check(!pthread_create(&second, NULL, run_second, &user));
	while (goes_on(user.race))
		take_turn(&user);
	pthread_join(second, NULL);
}

/*
 * Each time it waits for whoever has the device.  Meanwhile a bind can't reset
 * it and fails, so others get as long as that took, which with KASAN is seconds.
 */
static void run_unbinder(void *arg)
{
	struct user *user = arg;
	struct race *race = user->race;

	while (goes_on(race)) {
		const char *bdf = race->bdf[choose(user, race->devices)];
		uint64_t start = clock_ms();

		check(!pci_unbind(bdf));
		race->good[UNBIND]++;
		usleep(choose(user, 2000));
		check(!pci_bind(bdf, race->driver));
		usleep(choose(user, (clock_ms() - start + 20) * 1000));
	}
}

static void show(const struct race *race)
{
	int op;

	for (op = 0; op < OPS; op++) {
		if (race->good[op] || race->refused[op])
			print_message("%s: %u times, refused %u times\n",
				      names[op], race->good[op],
				      race->refused[op]);
		if (race->bad[op])
			fail_msg("%s: %s", names[op], strerror(-race->bad[op]));
	}
}

static void run_race(struct race *race)
{
	struct user user = { .race = race, .dev = -1 };
	pid_t child[USERS + 1];
	int i, count = race->driver ? USERS + 1 : USERS;

	race->end = clock_ms() + race_seconds(SECONDS, SECONDS_LONG) * 1000;
	user.random = env_seed(clock_ms());
	for (i = 0; i < count; i++) {
		user.random += 2;
		child[i] = start_child(i < USERS ? run_user : run_unbinder,
				       &user, -1);
	}
	for (i = 0; i < count; i++)
		end_child(child[i]);
	show(race);
	assert_true(has_all(race));
}

static struct race *race_new(const char *driver)
{
	struct race *race = shared_pages(sizeof(*race));

	race->driver = driver;
	race->wanted = 1 << OPEN | 1 << BIND | 1 << ATTACH;
	return race;
}

static bool has_reset(void)
{
	return !access("/proc/sys/kernel/ftrace_enabled", F_OK);
}

/* Nobody has them any more: they can be bound, and one can reset them. */
static void settle(struct race *race)
{
	int fd = new_fd(), dev[DEVICES_MAX], i;

	for (i = 0; i < race->devices; i++) {
		dev[i] = vfio_cdev_open(race->bdf[i]);
		assert_true(dev[i] >= 0);
		assert_int_equal(vfio_bind(dev[i], fd, NULL), 0);
	}
	if (has_reset())
		assert_int_equal(vfio_hot_reset(dev[0]), 0);
	for (i = 0; i < race->devices; i++)
		close(dev[i]);
	close(fd);
}

static void test_selftest(void **state)
{
	struct race *race = race_new("vfio-selftest");
	int i;

	assert_int_equal(module_load("vfio_selftest", NULL), 0);
	for (i = 0; i < DEVICES_MAX; i++)
		if (!pci_find_id(EDU_VENDOR, EDU_DEVICE, i, race->bdf[i]))
			race->devices++;
	for (i = 0; i < race->devices; i++)
		assert_int_equal(pci_bind(race->bdf[i], race->driver), 0);
	race->wanted |= 1 << UNBIND;
	if (env_number("PASID_MUST", 0))
		race->wanted |= 1 << PASID;
	/* It wants all of them bound at a time. */
	if (has_reset())
		race->wanted |= 1 << RESET;
	run_race(race);
	settle(race);
	for (i = 0; i < race->devices; i++)
		assert_int_equal(pci_bind(race->bdf[i], "vfio-pci"), 0);
	assert_int_equal(module_unload("vfio_selftest"), 0);
	munmap(race, sizeof(*race));
}

/* A reset takes its time here. */
static void test_disk(void **state)
{
	struct race *race = race_new("vfio-pci");

	if (pci_find_class(PCI_CLASS_NVME, 0, race->bdf[0]))
		skip();
	race->devices = 1;
	assert_int_equal(pci_bind(race->bdf[0], race->driver), 0);
	run_race(race);
	settle(race);
	munmap(race, sizeof(*race));
}

static void test_emulated(void **state)
{
	struct race *race = race_new(NULL);
	int fd = new_fd(), dev;

	if (!has_reset())
		skip();
	assert_int_equal(module_load(EMULATED_NAME, NULL), 0);
	assert_int_equal(vfio_cdev_node_at(EMULATED, race->node), 0);
	race->wanted |= 1 << PIN | 1 << UNMAP;
	run_race(race);
	dev = emulated_cdev();
	assert_int_equal(vfio_bind(dev, fd, NULL), 0);
	close(dev);
	close(fd);
	assert_int_equal(module_unload(EMULATED_NAME), 0);
	munmap(race, sizeof(*race));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_selftest),
	cmocka_unit_test(test_disk),
	cmocka_unit_test(test_emulated),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
