// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest NVMe driver that can read a disk, see nvme.h. Registers,
 * commands and structures are those of the NVM Express base specification.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "mmio.h"
#include "nvme.h"

/* Registers of BAR 0. */
#define REG_CAP 0x00
#define REG_CC 0x14
#define REG_CSTS 0x1c
#define REG_AQA 0x24
#define REG_ASQ 0x28
#define REG_ACQ 0x30
#define REG_DOORBELLS 0x1000

#define CC_ENABLE 0x1
/* Entries of 64 bytes in queues of commands, of 16 in those of answers. */
#define CC_ENTRY_SIZES (6 << 16 | 4 << 20)
#define CSTS_READY 0x1
#define CSTS_FATAL 0x2

/* In admin and read queues alike, and so that each fits into a page. */
#define ENTRIES 64

#define ADMIN_CREATE_SQ 0x01
#define ADMIN_CREATE_CQ 0x05
#define ADMIN_IDENTIFY 0x06
#define ADMIN_SET_FEATURE 0x09
#define ADMIN_GET_FEATURE 0x0a
#define FEATURE_CLOCK 0x0e
#define IO_READ 0x02

#define IDENTIFY_NAMESPACE 0
#define IDENTIFY_CONTROLLER 1

/* The only namespace that we use, and the id of the read queues. */
#define NAMESPACE 1
#define IO_QUEUE 1

#define COMMAND_LIMIT_MS 5000

/* Largest transfer: what one page of page addresses covers is 2 MiB. */
#define TRANSFER_MAX (512 * 1024)

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t nsid;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t page1;
	uint64_t page2;
	uint32_t dword[6];
};

struct nvme_answer {
	uint32_t result;
	uint32_t reserved;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t id;
	uint16_t status;
};

static void *nvme_va(struct nvme *nvme, enum nvme_buffer which)
{
	return nvme->memory[which].va;
}

static uint64_t nvme_iova(struct nvme *nvme, enum nvme_buffer which)
{
	return nvme->memory[which].iova;
}

/* Doorbells lie in pairs, commands then answers, @stride bytes apart. */
static void nvme_queue_init(struct nvme *nvme, struct nvme_queue *queue,
			    enum nvme_buffer commands, unsigned int number)
{
	unsigned int stride = 4 << (mmio_read64(nvme->bar, REG_CAP) >> 32 & 15);

	queue->commands = nvme_va(nvme, commands);
	queue->answers = nvme_va(nvme, commands + 1);
	memset(queue->commands, 0, NVME_PAGE);
	memset(queue->answers, 0, NVME_PAGE);
	queue->doorbell = REG_DOORBELLS + 2 * number * stride;
	queue->tail = 0;
	queue->head = 0;
	queue->phase = 1;
}

/* The status of the answer at the head, once the controller has written it. */
static int nvme_answered(struct nvme_queue *queue, uint16_t *status)
{
	uint16_t *word = &queue->answers[queue->head].status;

	*status = le16toh(__atomic_load_n(word, __ATOMIC_ACQUIRE));
	return (*status & 1) == queue->phase;
}

static void nvme_next_answer(struct nvme *nvme, struct nvme_queue *queue)
{
	unsigned int stride = 4 << (mmio_read64(nvme->bar, REG_CAP) >> 32 & 15);

	if (++queue->head == ENTRIES) {
		queue->head = 0;
		queue->phase ^= 1;
	}
	mmio_write32(nvme->bar, queue->doorbell + stride, queue->head);
}

static int nvme_command(struct nvme *nvme, struct nvme_queue *queue,
			const struct nvme_command *command)
{
	uint64_t end = clock_ms() + COMMAND_LIMIT_MS;
	uint16_t status;

	queue->commands[queue->tail] = *command;
	queue->commands[queue->tail].id = htole16(queue->tail);
	queue->tail = (queue->tail + 1) % ENTRIES;
	mmio_write32(nvme->bar, queue->doorbell, queue->tail);
	while (!nvme_answered(queue, &status)) {
		if (clock_ms() > end)
			return -ETIMEDOUT;
	}
	nvme_next_answer(nvme, queue);
	nvme->status = status >> 1;
	return nvme->status ? -EIO : 0;
}

static int nvme_wait_ready(struct nvme *nvme, uint32_t wanted)
{
	uint64_t end = clock_ms() + nvme->limit_ms;
	uint32_t status;

	do {
		status = mmio_read32(nvme->bar, REG_CSTS);
		if (status == UINT32_MAX)
			return -ENODEV;
		if (wanted && status & CSTS_FATAL)
			return -EIO;
		if ((status & CSTS_READY) == wanted)
			return 0;
		clock_pause_us(1000);
	} while (clock_ms() < end);
	return -ETIMEDOUT;
}

int nvme_stop(struct nvme *nvme)
{
	mmio_write32(nvme->bar, REG_CC, 0);
	return nvme_wait_ready(nvme, 0);
}

int nvme_enable(struct nvme *nvme)
{
	uint64_t capabilities = mmio_read64(nvme->bar, REG_CAP);
	int rc;

	/* Bits 24 to 31: how long it may take, in 500 ms. */
	nvme->limit_ms = 500 + (capabilities >> 24 & 0xff) * 500;
	/* Bits 48 to 51: the smallest page, 0 for 4 KiB. */
	if (capabilities >> 48 & 15)
		return -EOPNOTSUPP;
	rc = nvme_stop(nvme);
	if (rc)
		return rc;
	nvme_queue_init(nvme, &nvme->admin, NVME_ADMIN_COMMANDS, 0);
	mmio_write32(nvme->bar, REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	mmio_write64(nvme->bar, REG_ASQ, nvme_iova(nvme, NVME_ADMIN_COMMANDS));
	mmio_write64(nvme->bar, REG_ACQ, nvme_iova(nvme, NVME_ADMIN_ANSWERS));
	mmio_write32(nvme->bar, REG_CC, CC_ENTRY_SIZES | CC_ENABLE);
	return nvme_wait_ready(nvme, CSTS_READY);
}

static int nvme_identify(struct nvme *nvme, uint32_t what, uint32_t nsid)
{
	struct nvme_command command = {
		.opcode = ADMIN_IDENTIFY,
		.nsid = htole32(nsid),
		.page1 = htole64(nvme_iova(nvme, NVME_IDENTITY)),
		.dword[0] = htole32(what),
	};

	return nvme_command(nvme, &nvme->admin, &command);
}

static int nvme_identify_controller(struct nvme *nvme)
{
	const uint8_t *data = nvme_va(nvme, NVME_IDENTITY);
	int rc = nvme_identify(nvme, IDENTIFY_CONTROLLER, 0);
	int end = 40;

	if (rc)
		return rc;
	/* Bytes 24 to 63: the model, filled up with spaces. */
	memcpy(nvme->model, data + 24, end);
	while (end && nvme->model[end - 1] == ' ')
		end--;
	nvme->model[end] = '\0';
	/* Byte 77: largest transfer, as a power of two of pages; 0 for any. */
	nvme->max_bytes = TRANSFER_MAX;
	if (data[77] && data[77] < 16 && NVME_PAGE << data[77] < TRANSFER_MAX)
		nvme->max_bytes = NVME_PAGE << data[77];
	return 0;
}

static int nvme_identify_namespace(struct nvme *nvme)
{
	const uint8_t *data = nvme_va(nvme, NVME_IDENTITY);
	int rc = nvme_identify(nvme, IDENTIFY_NAMESPACE, NAMESPACE);
	uint64_t blocks;

	if (rc)
		return rc;
	memcpy(&blocks, data, sizeof(blocks));
	nvme->blocks = le64toh(blocks);
	/* Byte 26 names one of the formats that begin at 128, 4 bytes each. */
	nvme->block_size = 1u << data[128 + 4 * (data[26] & 15) + 2];
	if (!nvme->blocks || nvme->block_size < 512 ||
	    nvme->block_size > NVME_PAGE)
		return -EMEDIUMTYPE;
	return 0;
}

/* Queues that lie in one piece, without interrupts. */
static int nvme_create_queues(struct nvme *nvme)
{
	struct nvme_command answers = {
		.opcode = ADMIN_CREATE_CQ,
		.page1 = htole64(nvme_iova(nvme, NVME_READ_ANSWERS)),
		.dword[0] = htole32((ENTRIES - 1) << 16 | IO_QUEUE),
		.dword[1] = htole32(1),
	};
	struct nvme_command commands = {
		.opcode = ADMIN_CREATE_SQ,
		.page1 = htole64(nvme_iova(nvme, NVME_READ_COMMANDS)),
		.dword[0] = htole32((ENTRIES - 1) << 16 | IO_QUEUE),
		.dword[1] = htole32(IO_QUEUE << 16 | 1),
	};
	int rc;

	nvme_queue_init(nvme, &nvme->io, NVME_READ_COMMANDS, IO_QUEUE);
	rc = nvme_command(nvme, &nvme->admin, &answers);
	if (!rc)
		rc = nvme_command(nvme, &nvme->admin, &commands);
	return rc;
}

int nvme_start(struct nvme *nvme)
{
	int rc = nvme_enable(nvme);

	if (!rc)
		rc = nvme_identify_controller(nvme);
	if (!rc)
		rc = nvme_identify_namespace(nvme);
	if (!rc)
		rc = nvme_create_queues(nvme);
	return rc;
}

/*
 * The address of the second page; with more than two, that of a list of all
 * but the first.
 */
static uint64_t nvme_more_pages(struct nvme *nvme, uint64_t iova,
				uint32_t bytes)
{
	uint64_t *list = nvme_va(nvme, NVME_PAGE_LIST);
	uint32_t pages = (bytes + NVME_PAGE - 1) / NVME_PAGE;
	uint32_t i;

	if (pages == 1)
		return 0;
	if (pages == 2)
		return iova + NVME_PAGE;
	for (i = 1; i < pages; i++)
		list[i - 1] = htole64(iova + (uint64_t)i * NVME_PAGE);
	return nvme_iova(nvme, NVME_PAGE_LIST);
}

int nvme_read(struct nvme *nvme, uint64_t offset, uint32_t bytes, uint64_t iova)
{
	uint64_t block = offset / nvme->block_size;
	struct nvme_command command = {
		.opcode = IO_READ,
		.nsid = htole32(NAMESPACE),
		.page1 = htole64(iova),
		.dword[0] = htole32(block),
		.dword[1] = htole32(block >> 32),
		.dword[2] = htole32(bytes / nvme->block_size - 1),
	};

	if (!bytes || bytes > nvme->max_bytes)
		return -EINVAL;
	command.page2 = htole64(nvme_more_pages(nvme, iova, bytes));
	return nvme_command(nvme, &nvme->io, &command);
}

static int nvme_clock(struct nvme *nvme, uint8_t opcode, uint64_t iova)
{
	struct nvme_command command = {
		.opcode = opcode,
		.page1 = htole64(iova),
		.dword[0] = htole32(FEATURE_CLOCK),
	};

	return nvme_command(nvme, &nvme->admin, &command);
}

int nvme_fetch(struct nvme *nvme, uint64_t iova, uint64_t *value)
{
	const uint64_t *clock = nvme_va(nvme, NVME_IDENTITY);
	int rc = nvme_clock(nvme, ADMIN_SET_FEATURE, iova);

	if (!rc)
		rc = nvme_clock(nvme, ADMIN_GET_FEATURE,
				nvme_iova(nvme, NVME_IDENTITY));
	if (!rc)
		*value = le64toh(*clock) & NVME_KEPT;
	return rc;
}

int nvme_put(struct nvme *nvme, uint64_t iova, uint64_t value)
{
	uint64_t *clock = nvme_va(nvme, NVME_IDENTITY);
	int rc;

	*clock = htole64(value & NVME_KEPT);
	rc = nvme_clock(nvme, ADMIN_SET_FEATURE,
			nvme_iova(nvme, NVME_IDENTITY));
	return rc ? rc : nvme_clock(nvme, ADMIN_GET_FEATURE, iova);
}
