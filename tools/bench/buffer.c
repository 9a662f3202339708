// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that is mapped, see buffer.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"

#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"
#define HUGE_SIZE (2UL << 20)
#define HUGE_PAGES (HUGE_SIZE / BUFFER_PAGE)

/* Two buffers have them, and are aligned by hand. */
#define RESERVED (2 * (buffer_size / HUGE_SIZE + 1))

#define SPLIT "/sys/kernel/debug/split_huge_pages"

/* /proc/self/pagemap: a word for each page, its frame in the lowest bits. */
#define PAGEMAP_PRESENT 0x8000000000000000ULL
#define PAGEMAP_FRAME 0x007fffffffffffffULL

/* /proc/kpageflags: a word for each frame. Is it part of a larger page? */
#define KPAGE_COMPOUND (3ULL << 15)

struct buffer buffers[BUFFERS] = {
	{
		.name = "hugetlb 2 MiB",
		.map_flags = MAP_HUGETLB,
		.whole = true,
		.weigh = 64,
	}, {
		.name = "memfd hugetlb",
		.map_flags = MAP_HUGETLB,
		.file = true,
		.whole = true,
		.weigh = 64,
	}, {
		.name = "THP",
		.advice = MADV_HUGEPAGE,
		.weigh = 64,
	}, {
		.name = "adjacent 4 KiB",
		.advice = MADV_HUGEPAGE,
		.split = true,
		.weigh = 64,
	}, {
		.name = "scattered",
		.advice = MADV_NOHUGEPAGE,
		.shuffled = true,
		.weigh = 4,
	},
};

size_t buffer_size;
struct buffer * const buffer_scattered = &buffers[BUFFERS - 1];

struct buffer *buffer_at(const void *va)
{
	struct buffer *buffer;

	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		if ((uintptr_t)va - (uintptr_t)buffer->va < buffer_size)
			return buffer;
	abort();
}

int buffer_reserve_huge(void)
{
	char text[24];
	uint64_t got;
	int rc;

	snprintf(text, sizeof(text), "%zu", RESERVED);
	rc = file_write(NR_HUGEPAGES, text);
	if (!rc)
		rc = file_read_u64(NR_HUGEPAGES, &got);
	return rc ? rc : got < RESERVED ? -ENOMEM : 0;
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
		order = malloc(buffer_pages() * sizeof(*order));
		if (!order)
			return -ENOMEM;
		shuffle(order, buffer_pages());
	}
	for (i = 0; i < buffer_pages(); i++)
		buffer->va[(order ? order[i] : i) * BUFFER_PAGE] = 1;
	free(order);
	return 0;
}

/* The pages stay where they are, but nothing holds 512 of them together. */
static int split(struct buffer *buffer)
{
	char command[64];

	snprintf(command, sizeof(command), "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)buffer->va,
		 (unsigned long)buffer->va + buffer_size);
	if (madvise(buffer->va, buffer_size, MADV_NOHUGEPAGE))
		return -errno;
	return file_write(SPLIT, command);
}

static int check_frame(struct buffer *buffer, int kpageflags, uint64_t frame)
{
	bool small = buffer->split || buffer->shuffled;
	uint64_t flags;

	if (pread(kpageflags, &flags, sizeof(flags), frame * sizeof(flags)) !=
	    sizeof(flags))
		return -EIO;
	return !(flags & KPAGE_COMPOUND) == small ? 0 : -ENOTSUP;
}

static int count_runs(struct buffer *buffer, int pagemap, int kpageflags)
{
	off_t offset = (uintptr_t)buffer->va / BUFFER_PAGE * sizeof(uint64_t);
	uint64_t word[HUGE_PAGES], last = 0;
	size_t i, done;
	int rc;

	for (done = 0; done < buffer_pages(); done += HUGE_PAGES) {
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
		/* The first and the last stand for all of 2 MiB. */
		rc = check_frame(buffer, kpageflags, word[0] & PAGEMAP_FRAME);
		if (!rc)
			rc = check_frame(buffer, kpageflags, last);
		if (rc)
			return rc;
	}
	return 0;
}

static bool has_runs(const struct buffer *buffer)
{
	if (buffer->shuffled)
		return buffer->runs >= buffer_pages() / 1000 * 999;
	return buffer->runs == buffer_size / HUGE_SIZE;
}

static int check(struct buffer *buffer)
{
	int rc, kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (pagemap < 0 || kpageflags < 0)
		return -errno;
	rc = count_runs(buffer, pagemap, kpageflags);
	close(pagemap);
	close(kpageflags);
	return rc ? rc : has_runs(buffer) ? 0 : -ENOTSUP;
}

/* Addresses of 2 MiB and more, with memory or to be given some. */
static int reserve(struct buffer *buffer)
{
	uintptr_t start;
	char *va;

	va = mmap(NULL, buffer_size + HUGE_SIZE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		  (buffer->file ? 0 : buffer->map_flags), -1, 0);
	if (va == MAP_FAILED)
		return -errno;
	start = (uintptr_t)va;
	buffer->va = va + (-start & (HUGE_SIZE - 1));
	return 0;
}

static int make_file(struct buffer *buffer)
{
	buffer->fd = memfd_create("bench", MFD_CLOEXEC | MFD_HUGETLB);
	if (buffer->fd < 0 || ftruncate(buffer->fd, buffer_size))
		return -errno;
	if (mmap(buffer->va, buffer_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, buffer->fd, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

int buffer_make(struct buffer *buffer)
{
	int rc = reserve(buffer);

	if (!rc && buffer->file)
		rc = make_file(buffer);
	if (rc)
		return rc;
	if (buffer->advice &&
	    madvise(buffer->va, buffer_size, buffer->advice))
		return -errno;
	rc = touch(buffer);
	if (!rc && buffer->split)
		rc = split(buffer);
	return rc ? rc : check(buffer);
}
