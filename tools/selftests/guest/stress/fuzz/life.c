// SPDX-License-Identifier: GPL-2.0
/*
 * A life of the fuzzer, see life.h.
 */
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "bed.h"
#include "calls.h"
#include "iommufd.h"
#include "life.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

#define NOTHING (8UL << 30)

int *fds_of(struct life *life, unsigned int kind)
{
	return life->fds[__builtin_ctz(kind)];
}

unsigned int file_of(struct life *life, int fd)
{
	return fd == fds_of(life, FD_IOMMU)[1];
}

unsigned int choose(struct life *life, unsigned int limit)
{
	return (unsigned int)rand_r(&life->random) % limit;
}

uint64_t random64(struct life *life)
{
	return (uint64_t)choose(life, 1U << 30) << 34 ^
	       (uint64_t)choose(life, 1U << 30) << 15 ^ choose(life, 1U << 15);
}

unsigned int bit_of(struct life *life, uint64_t mask, unsigned int bits)
{
	unsigned int bit;

	do
		bit = choose(life, bits);
	while (!(mask & (1ULL << bit)));
	return bit;
}

void keep_fd(struct life *life, unsigned int kind, int fd)
{
	int *place = &fds_of(life, kind)[choose(life, PER_KIND)];

	if (*place >= 0)
		close(*place);
	*place = fd;
}

/* ---- how it begins ---- */

uint8_t *memory_amid_nothing(size_t size)
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

void open_all(struct life *life)
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
