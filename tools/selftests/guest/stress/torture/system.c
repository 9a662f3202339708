// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of the torture besides: on files, processes, their memory, drivers
 * and the memory of the whole system.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "map.h"
#include "pci.h"
#include "system.h"
#include "world.h"

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
int op_close(struct thread *t)
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
int op_fork(struct thread *t)
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

int op_limit(struct thread *t)
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

int op_mem_drop(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, false);

	return madvise(va, length, MADV_DONTNEED) ? -errno : 0;
}

int op_mem_touch(struct thread *t)
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

int op_mem_hole(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, true);
	int rc = mem_renew(va, length, PROT_NONE);

	usleep(choose(t, 500));
	return rc ? rc : mem_renew(va, length, PROT_READ | PROT_WRITE);
}

int op_mem_protect(struct thread *t)
{
	uint64_t length;
	uint8_t *va = mem_part(t, &length, true);

	if (mprotect(va, length, PROT_READ))
		return -errno;
	usleep(choose(t, 500));
	return mprotect(va, length, PROT_READ | PROT_WRITE) ? -errno : 0;
}

int op_mem_collapse(struct thread *t)
{
	uint8_t *va = t->world->mem + choose(t, MEM_SIZE / HUGE) * HUGE;

	madvise(va, HUGE, MADV_HUGEPAGE);
	return madvise(va, HUGE, MADV_COLLAPSE) ? -errno : 0;
}

int op_mem_split(struct thread *t)
{
	char text[96];

	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)t->world->mem,
		 (unsigned long)t->world->mem + MEM_SIZE);
	return file_write("/sys/kernel/debug/split_huge_pages", text);
}

/* ---- the host ---- */

int op_unbind(struct thread *t)
{
	char driver[64];
	char *bdf = torture->edus[choose(t, torture->nedus)];
	int rc = pci_driver(bdf, driver, sizeof(driver));

	if (rc)
		return rc;
	return driver[0] ? pci_unbind(bdf) : SKIP;
}

int op_bind(struct thread *t)
{
	char driver[64];
	char *bdf = torture->edus[choose(t, torture->nedus)];
	int rc = pci_driver(bdf, driver, sizeof(driver));

	usleep(choose(t, 200000));
	if (rc)
		return rc;
	return driver[0] ? SKIP : pci_bind(bdf, "vfio-pci");
}

int op_compact(struct thread *t)
{
	usleep(choose(t, 4000000));
	return file_write("/proc/sys/vm/compact_memory", "1");
}

/* Shrinkers run, among them the one that splits huge pages. */
int op_shrink(struct thread *t)
{
	usleep(choose(t, 4000000));
	return file_write("/proc/sys/vm/drop_caches", "3");
}

int op_squeeze(struct thread *t)
{
	int rc = file_write(CGROUP "/memory.max", CGROUP_SQUEEZED);

	usleep(choose(t, 2000000));
	return rc ? rc : file_write(CGROUP "/memory.max", CGROUP_MAX);
}

char usual_max[24];

/* What IOMMU drivers may allocate for a user, for a while: next to nothing. */
int op_pinch(struct thread *t)
{
	char text[24];
	int rc;

	snprintf(text, sizeof(text), "%lu", choose(t, 64) * PAGE);
	rc = file_write(MAX_TABLE_BYTES, text);
	usleep(choose(t, 300000));
	return rc ? rc : file_write(MAX_TABLE_BYTES, usual_max);
}
