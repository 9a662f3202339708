// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose struct comes late, see late.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "iommufd.h"
#include "late.h"
#include "life.h"
#include "one.h"
#include "type1.h"
#include "uffd.h"
#include "user.h"

#define LATE_US 2000

/* All groups leave their containers, or a file forgets its IOAS. */
static void happen_meanwhile(struct life *life)
{
	int *groups = fds_of(life, FD_GROUP), i;

	if (life->late_kind == FD_IOMMU)
		iommufd_vfio_ioas(life->late_fd, IOMMU_VFIO_IOAS_CLEAR, NULL);
	for (i = 0; life->late_kind == FD_CONTAINER && i < PER_KIND; i++)
		if (groups[i] >= 0)
			type1_leave(groups[i]);
}

/* Who waits is the main thread, so what it has of files stays as it is. */
static void *serve_late(void *arg)
{
	struct life *life = arg;
	unsigned int random = life->random;
	void *page;
	int rc;

	for (;;) {
		rc = uffd_wait(life->uffd, -1, &page);
		if (rc == -EINTR)
			continue;
		check(!rc);
		if (__atomic_exchange_n(&life->is_late, false,
					__ATOMIC_ACQ_REL)) {
			happen_meanwhile(life);
			usleep((unsigned int)rand_r(&random) % LATE_US);
		}
		/* The cgroup may be full for a while. */
		while ((rc = uffd_serve(life->uffd, page, life->late +
					((uint8_t *)page - life->args[0]))) ==
		       -ENOMEM)
			usleep(1000);
		check(!rc || rc == -EEXIST);
	}
	return NULL;
}

void late_start(struct life *life)
{
	pthread_t thread;

	life->late = mmap(NULL, ARG_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	life->uffd = uffd_open(false);
	check(life->late != MAP_FAILED && life->uffd >= 0);
	check(!uffd_register(life->uffd, life->args[0], ARG_ROOM, false));
	check(!pthread_create(&thread, NULL, serve_late, life));
}

static bool can_be_late(const struct one *one)
{
	return one->whole && !one->strange;
}

/* An ioctl of a container: its struct is not read under a lock. */
static bool is_of_container(const struct one *one)
{
	return one->call->fd & FD_CONTAINER;
}

void run_late(struct life *life, struct one *one)
{
	if (!can_be_late(one)) {
		run_one(one);
		return;
	}
	life->late_kind = is_of_container(one) ? one->kind : 0;
	life->late_fd = one->fd;
	memcpy(life->late, life->args[0], ARG_ROOM);
	__atomic_store_n(&life->is_late, true, __ATOMIC_RELEASE);
	check(!madvise(life->args[0], ARG_ROOM, MADV_DONTNEED));
	run_one(one);
	/* It may have ended before it came to its struct. */
	__atomic_store_n(&life->is_late, false, __ATOMIC_RELEASE);
}

void make_late(struct life *life, struct one *one)
{
	do
		make_one(life, one, life->args[0]);
	while (!can_be_late(one) || !is_of_container(one) ||
	       one->call->hopeless);
	one->kind = FD_CONTAINER;
	one->fd = life->started;
}
