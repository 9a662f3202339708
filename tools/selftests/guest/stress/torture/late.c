// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments in memory that comes late, see late.h.
 */
#include <pthread.h>

#include "bed.h"
#include "iommufd.h"
#include "late.h"
#include "uffd.h"
#include "world.h"

#define LATE_US 5000
#define LATE_POLL_MS 20

/**
 * struct late - a page that comes late
 * @fd: of its fault
 * @page: where it will be; NULL: it has gone, and may be somebody else's
 * @data: what will be there
 * @us: how late
 * @over: nobody will want it any more
 */
struct late {
	int fd;
	uint8_t *page;
	uint8_t data[PAGE];
	unsigned int us;
	int over;
};

/* Where there is no memory for it, it is gone: nobody waits for ever. */
static void late_come(struct late *late)
{
	usleep(late->us);
	if (!uffd_serve(late->fd, late->page, late->data))
		return;
	munmap(late->page, PAGE);
	close(late->fd);
	late->page = NULL;
	late->fd = -1;
}

static void *late_serve(void *arg)
{
	struct late *late = arg;

	while (late->fd >= 0 && !__atomic_load_n(&late->over, __ATOMIC_RELAXED))
		if (!uffd_wait(late->fd, LATE_POLL_MS, NULL))
			late_come(late);
	return NULL;
}

static int late_open(struct late *late)
{
	int rc;

	late->fd = uffd_open(false);
	if (late->fd < 0)
		return late->fd;
	rc = uffd_register(late->fd, late->page, PAGE, false);
	if (rc)
		close(late->fd);
	return rc;
}

int late_call(struct thread *t, int fd, unsigned long cmd, void *arg,
	      size_t size)
{
	struct late late = { .us = choose(t, LATE_US) };
	pthread_t server;
	uint8_t *page;
	int rc;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	late.page = page;
	memcpy(late.data, arg, size);
	rc = late_open(&late);
	if (rc)
		goto out;
	rc = -pthread_create(&server, NULL, late_serve, &late);
	if (!rc) {
		rc = iommufd_call(fd, cmd, page);
		__atomic_store_n(&late.over, 1, __ATOMIC_RELAXED);
		pthread_join(server, NULL);
	}
	if (!rc)
		memcpy(arg, page, size);
	if (late.fd >= 0)
		close(late.fd);
out:
	if (late.page)
		munmap(late.page, PAGE);
	return rc;
}
