// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM does for a confidential guest: of the guest's memory only what it
 * shares is mapped, and it changes its mind page by page, for as long as it
 * lives. That must not make kernel memory grow, nor the calls slower. Needs
 * QEMU's edu device.
 */
#include <time.h>

#include "bed.h"
#include "edubed.h"
#include "env.h"
#include "file.h"
#include "iommufd.h"
#include "slab.h"

/* The part of the guest's memory that is shared and made private again. */
#define GUEST_IOVA 0x100000000UL
#define GUEST_PAGES 4096
#define GUEST_SIZE (GUEST_PAGES * PAGE)

#define CONVERSIONS 100000
#define TENTH_MAX (CONVERSIONS / 10)

/* Slab and other memory may differ by this: 100,000 times nothing. */
#define SLAB_ROOM (256 << 10)
#define MEMORY_ROOM (4 << 20)

/* How much slower the last tenth may be, in percent, at the machine's pace. */
#define SLOWER 50

struct guest {
	struct edubed *bed;
	int file;		/* its memory */
	uint8_t *mem;
	bool shared[GUEST_PAGES];
	unsigned int count;	/* of shared pages */
	unsigned int random;
	int tenth;		/* conversions in one */
	bool keeps_freed;	/* the kernel does, see guest_start() */
};

/* Nanoseconds that calls of one kind took, one by one. */
struct times {
	unsigned int n;
	uint32_t ns[TENTH_MAX];
};

/* One tenth of all conversions. */
struct tenth {
	struct times share;	/* MAP */
	struct times unshare;	/* UNMAP */
	struct times pace;	/* something that has nothing to do with us */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void times_add(struct times *times, uint64_t begin)
{
	uint64_t ns = now_ns() - begin;

	if (times->n < TENTH_MAX)
		times->ns[times->n++] = ns < UINT32_MAX ? ns : UINT32_MAX;
}

static int by_size(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static uint32_t median(struct times *times)
{
	assert_true(times->n > 100);
	qsort(times->ns, times->n, sizeof(*times->ns), by_size);
	return times->ns[times->n / 2];
}

/* ---- the guest ---- */

static void convert(struct guest *guest, unsigned int page, struct tenth *tenth)
{
	struct edubed *bed = guest->bed;
	uint64_t iova = GUEST_IOVA + page * PAGE, begin = now_ns();

	if (guest->shared[page])
		unmap(bed, iova, PAGE);
	else
		map_at(bed, iova, MAP_RW, guest->mem + page * PAGE, PAGE);
	times_add(guest->shared[page] ? &tenth->unshare : &tenth->share, begin);
	guest->count += guest->shared[page] ? -1 : 1;
	guest->shared[page] = !guest->shared[page];
}

/* The same pages in each run; any of them next. */
static unsigned int any_page(struct guest *guest)
{
	guest->random = guest->random * 1664525 + 1013904223;
	return (guest->random >> 16) % GUEST_PAGES;
}

/* How fast is the machine just now? Others may use it, too. */
static void keep_pace(struct guest *guest, struct times *pace)
{
	static uint8_t data[4 * PAGE];
	uint64_t begin = now_ns();

	assert_int_equal(pread(guest->file, data, sizeof(data), 0),
			 sizeof(data));
	times_add(pace, begin);
}

static void run_tenth(struct guest *guest, struct tenth *tenth)
{
	int i;

	memset(tenth, 0, sizeof(*tenth));
	for (i = 0; i < guest->tenth; i++) {
		convert(guest, any_page(guest), tenth);
		if (i % 8 == 0)
			keep_pace(guest, &tenth->pace);
	}
}

static struct guest *guest_start(struct edubed *bed, struct tenth *scratch)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	unsigned int page;

	guest->bed = bed;
	guest->random = 1;
	/*
	 * KASAN does for a while, so memory tells nothing; kmemleak looks for
	 * leaks there. And it is slow: a tenth of it all will do, if there is
	 * no more time.
	 */
	guest->keeps_freed = kernel_has_kasan();
	guest->tenth = TENTH_MAX;
	if (guest->keeps_freed && !env_is_long())
		guest->tenth /= 10;
	guest->file = memfd_create("guest", MFD_CLOEXEC);
	assert_true(guest->file >= 0);
	assert_int_equal(ftruncate(guest->file, GUEST_SIZE), 0);
	guest->mem = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, guest->file, 0);
	assert_ptr_not_equal(guest->mem, MAP_FAILED);
	/* Half of it, as it will be on average: nothing has to settle. */
	for (page = 0; page < GUEST_PAGES; page += 2)
		convert(guest, page, scratch);
	return guest;
}

/* What is unmapped is what was shared, to the page. */
static void guest_end(struct guest *guest)
{
	struct edubed *bed = guest->bed;
	uint64_t unmapped = 0;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, GUEST_IOVA,
				       GUEST_SIZE, &unmapped), 0);
	assert_int_equal(unmapped, guest->count * PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(guest->mem, GUEST_SIZE);
	close(guest->file);
	free(guest);
}

/* A page that is as it should be, @shared or not. */
static unsigned int find_page(struct guest *guest, bool shared)
{
	unsigned int page = any_page(guest);

	while (guest->shared[page] != shared)
		page = any_page(guest);
	return page;
}

static void check_reach(struct guest *guest)
{
	unsigned int in = find_page(guest, true);
	unsigned int out = find_page(guest, false);

	assert_true(dma_writes(guest->bed, GUEST_IOVA + in * PAGE,
			       guest->mem + in * PAGE, 64));
	assert_true(dma_write_blocked(guest->bed, GUEST_IOVA + out * PAGE,
				      guest->mem + out * PAGE, 64));
	assert_true(dma_read_blocked(guest->bed, GUEST_IOVA + out * PAGE,
				     guest->mem + out * PAGE, 64));
}

/* ---- what it costs ---- */

struct memory {
	uint64_t slab;
	uint64_t used;		/* all that is not free */
};

static uint64_t memory_bytes(const char *name)
{
	uint64_t kb = 0;

	assert_int_equal(file_read_kb("/proc/meminfo", name, &kb), 0);
	return kb * 1024;
}

/* When all that is given back later has been given back, and caches are empty. */
static struct memory memory_now(void)
{
	struct memory memory;
	int i;

	for (i = 0; i < 3; i++) {
		usleep(100000);
		assert_int_equal(file_write("/proc/sys/vm/drop_caches", "3"),
				 0);
		assert_int_equal(slab_shrink(), 0);
	}
	assert_int_equal(slab_bytes(&memory.slab), 0);
	memory.used = memory_bytes("MemTotal") - memory_bytes("MemFree");
	return memory;
}

static void check_memory(struct guest *guest, const struct memory *before,
			 const struct memory *after)
{
	long slab = after->slab - before->slab;
	long used = after->used - before->used;

	print_message("slab %+ld bytes, memory in use %+ld bytes\n", slab,
		      used);
	if (guest->keeps_freed)
		return;
	assert_true(slab < SLAB_ROOM);
	assert_true(used < MEMORY_ROOM);
}

/* As much as is shared. */
static void check_areas(struct guest *guest)
{
	assert_int_equal(pinned(guest->bed), guest->count * PAGE);
}

static void check_time(const char *what, struct times *first, uint32_t pace,
		       struct times *last, uint32_t last_pace)
{
	uint64_t before = median(first), after = median(last);

	print_message("%s: %lu ns, in the end %lu; the machine: %u, %u\n", what,
		      before, after, pace, last_pace);
	assert_true(after * pace * 100 <= before * last_pace * (100 + SLOWER));
}

static void test_conversions(void **state)
{
	struct tenth *first = malloc(sizeof(*first));
	struct tenth *last = calloc(1, sizeof(*last));
	struct guest *guest = guest_start(*state, last);
	struct memory before, after;
	uint32_t pace, last_pace;
	int i;

	run_tenth(guest, first);
	before = memory_now();
	for (i = 1; i < 10; i++)
		run_tenth(guest, last);
	after = memory_now();
	check_memory(guest, &before, &after);
	check_areas(guest);
	check_reach(guest);

	pace = median(&first->pace);
	last_pace = median(&last->pace);
	check_time("share", &first->share, pace, &last->share, last_pace);
	check_time("unshare", &first->unshare, pace, &last->unshare, last_pace);
	guest_end(guest);
	free(first);
	free(last);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_conversions, edubed_setup,
					edubed_teardown),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
