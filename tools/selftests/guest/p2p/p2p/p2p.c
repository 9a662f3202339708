// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of a device as memory for another: who may map them, that DMA reaches
 * them, and that it no longer does when their owner has turned them off, has
 * unmapped them or has gone. Needs two NVMes, an edu, and for all of it two edus
 * of one bus, an NVMe with memory in a BAR, an ivshmem.
 */
#include "bed.h"
#include "bytes.h"
#include "end.h"
#include "env.h"
#include "event.h"
#include "export.h"
#include "life.h"
#include "module.h"
#include "p2pbed.h"
#include "refused.h"

#define BY(way) (1 << P2P_##way)
/* By a dma-buf no mapping of the process is asked. */
#define BY_EACH (BY(WAYS) - 1 - BY(BY_DMA_BUF))
#define BY_FILES (BY(BY_IOAS) | BY(BY_CALLS))
#define BY_BOTH (BY(BY_IOAS) | BY(BY_CONTAINER))

/**
 * struct test - one that is run for some ways in which registers come to the reader
 * @name: of the function
 * @test: gets what @setup makes
 * @ways: BY(...)
 * @setup: gets a way; NULL where the test opens and closes everything by itself
 * @teardown: closes it
 */
struct test {
	const char *name;
	CMUnitTestFunction test;
	unsigned int ways;
	CMFixtureFunction setup;
	CMFixtureFunction teardown;
};

#define TEST(test, ways) { #test, test, ways, p2p_setup, p2p_teardown }
#define WITH_EDU(test) { #test, test, BY(BY_IOAS), two_setup, two_teardown }
#define ALONE(test, ways) { #test, test, ways, NULL, NULL }

static const struct test tests[] = {
	TEST(test_events, BY_EACH | BY(BY_DMA_BUF)),
	TEST(test_revival_time, BY(TARGET_BY_GROUP) | BY(BY_CONTAINER)),
	TEST(test_reset, BY_EACH | BY(BY_DMA_BUF)),
	TEST(test_hot_reset, BY_BOTH | BY(TARGET_BY_GROUP) | BY(BY_DMA_BUF)),
	TEST(test_hot_reset_by_other, BY(BY_IOAS)),
	TEST(test_mapped_while_off, BY_BOTH | BY(TARGET_BY_GROUP)),
	TEST(test_ends, BY_EACH),
	TEST(test_read_only_end, BY_BOTH),
	TEST(test_part_ends, BY_BOTH),
	TEST(test_exit, BY_BOTH | BY_FILES),
	TEST(test_off_by_other, BY_BOTH | BY(TARGET_BY_GROUP)),
	TEST(test_inherited, BY_BOTH),
	TEST(test_fork, BY_BOTH),
	TEST(test_write, BY_BOTH | BY(BY_DMA_BUF)),
	TEST(test_dma_buf, BY(BY_DMA_BUF)),
	WITH_EDU(test_edu_reads),
	TEST(test_edu_is_read, BY_FILES),
	WITH_EDU(test_nvme_memory),
	WITH_EDU(test_large_bar),
	TEST(test_dead_calls, BY_FILES),
	TEST(test_copy, BY_FILES),
	TEST(test_anywhere, BY(BY_IOAS)),
	TEST(test_two_tables, BY(BY_IOAS) | BY(BY_DMA_BUF)),
	TEST(test_unmap_pieces, BY_BOTH),
	TEST(test_orders, BY_EACH),
	TEST(test_former_owner, BY_EACH | BY(BY_DMA_BUF)),
	TEST(test_former_owner_early, BY_FILES),
	TEST(test_refused, BY_EACH),
	TEST(test_pay, BY_BOTH | BY_FILES),
	TEST(test_export, BY(BY_IOAS)),
	TEST(test_export_ends, BY(BY_IOAS)),
	TEST(test_export_errors, BY(BY_IOAS)),
	TEST(test_access, BY(BY_IOAS)),
	TEST(test_foreign, BY_BOTH | BY_FILES),
	ALONE(test_foreign_allowed, BY(BY_CONTAINER)),
	ALONE(test_map_bars, BY(BY_IOAS)),
};

#define TESTS (sizeof(tests) / sizeof(*tests))

/* What this kernel has; a slow one has few of them, in the usual run. */
static unsigned int ways_here(void)
{
	unsigned int ways = BY_EACH;

	if (kernel_has_kasan() && !env_is_long())
		ways = BY_BOTH;
	if (p2p_has_dma_buf())
		ways |= BY(BY_DMA_BUF);
	return ways;
}

/* By each of its ways that there is here, or else by all. */
static size_t expand(const struct test *test, unsigned int here,
		     struct CMUnitTest *list)
{
	unsigned int ways = test->ways;
	size_t n = 0;
	int way;

	if (ways & here || ways == BY(BY_DMA_BUF))
		ways &= here;
	for (way = 0; way < P2P_WAYS; way++) {
		char *name;

		if (!(ways & 1 << way))
			continue;
		if (asprintf(&name, "%s, %s", test->name,
			     p2p_ways[way].name) < 0)
			abort();
		list[n++] = (struct CMUnitTest) {
			name, test->test, test->setup, test->teardown,
			(void *)&p2p_ways[way],
		};
	}
	return n;
}

int main(void)
{
	struct CMUnitTest list[TESTS * P2P_WAYS];
	unsigned int here;
	size_t n = 0, i;

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	here = ways_here();
	for (i = 0; i < TESTS; i++)
		n += expand(&tests[i], here, list + n);
	return _cmocka_run_group_tests("p2p", list, n, NULL, NULL);
}
