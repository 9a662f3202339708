// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are said to be bad while a device has them (MADV_HWPOISON,
 * MADV_SOFT_OFFLINE): the kernel can't move them, so the device goes on with them;
 * nobody crashes, UNMAP unmaps, and all that a program can see is what the kernel's own
 * type1 does. Needs the edu.
 */
#include <errno.h>
#include <linux/mman.h>
#include <signal.h>

#include "bed.h"
#include "edubed.h"
#include "file.h"
#include "memory.h"
#include "module.h"
#include "twoways.h"

#define SIZE HUGE
#define AT FREE_IOVA
#define AGAIN (FREE_IOVA + 4 * HUGE)
#define PIECE 256

/* The bad page, somewhere within. */
#define BAD (3 * PAGE)

#define POOL "/proc/sys/vm/nr_hugepages"
#define MAKE_GOOD "/sys/kernel/debug/hwpoison/unpoison-pfn"

/**
 * struct kind - of memory
 * @name: of it
 * @flags: of mmap()
 * @huge: in huge pages, not those of MAP_HUGETLB
 */
struct kind {
	const char *name;
	int flags;
	bool huge;
};

static const struct kind kinds[] = {
	{ "small pages", MAP_PRIVATE | MAP_ANONYMOUS, false },
	{ "shared memory", MAP_SHARED | MAP_ANONYMOUS, false },
	{ "huge pages", MAP_PRIVATE | MAP_ANONYMOUS, true },
	{ "hugetlb", MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, false },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/**
 * struct seen - what a program can see of it
 * @said: what madvise() returned, while it was mapped
 * @told: how often the process got SIGBUS for that
 * @touched: whether the process can still read the page
 * @beside: whether it can read the one after it
 * @again: of another MAP of all of it
 * @after: of a MAP after it was unmapped
 */
struct seen {
	int said;
	int told;
	bool touched;
	bool beside;
	int again;
	int after;
};

static volatile sig_atomic_t told;

static void be_told(int signal)
{
	told++;
}

/* In the kernel, which returns an error: the process would never get past it. */
static bool can_read(const void *va)
{
	int ends[2];
	bool can;

	assert_int_equal(pipe(ends), 0);
	can = write(ends[1], va, 1) == 1;
	close(ends[0]);
	close(ends[1]);
	return can;
}

/* From an address that is a multiple of SIZE. */
static uint8_t *memory_new(const struct kind *kind)
{
	uint8_t *mem = aligned_pages(SIZE);

	mem = mmap(mem, SIZE, PROT_READ | PROT_WRITE, kind->flags | MAP_FIXED,
		   -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	madvise(mem, SIZE, kind->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	fill(mem, SIZE);
	return mem;
}

static int unmap_if(struct twoways *way, uint64_t iova, int rc)
{
	if (!rc)
		assert_int_equal(twoways_unmap(way, iova, SIZE), 0);
	return rc;
}

/* The device has all of it, whatever the process may still touch. */
static void device_has(struct edubed *bed, const uint8_t *copy)
{
	assert_true(dma_reads(bed, AT + BAD, copy + BAD, PIECE));
	assert_true(dma_reads(bed, AT, copy, PIECE));
	assert_true(dma_reads(bed, AT + SIZE - PAGE, copy + SIZE - PAGE,
			      PIECE));
}

/* The page that has come back last is the first one to go. */
static void pool_change(int by)
{
	uint64_t have = 0, want;
	char text[24];

	assert_int_equal(file_read_u64(POOL, &have), 0);
	want = have + by;
	snprintf(text, sizeof(text), "%lu", (unsigned long)want);
	assert_int_equal(file_write(POOL, text), 0);
	assert_int_equal(file_read_u64(POOL, &have), 0);
	assert_int_equal(have, want);
}

/*
 * What stays bad would be lost for later tests, or found bad by them: huge pages
 * go back with the bad page in them.
 */
static void make_good(uint64_t frame)
{
	char text[32];

	snprintf(text, sizeof(text), "%#lx", (unsigned long)frame);
	assert_int_equal(module_load("hwpoison_inject", NULL), 0);
	assert_int_equal(file_write(MAKE_GOOD, text), 0);
}

static void go_bad(struct twoways *way, const struct kind *kind, int advice,
		   struct seen *seen)
{
	bool pool = kind->flags & MAP_HUGETLB;
	uint8_t *mem, *copy = pages(SIZE);
	uint64_t frame;

	if (pool)
		pool_change(1);
	mem = memory_new(kind);
	memcpy(copy, mem, SIZE);
	assert_int_equal(twoways_map(way, AT, mem, SIZE), 0);
	frame = frame_of(mem + BAD);
	told = 0;
	seen->said = madvise(mem + BAD, PAGE, advice) ? -errno : 0;
	seen->told = told;
	device_has(way->bed, copy);
	seen->touched = can_read(mem + BAD);
	seen->beside = can_read(mem + BAD + PAGE);
	seen->again = unmap_if(way, AGAIN, twoways_map(way, AGAIN, mem, SIZE));
	assert_int_equal(twoways_unmap(way, AT, SIZE), 0);
	seen->after = unmap_if(way, AT, twoways_map(way, AT, mem, SIZE));
	munmap(mem, SIZE);
	munmap(copy, SIZE);
	if (pool)
		pool_change(-1);
	assert_int_equal(pinned(way->bed), 0);
	if (advice == MADV_HWPOISON)
		make_good(frame);
}

static void in_one_way(int (*open_way)(void **state), const struct kind *kind,
		       int advice, struct seen *seen)
{
	void *way;

	open_way(&way);
	go_bad(way, kind, advice, seen);
	twoways_close(&way);
	print_message("%s: %d, told %d, %stouched, beside %stouched, MAP %d, after UNMAP %d\n",
		      kind->name, seen->said, seen->told, seen->touched ? "" : "not ",
		      seen->beside ? "" : "not ", seen->again, seen->after);
}

static void goes_bad(int advice)
{
	struct seen ours = { 0 }, stock = { 0 };
	unsigned int i;

	/* Not cmocka's, which takes it for the end of the test. */
	signal(SIGBUS, be_told);
	for (i = 0; i < KINDS; i++) {
		in_one_way(twoways_cdev, &kinds[i], advice, &ours);
		in_one_way(twoways_stock, &kinds[i], advice, &stock);
		assert_int_equal(ours.said, stock.said);
		assert_int_equal(ours.told, stock.told);
		assert_int_equal(ours.touched, stock.touched);
		assert_int_equal(ours.beside, stock.beside);
		assert_int_equal(ours.again, stock.again);
		assert_int_equal(ours.after, stock.after);
	}
}

static void test_hard(void **state)
{
	goes_bad(MADV_HWPOISON);
}

static void test_soft(void **state)
{
	goes_bad(MADV_SOFT_OFFLINE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_hard),
	cmocka_unit_test(test_soft),
};

static bool kernel_knows_bad_pages(void)
{
	uint8_t *page = pages(PAGE);
	bool knows;

	*page = 1;
	knows = !madvise(page, PAGE, MADV_SOFT_OFFLINE) || errno != EINVAL;
	munmap(page, PAGE);
	return knows;
}

int main(void)
{
	if (bed_load())
		return 1;
	if (!kernel_knows_bad_pages()) {
		print_message("no CONFIG_MEMORY_FAILURE, nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
