/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the torture's processes have in common, and each of them: a world of
 * files, ids and memory, from which threads pick what they work on.
 */
#ifndef _GUEST_TORTURE_WORLD_H
#define _GUEST_TORTURE_WORLD_H

#include <pthread.h>

#include "bed.h"
#include "compiler.h"
#include "pci.h"
#include "tally.h"

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"
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

/*
 * Mappings of up to 2 MiB, in slots of each IOAS; where the mock reaches, and on
 * both sides of where calls of an IOMMU's driver have to end.
 */
#define SLOTS 8
#define SLOT_SIZE HUGE
#define CALL_END 0x40000000UL
#define SLOT_IOVA (CALL_END - SLOTS / 2 * SLOT_SIZE)

#define MEM_SIZE (4 * HUGE)
#define SHARED_SIZE HUGE
#define OWN_SIZE (16 * PAGE)
#define GIANT_SIZE 0x40000000UL

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* An operation that had nothing to work on. */
#define SKIP 1

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
 * @giant: a file of one page of 1 GiB; -1: there is none
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
	int giant;
	int nedus;
	char edus[EDUS][PCI_NAME_MAX];
};

extern struct torture *torture;

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

unsigned int choose(struct thread *t, unsigned int limit);

#define load(what) __atomic_load_n(&(what), __ATOMIC_RELAXED)
#define store(what, value) __atomic_store_n(&(what), value, __ATOMIC_RELAXED)
#define take(what, none) __atomic_exchange_n(&(what), none, __ATOMIC_RELAXED)

/* Into a place that is empty. */
bool put_id(uint32_t *place, uint32_t id);

bool put_fd(int *place, int fd);

/* One of the files, and what is remembered of it. */
int some_file(struct thread *t, struct kept **kept);

uint32_t some_id(struct thread *t, const uint32_t *ids, unsigned int n);
unsigned int some_place(struct thread *t, const int *fds, unsigned int n);

#define some(t, array) some_id(t, array, ARRAY_SIZE(array))

uint64_t slot_iova(struct thread *t);

/* From one page to a huge page. */
uint64_t some_length(struct thread *t);

/* A few pages of what may be mapped in a slot: many want the same ones. */
uint64_t part_iova(struct thread *t);

uint64_t part_length(struct thread *t);
uint32_t some_prot(struct thread *t);
uint8_t *some_mem(struct thread *t, uint64_t length);

/* An address by another name, at times; not often where that is no memory. */
uint8_t *some_name(struct thread *t, uint8_t *va);

#endif
