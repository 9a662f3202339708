// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctls of a legacy container that go on after it has lost its last group. What
 * they are given lies in memory that is not served before (uffd.h): meanwhile
 * the group leaves, and the module is asked to go.
 *
 * Needs QEMU's edu.
 */
#include <linux/vfio.h>
#include <pthread.h>
#include <sched.h>

#include "backend.h"
#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "uffd.h"
#include "user.h"

#define AT 0x20000000UL

/* How long a thread may take that waits for nobody. */
#define SOON_MS 30000

/* In which what was freed is used for something else. */
#define WHILE_US 300000

/* How often iommufd.ko is in use. */
#define USES "/sys/module/iommufd/refcnt"

/**
 * struct late - a container, and a call that waits
 * @uses: of iommufd.ko, without the container
 * @mem: that is mapped
 * @uffd: serves @arg
 * @arg: of the call: two pages
 * @nr: its number
 * @rc: what it came back with, once @caller has ended
 * @left: what its group had when it left, once @leaver has ended
 */
struct late {
	char edu[PCI_NAME_MAX];
	uint64_t uses;
	int container;
	int group;
	uint8_t *mem;
	int uffd;
	uint8_t *arg;
	unsigned long nr;
	int rc;
	int left;
	pthread_t caller;
	pthread_t leaver;
};

/* ---- what tests begin and end with ---- */

static void enter(struct late *late)
{
	assert_int_equal(type1_join(late->group, late->container), 0);
	assert_int_equal(type1_set_iommu(late->container, VFIO_TYPE1v2_IOMMU),
			 0);
}

static int setup(void **state)
{
	struct late *late = calloc(1, sizeof(*late));

	assert_int_equal(file_read_u64(USES, &late->uses), 0);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, late->edu), 0);
	assert_int_equal(pci_bind(late->edu, "vfio-pci"), 0);
	assert_int_equal(backend_only_ours(), 0);
	late->container = type1_container_open();
	late->group = type1_group_open(late->edu);
	assert_true(late->container >= 0 && late->group >= 0);
	enter(late);
	late->mem = pages(HUGE);
	assert_int_equal(type1_map(late->container, TYPE1_RW, late->mem, HUGE,
				   AT), 0);
	*state = late;
	return 0;
}

/* The module can go as soon as the last call has ended. */
static int teardown(void **state)
{
	struct late *late = *state;
	uint64_t uses = 0;

	assert_int_equal(status_kb("VmPin"), 0);
	assert_int_equal(backend_remove(), 0);
	assert_int_equal(file_read_u64(USES, &uses), 0);
	/* Of vfio_iommufd itself. */
	assert_int_equal(uses, late->uses - 1);
	assert_int_equal(backend_insert(), 0);
	close(late->group);
	close(late->container);
	munmap(late->mem, HUGE);
	free(late);
	return 0;
}

/* ---- a call that waits ---- */

static void *caller(void *data)
{
	struct late *late = data;

	late->rc = iommufd_call(late->container, late->nr, late->arg);
	return NULL;
}

static void *leaver(void *data)
{
	struct late *late = data;

	late->left = type1_leave(late->group);
	return NULL;
}

static bool ends(pthread_t thread, unsigned int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return !pthread_timedjoin_np(thread, NULL, &until);
}

/* The first page is missing, or, with @writes, may not be written to. */
static void prepare(struct late *late, unsigned long nr, const void *arg,
		    size_t size, bool writes)
{
	late->nr = nr;
	late->uffd = uffd_open(writes);
	assert_true(late->uffd >= 0);
	late->arg = pages(2 * PAGE);
	assert_int_equal(uffd_register(late->uffd, late->arg, PAGE, writes), 0);
	if (!writes)
		return;
	assert_int_equal(uffd_serve(late->uffd, late->arg, late->arg + PAGE),
			 0);
	memcpy(late->arg, arg, size);
	assert_int_equal(uffd_hold_writes(late->uffd, late->arg, PAGE), 0);
}

static void start(struct late *late)
{
	assert_int_equal(pthread_create(&late->caller, NULL, caller, late), 0);
	assert_int_equal(uffd_wait(late->uffd, SOON_MS, NULL), 0);
}

static void finish(struct late *late)
{
	assert_true(ends(late->caller, SOON_MS));
	close(late->uffd);
	munmap(late->arg, 2 * PAGE);
}

static void serve(struct late *late, const void *arg, size_t size)
{
	uint8_t *page = pages(PAGE);

	memcpy(page, arg, size);
	assert_int_equal(uffd_serve(late->uffd, late->arg, page), 0);
	munmap(page, PAGE);
}

/* The group leaves at once, whatever the call waits for. */
static void leave(struct late *late)
{
	assert_int_equal(pthread_create(&late->leaver, NULL, leaver, late), 0);
	assert_true(ends(late->leaver, SOON_MS));
	assert_int_equal(late->left, 0);
	clock_pause_us(WHILE_US);
	assert_int_equal(backend_remove(), -EAGAIN);
}

/* ---- calls whose argument comes when the container has lost its type ---- */

static int run_late(struct late *late, unsigned long nr, const void *arg,
		    size_t size)
{
	prepare(late, nr, arg, size, false);
	start(late);
	leave(late);
	assert_int_equal(status_kb("VmPin"), 0);
	serve(late, arg, size);
	finish(late);
	return late->rc;
}

static void test_info(void **state)
{
	struct vfio_iommu_type1_info arg = { .argsz = sizeof(arg) };

	assert_int_equal(run_late(*state, VFIO_IOMMU_GET_INFO, &arg,
				  sizeof(arg)), 0);
}

/* It comes to an IOAS without page tables, and goes with that. */
static void test_map(void **state)
{
	struct late *late = *state;
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg), .flags = TYPE1_RW, .size = HUGE,
		.vaddr = (uintptr_t)late->mem, .iova = AT + HUGE,
	};

	assert_int_equal(run_late(late, VFIO_IOMMU_MAP_DMA, &arg, sizeof(arg)),
			 0);
}

static void test_unmap(void **state)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};

	assert_int_equal(run_late(*state, VFIO_IOMMU_UNMAP_DMA, &arg,
				  sizeof(arg)), 0);
}

/* The container has a type again by then: what it maps is none of the call's. */
static void test_successor(void **state)
{
	struct late *late = *state;
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	uint64_t unmapped = 0;

	prepare(late, VFIO_IOMMU_UNMAP_DMA, &arg, sizeof(arg), false);
	start(late);
	leave(late);
	enter(late);
	assert_int_equal(type1_map(late->container, TYPE1_RW, late->mem, HUGE,
				   AT), 0);
	serve(late, &arg, sizeof(arg));
	finish(late);
	assert_int_equal(late->rc, 0);
	assert_int_equal(status_kb("VmPin") * 1024, HUGE);
	assert_int_equal(type1_unmap_all(late->container, &unmapped), 0);
	assert_int_equal(unmapped, HUGE);
	assert_int_equal(type1_leave(late->group), 0);
}

/* ---- calls that wait to write their answer ---- */

static bool can_hold_writes(void)
{
	int uffd = uffd_open(true);

	if (uffd >= 0)
		close(uffd);
	return uffd >= 0;
}

static void need_held_writes(void)
{
	if (can_hold_writes())
		return;
	print_message("this kernel can't let writes wait\n");
	skip();
}

static void test_info_answer(void **state)
{
	struct vfio_iommu_type1_info arg = { .argsz = sizeof(arg) };
	struct late *late = *state;

	need_held_writes();
	prepare(late, VFIO_IOMMU_GET_INFO, &arg, sizeof(arg), true);
	start(late);
	leave(late);
	assert_int_equal(uffd_allow_writes(late->uffd, late->arg, PAGE), 0);
	finish(late);
	assert_int_equal(late->rc, 0);
}

/* It holds what keeps page tables from going, so the group waits for it. */
static void test_unmap_answer(void **state)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	struct late *late = *state;

	need_held_writes();
	prepare(late, VFIO_IOMMU_UNMAP_DMA, &arg, sizeof(arg), true);
	start(late);
	assert_int_equal(pthread_create(&late->leaver, NULL, leaver, late), 0);
	clock_pause_us(WHILE_US);
	assert_int_equal(backend_remove(), -EAGAIN);
	assert_int_equal(status_kb("VmPin") * 1024, HUGE);
	assert_int_equal(uffd_allow_writes(late->uffd, late->arg, PAGE), 0);
	assert_true(ends(late->leaver, SOON_MS));
	assert_int_equal(late->left, 0);
	memcpy(&arg, late->arg, sizeof(arg));
	assert_int_equal(arg.size, HUGE);
	finish(late);
	assert_int_equal(late->rc, 0);
}

/* ---- a call that waits for the memory that it maps ---- */

/*
 * As above. On 6.1 memory that somebody serves can't be pinned for long:
 * get_user_pages() gives up where it would have to wait.
 */
static void test_map_memory(void **state)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg), .flags = TYPE1_RW, .size = PAGE,
		.iova = AT + HUGE,
	};
	struct late *late = *state;
	uint8_t *page = pages(PAGE);

	prepare(late, VFIO_IOMMU_MAP_DMA, NULL, 0, false);
	arg.vaddr = (uintptr_t)late->arg;
	late->arg += PAGE;
	memcpy(late->arg, &arg, sizeof(arg));
	assert_int_equal(pthread_create(&late->caller, NULL, caller, late), 0);
	if (kernel_is_6_1()) {
		assert_true(ends(late->caller, SOON_MS));
		assert_int_equal(late->rc, -EFAULT);
		assert_int_equal(uffd_serve(late->uffd, late->arg - PAGE,
					    page), 0);
		assert_int_equal(iommufd_call(late->container, late->nr,
					      late->arg), 0);
		assert_int_equal(type1_leave(late->group), 0);
		return;
	}
	assert_int_equal(uffd_wait(late->uffd, SOON_MS, NULL), 0);
	assert_int_equal(pthread_create(&late->leaver, NULL, leaver, late), 0);
	clock_pause_us(WHILE_US);
	assert_int_equal(backend_remove(), -EAGAIN);
	assert_int_equal(uffd_serve(late->uffd, late->arg - PAGE, page), 0);
	assert_true(ends(late->caller, SOON_MS));
	assert_true(ends(late->leaver, SOON_MS));
	assert_int_equal(late->rc, 0);
	assert_int_equal(late->left, 0);
	munmap(page, PAGE);
}

/* ---- a call that nobody serves ---- */

static void *tell_waits(void *data)
{
	int *fds = data;

	check(!uffd_wait(fds[0], SOON_MS, NULL));
	check(write(fds[1], "", 1) == 1);
	return NULL;
}

struct killed {
	struct late *late;
	int ready;
};

static void wait_for_ever(void *data)
{
	struct killed *killed = data;
	int fds[2] = { uffd_open(false), killed->ready };
	uint8_t *arg = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	check(fds[0] >= 0 && arg != MAP_FAILED);
	check(!uffd_register(fds[0], arg, PAGE, false));
	check(!pthread_create(&thread, NULL, tell_waits, fds));
	iommufd_call(killed->late->container, VFIO_IOMMU_UNMAP_DMA, arg);
	check(false);
}

static void test_killed(void **state)
{
	struct killed killed = { .late = *state };
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	killed.ready = ready[1];
	child = start_child(wait_for_ever, &killed, -1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	leave(killed.late);
	kill_child(child);
	close(ready[0]);
	close(ready[1]);
}

/* ---- calls at any moment, while the container and the module come and go ---- */

enum race_op {
	RACE_INFO,
	RACE_MAP,
	RACE_UNMAP,
	RACE_EXTENSION,
	RACE_TYPE,
	RACE_UNLOAD,
	RACE_OPS,
};

static const char * const race_names[RACE_OPS] = {
	"GET_INFO", "MAP_DMA", "UNMAP_DMA", "CHECK_EXTENSION", "SET_IOMMU",
	"unload",
};

/* For how long the module is there, before it is asked to go. */
#define RACE_STAY_US 200000

struct race {
	struct late *late;
	bool stop;
	unsigned long done[RACE_OPS];
};

static void race_count(struct race *race, enum race_op op, bool done)
{
	if (done)
		__atomic_add_fetch(&race->done[op], 1, __ATOMIC_RELAXED);
}

static bool race_goes_on(struct race *race)
{
	return !__atomic_load_n(&race->stop, __ATOMIC_RELAXED);
}

static void *race_call(void *data)
{
	struct race *race = data;
	int fd = race->late->container;
	struct type1_info info;

	while (race_goes_on(race)) {
		race_count(race, RACE_INFO, !type1_info(fd, &info));
		race_count(race, RACE_MAP,
			   !type1_map(fd, TYPE1_RW, race->late->mem, PAGE, AT));
		race_count(race, RACE_EXTENSION,
			   type1_extension(fd, VFIO_UNMAP_ALL) == 1);
		race_count(race, RACE_UNMAP, !type1_unmap_all(fd, NULL));
	}
	return NULL;
}

static void *race_unload(void *data)
{
	struct race *race = data;

	while (race_goes_on(race)) {
		if (backend_remove()) {
			clock_pause_us(1000);
			continue;
		}
		race_count(race, RACE_UNLOAD, true);
		if (backend_insert())
			break;
		clock_pause_us(RACE_STAY_US);
	}
	return NULL;
}

static bool race_is_complete(const struct race *race)
{
	unsigned int i;

	for (i = 0; i < RACE_OPS; i++)
		if (!race->done[i])
			return false;
	return true;
}

#define RACE_CALLERS 2

static void test_race(void **state)
{
	struct late *late = *state;
	struct race race = { .late = late };
	uint64_t start = clock_ms(), ms = race_seconds(3, 60) * 1000;
	pthread_t threads[RACE_CALLERS + 1];
	unsigned int i;

	assert_int_equal(type1_leave(late->group), 0);
	for (i = 0; i <= RACE_CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						i ? race_call : race_unload,
						&race), 0);
	while (clock_ms() - start < ms || (!race_is_complete(&race) &&
					   clock_ms() - start < ms + SOON_MS)) {
		assert_int_equal(type1_join(late->group, late->container), 0);
		if (!type1_set_iommu(late->container, VFIO_TYPE1v2_IOMMU)) {
			race_count(&race, RACE_TYPE, true);
			sched_yield();
		}
		assert_int_equal(type1_leave(late->group), 0);
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i <= RACE_CALLERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < RACE_OPS; i++)
		print_message("%s: %lu\n", race_names[i], race.done[i]);
	assert_true(race_is_complete(&race));
	assert_int_equal(module_loaded("vfio_iommufd"), 1);
}

static int last_teardown(void **state)
{
	return backend_both();
}

#define late_test(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		late_test(test_info),
		late_test(test_map),
		late_test(test_unmap),
		late_test(test_successor),
		late_test(test_info_answer),
		late_test(test_unmap_answer),
		late_test(test_map_memory),
		late_test(test_killed),
		late_test(test_race),
	};

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, last_teardown);
}
