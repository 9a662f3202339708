/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of CHANGE_PROCESS begin with: IOASes of one file, each with a page table
 * of the mock IOMMU, memory of files, and processes that see what each other pays.
 */
#ifndef _GUEST_TAKEOVER_TAKEBED_H
#define _GUEST_TAKEOVER_TAKEBED_H

#include "bed.h"
#include "test.h"

#define IOASES 3

/* Small: its mem is in nobody's registry. Large: others may share it. */
#define SMALL (8 * PAGE)
#define LARGE (2 * HUGE)

/**
 * struct takebed - IOASes, and a file of memory
 * @fd: of /dev/iommu
 * @ioas: the IOASes
 * @mock: a device for each
 * @file: of LARGE bytes
 * @owner: the process that has mapped, which the heir may want to look at
 * @want: for the heir: what it is to do, as each test says
 */
struct takebed {
	int fd;
	uint32_t ioas[IOASES];
	struct test_mock mock[IOASES];
	int file;
	pid_t owner;
	uint64_t want;
};

/* The rest is for children, which fail by check(): see user.h. */

typedef void (*take_function)(struct takebed *bed);

/*
 * The owner's part: a process with RLIMIT_MEMLOCK that has mapped nothing yet; as root
 * without CAP_IPC_LOCK, or as the guest's user.
 */
void owner_is_root(struct takebed *bed, take_function function, long memlock);
void owner_is_user(struct takebed *bed, take_function function, long memlock);

/* The heir's part: a child of the owner, with a lower limit or the same (-1). */
pid_t heir_start(struct takebed *bed, take_function function, long memlock);
pid_t heir_start_as_user(struct takebed *bed, take_function function, long memlock);
void heir_end(pid_t heir);
void heir_runs(struct takebed *bed, take_function function, long memlock);
void heir_runs_as_user(struct takebed *bed, take_function function, long memlock);

uint64_t map_file(struct takebed *bed, int i, uint64_t start, uint64_t length);
void copy(struct takebed *bed, int to, int from, uint64_t iova, uint64_t length);
void unmap_all(struct takebed *bed, int i);

/* Of a process, in bytes: what is pinned, and what is locked. */
uint64_t pinned_by(pid_t pid);
uint64_t locked_by(pid_t pid);

/* Whether one more mapping of a file is paid for by the caller, up to this and no more. */
void has_left(struct takebed *bed, uint64_t bytes);

int takebed_setup(void **state);
int takebed_setup_by_process(void **state);
int takebed_teardown(void **state);

#endif
