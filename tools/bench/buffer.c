// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that is mapped, see buffer.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"

#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"
#define HUGE_SIZE (2UL << 20)
#define HUGE_PAGES (HUGE_SIZE / BUFFER_PAGE)

#define HUGE_RUNS (BUFFER_SIZE / HUGE_SIZE)

/* Some more than the one buffer has, as it is aligned by hand. */
#define RESERVED "160"

/* /proc/self/pagemap: a word for each page, its frame in the lowest bits. */
#define PAGEMAP_PRESENT 0x8000000000000000ULL
#define PAGEMAP_FRAME 0x007fffffffffffffULL

struct buffer buffers[BUFFERS] = {
	{
		.name = "hugetlb 2 MiB",
		.map_flags = MAP_HUGETLB,
		.least = HUGE_RUNS,
		.most = HUGE_RUNS,
		.weigh = 64,
	}, {
		.name = "THP",
		.advice = MADV_HUGEPAGE,
		.least = HUGE_RUNS,
		.most = HUGE_RUNS,
		.weigh = 64,
	}, {
		.name = "scattered",
		.advice = MADV_NOHUGEPAGE,
		.shuffled = true,
		.least = BUFFER_PAGES / 1000 * 999,
		.most = BUFFER_PAGES,
		.weigh = 4,
	},
};

struct buffer * const buffer_scattered = &buffers[BUFFERS - 1];

int buffer_reserve_huge(void)
{
	uint64_t got;
	int rc = file_write(NR_HUGEPAGES, RESERVED);

	if (!rc)
		rc = file_read_u64(NR_HUGEPAGES, &got);
	return rc ? rc : got < HUGE_RUNS + 1 ? -ENOMEM : 0;
}

/* The same sequence every time. */
static uint32_t random_next(void)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void shuffle(uint32_t *order, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		order[i] = i;
	for (i = count - 1; i; i--) {
		uint32_t other = order[i];

		k = random_next() % (i + 1);
		order[i] = order[k];
		order[k] = other;
	}
}

/* Frames are handed out in about the order in which pages are touched. */
static int touch(struct buffer *buffer)
{
	uint32_t *order = NULL;
	size_t i;

	if (buffer->shuffled) {
		order = malloc(BUFFER_PAGES * sizeof(*order));
		if (!order)
			return -ENOMEM;
		shuffle(order, BUFFER_PAGES);
	}
	for (i = 0; i < BUFFER_PAGES; i++)
		buffer->va[(order ? order[i] : i) * BUFFER_PAGE] = 1;
	free(order);
	return 0;
}

static int count_runs(struct buffer *buffer, int pagemap)
{
	off_t offset = (uintptr_t)buffer->va / BUFFER_PAGE * sizeof(uint64_t);
	uint64_t word[HUGE_PAGES], last = 0;
	size_t i, done;

	for (done = 0; done < BUFFER_PAGES; done += HUGE_PAGES) {
		if (pread(pagemap, word, sizeof(word), offset) != sizeof(word))
			return -EIO;
		offset += sizeof(word);
		for (i = 0; i < HUGE_PAGES; i++) {
			uint64_t frame = word[i] & PAGEMAP_FRAME;

			/* All are zero to who has no privilege. */
			if (!(word[i] & PAGEMAP_PRESENT) || !frame)
				return -EPERM;
			buffer->runs += !i || frame != last + 1;
			last = frame;
		}
	}
	return 0;
}

static int check(struct buffer *buffer)
{
	int rc, pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (pagemap < 0)
		return -errno;
	rc = count_runs(buffer, pagemap);
	close(pagemap);
	if (!rc && (buffer->runs < buffer->least ||
		    buffer->runs > buffer->most))
		rc = -ENOTSUP;
	return rc;
}

int buffer_make(struct buffer *buffer)
{
	uintptr_t start;
	int rc;
	char *va;

	va = mmap(NULL, BUFFER_SIZE + HUGE_SIZE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		  buffer->map_flags, -1, 0);
	if (va == MAP_FAILED)
		return -errno;
	start = (uintptr_t)va;
	buffer->va = va + (-start & (HUGE_SIZE - 1));
	if (buffer->advice &&
	    madvise(buffer->va, BUFFER_SIZE, buffer->advice))
		return -errno;
	rc = touch(buffer);
	return rc ? rc : check(buffer);
}
