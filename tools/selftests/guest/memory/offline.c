// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is taken off line while a device has pages of it. Movable memory is left
 * before a page is pinned for long, so it goes at once. Of other memory the kernel tries
 * to move what is pinned, for as long as nobody gives up: who has it pinned notices
 * nothing, and UNMAP ends it. In two ways, which are to behave alike. Needs the edu, and
 * memory that can be taken off line (block.h).
 */
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "block.h"
#include "clock.h"
#include "edubed.h"
#include "env.h"
#include "file.h"
#include "memory.h"
#include "twoways.h"
#include "user.h"

#define SIZE HUGE
#define AT FREE_IOVA
#define PIECE 256

/* How much is looked through for a page of a block, in pieces; and what stays free. */
#define SEARCH (4096UL << 20)
#define SPARE_KB (64UL << 10)

/* How long it is watched trying, and may take once it can go. */
#define WATCH_US 700000
#define LIMIT_MS 30000

static int remake(const char *state)
{
	int block = block_remake(state);

	if (block == NO_BLOCK) {
		print_message("no memory here can be taken off line\n");
		skip();
	}
	return block;
}

static void restore(int block)
{
	if (block_is_online(block))
		assert_int_equal(block_write(block, "offline"), 0);
	assert_int_equal(block_write(block, "online_kernel"), 0);
}

/*
 * New memory, the first page of which is in @block; the rest goes. In huge pages, as
 * that is quicker.
 */
static uint8_t *memory_in(int block)
{
	uint64_t left = SPARE_KB;
	uint8_t *all, *found = NULL;
	size_t at;

	all = mmap(NULL, SEARCH, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(all, MAP_FAILED);
	all += -(uintptr_t)all % HUGE;
	madvise(all, SEARCH - HUGE, MADV_HUGEPAGE);
	for (at = 0; at < SEARCH - HUGE && !found && left >= SPARE_KB; at += SIZE) {
		memset(all + at, 1, SIZE);
		file_read_kb("/proc/meminfo", "MemFree", &left);
		if (block_of(all + at) == block)
			found = all + at;
	}
	assert_non_null(found);
	munmap(all, found - all);
	munmap(found + SIZE, all + SEARCH - HUGE - found - SIZE);
	return found;
}

static void test_movable(void **state)
{
	struct twoways *way = *state;
	int block = remake("online_movable");
	uint8_t *mem = memory_in(block);
	uint64_t start;

	fill(mem, SIZE);
	assert_int_equal(twoways_map(way, AT, mem, SIZE), 0);
	assert_int_not_equal(block_of(mem), block);
	start = clock_ms();
	assert_int_equal(block_write(block, "offline"), 0);
	assert_true(clock_ms() - start < LIMIT_MS);
	assert_true(dma_reads(way->bed, AT, mem, PIECE));
	assert_true(dma_writes(way->bed, AT + SIZE - PAGE, mem + SIZE - PAGE,
			       PIECE));
	assert_int_equal(twoways_unmap(way, AT, SIZE), 0);
	munmap(mem, SIZE);
	restore(block);
}

/* ---- memory of the kernel's ---- */

static void child_takes_off_line(void *arg)
{
	const int *block = arg;

	check(!block_write(*block, "offline"));
}

static bool ends_soon(pid_t child, int *status)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	while (waitpid(child, status, WNOHANG) != child) {
		if (clock_ms() > end)
			return false;
		clock_pause_us(10000);
	}
	return true;
}

static pid_t take_off_line(struct twoways *way, uint8_t *mem, int *block)
{
	pid_t child = start_child(child_takes_off_line, block, -1);
	int status;

	usleep(WATCH_US);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_true(dma_reads(way->bed, AT, mem, PIECE));
	assert_true(dma_writes(way->bed, AT, mem, PIECE));
	return child;
}

static void kill_it(pid_t child)
{
	int status = 0;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_true(ends_soon(child, &status));
	assert_true(WIFSIGNALED(status));
}

/* First a signal ends it, and all is as before; then UNMAP does, and it has gone. */
static void test_kernel(void **state)
{
	struct twoways *way = *state;
	int block = remake("online_kernel");
	uint8_t *mem = memory_in(block);
	int status = -1;
	pid_t child;

	fill(mem, SIZE);
	assert_int_equal(twoways_map(way, AT, mem, SIZE), 0);
	assert_int_equal(block_of(mem), block);
	kill_it(take_off_line(way, mem, &block));
	assert_true(block_is_online(block));
	assert_int_equal(block_of(mem), block);

	child = take_off_line(way, mem, &block);
	assert_int_equal(twoways_unmap(way, AT, SIZE), 0);
	assert_true(ends_soon(child, &status));
	assert_int_equal(status, 0);
	assert_false(block_is_online(block));
	assert_int_not_equal(block_of(mem), block);
	munmap(mem, SIZE);
	restore(block);
}

#define CDEV(name) cmocka_unit_test_setup_teardown(name, twoways_cdev, \
						   twoways_close)
#define STOCK(name) cmocka_unit_test_setup_teardown(name, twoways_stock, \
						    twoways_close)

static const struct CMUnitTest tests[] = {
	CDEV(test_movable),
	STOCK(test_movable),
	CDEV(test_kernel),
};

/* To find memory takes half a minute. */
static const struct CMUnitTest long_tests[] = {
	STOCK(test_kernel),
};

int main(void)
{
	int failed;

	if (bed_load())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (env_is_long())
		failed += cmocka_run_group_tests(long_tests, NULL, NULL);
	return failed;
}
