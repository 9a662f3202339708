// SPDX-License-Identifier: GPL-2.0
/*
 * What a file of /dev/iommu tells of what it has: LIST_OBJECTS, IOAS_LIST_AREAS and
 * fdinfo, and whom it tells. Seen with devices behind the mock IOMMU.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "list.h"
#include "manners.h"
#include "memory.h"
#include "module.h"
#include "test.h"
#include "threads.h"
#include "user.h"

#define ENTRIES 64

struct listbed {
	struct bed bed;
	struct test_mock mock;
	struct iommu_area_entry areas[ENTRIES];
	struct iommu_object_entry objects[ENTRIES];
	int num;
};

static int setup(void **state)
{
	struct listbed *bed = calloc(1, sizeof(*bed));

	bed->bed.fd = new_fd();
	bed->bed.ioas = new_ioas(bed->bed.fd);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct listbed *bed = *state;

	close(bed->bed.fd);
	free(bed);
	return 0;
}

static void add_mock(struct listbed *bed)
{
	assert_int_equal(test_mock(bed->bed.fd, bed->bed.ioas, 0, &bed->mock), 0);
}

static int take_areas(struct listbed *bed, uint32_t ioas, uint32_t flags)
{
	struct list list = { .fd = bed->bed.fd, .ioas = ioas, .flags = flags };

	bed->num = list_areas(&list, bed->areas, ENTRIES);
	return bed->num < 0 ? bed->num : 0;
}

static void areas(struct listbed *bed)
{
	assert_int_equal(take_areas(bed, bed->bed.ioas, 0), 0);
}

static void map_at(struct listbed *bed, uint64_t iova, uint32_t access,
		   const void *va, size_t length)
{
	assert_int_equal(iommufd_map(bed->bed.fd, bed->bed.ioas,
				     access | MAP_FIXED_IOVA, va, length,
				     &iova), 0);
}

/* ---- objects ---- */

static const struct iommu_object_entry *object(struct listbed *bed, uint32_t id)
{
	struct list list = { .fd = bed->bed.fd };
	int i;

	bed->num = list_objects(&list, bed->objects, ENTRIES);
	assert_true(bed->num >= 0);
	assert_true(list.end);
	for (i = 0; i < bed->num; i++)
		if (bed->objects[i].id == id)
			return &bed->objects[i];
	return NULL;
}

static void test_objects(void **state)
{
	struct listbed *bed = *state;
	const struct iommu_object_entry *entry;
	int access;

	entry = object(bed, bed->bed.ioas);
	assert_int_equal(bed->num, 1);
	assert_int_equal(entry->type, IOMMU_OBJECT_IOAS);
	assert_int_equal(entry->users, 0);

	add_mock(bed);
	entry = object(bed, bed->mock.hwpt);
	assert_int_equal(entry->type, IOMMU_OBJECT_HWPT);
	assert_int_equal(entry->on_id, bed->bed.ioas);
	assert_int_equal(entry->flags, IOMMU_OBJECT_AUTOMATIC);
	assert_true(entry->page_sizes & MOCK_PAGE);
	assert_true(object(bed, bed->bed.ioas)->users >= 1);
	entry = object(bed, bed->mock.idev);
	assert_int_equal(entry->type, IOMMU_OBJECT_DEVICE);
	assert_int_equal(entry->on_id, bed->mock.hwpt);
	assert_true(strnlen(entry->name, IOMMU_LIST_NAME) > 0);

	assert_int_equal(test_access_create(bed->bed.fd, bed->bed.ioas, 0,
					    &access), 0);
	entry = NULL;
	object(bed, NO_ID);
	for (int i = 0; i < bed->num; i++)
		if (bed->objects[i].type == IOMMU_OBJECT_ACCESS)
			entry = &bed->objects[i];
	assert_non_null(entry);
	assert_int_equal(entry->on_id, bed->bed.ioas);
	close(access);

	assert_int_equal(iommufd_destroy(bed->bed.fd, bed->mock.stdev), 0);
	assert_null(object(bed, bed->mock.idev));
	assert_null(object(bed, bed->mock.hwpt));
	assert_non_null(object(bed, bed->bed.ioas));
}

/* One at a time, and none twice. */
static void test_objects_some(void **state)
{
	struct listbed *bed = *state;
	struct list list = { .fd = bed->bed.fd };
	struct iommu_object_entry entry;
	uint32_t last = 0;
	int n = 0;

	for (n = 0; n < 20; n++)
		new_ioas(bed->bed.fd);
	for (n = 0; !list.end; n++) {
		int got = list_objects(&list, &entry, 1);

		if (!got)
			break;
		assert_int_equal(got, 1);
		assert_true(entry.id > last);
		last = entry.id;
	}
	assert_int_equal(n, 21);
}

/* ---- areas ---- */

static void test_areas(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(8 * PAGE);
	const struct iommu_area_entry *area = bed->areas;
	uint64_t iova = FREE_IOVA + 32 * PAGE;
	int file = memfd_create("lent", 0);

	memset(mem, 1, 8 * PAGE);
	assert_int_equal(ftruncate(file, 8 * PAGE), 0);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	map_at(bed, FREE_IOVA + 8 * PAGE, MAP_R, mem + 2 * PAGE, 4 * PAGE);
	map_at(bed, FREE_IOVA + 16 * PAGE, MAP_W, mem + 7 * PAGE + 2048, 2048);
	assert_int_equal(iommufd_map_file(bed->bed.fd, bed->bed.ioas,
					  MAP_RW | MAP_FIXED_IOVA, file, PAGE,
					  4 * PAGE, &iova), 0);
	areas(bed);
	assert_int_equal(bed->num, 4);

	assert_int_equal(area->iova, FREE_IOVA);
	assert_int_equal(area->length, PAGE);
	assert_int_equal(area->kind, IOMMU_AREA_USER);
	assert_int_equal(area->flags,
			 IOMMU_AREA_READABLE | IOMMU_AREA_WRITEABLE);
	assert_int_equal(area->address, (uintptr_t)mem);
	assert_int_equal(area->pid, getpid());
	assert_int_equal(area->shared, 1);

	area++;
	assert_int_equal(area->iova, FREE_IOVA + 8 * PAGE);
	assert_int_equal(area->length, 4 * PAGE);
	assert_int_equal(area->flags, IOMMU_AREA_READABLE);
	assert_int_equal(area->address, (uintptr_t)mem + 2 * PAGE);
	assert_int_equal(area->shared, 1);

	area++;
	assert_int_equal(area->flags, IOMMU_AREA_WRITEABLE);
	assert_int_equal(area->address, (uintptr_t)mem + 7 * PAGE + 2048);
	assert_int_equal(area->length, 2048);

	area++;
	assert_int_equal(area->kind, IOMMU_AREA_FILE);
	assert_int_equal(area->offset, PAGE);
	assert_int_equal(area->address, 0);
	assert_int_equal(area->pid, getpid());
	assert_non_null(strstr(area->name, "lent"));
	close(file);
	munmap(mem, 8 * PAGE);
}

/* Pinned from the first page table on; a copy is the same memory. */
static void test_pinned(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(8 * PAGE);
	uint64_t copy = FREE_IOVA + 64 * PAGE;
	uint32_t pin;
	int access;

	memset(mem, 1, 8 * PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	map_at(bed, FREE_IOVA + 8 * PAGE, MAP_RW, mem, 8 * PAGE);
	areas(bed);
	assert_false(bed->areas[0].flags & IOMMU_AREA_PINNED);
	assert_false(bed->areas[1].flags & IOMMU_AREA_PINNED);
	add_mock(bed);
	areas(bed);
	assert_true(bed->areas[0].flags & IOMMU_AREA_PINNED);
	assert_true(bed->areas[1].flags & IOMMU_AREA_PINNED);

	assert_int_equal(iommufd_copy(bed->bed.fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->bed.ioas, &copy, bed->bed.ioas,
				      FREE_IOVA + 8 * PAGE, 8 * PAGE), 0);
	areas(bed);
	assert_int_equal(bed->num, 3);
	assert_int_equal(bed->areas[1].shared, 2);
	assert_int_equal(bed->areas[2].shared, 2);
	assert_int_equal(bed->areas[2].address, (uintptr_t)mem);

	assert_int_equal(test_access_create(bed->bed.fd, bed->bed.ioas,
					    ACCESS_PINS, &access), 0);
	assert_int_equal(test_access_pin(bed->bed.fd, access, ACCESS_WRITE,
					 FREE_IOVA + 9 * PAGE, PAGE,
					 mem + PAGE, &pin), 0);
	areas(bed);
	assert_int_equal(bed->areas[0].accesses, 0);
	assert_int_equal(bed->areas[1].accesses, 1);
	close(access);
	areas(bed);
	assert_int_equal(bed->areas[1].accesses, 0);
	munmap(mem, 8 * PAGE);
}

/* Blocks of 2 MiB, where memory and IOVA allow them. */
static void test_large(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem;

	reserve_hugetlb(3);
	mem = mmap(NULL, 3 * HUGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (mem == MAP_FAILED)
		skip();
	add_mock(bed);
	map_at(bed, FREE_IOVA, MAP_RW, mem, 2 * HUGE);
	map_at(bed, FREE_IOVA + 4 * HUGE + PAGE, MAP_RW, mem, 2 * HUGE);
	map_at(bed, FREE_IOVA + 8 * HUGE + PAGE, MAP_RW, mem + PAGE, 2 * HUGE);
	areas(bed);
	assert_int_equal(bed->num, 3);
	assert_int_equal(bed->areas[0].large, 0);
	assert_int_equal(take_areas(bed, bed->bed.ioas, IOMMU_LIST_LARGE), 0);
	assert_int_equal(bed->areas[0].large, 2 * HUGE);
	assert_int_equal(bed->areas[1].large, 0);
	assert_int_equal(bed->areas[2].large, HUGE);
	munmap(mem, 3 * HUGE);
}

/* More than the kernel looks at with its lock held, by few at a time. */
static void test_areas_some(void **state)
{
	struct listbed *bed = *state;
	struct list list = { .fd = bed->bed.fd, .ioas = bed->bed.ioas };
	uint8_t *mem = pages(PAGE);
	unsigned int i, seen = 0;

	for (i = 0; i < 200; i++)
		map_at(bed, FREE_IOVA + i * 2 * PAGE, MAP_RW, mem, PAGE);
	while (!list.end) {
		int n = list_areas(&list, bed->areas, 7);

		assert_true(n >= 0 && n <= 7);
		for (i = 0; i < (unsigned int)n; i++)
			assert_int_equal(bed->areas[i].iova,
					 FREE_IOVA + seen++ * 2 * PAGE);
	}
	assert_int_equal(seen, 200);

	list = (struct list){
		.fd = bed->bed.fd, .ioas = bed->bed.ioas,
		.next = FREE_IOVA + 396 * PAGE + 1,
	};
	assert_int_equal(list_areas(&list, bed->areas, ENTRIES), 2);
	assert_true(list.end);
	munmap(mem, PAGE);
}

/* The last byte that an area can have is no reason to begin anew. */
static void test_last_iova(void **state)
{
	struct listbed *bed = *state;
	struct list list = { .fd = bed->bed.fd, .ioas = bed->bed.ioas };
	uint8_t *mem = pages(PAGE);

	map_at(bed, -2 * PAGE, MAP_RW, mem, PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_int_equal(list_areas(&list, bed->areas, 1), 1);
	assert_false(list.end);
	assert_int_equal(list_areas(&list, bed->areas, 1), 1);
	assert_true(list.end);
	assert_int_equal(bed->areas[0].iova, -2 * PAGE);
	munmap(mem, PAGE);
}

/* ---- who may know what ---- */

struct look {
	struct listbed *bed;
	uint8_t *mem;
};

static void child_sees(void *arg)
{
	struct look *look = arg;
	struct listbed *bed = look->bed;

	check(!take_areas(bed, bed->bed.ioas, IOMMU_LIST_LARGE));
	check(bed->num == 3);
	check(bed->areas[1].address == (uintptr_t)look->mem + PAGE);
	check(bed->areas[1].pid == getppid());
	check(strstr(bed->areas[2].name, "lent"));
}

static bool entry_tells(const struct iommu_area_entry *area)
{
	return area->address || area->offset || area->pid || area->name[0] ||
	       !(area->flags & IOMMU_AREA_HIDDEN);
}

static void child_does_not_see(void *arg)
{
	struct look *look = arg;
	struct listbed *bed = look->bed;
	char text[4096];
	int i;

	check(!take_areas(bed, bed->bed.ioas, IOMMU_LIST_LARGE));
	check(bed->num == 3);
	for (i = 0; i < 3; i++)
		check(!entry_tells(&bed->areas[i]));
	check(bed->areas[1].iova == FREE_IOVA + 8 * PAGE);
	check(bed->areas[1].length == 2 * PAGE);
	check(bed->areas[1].flags & IOMMU_AREA_PINNED);

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", bed->bed.fd);
	check(file_read(text, text, sizeof(text)) > 0);
	check(strstr(text, "iommufd-pinned:"));
	check(!strstr(text, "iommufd-payer"));
}

static void test_hidden(void **state)
{
	struct listbed *bed = *state;
	struct look look = { .bed = bed, .mem = pages(4 * PAGE) };
	uint64_t iova = FREE_IOVA + 16 * PAGE;
	int file = memfd_create("lent", 0);

	assert_int_equal(ftruncate(file, 4 * PAGE), 0);
	add_mock(bed);
	map_at(bed, FREE_IOVA, MAP_RW, look.mem, PAGE);
	map_at(bed, FREE_IOVA + 8 * PAGE, MAP_RW, look.mem + PAGE, 2 * PAGE);
	assert_int_equal(iommufd_map_file(bed->bed.fd, bed->bed.ioas,
					  MAP_RW | MAP_FIXED_IOVA, file, PAGE,
					  PAGE, &iova), 0);
	end_child(start_child(child_sees, &look, -1));
	run_as_user(child_does_not_see, &look, 1 << 20);
	close(file);
	munmap(look.mem, 4 * PAGE);
}

/* Who has mapped something may know it, whatever rights there are. */
static void child_sees_its_own(void *arg)
{
	struct listbed *bed = arg;
	uint8_t *mem = pages(2 * PAGE);
	uint64_t iova = FREE_IOVA;
	char text[4096];

	check(!iommufd_map(bed->bed.fd, bed->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
			   mem, 2 * PAGE, &iova));
	check(!take_areas(bed, bed->bed.ioas, 0));
	check(bed->num == 1);
	check(bed->areas[0].address == (uintptr_t)mem);
	check(bed->areas[0].pid == getpid());

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", bed->bed.fd);
	check(file_read(text, text, sizeof(text)) > 0);
	check(strstr(text, "iommufd-charged:\tuser\n"));
	check(strstr(text, "iommufd-payer-locked:\t8 KiB\n"));
	check(strstr(text, "iommufd-payer-limit:\t1024 KiB"));
}

static void test_own(void **state)
{
	struct listbed *bed = *state;

	add_mock(bed);
	run_as_user(child_sees_its_own, bed, 1 << 20);
}

/* ---- bad input ---- */

static int call(struct listbed *bed, unsigned long nr, struct iommu_list arg)
{
	arg.size = sizeof(arg);
	return iommufd_call(bed->bed.fd, nr, &arg);
}

#define GOOD \
	.ioas_id = bed->bed.ioas, .entry_size = sizeof(bed->areas[0]), \
	.num = ENTRIES, .entries = (uintptr_t)bed->areas

static void test_bad_input(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(PAGE);

	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
#define AREAS(...) call(bed, IOMMU_IOAS_LIST_AREAS, \
			(struct iommu_list){ GOOD, __VA_ARGS__ })
#define OBJECTS(...) call(bed, IOMMU_LIST_OBJECTS, (struct iommu_list){ \
			  GOOD, .ioas_id = 0, __VA_ARGS__ })
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
	assert_int_equal(AREAS(.flags = 0), 0);
	assert_int_equal(AREAS(.flags = 2), -EOPNOTSUPP);
	assert_int_equal(AREAS(.ioas_id = 0), -ENOENT);
	assert_int_equal(AREAS(.ioas_id = NO_ID), -ENOENT);
	assert_int_equal(AREAS(.entry_size = 0), -EINVAL);
	assert_int_equal(AREAS(.entry_size = sizeof(bed->areas[0]) - 1),
			 -EINVAL);
	assert_int_equal(AREAS(.entry_size = IOMMU_LIST_ENTRY_MAX + 1),
			 -EINVAL);
	assert_int_equal(AREAS(.entries = 0), -EFAULT);
	assert_int_equal(AREAS(.entries = UINT64_MAX - 8), -EFAULT);
	assert_int_equal(AREAS(.num = 0, .entry_size = 0, .entries = 0), 0);
	assert_int_equal(AREAS(.num = UINT32_MAX), 0);
	assert_int_equal(AREAS(.next = UINT64_MAX), 0);
	assert_int_equal(OBJECTS(.flags = 0), 0);
	assert_int_equal(OBJECTS(.flags = 1), -EOPNOTSUPP);
	assert_int_equal(OBJECTS(.ioas_id = bed->bed.ioas), -EOPNOTSUPP);
	assert_int_equal(OBJECTS(.entry_size = 4), -EINVAL);
	assert_int_equal(OBJECTS(.entries = 0), -EFAULT);
	assert_int_equal(OBJECTS(.next = UINT64_MAX), 0);
	assert_int_equal(OBJECTS(.num = 0, .entries = 0), 0);
#pragma GCC diagnostic pop
	munmap(mem, PAGE);
}

/* A program of the future knows more of an entry: that is cleared. */
static void test_grown_entry(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(PAGE), *room = pages(4 * PAGE);
	struct iommu_list arg = {
		.size = sizeof(arg), .ioas_id = bed->bed.ioas,
		.entry_size = 256, .num = 4, .entries = (uintptr_t)room,
	};
	size_t at;

	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	map_at(bed, FREE_IOVA + PAGE, MAP_RW, mem, PAGE);
	memset(room, 0xff, 4 * PAGE);
	assert_int_equal(iommufd_call(bed->bed.fd, IOMMU_IOAS_LIST_AREAS,
				      &arg), 0);
	assert_int_equal(arg.num, 2);
	for (at = sizeof(bed->areas[0]); at < 256; at++)
		assert_int_equal(room[256 + at], 0);
	assert_int_equal(((struct iommu_area_entry *)(room + 256))->iova,
			 FREE_IOVA + PAGE);
	assert_int_equal(room[512], 0xff);
	munmap(mem, PAGE);
	munmap(room, 4 * PAGE);
}

/* ---- at once with MAP and UNMAP ---- */

/* Odd pieces stay; even ones come and go, longer or shorter. */
#define PIECES 64
#define PIECE_IOVA(i) (FREE_IOVA + (i) * 16 * PAGE)

struct storm {
	struct listbed *bed;
	uint8_t *mem;
	uint64_t end;
	bool over;
	int failed;	/* the line, as cmocka's checks are for one thread */
};

#define storm_assert(storm, condition) \
	do { \
		if (!(condition)) \
			(storm)->failed = __LINE__; \
	} while (0)

static uint64_t length_of(const struct iommu_area_entry *area,
			  const struct storm *storm)
{
	return area->address ? area->address - (uintptr_t)storm->mem + PAGE : 0;
}

static void *storm_map(void *arg)
{
	struct storm *storm = arg;
	struct bed *bed = &storm->bed->bed;
	unsigned int seed = 1, i, pages;

	while (clock_ms() < storm->end) {
		uint64_t iova;

		i = rand_r(&seed) % PIECES & ~1U;
		pages = rand_r(&seed) % 3;
		iova = PIECE_IOVA(i);
		/* What an area has can be told from where its memory is. */
		iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA,
			    storm->mem + pages * PAGE, (pages + 1) * PAGE, &iova);
		i = rand_r(&seed) % PIECES & ~1U;
		iommufd_unmap(bed->fd, bed->ioas, PIECE_IOVA(i), 16 * PAGE, NULL);
	}
	__atomic_store_n(&storm->over, true, __ATOMIC_RELEASE);
	return NULL;
}

static void storm_check(struct storm *storm, const struct iommu_area_entry *area,
			unsigned int *stays)
{
	uint64_t i = (area->iova - FREE_IOVA) / (16 * PAGE);

	storm_assert(storm, area->iova == PIECE_IOVA(i));
	if (i % 2)
		++*stays;
	if (area->flags & IOMMU_AREA_BUSY) {
		storm_assert(storm, i % 2 == 0);
		storm_assert(storm, area->kind == IOMMU_AREA_UNKNOWN);
		storm_assert(storm, area->address == 0);
		return;
	}
	storm_assert(storm, area->flags & IOMMU_AREA_PINNED);
	storm_assert(storm, area->length == length_of(area, storm));
}

static void *storm_list(void *arg)
{
	struct storm *storm = arg;
	struct bed *bed = &storm->bed->bed;
	unsigned int seed = 2, turns = 0;
	struct iommu_area_entry entries[8];

	while (!__atomic_load_n(&storm->over, __ATOMIC_ACQUIRE)) {
		struct list list = {
			.fd = bed->fd, .ioas = bed->ioas,
			.flags = rand_r(&seed) % 2 ? IOMMU_LIST_LARGE : 0,
		};
		unsigned int stays = 0;
		uint64_t last = 0;
		int i, n;

		while (!list.end) {
			n = list_areas(&list, entries, 1 + rand_r(&seed) % 8);
			storm_assert(storm, n >= 0);
			if (n < 0)
				break;
			for (i = 0; i < n; i++) {
				/* Again where it was mapped anew, and is longer. */
				storm_assert(storm, entries[i].iova >= last);
				last = entries[i].iova;
				storm_check(storm, &entries[i], &stays);
			}
		}
		storm_assert(storm, stays == PIECES / 2);
		turns++;
	}
	print_message("listed %u times\n", turns);
	storm_assert(storm, turns > 10);
	return NULL;
}

static void *storm_fdinfo(void *arg)
{
	struct storm *storm = arg;
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", storm->bed->bed.fd);
	while (!__atomic_load_n(&storm->over, __ATOMIC_ACQUIRE)) {
		storm_assert(storm, file_read(path, text, sizeof(text)) > 0);
		storm_assert(storm, strstr(text, "iommufd-areas:"));
	}
	return NULL;
}

static void test_storm(void **state)
{
	struct listbed *bed = *state;
	struct storm storm = {
		.bed = bed, .mem = pages(8 * PAGE),
		.end = clock_ms() + 1000 * race_seconds(3, 60),
	};
	const thread_run runs[] = {
		storm_map, storm_list, storm_fdinfo,
	};
	unsigned int i;

	memset(storm.mem, 1, 8 * PAGE);
	add_mock(bed);
	for (i = 1; i < PIECES; i += 2)
		map_at(bed, PIECE_IOVA(i), MAP_RW, storm.mem + PAGE, 2 * PAGE);
	threads_run(runs, ARRAY_SIZE(runs), &storm);
	assert_int_equal(storm.failed, 0);
	munmap(storm.mem, 8 * PAGE);
}

/* ---- fdinfo ---- */

static uint64_t info(struct listbed *bed, const char *key)
{
	char path[64], text[4096], line[64];
	const char *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bed->bed.fd);
	assert_true(file_read(path, text, sizeof(text)) > 0);
	snprintf(line, sizeof(line), "\niommufd-%s:\t", key);
	at = strstr(text, line);
	if (!at)
		fail_msg("no %s in: %s", key, text);
	return strtoull(at + strlen(line), NULL, 10);
}

static void test_fdinfo(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(64 * PAGE);
	uint64_t copy = FREE_IOVA + 512 * PAGE, metadata;

	memset(mem, 1, 64 * PAGE);
	assert_int_equal(info(bed, "ioas"), 1);
	assert_int_equal(info(bed, "areas"), 0);
	assert_int_equal(info(bed, "page-tables"), 0);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	map_at(bed, FREE_IOVA + PAGE, MAP_RW, mem, 64 * PAGE);
	assert_int_equal(info(bed, "areas"), 2);
	assert_int_equal(info(bed, "mapped"), 65 * 4);
	assert_int_equal(info(bed, "pinned"), 0);

	add_mock(bed);
	assert_int_equal(info(bed, "page-tables"), 1);
	assert_int_equal(info(bed, "devices"), 1);
	assert_int_equal(info(bed, "pinned"), 65 * 4);
	assert_int_equal(info(bed, "shared"), 0);
	metadata = info(bed, "metadata");
	assert_int_equal(iommufd_copy(bed->bed.fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->bed.ioas, &copy, bed->bed.ioas,
				      FREE_IOVA + PAGE, 64 * PAGE), 0);
	assert_int_equal(info(bed, "areas"), 3);
	assert_int_equal(info(bed, "mapped"), 129 * 4);
	assert_int_equal(info(bed, "pinned"), 65 * 4);
	assert_int_equal(info(bed, "shared"), 64 * 4);
	assert_true(info(bed, "metadata") >= metadata);
	assert_int_equal(info(bed, "payer"), getpid());
	assert_int_equal(info(bed, "busy"), 0);
	munmap(mem, 64 * PAGE);
}

/* Counted anew each time, also when the number of the round comes again. */
static void test_fdinfo_often(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	int i;

	memset(mem, 1, 4 * PAGE);
	add_mock(bed);
	map_at(bed, FREE_IOVA, MAP_RW, mem, 4 * PAGE);
	for (i = 0; i < 600; i++)
		assert_int_equal(info(bed, "pinned"), 4 * 4);
	munmap(mem, 4 * PAGE);
}

/* Nothing of it leads to where anything is in the kernel, or in memory. */
static void test_no_frames(void **state)
{
	struct listbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	const uint64_t *word;
	size_t i;

	memset(mem, 1, 4 * PAGE);
	add_mock(bed);
	map_at(bed, FREE_IOVA, MAP_RW, mem, 4 * PAGE);
	object(bed, bed->mock.hwpt);
	assert_int_equal(take_areas(bed, bed->bed.ioas, IOMMU_LIST_LARGE), 0);
	word = (const uint64_t *)bed->areas;
	for (i = 0; i < sizeof(bed->areas) / 8; i++) {
		assert_true(word[i] >> 47 == 0);
		assert_true(word[i] != frame_of(mem));
	}
	word = (const uint64_t *)bed->objects;
	for (i = 0; i < sizeof(bed->objects) / 8; i++)
		assert_true(word[i] >> 63 == 0);
	munmap(mem, 4 * PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_objects),
	TEST(test_objects_some),
	TEST(test_areas),
	TEST(test_pinned),
	TEST(test_large),
	TEST(test_areas_some),
	TEST(test_last_iova),
	TEST(test_hidden),
	TEST(test_own),
	TEST(test_bad_input),
	TEST(test_grown_entry),
	TEST(test_storm),
	TEST(test_fdinfo),
	TEST(test_fdinfo_often),
	TEST(test_no_frames),
};

int main(void)
{
	int failed;

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	module_unload("iommufd_selftest");
	return failed;
}
