// SPDX-License-Identifier: GPL-2.0
/*
 * What bad input is given to: an IOAS with a mapping, and ids of all kinds.
 */
#include <sys/socket.h>

#include "badbed.h"
#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"

const uint64_t bad_addresses[] = {
	0, 0x7fffffffe000, 0x800000000000, 0x8000000000000000,
	0xffff888000000000, 0xffffffff81000000, 0xfffffffffffff000,
};

const unsigned int bad_addresses_count = ARRAY_SIZE(bad_addresses);

/* ---- the bed, with a mapping and ids of all kinds ---- */

static uint32_t foreign_id(int fd)
{
	uint32_t id;

	do
		id = new_ioas(fd);
	while (id < 40);
	return id;
}

int setup(void **state)
{
	struct badbed *bed = calloc(1, sizeof(*bed));
	void *edu;

	edubed_setup(&edu);
	bed->edu = edu;
	bed->mem = pages(BED_SIZE);
	map_at(bed->edu, BED_IOVA, MAP_RW, bed->mem, BED_SIZE);
	bed->view = (struct bed){
		.fd = bed->edu->fd, .ioas = bed->edu->ioas, .mem = bed->mem,
	};
	bed->file = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(bed->file, BED_SIZE), 0);
	assert_int_equal(iommufd_hwpt_alloc(bed->edu->fd, 0,
					    bed->edu->edu.devid,
					    bed->edu->ioas, &bed->hwpt), 0);
	bed->stale = new_ioas(bed->edu->fd);
	assert_int_equal(iommufd_destroy(bed->edu->fd, bed->stale), 0);
	bed->foreign_fd = new_fd();
	bed->foreign = foreign_id(bed->foreign_fd);
	picture_take(&bed->view, &bed->before);
	*state = bed;
	return 0;
}

int teardown(void **state)
{
	struct badbed *bed = *state;
	void *edu = bed->edu;

	edubed_teardown(&edu);
	close(bed->foreign_fd);
	close(bed->file);
	munmap(bed->mem, BED_SIZE);
	free(bed);
	return 0;
}

void check_unchanged(struct badbed *bed, const char *what)
{
	struct picture now;

	picture_take(&bed->view, &now);
	if (memcmp(&bed->before, &now, sizeof(now)))
		fail_msg("%s: something has changed", what);
}
