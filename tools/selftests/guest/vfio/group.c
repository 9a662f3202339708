// SPDX-License-Identifier: GPL-2.0
/*
 * Two devices in one IOMMU group, which the IOMMU can't tell apart: one
 * iommufd owns both, and both use one page table.
 */
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "pci.h"
#include "vfio.h"

#define SECONDS 3
#define SECONDS_LONG 60

/* Where tests map: an edu without dma_mask= reaches it, too. */
#define AT (SCRATCH_IOVA + HUGE)

struct pair {
	char bdf[2][PCI_NAME_MAX];
	int fd;
	uint32_t ioas;
	struct edubed bed[2];
};

/* Two edus with the same group number, which some have once they have a driver. */
static void pair_find(struct pair *pair)
{
	char bdf[8][PCI_NAME_MAX];
	int group[8], n, i;

	for (n = 0; n < 8; n++) {
		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, n, bdf[n]))
			break;
		assert_int_equal(pci_bind(bdf[n], "vfio-pci"), 0);
		assert_int_equal(pci_group(bdf[n], &group[n]), 0);
		for (i = 0; i < n; i++) {
			if (group[i] != group[n])
				continue;
			memcpy(pair->bdf[0], bdf[i], PCI_NAME_MAX);
			memcpy(pair->bdf[1], bdf[n], PCI_NAME_MAX);
			return;
		}
	}
	fail_msg("no two edus in one group: scripts/vm --device shared-edus");
}

static int edu_index(const char *bdf)
{
	char other[PCI_NAME_MAX];
	int n = 0;

	while (!pci_find_id(EDU_VENDOR, EDU_DEVICE, n, other)) {
		if (!strcmp(other, bdf))
			return n;
		n++;
	}
	return -1;
}

/* Both are given to vfio-pci before one is bound: the group is then viable. */
static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int i;

	pair_find(pair);
	pair->fd = new_fd();
	pair->ioas = new_ioas(pair->fd);
	for (i = 0; i < 2; i++) {
		struct edubed *bed = &pair->bed[i];

		bed->fd = pair->fd;
		bed->ioas = pair->ioas;
		bed->scratch = pages(PAGE);
		bed->edu.dev = -1;
	}
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;
	int i;

	for (i = 0; i < 2; i++) {
		if (pair->bed[i].edu.dev >= 0)
			edu_close(&pair->bed[i].edu);
		munmap(pair->bed[i].scratch, PAGE);
	}
	close(pair->fd);
	free(pair);
	return 0;
}

static void open_both(struct pair *pair)
{
	int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(edu_open(&pair->bed[i].edu,
					  edu_index(pair->bdf[i]), pair->fd),
				 0);
}

/* Each has a scratch page; they share an IOAS, so one address for it. */
static void attach_both(struct pair *pair)
{
	int i;

	open_both(pair);
	for (i = 0; i < 2; i++)
		assert_int_equal(attach(&pair->bed[i], pair->ioas), 0);
	assert_int_equal(pair->bed[0].hwpt, pair->bed[1].hwpt);
	map_at(&pair->bed[0], SCRATCH_IOVA, MAP_RW, pair->bed[0].scratch, PAGE);
	munmap(pair->bed[1].scratch, PAGE);
	pair->bed[1].scratch = pair->bed[0].scratch;
}

static void detach_both(struct pair *pair)
{
	pair->bed[1].scratch = pages(PAGE);
}

/* What is mapped once is there for both. */
static void test_both(void **state)
{
	struct pair *pair = *state;
	uint8_t *mem = pages(PAGE);

	attach_both(pair);
	map_at(&pair->bed[0], AT, MAP_RW, mem, PAGE);
	assert_true(dma_writes(&pair->bed[0], AT, mem, 256));
	assert_true(dma_writes(&pair->bed[1], AT, mem, 256));
	unmap(&pair->bed[1], AT, PAGE);
	assert_true(dma_write_blocked(&pair->bed[0], AT, mem, 256));
	assert_true(dma_write_blocked(&pair->bed[1], AT, mem, 256));
	detach_both(pair);
	munmap(mem, PAGE);
}

/* When one leaves, the other goes on. */
static void test_one_leaves(void **state)
{
	struct pair *pair = *state;
	uint8_t *mem = pages(PAGE);

	attach_both(pair);
	map_at(&pair->bed[0], AT, MAP_RW, mem, PAGE);
	assert_int_equal(vfio_detach(pair->bed[0].edu.dev), 0);
	assert_true(dma_writes(&pair->bed[1], AT, mem, 256));
	edu_close(&pair->bed[0].edu);
	pair->bed[0].edu.dev = -1;
	assert_true(dma_writes(&pair->bed[1], AT, mem, 256));
	detach_both(pair);
	munmap(mem, PAGE);
}

/* A group is attached to one page table at a time. */
static void test_other_page_table(void **state)
{
	struct pair *pair = *state;
	uint32_t other = new_ioas(pair->fd), pt = other;

	open_both(pair);
	assert_int_equal(attach(&pair->bed[0], pair->ioas), 0);
	assert_int_equal(vfio_attach(pair->bed[1].edu.dev, &pt), -EINVAL);
	assert_int_equal(pt, other);
	assert_int_equal(attach(&pair->bed[1], pair->ioas), 0);
}

/* To replace the page table of one is to replace that of the group. */
static void test_replace_moves_both(void **state)
{
	struct pair *pair = *state;
	uint32_t other = new_ioas(pair->fd);
	uint8_t *mem = pages(PAGE);
	uint64_t iova = AT, scratch = SCRATCH_IOVA;

	attach_both(pair);
	assert_int_equal(iommufd_map(pair->fd, other, MAP_RW | MAP_FIXED_IOVA,
				     mem, PAGE, &iova), 0);
	assert_int_equal(iommufd_copy(pair->fd, MAP_RW | MAP_FIXED_IOVA, other,
				      &scratch, pair->ioas, SCRATCH_IOVA,
				      PAGE), 0);
	assert_int_equal(attach(&pair->bed[0], other), 0);
	assert_true(dma_writes(&pair->bed[0], iova, mem, 256));
	assert_true(dma_writes(&pair->bed[1], iova, mem, 256));
	/* Nothing is left on the first one. */
	assert_int_equal(iommufd_destroy(pair->fd, pair->ioas), 0);
	detach_both(pair);
	munmap(mem, PAGE);
}

/* One of two that move the group at the same time, each to an IOAS of its own. */
struct mover {
	int dev;
	uint32_t pt;
	int rc;
	pthread_barrier_t *turn;
	bool *done;
};

static void *mover_run(void *arg)
{
	struct mover *mover = arg;

	for (;;) {
		pthread_barrier_wait(mover->turn);
		if (*mover->done)
			return NULL;
		mover->rc = vfio_attach(mover->dev, &mover->pt);
		pthread_barrier_wait(mover->turn);
	}
}

/* Whoever came last has the group; the page table of the other one is gone. */
static void check_moved(struct pair *pair, const struct mover *mover)
{
	int rc[2], i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(mover[i].rc, 0);
		rc[i] = iommufd_destroy(pair->fd, mover[i].pt);
	}
	assert_int_equal(rc[0], rc[1] == -EBUSY ? -ENOENT : -EBUSY);
	assert_int_equal(rc[1], rc[0] == -EBUSY ? -ENOENT : -EBUSY);
}

/*
 * Functions of the first bus have a device set each, so nothing but the group keeps
 * them apart: there an automatic page table can be left before it is anybody's.
 */
static void test_moved_at_once(void **state)
{
	uint64_t end = clock_ms() +
		       race_seconds(SECONDS, SECONDS_LONG) * 1000;
	struct pair *pair = *state;
	uint32_t to[2] = { new_ioas(pair->fd), new_ioas(pair->fd) }, home;
	pthread_barrier_t turn;
	struct mover mover[2];
	unsigned int rounds;
	pthread_t thread[2];
	bool done = false;
	int i;

	attach_both(pair);
	pthread_barrier_init(&turn, NULL, 3);
	for (i = 0; i < 2; i++) {
		mover[i] = (struct mover){
			.dev = pair->bed[i].edu.dev, .turn = &turn,
			.done = &done,
		};
		assert_int_equal(pthread_create(&thread[i], NULL, mover_run,
						&mover[i]), 0);
	}
	for (rounds = 0; clock_ms() < end; rounds++) {
		for (i = 0; i < 2; i++)
			mover[i].pt = to[i];
		pthread_barrier_wait(&turn);
		pthread_barrier_wait(&turn);
		check_moved(pair, mover);
		home = pair->ioas;
		assert_int_equal(vfio_attach(mover[0].dev, &home), 0);
	}
	print_message("%u rounds\n", rounds);
	done = true;
	pthread_barrier_wait(&turn);
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(iommufd_destroy(pair->fd, to[i]), 0);
	}
	detach_both(pair);
}

/* The kernel's own claim: a second iommufd gets EPERM, on both kernels. */
static void test_second_iommufd(void **state)
{
	struct pair *pair = *state;
	int second = new_fd();

	assert_int_equal(edu_open(&pair->bed[0].edu, edu_index(pair->bdf[0]),
				  pair->fd), 0);
	assert_int_equal(edu_open(&pair->bed[1].edu, edu_index(pair->bdf[1]),
				  second), -EPERM);
	edu_close(&pair->bed[0].edu);
	pair->bed[0].edu.dev = -1;
	assert_int_equal(edu_open(&pair->bed[1].edu, edu_index(pair->bdf[1]),
				  second), 0);
	edu_close(&pair->bed[1].edu);
	pair->bed[1].edu.dev = -1;
	close(second);
}

/* A device of the group that no driver has is no obstacle. */
static void test_idle_member(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(pci_unbind(pair->bdf[1]), 0);
	assert_int_equal(edu_open(&pair->bed[0].edu, edu_index(pair->bdf[0]),
				  pair->fd), 0);
	edu_close(&pair->bed[0].edu);
	pair->bed[0].edu.dev = -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both),
		TEST(test_one_leaves),
		TEST(test_other_page_table),
		TEST(test_replace_moves_both),
		TEST(test_moved_at_once),
		TEST(test_second_iommufd),
		TEST(test_idle_member),
	};

	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
