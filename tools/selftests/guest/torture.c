// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once, for a long time: processes of several threads map, unmap,
 * copy, attach, replace, destroy, close and fork on mock devices, accesses and
 * QEMU's edus, under memory that comes, goes, splits and collapses, one of them
 * in a small memory cgroup, and all of them killed at any moment, while drivers
 * are unbound. In rounds; after each all is closed, and must be as it was.
 *
 * What fails the test: an error that does not fit its call, an operation that
 * takes minutes, one that never succeeds, anything that is left afterwards,
 * what the oracle sees, and whatever the kernel complains about.
 *
 * Some seconds; TORTURE_SECONDS says how many, SEED repeats what the threads
 * choose to do. Needs the edu device, and takes as many as there are.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "clock.h"
#include "edu.h"
#include "rest.h"
#include "tally.h"

#define SECONDS 8
#define SECONDS_LONG 120
#define ROUND_SECONDS 60

/* More time is given until each operation has succeeded once. */
#define EXTRA_SECONDS 180
#define EXTRA_ROUND_SECONDS 20

/* No operation, and no end of a process, takes longer. */
#define STUCK_MS 100000
#define PROGRESS_MS 30000
#define TICK_MS 100

/* On average somebody is killed once in so many ticks. */
#define KILL_TICKS 80

#define CGROUP "/sys/fs/cgroup/torture"
#define CGROUP_MAX "12582912"
#define CGROUP_SQUEEZED "7340032"

#define TENANTS 2
#define THREADS 5
#define HOST TENANTS	/* the process that is no tenant */
#define PROCESSES (TENANTS + 1)

#define FILES 2
#define KEPT 3		/* objects of a kind that are remembered */
#define EDUS 3

/* Mappings of up to 2 MiB, in slots of each IOAS; where the mock reaches. */
#define SLOTS 8
#define SLOT_SIZE HUGE
#define SLOT_IOVA 0x40000000UL

#define MEM_SIZE (4 * HUGE)
#define SHARED_SIZE HUGE
#define OWN_SIZE (16 * PAGE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* An operation that had nothing to work on. */
#define SKIP 1

/* ---- what all processes have ---- */

/**
 * struct life - a thread, as the watchdog sees it
 * @tid: its task; 0: none
 * @since: when it began what it does, in ms
 * @op: that
 * @done: operations that it has ended
 */
struct life {
	pid_t tid;
	uint64_t since;
	unsigned int op;
	uint64_t done;
};

#define OPS_MAX 64

/**
 * struct torture - in memory that all processes share
 * @stop: the round is over
 * @seed: of the whole run
 * @round: counts from 0
 * @tally: by operation
 * @bad_op: an operation that ended with @bad, which does not fit it
 * @lives: threads of each process; of the last one, the host's
 * @kills: processes that we killed
 * @deaths: processes that were killed, by us or as their cgroup was full
 * @shared: memory that all map
 */
struct torture {
	int stop;
	unsigned int seed;
	unsigned int round;
	struct tally tally[OPS_MAX];
	unsigned int bad_op;
	int bad;
	struct life lives[PROCESSES][THREADS];
	uint64_t kills;
	uint64_t deaths;
	uint8_t *shared;
	int nedus;
	char edus[EDUS][PCI_NAME_MAX];
};

static struct torture *torture;

/**
 * struct kept - ids and the like of one open file; 0: none
 *
 * Threads read and change them as they like: what they find may be stale, of
 * another kind, or of a file that was closed meanwhile.
 */
struct kept {
	uint32_t ioas[KEPT];
	uint32_t hwpt[KEPT];
	uint32_t stdev[KEPT];
	uint32_t idev[KEPT];
};

/**
 * struct world - what the threads of one process have in common
 * @fd: files of /dev/iommu; a number always is one, of changing files
 * @access: files of accesses; -1: none
 * @pin: what was pinned last through one
 * @dev: files of the edus; -1: none
 * @devid: ids of the edus that are bound
 * @dma_lock: one thread programs an edu at a time
 * @mem: memory; its second half has holes at times
 * @memfd: memory as a file
 */
struct world {
	int fd[FILES];
	struct kept kept[FILES];
	int access[KEPT];
	uint32_t pin[KEPT];
	int dev[EDUS];
	uint32_t devid[EDUS];
	pthread_mutex_t dma_lock;
	uint8_t *mem;
	int memfd;
};

struct thread {
	struct world *world;
	struct life *life;
	unsigned int process;
	unsigned int random;
	uint8_t *own;	/* memory that only this thread touches */
	pthread_t id;
};

static unsigned int choose(struct thread *t, unsigned int limit)
{
	return (unsigned int)rand_r(&t->random) % limit;
}

#define load(what) __atomic_load_n(&(what), __ATOMIC_RELAXED)
#define store(what, value) __atomic_store_n(&(what), value, __ATOMIC_RELAXED)
#define take(what, none) __atomic_exchange_n(&(what), none, __ATOMIC_RELAXED)

/* Into a place that is empty. */
static bool put_id(uint32_t *place, uint32_t id)
{
	uint32_t none = 0;

	return __atomic_compare_exchange_n(place, &none, id, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static bool put_fd(int *place, int fd)
{
	int none = -1;

	return __atomic_compare_exchange_n(place, &none, fd, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* One of the files, and what is remembered of it. */
static int some_file(struct thread *t, struct kept **kept)
{
	unsigned int i = choose(t, FILES);

	*kept = &t->world->kept[i];
	return t->world->fd[i];
}

/* One that is there, most of the time. */
#define PICKS 4

static uint32_t some_id(struct thread *t, const uint32_t *ids, unsigned int n)
{
	uint32_t id = 0;
	int i;

	for (i = 0; i < PICKS && !id; i++)
		id = load(ids[choose(t, n)]);
	return id;
}

static unsigned int some_place(struct thread *t, const int *fds, unsigned int n)
{
	unsigned int at = 0;
	int i;

	for (i = 0; i < PICKS; i++) {
		at = choose(t, n);
		if (load(fds[at]) >= 0)
			break;
	}
	return at;
}

#define some(t, array) some_id(t, array, ARRAY_SIZE(array))

static uint64_t slot_iova(struct thread *t)
{
	return SLOT_IOVA + choose(t, SLOTS) * SLOT_SIZE;
}

/* From one page to a huge page. */
static uint64_t some_length(struct thread *t)
{
	return PAGE << choose(t, 10);
}

/* A few pages of what may be mapped in a slot: many want the same ones. */
static uint64_t part_iova(struct thread *t)
{
	return slot_iova(t) + PAGE * choose(t, 4);
}

static uint64_t part_length(struct thread *t)
{
	return PAGE << choose(t, 4);
}

static uint32_t some_prot(struct thread *t)
{
	static const uint32_t prot[] = { MAP_RW, MAP_RW, MAP_R, MAP_W };

	return prot[choose(t, ARRAY_SIZE(prot))];
}

static uint8_t *some_mem(struct thread *t, uint64_t length)
{
	return t->world->mem + choose(t, (MEM_SIZE - length) / PAGE + 1) * PAGE;
}

/* ---- IO address spaces ---- */

static int op_ioas_alloc(struct thread *t)
{
	uint32_t *place, ioas;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	place = &kept->ioas[choose(t, KEPT)];
	if (load(*place))
		return SKIP;
	rc = iommufd_ioas_alloc(fd, &ioas);
	if (!rc && !put_id(place, ioas))
		iommufd_destroy(fd, ioas);
	return rc;
}

/* What can't go now stays, unless its place was taken. */
static int destroy_some(int fd, uint32_t *place)
{
	uint32_t id = take(*place, 0);
	int rc;

	if (!id)
		return SKIP;
	rc = iommufd_destroy(fd, id);
	if (rc == -EBUSY)
		put_id(place, id);
	return rc;
}

static int op_ioas_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->ioas[choose(t, KEPT)]);
}

static int map_some(struct thread *t, int fd, uint32_t ioas)
{
	uint64_t length = some_length(t), iova = slot_iova(t);

	return iommufd_map(fd, ioas, some_prot(t) | MAP_FIXED_IOVA,
			   some_mem(t, length), length, &iova);
}

static int op_map(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return map_some(t, fd, some(t, kept->ioas));
}

static int op_map_shared(struct thread *t)
{
	uint64_t length = some_length(t), iova = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_map(fd, some(t, kept->ioas), MAP_RW | MAP_FIXED_IOVA,
			   torture->shared + choose(t, (SHARED_SIZE - length) /
						       PAGE + 1) * PAGE,
			   length, &iova);
}

static int op_map_file(struct thread *t)
{
	uint64_t length = some_length(t), iova = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_map_file(fd, some(t, kept->ioas),
				some_prot(t) | MAP_FIXED_IOVA, t->world->memfd,
				choose(t, (MEM_SIZE - length) / PAGE + 1) *
				PAGE, length, &iova);
}

/* Where the kernel chooses. */
static int op_map_anywhere(struct thread *t)
{
	uint64_t length = some_length(t), iova;
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_map(fd, some(t, kept->ioas), MAP_RW,
			   some_mem(t, length), length, &iova);
}

static int op_unmap(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_unmap(fd, some(t, kept->ioas), slot_iova(t),
			     SLOT_SIZE * (1 + choose(t, 3)), NULL);
}

static int op_unmap_all(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_unmap_all(fd, some(t, kept->ioas), NULL);
}

static int op_copy(struct thread *t)
{
	uint64_t to = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_copy(fd, some_prot(t) | MAP_FIXED_IOVA,
			    some(t, kept->ioas), &to, some(t, kept->ioas),
			    part_iova(t), part_length(t));
}

/* One range covers all slots, more are beside them. */
static int op_allow(struct thread *t)
{
	struct iommu_iova_range range[4];
	unsigned int n = choose(t, 5), i;
	struct kept *kept;
	int fd = some_file(t, &kept);

	for (i = 0; i < n; i++) {
		range[i].start = SLOT_IOVA + i * 64 * HUGE;
		range[i].last = range[i].start +
				(1 + choose(t, 64)) * HUGE - 1;
	}
	return iommufd_allow(fd, some(t, kept->ioas), range, n);
}

static int op_ranges(struct thread *t)
{
	struct iommu_iova_range range[16];
	uint32_t num = ARRAY_SIZE(range);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_ranges(fd, some(t, kept->ioas), range, &num, NULL);
}

static int op_huge_pages(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_option_set(fd, IOMMU_OPTION_HUGE_PAGES,
				  some(t, kept->ioas), choose(t, 2));
}

/* ---- mock devices and page tables ---- */

static int op_mock(struct thread *t)
{
	unsigned int i = choose(t, KEPT);
	struct test_mock mock;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	if (load(kept->stdev[i]))
		return SKIP;
	rc = test_mock(fd, choose(t, 2) ? some(t, kept->ioas) :
					  some(t, kept->hwpt),
		       choose(t, 2) ? MOCK_FLAGS_DEVICE_HUGE_IOVA : 0, &mock);
	if (rc)
		return rc;
	store(kept->idev[i], mock.idev);
	if (!put_id(&kept->stdev[i], mock.stdev))
		iommufd_destroy(fd, mock.stdev);
	return 0;
}

static int op_mock_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->stdev[choose(t, KEPT)]);
}

static int op_mock_replace(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint32_t pt = choose(t, 2) ? some(t, kept->ioas) : some(t, kept->hwpt);

	return test_mock_replace(fd, some(t, kept->stdev), &pt);
}

static int op_hwpt_alloc(struct thread *t)
{
	uint32_t *place, hwpt, dev;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	place = &kept->hwpt[choose(t, KEPT)];
	if (load(*place))
		return SKIP;
	dev = choose(t, 3) ? some(t, kept->idev) : some(t, t->world->devid);
	rc = iommufd_hwpt_alloc(fd, 0, dev, some(t, kept->ioas), &hwpt);
	if (!rc && !put_id(place, hwpt))
		iommufd_destroy(fd, hwpt);
	return rc;
}

static int op_hwpt_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->hwpt[choose(t, KEPT)]);
}

static int op_hw_info(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint32_t length = 0;

	return iommufd_hw_info(fd, choose(t, 2) ? some(t, kept->idev) :
						  some(t, t->world->devid),
			       NULL, &length, NULL, NULL);
}

/* ---- accesses ---- */

static int op_access(struct thread *t)
{
	int *place = &t->world->access[choose(t, KEPT)];
	struct kept *kept;
	int fd = some_file(t, &kept), access, rc;

	if (load(*place) >= 0)
		return SKIP;
	rc = test_access_create(fd, some(t, kept->ioas),
				choose(t, 4) ? ACCESS_PINS : 0, &access);
	if (!rc && !put_fd(place, access))
		close(access);
	return rc;
}

static int op_access_close(struct thread *t)
{
	int fd = take(t->world->access[choose(t, KEPT)], -1);

	if (fd < 0)
		return SKIP;
	return close(fd) ? -errno : 0;
}

static int some_access(struct thread *t)
{
	return load(t->world->access[some_place(t, t->world->access, KEPT)]);
}

static int op_access_pin(struct thread *t)
{
	unsigned int i = some_place(t, t->world->access, KEPT);
	uint32_t pin;
	int rc;

	rc = test_access_pin(t->world->fd[0], load(t->world->access[i]),
			     choose(t, 2) ? ACCESS_WRITE : 0,
			     part_iova(t), part_length(t), NULL, &pin);
	if (!rc)
		store(t->world->pin[i], pin);
	return rc;
}

static int op_access_unpin(struct thread *t)
{
	unsigned int i = some_place(t, t->world->access, KEPT);

	return test_access_unpin(t->world->fd[0], load(t->world->access[i]),
				 load(t->world->pin[i]) - choose(t, 2));
}

static int op_access_rw(struct thread *t)
{
	int access = some_access(t);
	uint64_t iova = slot_iova(t) + choose(t, 2 * PAGE);
	uint8_t data[2 * PAGE];
	uint64_t length = 1 + choose(t, sizeof(data));

	if (choose(t, 2))
		return test_access_read(t->world->fd[0], access, iova, data,
					length);
	memset(data, 1, sizeof(data));
	return test_access_write(t->world->fd[0], access, iova, data, length);
}

static int op_access_replace(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return test_access_replace(fd, some_access(t),
				   some(t, kept->ioas));
}

/* ---- the edus ---- */

static int op_dev_open(struct thread *t)
{
	unsigned int i = choose(t, torture->nedus);
	int fd;

	if (load(t->world->dev[i]) >= 0)
		return SKIP;
	fd = vfio_cdev_open(torture->edus[i]);
	if (fd < 0)
		return fd;
	if (!put_fd(&t->world->dev[i], fd))
		close(fd);
	return 0;
}

static unsigned int some_dev(struct thread *t)
{
	return some_place(t, t->world->dev, torture->nedus);
}

static int op_dev_bind(struct thread *t)
{
	unsigned int i = some_dev(t);
	int dev = load(t->world->dev[i]), rc;
	struct kept *kept;
	uint32_t devid;

	if (dev < 0)
		return SKIP;
	rc = vfio_bind(dev, some_file(t, &kept), &devid);
	if (!rc)
		store(t->world->devid[i], devid);
	return rc;
}

static int op_dev_attach(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]);
	struct kept *kept;
	uint32_t pt;

	if (dev < 0)
		return SKIP;
	some_file(t, &kept);
	pt = choose(t, 3) ? some(t, kept->ioas) : some(t, kept->hwpt);
	return vfio_attach(dev, &pt);
}

static int op_dev_detach(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]);

	return dev < 0 ? SKIP : vfio_detach(dev);
}

/* Not two edus at once: a number may be that of another one by now. */
static int op_dev_dma(struct thread *t)
{
	unsigned int i = some_dev(t);
	struct edu edu = { .dev = load(t->world->dev[i]) };
	int rc;

	if (edu.dev < 0 || pthread_mutex_trylock(&t->world->dma_lock))
		return SKIP;
	rc = vfio_bar_map(edu.dev, 0, &edu.bar);
	if (!rc) {
		rc = vfio_enable(edu.dev, 1);
		if (!rc)
			rc = edu_store(&edu, slot_iova(t), 0, 512);
		vfio_bar_unmap(&edu.bar);
	}
	pthread_mutex_unlock(&t->world->dma_lock);
	return rc;
}

static int op_dev_close(struct thread *t)
{
	int dev = take(t->world->dev[choose(t, torture->nedus)], -1);

	if (dev < 0)
		return SKIP;
	return close(dev) ? -errno : 0;
}

/* ---- files and processes ---- */

/* In some files the process pays, in others the user. */
static int new_file(struct thread *t)
{
	int fd = iommufd_open(), rc;

	if (fd >= 0 && !choose(t, 3)) {
		rc = iommufd_option_set(fd, IOMMU_OPTION_RLIMIT_MODE, 0, 1);
		if (rc) {
			close(fd);
			return rc;
		}
	}
	return fd;
}

/* Another file takes the number of the one that is closed. */
static int op_close(struct thread *t)
{
	unsigned int i = choose(t, FILES);
	struct kept *kept = &t->world->kept[i];
	int fd = new_file(t), k;

	if (fd < 0)
		return fd;
	dup3(fd, t->world->fd[i], O_CLOEXEC);
	close(fd);
	for (k = 0; k < KEPT; k++) {
		store(kept->ioas[k], 0);
		store(kept->hwpt[k], 0);
		store(kept->stdev[k], 0);
		store(kept->idev[k], 0);
	}
	return 0;
}

/* A process maps its own memory, and ends; what it mapped stays. */
static int op_fork(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept), status = -1, i;
	uint32_t ioas = some(t, kept->ioas);
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child) {
		for (i = choose(t, 4); i; i--)
			map_some(t, fd, ioas);
		if (choose(t, 2))
			iommufd_unmap(fd, ioas, slot_iova(t), SLOT_SIZE, NULL);
		if (choose(t, 2))
			madvise(t->world->mem, MEM_SIZE / 2, MADV_DONTNEED);
		_exit(0);
	}
	waitpid(child, &status, 0);
	/* The cgroup may be full. */
	return status && status != SIGKILL ? -ECHILD : 0;
}

static int op_limit(struct thread *t)
{
	struct rlimit limit;

	limit.rlim_cur = (64 * PAGE) << choose(t, 10);
	limit.rlim_max = RLIM_INFINITY;
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

/* ---- memory ---- */

/* Part of the memory; with holes, only of its second half. */
static uint8_t *mem_part(struct thread *t, uint64_t *length, bool holes)
{
	uint8_t *va;

	*length = PAGE << choose(t, 9);
	va = some_mem(t, *length);
	if (holes && va < t->world->mem + MEM_SIZE / 2)
		va += MEM_SIZE / 2 - *length;
	return va;
}

static int op_mem_drop(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, false);

	return madvise(va, length, MADV_DONTNEED) ? -errno : 0;
}

static int op_mem_touch(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, false);

	return madvise(va, length, MADV_POPULATE_WRITE) ? -errno : 0;
}

/* Not munmap() alone: other memory of the process might come there. */
static int mem_renew(void *va, size_t length, int prot)
{
	void *at = mmap(va, length, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return at == MAP_FAILED ? -errno : 0;
}

static int op_mem_hole(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, true);
	int rc = mem_renew(va, length, PROT_NONE);

	usleep(choose(t, 500));
	return rc ? rc : mem_renew(va, length, PROT_READ | PROT_WRITE);
}

static int op_mem_protect(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, true);

	if (mprotect(va, length, PROT_READ))
		return -errno;
	usleep(choose(t, 500));
	return mprotect(va, length, PROT_READ | PROT_WRITE) ? -errno : 0;
}

static int op_mem_collapse(struct thread *t)
{
	uint8_t *va = t->world->mem + choose(t, MEM_SIZE / HUGE) * HUGE;

	madvise(va, HUGE, MADV_HUGEPAGE);
	return madvise(va, HUGE, MADV_COLLAPSE) ? -errno : 0;
}

static int op_mem_split(struct thread *t)
{
	char text[96];

	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)t->world->mem,
		 (unsigned long)t->world->mem + MEM_SIZE);
	return file_write("/sys/kernel/debug/split_huge_pages", text);
}

/* ---- the oracle ---- */

/* The thread's own memory, on a file of its own: all is as it should be. */
static int verify_mapped(struct thread *t, int fd, uint32_t ioas, uint32_t hwpt)
{
	uint64_t iova = SLOT_IOVA;
	uint8_t seen[64];
	int access, rc;

	rc = test_access_create(fd, ioas, 0, &access);
	if (rc)
		return rc;
	memset(t->own + PAGE, choose(t, 256), sizeof(seen));
	rc = iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, t->own, OWN_SIZE,
			 &iova);
	if (!rc)
		rc = test_check_map(fd, hwpt, iova, t->own, OWN_SIZE);
	if (!rc)
		rc = test_check_refs(fd, t->own, OWN_SIZE, 1);
	if (!rc)
		rc = test_access_read(fd, access, iova + PAGE, seen,
				      sizeof(seen));
	if (!rc && memcmp(seen, t->own + PAGE, sizeof(seen)))
		rc = -EILSEQ;
	if (!rc)
		rc = iommufd_unmap(fd, ioas, iova, OWN_SIZE, NULL);
	close(access);
	return rc;
}

static int op_verify(struct thread *t)
{
	struct test_mock mock;
	int fd = iommufd_open(), rc;
	uint32_t ioas;

	if (fd < 0)
		return fd;
	rc = iommufd_ioas_alloc(fd, &ioas);
	if (!rc)
		rc = test_mock(fd, ioas, 0, &mock);
	if (!rc)
		rc = verify_mapped(t, fd, ioas, mock.hwpt);
	close(fd);
	if (!rc)
		rc = test_check_refs(t->world->fd[0], t->own, OWN_SIZE, 0);
	return rc;
}

/* ---- the host ---- */

static int op_unbind(struct thread *t)
{
	char driver[64];
	char *bdf = torture->edus[choose(t, torture->nedus)];
	int rc = pci_driver(bdf, driver, sizeof(driver));

	if (rc)
		return rc;
	return driver[0] ? pci_unbind(bdf) : SKIP;
}

static int op_bind(struct thread *t)
{
	char driver[64];
	char *bdf = torture->edus[choose(t, torture->nedus)];
	int rc = pci_driver(bdf, driver, sizeof(driver));

	usleep(choose(t, 200000));
	if (rc)
		return rc;
	return driver[0] ? SKIP : pci_bind(bdf, "vfio-pci");
}

static int op_compact(struct thread *t)
{
	usleep(choose(t, 4000000));
	return file_write("/proc/sys/vm/compact_memory", "1");
}

/* Shrinkers run, among them the one that splits huge pages. */
static int op_shrink(struct thread *t)
{
	usleep(choose(t, 4000000));
	return file_write("/proc/sys/vm/drop_caches", "3");
}

static int op_squeeze(struct thread *t)
{
	int rc = file_write(CGROUP "/memory.max", CGROUP_SQUEEZED);

	usleep(choose(t, 2000000));
	return rc ? rc : file_write(CGROUP "/memory.max", CGROUP_MAX);
}

/* ---- all of them ---- */

/* Who does it. */
enum who {
	WHO_TENANT,
	WHO_DRIVERS,
	WHO_MEMORY,
};

/**
 * struct op - an operation
 * @name: for people
 * @run: returns 0, -errno or SKIP
 * @who: does it
 * @weight: how often, compared with the others of that kind of thread
 * @fits: each errno that it may end with when all is well, between zeros; the
 *	number of a file may be that of another one by now, hence ENOTTY
 */
struct op {
	const char *name;
	int (*run)(struct thread *t);
	enum who who;
	unsigned int weight;
	const int *fits;
};

#define OP(name, who, weight, ...) \
	{ #name, op_##name, WHO_##who, weight, (const int[]){ 0, ##__VA_ARGS__, 0 } }

static const struct op ops[] = {
	OP(ioas_alloc, TENANT, 20, ENOMEM),
	OP(ioas_destroy, TENANT, 4, ENOENT, EBUSY),
	OP(map, TENANT, 50, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_shared, TENANT, 15, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_file, TENANT, 15, ENOENT, EEXIST, EFAULT, ENOMEM, ENOSPC),
	OP(map_anywhere, TENANT, 5, ENOENT, EFAULT, ENOMEM, ENOSPC),
	OP(unmap, TENANT, 30, ENOENT, EBUSY),
	OP(unmap_all, TENANT, 4, ENOENT, EBUSY),
	OP(copy, TENANT, 50, ENOENT, EEXIST, EPERM, EFAULT, ENOMEM, ENOSPC),
	OP(allow, TENANT, 3, ENOENT, ENOMEM),
	OP(ranges, TENANT, 3, ENOENT),
	OP(huge_pages, TENANT, 3, ENOENT, EINVAL),
	OP(mock, TENANT, 20, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT, ENOMEM),
	OP(mock_destroy, TENANT, 6, ENOENT, EBUSY),
	OP(mock_replace, TENANT, 15, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM),
	OP(hwpt_alloc, TENANT, 20, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM),
	OP(hwpt_destroy, TENANT, 10, ENOENT, EBUSY),
	OP(hw_info, TENANT, 3, ENOENT, ENOMEM),
	OP(access, TENANT, 15, ENOENT, EADDRINUSE, ENOMEM),
	OP(access_close, TENANT, 5),
	OP(access_pin, TENANT, 40, ENOENT, EBADFD, EOPNOTSUPP, EPERM, EFAULT,
	   ENOMEM),
	OP(access_unpin, TENANT, 15, ENOENT, EBADFD),
	OP(access_rw, TENANT, 30, ENOENT, EBADFD, EPERM, EFAULT, ENOMEM),
	OP(access_replace, TENANT, 6, ENOENT, EBADFD, EADDRINUSE, EBUSY,
	   ENOMEM),
	OP(dev_open, TENANT, 20, ENOENT, ENODEV, ENXIO, ENOMEM),
	OP(dev_bind, TENANT, 25, EINVAL, EPERM, EBUSY, EAGAIN, ENODEV, ENOMEM,
	   EBADF, ENOTTY),
	OP(dev_attach, TENANT, 30, ENOENT, EADDRINUSE, EINVAL, EBUSY, EFAULT,
	   ENOMEM, EBADF, ENOTTY),
	OP(dev_detach, TENANT, 8, EINVAL, EBADF, ENOTTY),
	OP(dev_dma, TENANT, 1, EINVAL, ENODEV, ETIMEDOUT, EBADF, ENOTTY),
	OP(dev_close, TENANT, 8),
	OP(close, TENANT, 2, ENOMEM),
	OP(fork, TENANT, 2, ENOMEM, EAGAIN),
	OP(limit, TENANT, 3),
	OP(mem_drop, TENANT, 4),
	OP(mem_touch, TENANT, 5, EINVAL, EFAULT, ENOMEM),
	OP(mem_hole, TENANT, 2, ENOMEM),
	OP(mem_protect, TENANT, 2, ENOMEM),
	OP(mem_collapse, TENANT, 3, EINVAL, EAGAIN, EBUSY, ENOMEM),
	OP(mem_split, TENANT, 1),
	OP(verify, TENANT, 3, ENOMEM),
	OP(unbind, DRIVERS, 1),
	OP(bind, DRIVERS, 2),
	OP(compact, MEMORY, 1),
	OP(shrink, MEMORY, 1),
	OP(squeeze, MEMORY, 1),
};

_Static_assert(ARRAY_SIZE(ops) <= OPS_MAX, "room in struct torture");

static unsigned int some_op(struct thread *t, enum who who)
{
	unsigned int total = 0, at, i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].who == who)
			total += ops[i].weight;
	at = choose(t, total);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (ops[i].who != who)
			continue;
		if (at < ops[i].weight)
			break;
		at -= ops[i].weight;
	}
	return i;
}

static bool fits(unsigned int op, int rc)
{
	const int *fit;

	for (fit = ops[op].fits + 1; *fit; fit++)
		if (rc == -*fit)
			return true;
	return false;
}

static void run_op(struct thread *t, unsigned int op)
{
	int rc;

	store(t->life->op, op);
	store(t->life->since, clock_ms());
	rc = ops[op].run(t);
	store(t->life->done, t->life->done + 1);
	if (rc == SKIP)
		return;
	tally_add(&torture->tally[op], rc);
	if (rc < 0 && !fits(op, rc)) {
		store(torture->bad_op, op);
		store(torture->bad, rc);
	}
}

static void run_thread(struct thread *t, enum who who)
{
	store(t->life->since, clock_ms());
	store(t->life->tid, gettid());
	while (!load(torture->stop))
		run_op(t, some_op(t, who));
	store(t->life->tid, 0);
}

/* ---- processes ---- */

static void *tenant_thread(void *arg)
{
	run_thread(arg, WHO_TENANT);
	return NULL;
}

static void *host_thread(void *arg)
{
	struct thread *t = arg;

	run_thread(t, t->life == &torture->lives[HOST][0] ? WHO_DRIVERS :
							     WHO_MEMORY);
	return NULL;
}

static void run_threads(struct world *world, unsigned int process,
			unsigned int count, void *(*function)(void *arg))
{
	struct thread threads[THREADS];
	unsigned int i;

	for (i = 0; i < count; i++) {
		threads[i] = (struct thread){
			.world = world, .process = process,
			.life = &torture->lives[process][i],
			.random = torture->seed + 1000 * torture->round +
				  100 * process + i,
			.own = pages(OWN_SIZE),
		};
		check(!madvise(threads[i].own, OWN_SIZE, MADV_NOHUGEPAGE));
		memset(threads[i].own, 1, OWN_SIZE);
		check(!pthread_create(&threads[i].id, NULL, function,
				      &threads[i]));
	}
	for (i = 0; i < count; i++)
		pthread_join(threads[i].id, NULL);
}

static uint8_t *huge_aligned(size_t size)
{
	uint8_t *raw = pages(size + HUGE);
	uint8_t *mem = (uint8_t *)(((uintptr_t)raw + HUGE - 1) & ~(HUGE - 1));

	madvise(mem, size, MADV_HUGEPAGE);
	return mem;
}

static void world_make(struct world *world)
{
	int i;

	pthread_mutex_init(&world->dma_lock, NULL);
	for (i = 0; i < FILES; i++) {
		world->fd[i] = iommufd_open();
		check(world->fd[i] >= 0);
	}
	for (i = 0; i < KEPT; i++)
		world->access[i] = -1;
	for (i = 0; i < EDUS; i++)
		world->dev[i] = -1;
	world->mem = huge_aligned(MEM_SIZE);
	world->memfd = memfd_create("torture", MFD_CLOEXEC);
	check(world->memfd >= 0 && !ftruncate(world->memfd, MEM_SIZE));
}

/* All is closed; and nothing is left of what the process had pinned. */
static void world_close(struct world *world)
{
	int fd = iommufd_open(), i;

	check(fd >= 0);
	for (i = 0; i < KEPT; i++)
		close(world->access[i]);
	for (i = 0; i < EDUS; i++)
		close(world->dev[i]);
	for (i = 0; i < FILES; i++)
		close(world->fd[i]);
	check(!test_check_refs(fd, world->mem, MEM_SIZE, 0));
	check(!status_kb("VmPin"));
	check(!status_kb("VmLck"));
	close(fd);
}

static void tenant(unsigned int process)
{
	struct world world = { };

	if (process == 1)
		check(!file_write(CGROUP "/cgroup.procs", "0"));
	check(!drop_ipc_lock());
	world_make(&world);
	run_threads(&world, process, THREADS, tenant_thread);
	world_close(&world);
}

static pid_t start_process(unsigned int process)
{
	pid_t child;

	memset(torture->lives[process], 0, sizeof(torture->lives[process]));
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child)
		return child;
	usual_signals();
	if (process == HOST)
		run_threads(NULL, HOST, 2, host_thread);
	else
		tenant(process);
	_exit(0);
}

/* ---- the watchdog ---- */

/**
 * struct watch - what the first process knows of the others
 * @pid: 0: none
 * @dying: when it was killed, or told to stop, in ms
 */
struct watch {
	pid_t pid[PROCESSES];
	uint64_t dying[PROCESSES];
	uint64_t progress;
};

static void print_stack(pid_t tid)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/stack", tid);
	if (file_read(path, text, sizeof(text)) > 0)
		print_error("%s\n", text);
}

static void watch_threads(struct watch *watch, unsigned int process)
{
	uint64_t now = clock_ms();
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		struct life *life = &torture->lives[process][i];

		if (!life->tid || now - load(life->since) < STUCK_MS ||
		    now < load(life->since))
			continue;
		print_error("process %u, thread %u: %s takes %lu s\n", process,
			    i, ops[life->op].name,
			    (unsigned long)(now - life->since) / 1000);
		print_stack(life->tid);
		fail();
	}
	if (watch->dying[process] && now - watch->dying[process] > STUCK_MS) {
		print_stack(watch->pid[process]);
		fail_msg("process %u does not end", process);
	}
}

static void print_progress(struct watch *watch)
{
	uint64_t calls = 0, done = 0, now = clock_ms(), longest = 0;
	const char *name = "nothing";
	unsigned int i, k;

	if (now - watch->progress < PROGRESS_MS)
		return;
	watch->progress = now;
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		calls += tally_sum(&torture->tally[i]);
		done += torture->tally[i].done;
	}
	for (i = 0; i < PROCESSES; i++) {
		for (k = 0; k < THREADS; k++) {
			struct life *life = &torture->lives[i][k];
			uint64_t since = load(life->since);

			if (!life->tid || since + longest >= now)
				continue;
			longest = now - since;
			name = ops[life->op].name;
		}
	}
	printf("round %u: %lu calls, %lu succeeded, %lu processes died; ",
	       torture->round, (unsigned long)calls, (unsigned long)done,
	       (unsigned long)torture->deaths);
	printf("longest at it: %s, %lu ms\n", name, (unsigned long)longest);
	fflush(stdout);
}

/* Who has ended? Tenants may be killed, by us or as their cgroup is full. */
static void reap(struct watch *watch)
{
	int status;
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < PROCESSES; i++)
			if (watch->pid[i] == pid)
				break;
		/* The child of one that was killed. */
		if (i == PROCESSES)
			continue;
		watch->pid[i] = 0;
		watch->dying[i] = 0;
		if (i != HOST && WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGKILL) {
			torture->deaths++;
			continue;
		}
		if (status || !torture->stop)
			fail_msg("process %d ended with status %#x", i, status);
	}
}

static void kill_some(struct watch *watch, unsigned int *random)
{
	unsigned int i = (unsigned int)rand_r(random) % TENANTS;

	if (rand_r(random) % KILL_TICKS || !watch->pid[i] || watch->dying[i])
		return;
	watch->dying[i] = clock_ms();
	torture->kills++;
	assert_int_equal(kill(watch->pid[i], SIGKILL), 0);
}

static bool any_process(const struct watch *watch)
{
	int i;

	for (i = 0; i < PROCESSES; i++)
		if (watch->pid[i])
			return true;
	return false;
}

static void stop_round(struct watch *watch)
{
	int i;

	store(torture->stop, 1);
	for (i = 0; i < PROCESSES; i++)
		if (!watch->dying[i])
			watch->dying[i] = clock_ms();
}

static void tick(struct watch *watch)
{
	int i;

	usleep(TICK_MS * 1000);
	reap(watch);
	for (i = 0; i < PROCESSES; i++)
		if (watch->pid[i])
			watch_threads(watch, i);
	print_progress(watch);
}

static void run_round(struct watch *watch, uint64_t ms)
{
	uint64_t end = clock_ms() + ms;
	unsigned int random = torture->seed + torture->round;
	int i;

	torture->stop = 0;
	memset(watch->dying, 0, sizeof(watch->dying));
	while (clock_ms() < end && !torture->bad) {
		for (i = 0; i < PROCESSES; i++)
			if (!watch->pid[i])
				watch->pid[i] = start_process(i);
		tick(watch);
		kill_some(watch, &random);
	}
	stop_round(watch);
	while (any_process(watch))
		tick(watch);
}

/* ---- rounds ---- */

static void bind_all(void)
{
	int i;

	torture->nedus = 0;
	for (i = 0; i < EDUS; i++) {
		char *bdf = torture->edus[i];

		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, i, bdf))
			break;
		assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
		torture->nedus++;
	}
	assert_true(torture->nedus > 0);
}

static void one_round(struct watch *watch, uint64_t ms)
{
	uint64_t pins = pins_now();

	load_mock(torture->round);
	bind_all();
	run_round(watch, ms);
	if (torture->bad)
		fail_msg("%s: %s has no place there",
			 ops[torture->bad_op].name, strerror(-torture->bad));
	check_rest(pins, torture->shared, SHARED_SIZE);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	torture->round++;
}

static unsigned int run_seconds(void)
{
	const char *seconds = getenv("TORTURE_SECONDS");
	const char *text = getenv("TEST_LONG");

	if (seconds)
		return strtoul(seconds, NULL, 0);
	return text && text[0] ? SECONDS_LONG : SECONDS;
}

static bool each_succeeded(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!torture->tally[i].done)
			return false;
	return true;
}

/* Also where the test has failed. */
static int print_tally(void **state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		tally_print(ops[i].name, &torture->tally[i]);
	printf("%u rounds, %lu processes killed by us, %lu died\n",
	       torture->round, (unsigned long)torture->kills,
	       (unsigned long)torture->deaths);
	fflush(stdout);
	return 0;
}

static void check_tally(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!torture->tally[i].done)
			fail_msg("%s never succeeded", ops[i].name);
}

/* Two rounds at least; what needs extra time needs a long round. */
static uint64_t round_ms(uint64_t ms, uint64_t passed)
{
	if (passed >= ms)
		return EXTRA_ROUND_SECONDS * 1000;
	return ms / 2 < ROUND_SECONDS * 1000 ? ms / 2 : ROUND_SECONDS * 1000;
}

static void test_torture(void **state)
{
	uint64_t ms = run_seconds() * 1000, start = clock_ms();
	struct watch watch = { .progress = start };

	while (clock_ms() - start < ms ||
	       (!each_succeeded() &&
		clock_ms() - start < ms + EXTRA_SECONDS * 1000))
		one_round(&watch, round_ms(ms, clock_ms() - start));
	check_tally();
}

static void choose_seed(void)
{
	const char *text = getenv("SEED");

	torture->seed = text ? strtoul(text, NULL, 0) : clock_ms();
	print_message("seed: SEED=%u\n", torture->seed);
}

static int setup(void **state)
{
	size_t size = SHARED_SIZE + sizeof(*torture);
	uint8_t *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return -1;
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -1;
	if (file_write(CGROUP "/memory.max", CGROUP_MAX))
		return -1;
	torture = (void *)(mem + SHARED_SIZE);
	torture->shared = mem;
	memset(mem, 1, SHARED_SIZE);
	choose_seed();
	console_quiet();
	if (module_loaded("iommufd_selftest"))
		return module_unload("iommufd_selftest");
	return 0;
}

static int teardown(void **state)
{
	int i;

	console_usual();
	for (i = 0; i < 100 && rmdir(CGROUP); i++)
		usleep(20000);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_torture, print_tally),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
