// SPDX-License-Identifier: GPL-2.0
/*
 * The floor, see contender.h. The module believes what it is told of frames,
 * and remembers pages where it is told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buffer.h"
#include "contender.h"
#include "kernel/abi.h"
#include "place.h"

static int node = -1;

/* One place for what is mapped as a whole, one for what is in pieces. */
static uint32_t index_of(uint64_t iova)
{
	if (iova >= IOVA_LARGE)
		return (iova - IOVA_LARGE) / BUFFER_PAGE;
	return FLOOR_PAGES / 2 + (iova - IOVA_SMALL) / BUFFER_PAGE;
}

static int call(unsigned long cmd, void *arg)
{
	return ioctl(node, cmd, arg) < 0 ? -errno : 0;
}

static int bed_join(unsigned int device)
{
	struct floor_join arg = { .slot = device };

	snprintf(arg.name, sizeof(arg.name), "%s", devices[device]);
	return call(FLOOR_JOIN, &arg);
}

static int bed_leave(unsigned int device)
{
	return ioctl(node, FLOOR_LEAVE, device) < 0 ? -errno : 0;
}

static void bed_close(void)
{
	close(node);
}

static int bed_open(void)
{
	int rc;

	node = open(FLOOR_NODE, O_RDWR | O_CLOEXEC);
	if (node < 0)
		return -errno;
	rc = bed_join(0);
	if (rc)
		bed_close();
	return rc;
}

static enum floor_kind kind_of(const void *va, uint64_t length)
{
	const struct buffer *buffer = buffer_at(va);

	if (length == BUFFER_PAGE || buffer == buffer_scattered)
		return FLOOR_SCATTERED;
	return buffer->whole ? FLOOR_WHOLE : FLOOR_ADJACENT;
}

/* What is unmapped has to be told of as it was when it was mapped. */
static enum floor_kind large_kind;

static int bed_map(uint64_t iova, void *va, uint64_t length)
{
	struct floor_range range = {
		.iova = iova,
		.va = (uintptr_t)va,
		.length = length,
		.kind = kind_of(va, length),
		.index = index_of(iova),
	};

	if (iova >= IOVA_LARGE)
		large_kind = range.kind;
	return call(FLOOR_MAP, &range);
}

static int bed_unmap(uint64_t iova, uint64_t length)
{
	struct floor_range range = {
		.iova = iova,
		.length = length,
		.kind = iova >= IOVA_LARGE ? large_kind : FLOOR_SCATTERED,
		.index = index_of(iova),
	};

	return call(FLOOR_UNMAP, &range);
}

static int bed_copy(uint64_t to, uint64_t from, uint64_t length)
{
	struct floor_range range = {
		.iova = to,
		.length = length,
		.index = index_of(from),
	};

	return call(FLOOR_COPY, &range);
}

static int bed_uncopy(uint64_t iova, uint64_t length)
{
	struct floor_range range = { .iova = iova, .length = length };

	return call(FLOOR_UNCOPY, &range);
}

static int bed_nothing(void)
{
	return call(FLOOR_NOTHING, NULL);
}

const struct contender contender_floor = {
	.name = "floor",
	.module = "bench_floor",
	.bare = true,
	.open = bed_open,
	.close = bed_close,
	.map = bed_map,
	.unmap = bed_unmap,
	.copy = bed_copy,
	.uncopy = bed_uncopy,
	.join = bed_join,
	.leave = bed_leave,
	.nothing = bed_nothing,
};
