// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of pins when mappings, IOASes, accesses or files go.
 */
#include <pthread.h>

#include "accessbed.h"
#include "bed.h"
#include "gone.h"
#include "iommufd.h"
#include "picture.h"
#include "test.h"
#include "userfault.h"

/* ---- when mappings go ---- */

/* The pin, whatever was pinned beside it, and what could be pinned there. */
static void check_gone(struct accessbed *ab, uint32_t id)
{
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, id),
			 -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA, PAGE, NULL, NULL),
			 -ENOENT);
}

void test_unmap_drops_pins(void **state)
{
	struct accessbed *ab = *state;
	uint64_t bytes = 0;
	uint32_t id;

	pin(ab, BED_IOVA, 2 * PAGE, ab->bed.mem);
	id = pin(ab, BED_IOVA + PAGE, 2 * PAGE, ab->bed.mem + PAGE);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       BED_SIZE, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	check_gone(ab, id);
}

/* One pin over two areas goes with either. */
void test_unmap_half_of_pin(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(2 * PAGE);
	uint32_t other;

	map_at(ab, ab->bed.ioas, BED_IOVA + BED_SIZE, MAP_RW, mem, 2 * PAGE);
	pin(ab, BED_IOVA, BED_SIZE + PAGE, NULL);
	other = pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas,
				       BED_IOVA + BED_SIZE, 2 * PAGE, NULL),
			 0);
	refs(ab, mem, 2 * PAGE, 0);
	assert_int_equal(pinned(ab), PAGE);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, other);
	munmap(mem, 2 * PAGE);
}

/* A refused UNMAP asks nobody to let go. */
void test_unmap_refused(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);

	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       2 * PAGE, NULL), -ENOENT);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
}

void test_unmap_of_two_accesses(void **state)
{
	struct accessbed *ab = *state;
	int other = new_access(ab->bed.fd, ab->bed.ioas, ACCESS_PINS);
	int reader = new_access(ab->bed.fd, ab->bed.ioas, 0);
	uint32_t id = 0;

	pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(test_access_pin(ab->bed.fd, other, 0, BED_IOVA, PAGE,
					 ab->bed.mem, &id), 0);
	assert_int_equal(iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL), 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, other, id), -ENOENT);
	close(reader);
	close(other);
}

struct held {
	struct accessbed *ab;
	struct iommu_ioas_unmap *arg;
	int rc;
};

static void *held_unmap(void *data)
{
	struct held *held = data;

	held->rc = iommufd_call(held->ab->bed.fd, IOMMU_IOAS_UNMAP, held->arg);
	return NULL;
}

/* UNMAP waits to tell what there was: it is mapped, and nobody may have it any more. */
void test_unmap_under_way(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = FREE_IOVA;
	struct userfault fault;
	struct held held = { .ab = ab };
	int pinned, read, copied;
	uint8_t byte = 0;
	pthread_t thread;

	if (!userfault_has_read_only()) {
		print_message("this kernel can't let writes wait\n");
		skip();
	}
	userfault_read_only(&fault);
	userfault_protect(&fault, false);
	held.arg = fault.page;
	*held.arg = (struct iommu_ioas_unmap){
		.size = sizeof(*held.arg), .ioas_id = ab->bed.ioas,
		.iova = BED_IOVA, .length = BED_SIZE,
	};
	userfault_protect(&fault, true);
	assert_int_equal(pthread_create(&thread, NULL, held_unmap, &held), 0);
	assert_true(userfault_waits(&fault));

	pinned = pin_flags(ab, 0, BED_IOVA, PAGE, NULL, NULL);
	read = test_access_read(ab->bed.fd, ab->access, BED_IOVA, &byte, 1);
	copied = iommufd_copy(ab->bed.fd, MAP_RW | MAP_FIXED_IOVA,
			      ab->bed.ioas, &iova, ab->bed.ioas, BED_IOVA,
			      PAGE);
	/* Whatever it was: who waits can't be left to. */
	userfault_protect(&fault, false);
	pthread_join(thread, NULL);
	assert_int_equal(held.rc, 0);
	assert_int_equal(pinned, -EINVAL);
	assert_int_equal(read, -EINVAL);
	assert_int_equal(copied, -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA, PAGE, NULL, NULL), -ENOENT);
	userfault_close(&fault);
}

/* A COPY shares the pages, and its pins keep exactly theirs. */
void test_copy_of_pinned(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id = 0;
	uint64_t iova = FREE_IOVA;
	int other;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_equal(iommufd_copy(ab->bed.fd, MAP_RW | MAP_FIXED_IOVA,
				      ioas, &iova, ab->bed.ioas,
				      BED_IOVA + PAGE, 2 * PAGE), 0);
	other = new_access(ab->bed.fd, ioas, ACCESS_PINS);
	assert_int_equal(test_access_pin(ab->bed.fd, other, ACCESS_WRITE,
					 FREE_IOVA + PAGE, PAGE,
					 ab->bed.mem + 2 * PAGE, &id), 0);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	assert_int_equal(iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL), 0);
	refs(ab, ab->bed.mem, 2 * PAGE, 0);
	refs(ab, ab->bed.mem + 2 * PAGE, PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(pinned(ab), PAGE);
	assert_int_equal(test_access_unpin(ab->bed.fd, other, id), 0);
	assert_int_equal(pinned(ab), 0);
	close(other);
}

/* ---- when the IOAS or the access changes ---- */

void test_replace(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id;
	uint8_t *mem = small_pages(PAGE);

	map_at(ab, ioas, OTHER_IOVA, MAP_RW, mem, PAGE);
	id = pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_equal(test_access_replace(ab->bed.fd, ab->access, ioas), 0);
	check_gone(ab, id);
	pin(ab, OTHER_IOVA, PAGE, mem);
	refs(ab, mem, PAGE, 1);
	/* The IOAS it left is free, the one it has is not. */
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), 0);
	assert_int_equal(iommufd_destroy(ab->bed.fd, ioas), -EBUSY);
	munmap(mem, PAGE);
}

void test_replace_by_same(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);

	assert_int_equal(test_access_replace(ab->bed.fd, ab->access,
					     ab->bed.ioas), 0);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
}

void test_replace_refused(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id;
	int fd = ab->bed.fd;

	id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(test_access_replace(fd, ab->access, NO_ID), -ENOENT);
	assert_int_equal(test_access_replace(fd, fd, ioas), -EBADFD);
	/* What lies there is not made of pages. */
	map_at(ab, ioas, OTHER_IOVA + 1, MAP_RW, ab->bed.mem, PAGE);
	assert_int_equal(test_access_replace(fd, ab->access, ioas),
			 -EADDRINUSE);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
}

static uint64_t alignment_of(struct accessbed *ab, uint32_t ioas)
{
	uint64_t alignment = 0;
	uint32_t num = 0;

	assert_int_equal(iommufd_ranges(ab->bed.fd, ioas, NULL, &num,
					&alignment), -EMSGSIZE);
	return alignment;
}

/* Where somebody pins pages, mappings are made of pages. */
void test_alignment(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = FREE_IOVA + 1;
	uint32_t ioas = new_ioas(ab->bed.fd);
	int access = -1;

	assert_int_equal(alignment_of(ab, ab->bed.ioas), PAGE);
	assert_int_equal(iommufd_map(ab->bed.fd, ab->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				     PAGE, &iova), -EINVAL);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(alignment_of(ab, ab->bed.ioas), 1);
	map_at(ab, ab->bed.ioas, iova, MAP_RW, ab->bed.mem, PAGE);
	assert_int_equal(test_access_create(ab->bed.fd, ab->bed.ioas,
					    ACCESS_PINS, &access),
			 -EADDRINUSE);
	access = new_access(ab->bed.fd, ab->bed.ioas, 0);
	assert_int_equal(alignment_of(ab, ab->bed.ioas), 1);
	assert_int_equal(test_access_replace(ab->bed.fd, access, ioas), 0);
	close(access);
}

/* DESTROY by user space is refused for as long as the owner has it. */
void test_destroy(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = 0, extra;

	/* Ids are given in turn, so this is the id after a new access. */
	extra = new_ioas(ab->bed.fd);
	close(new_access(ab->bed.fd, ab->bed.ioas, 0));
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), -EBUSY);
	for (id = ab->bed.ioas + 1; id < extra; id++)
		assert_int_equal(iommufd_destroy(ab->bed.fd, id), -EBUSY);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), 0);
	assert_int_equal(iommufd_destroy(ab->bed.fd, extra), 0);
}

void test_close_while_pinned(void **state)
{
	struct accessbed *ab = *state;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	close(ab->access);
	ab->access = -1;
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_true(is_mapped(ab->bed.fd, ab->bed.ioas, BED_IOVA));
}

/* An access outlives the fd of its context. */
void test_close_context_first(void **state)
{
	struct accessbed *ab = *state;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	close(ab->bed.fd);
	ab->bed.fd = new_fd();
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	/* The test command takes the fd of the access, whoever calls it. */
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, 0), 0);
	pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	close(ab->access);
	ab->access = -1;
	refs(ab, ab->bed.mem, BED_SIZE, 0);
}
