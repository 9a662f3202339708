/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A life of the fuzzer: a process with files, ids and memory, which earlier
 * calls have brought.
 */
#ifndef _GUEST_FUZZ_LIFE_H
#define _GUEST_FUZZ_LIFE_H

#include <semaphore.h>

#include "bed.h"
#include "calls.h"
#include "pci.h"

#define EDUS 3
#define FILES 2		/* of /dev/iommu */
#define IDS 8		/* of each kind and file */
#define OTHERS 8	/* files of no use */
#define PER_KIND 4	/* files of each kind */

/* Memory of all that the kernel may read and write, amid of nothing. */
#define MEM_SIZE (4 * HUGE)

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
int *fds_of(struct life *life, unsigned int kind);

/* The number of a file of /dev/iommu, for its ids. */
unsigned int file_of(struct life *life, int fd);

unsigned int choose(struct life *life, unsigned int limit);
uint64_t random64(struct life *life);
unsigned int bit_of(struct life *life, uint64_t mask, unsigned int bits);
void keep_fd(struct life *life, unsigned int kind, int fd);

/* With nothing before and after it: a wrong address is not ours. */
uint8_t *memory_amid_nothing(size_t size);

void open_all(struct life *life);

#endif
