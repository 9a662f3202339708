/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A life of the fuzzer: a process with files, ids and memory, which earlier
 * calls have brought.
 */
#ifndef _GUEST_FUZZLIFE_H
#define _GUEST_FUZZLIFE_H

#include <fcntl.h>
#include <linux/memfd.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "calls.h"
#include "bed.h"
#include "file.h"
#include "manners.h"
#include "module.h"
#include "pci.h"
#include "rest.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

#define EDUS 3
#define FILES 2		/* of /dev/iommu */
#define IDS 8		/* of each kind and file */
#define OTHERS 8	/* files of no use */
#define PER_KIND 4	/* files of each kind */

/* Memory of all that the kernel may read and write, amid of nothing. */
#define MEM_SIZE (4 * HUGE)
#define NOTHING (8UL << 30)

/* Where structs are put: with room behind them that nobody may write to. */
#define ARG_ROOM (2 * PAGE)
#define CANARY 0xa5

/* On both sides of where calls of an IOMMU's driver have to end. */
#define CALL_END 0x40000000UL
#define SLOTS 8
#define SLOT_IOVA (CALL_END - SLOTS / 2 * HUGE)

/**
 * struct one - one call, as it is going to be made
 * @call: NULL where there is none
 * @kind: of file that it is for, of those that @call says
 * @arg: where its struct is
 * @user: what is passed for it
 * @size: of the struct, as it says itself
 * @whole: @user is @arg, and the kernel may write no more than @size
 * @strange: on another file than those, or of another number
 */
struct one {
	const struct call *call;
	int kind;
	int fd;
	unsigned long nr;
	uint8_t *arg;
	void *user;
	size_t size;
	bool whole;
	bool strange;
	int rc;
};

/**
 * struct place - where something is mapped, or was
 * @kind: of @fd
 * @ioas: 0: not known
 * @length: 0: there is no such place
 */
struct place {
	int kind;
	int fd;
	uint32_t ioas;
	uint64_t iova;
	uint64_t length;
	uint64_t mem;
};

#define PLACES 4

/**
 * struct life - one process
 * @random: what all is made of
 * @ids: of files by kind; the newest replaces the oldest
 * @places: of what is mapped
 * @place: of what the next call is about; NULL: of nothing that is known
 * @fds: of files by kind; -1: none
 * @others: files of other kinds
 * @mem: what can be mapped
 * @data: where the kernel may write; the second half of @mem
 * @started: a container that has got its type since the last call; 0: none
 * @uffd: serves args[0], from @late
 * @is_late: the next time that somebody waits for it, something happens before
 * @late_kind: of the file that this somebody has called
 * @late_fd: the file
 */
struct life {
	unsigned int random;
	uint32_t ids[FILES][ID_KINDS][IDS];
	unsigned int next_id;
	struct place places[PLACES];
	const struct place *place;
	unsigned int next_place;
	int fds[FD_KINDS][PER_KIND];
	int others[OTHERS];
	int nedus;
	char edus[EDUS][PCI_NAME_MAX];
	uint8_t *mem;
	uint8_t *data;
	uint8_t *args[2];
	int started;
	int uffd;
	uint8_t *late;
	bool is_late;
	int late_kind;
	int late_fd;
	int kmsg;
	struct one helped;
	sem_t help;
	sem_t done;
};

/* Those of one kind. */
static int *fds_of(struct life *life, unsigned int kind)
{
	return life->fds[__builtin_ctz(kind)];
}

/* The number of a file of /dev/iommu, for its ids. */
static unsigned int file_of(struct life *life, int fd)
{
	return fd == fds_of(life, FD_IOMMU)[1];
}

static unsigned int choose(struct life *life, unsigned int limit)
{
	return (unsigned int)rand_r(&life->random) % limit;
}

static uint64_t random64(struct life *life)
{
	return (uint64_t)choose(life, 1U << 30) << 34 ^
	       (uint64_t)choose(life, 1U << 30) << 15 ^ choose(life, 1U << 15);
}

static unsigned int bit_of(struct life *life, uint64_t mask, unsigned int bits)
{
	unsigned int bit;

	do
		bit = choose(life, bits);
	while (!(mask & (1ULL << bit)));
	return bit;
}

static void keep_fd(struct life *life, unsigned int kind, int fd)
{
	int *place = &fds_of(life, kind)[choose(life, PER_KIND)];

	if (*place >= 0)
		close(*place);
	*place = fd;
}

/* ---- how it begins ---- */

/* With nothing before and after it: a wrong address is not ours. */
static uint8_t *memory_amid_nothing(size_t size)
{
	uint8_t *all = mmap(NULL, 2 * NOTHING, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(all != MAP_FAILED);
	all = (uint8_t *)(((uintptr_t)all + NOTHING) & ~(HUGE - 1));
	check(!mprotect(all, size, PROT_READ | PROT_WRITE));
	return all;
}

static void open_others(struct life *life)
{
	int pipes[2];

	check(!pipe2(pipes, O_CLOEXEC));
	life->others[0] = pipes[0];
	life->others[1] = pipes[1];
	life->others[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	life->others[3] = open("/", O_RDONLY | O_CLOEXEC);
	life->others[4] = epoll_create1(EPOLL_CLOEXEC);
	life->others[5] = open("/dev/iommu", O_PATH | O_CLOEXEC);
	life->others[6] = -1;
	life->others[7] = 900;
}

static int new_memfd(bool sealed)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	check(fd >= 0 && !ftruncate(fd, MEM_SIZE));
	if (sealed)
		check(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	return fd;
}

/* Of one page, where the guest has such a one. */
static int new_giant_memfd(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_HUGETLB |
				      MFD_HUGE_1GB);

	check(fd < 0 || !ftruncate(fd, 1UL << 30));
	return fd;
}

static void open_all(struct life *life)
{
	int i;

	memset(life->fds, 0xff, sizeof(life->fds));
	for (i = 0; i < FILES; i++) {
		fds_of(life, FD_IOMMU)[i] = iommufd_open();
		check(fds_of(life, FD_IOMMU)[i] >= 0);
		fds_of(life, FD_CONTAINER)[i] = type1_container_open();
		check(fds_of(life, FD_CONTAINER)[i] >= 0);
	}
	for (i = 0; i < life->nedus; i++)
		fds_of(life, FD_DEVICE)[i] = vfio_cdev_open(life->edus[i]);
	fds_of(life, FD_GROUP)[0] = type1_group_open(life->edus[0]);
	fds_of(life, FD_MEM)[0] = new_memfd(false);
	fds_of(life, FD_MEM)[1] = new_memfd(true);
	fds_of(life, FD_MEM)[2] = new_giant_memfd();
	fds_of(life, FD_EVENT)[0] = eventfd(0, EFD_CLOEXEC);
	fds_of(life, FD_EVENT)[1] = eventfd(1, EFD_CLOEXEC);
	open_others(life);
	life->kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	check(life->kmsg >= 0);
}

#endif
