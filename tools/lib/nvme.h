/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest NVMe driver that can read a disk, in user space: one pair of
 * queues for administration, one for reading, one command at a time, polled. And
 * the smallest DMA engine, with the first pair alone: eight bytes a transfer, in
 * less than a millisecond.
 *
 * It knows nothing of VFIO or of the IOMMU. Its caller gives it the mapped
 * registers, and pieces of memory with the addresses at which the controller
 * finds them. All functions return 0 or a negative errno.
 */
#ifndef _LIB_NVME_H
#define _LIB_NVME_H

#include <stdint.h>

#define NVME_PAGE 4096

/* One page of memory each. */
enum nvme_buffer {
	NVME_ADMIN_COMMANDS,
	NVME_ADMIN_ANSWERS,
	NVME_READ_COMMANDS,
	NVME_READ_ANSWERS,
	NVME_IDENTITY,
	NVME_PAGE_LIST,
	NVME_BUFFERS,
};

struct nvme_memory {
	void *va;
	uint64_t iova;
};

struct nvme_queue {
	struct nvme_command *commands;
	struct nvme_answer *answers;
	unsigned int doorbell;
	uint16_t tail;
	uint16_t head;
	uint16_t phase;
};

struct nvme {
	/* Set by the caller. */
	void *bar;
	struct nvme_memory memory[NVME_BUFFERS];

	/* Known after nvme_start(). */
	char model[41];
	uint64_t blocks;
	uint32_t block_size;
	uint32_t max_bytes;

	/* The command that failed last (-EIO): what the controller said. */
	uint16_t status;

	struct nvme_queue admin;
	struct nvme_queue io;
	unsigned int limit_ms;
};

/* Resets the controller, gives it its queues, asks what it is. */
int nvme_start(struct nvme *nvme);

/*
 * Reads @bytes (whole blocks, at most max_bytes) at @offset of the disk to
 * @iova, which is page-aligned. -ETIMEDOUT if there is no answer.
 */
int nvme_read(struct nvme *nvme, uint64_t offset, uint32_t bytes,
	      uint64_t iova);

/* Stops the controller: it does no DMA after this. */
int nvme_stop(struct nvme *nvme);

/*
 * Resets the controller and gives it its queue for administration, which is all
 * that nvme_fetch() and nvme_put() want. The pages of memory for reading and for
 * lists of pages need not be there.
 */
int nvme_enable(struct nvme *nvme);

/*
 * Moves eight bytes from @iova, or to it, through the clock that a controller
 * has. That counts milliseconds meanwhile and has no room above bit 47: only
 * the bits of NVME_KEPT arrive as they were.
 */
#define NVME_KEPT 0xffffffff0000ULL

int nvme_fetch(struct nvme *nvme, uint64_t iova, uint64_t *value);
int nvme_put(struct nvme *nvme, uint64_t iova, uint64_t value);

#endif
