// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer of the ioctls of /dev/iommu and of VFIO's character devices. It
 * makes calls that are well-formed, with ids and files that earlier calls have
 * brought (fuzzcalls.h), and spoils some fields of some: by values at the
 * limits, ids that are stale, foreign or of another kind, files of other kinds,
 * sizes, and addresses where nothing is. Now and then two calls run at a time.
 *
 * In lives: a process makes some thousand calls and ends; then all must be as
 * it was. A life depends on its seed alone, but for the races in it. Each call
 * is a line of the kernel's log before it is made; when the kernel complains,
 * the last ones are shown.
 *
 *   SEED, FUZZ_COUNT, FUZZ_SECONDS   the first life's seed; calls, or seconds
 *
 * SEED=N FUZZ_COUNT=1 repeats the life N. Needs QEMU's edu.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "clock.h"
#include "edu.h"
#include "fuzzcalls.h"
#include "rest.h"
#include "tally.h"

#define SECONDS 6
#define SECONDS_LONG 120
#define LIFE_CALLS 5000

/* More time is given until each call has succeeded once. */
#define EXTRA_SECONDS 180

#define PROGRESS_MS 30000
#define STUCK_MS 100000

/* What one life may use. */
#define CGROUP "/sys/fs/cgroup/fuzz"
#define CGROUP_MAX "268435456"

#define EDUS 3
#define FILES 2		/* of /dev/iommu */
#define IDS 8		/* of each kind and file */
#define OTHERS 8	/* files of no use */
#define PER_KIND 4	/* files of each kind */

/* Memory of all that the kernel may read and write, amid of nothing. */
#define MEM_SIZE (4 * HUGE)
#define NOTHING (8UL << 30)

/* Where structs are put: with room behind them that nobody may write to. */
#define ARG_ROOM (2 * PAGE)
#define CANARY 0xa5

#define SLOT_IOVA 0x40000000UL
#define SLOTS 8

/* The last calls, to be shown when the kernel complains. */
#define RING 64
#define LINE 400

/**
 * struct fuzz - in memory that all processes share
 * @calls: made so far
 * @tally: by call
 * @ring: the last lines
 * @odd: what a call returned that none should, or what else is wrong
 */
struct fuzz {
	uint64_t calls;
	struct tally tally[ARRAY_SIZE(calls)];
	char ring[RING][LINE];
	char odd[LINE];
};

static struct fuzz *fuzz;

/**
 * struct one - one call, as it is going to be made
 * @call: NULL where it is a number that nobody knows
 * @arg: where its struct is
 * @user: what is passed for it
 * @size: of the struct, as it says itself
 * @whole: @user is @arg, and the kernel may write no more than @size
 */
struct one {
	const struct call *call;
	int fd;
	unsigned long nr;
	uint8_t *arg;
	void *user;
	size_t size;
	bool whole;
	int rc;
};

/**
 * struct place - where something is mapped, or was
 * @file: the number of the file, by file_of()
 */
struct place {
	unsigned int file;
	uint32_t ioas;
	uint64_t iova;
	uint64_t length;
	uint64_t mem;
};

#define PLACES 4

/**
 * struct life - one process
 * @random: what all is made of
 * @ids: of files by kind; the newest replaces the oldest
 * @places: of what is mapped
 * @place: of what the next call is about; NULL: of nothing that is known
 * @fds: of files by kind; -1: none
 * @others: files of other kinds
 * @mem: what can be mapped
 * @data: where the kernel may write; the second half of @mem
 */
struct life {
	unsigned int random;
	uint32_t ids[FILES][ID_KINDS][IDS];
	unsigned int next_id;
	struct place places[PLACES];
	const struct place *place;
	unsigned int next_place;
	int fds[FD_KINDS][PER_KIND];
	int others[OTHERS];
	int nedus;
	char edus[EDUS][PCI_NAME_MAX];
	uint8_t *mem;
	uint8_t *data;
	uint8_t *args[2];
	int kmsg;
	struct one helped;
	sem_t help;
	sem_t done;
};

static unsigned int choose(struct life *life, unsigned int limit)
{
	return (unsigned int)rand_r(&life->random) % limit;
}

static uint64_t random64(struct life *life)
{
	return (uint64_t)choose(life, 1U << 30) << 34 ^
	       (uint64_t)choose(life, 1U << 30) << 15 ^ choose(life, 1U << 15);
}

static unsigned int bit_of(struct life *life, uint64_t mask, unsigned int bits)
{
	unsigned int bit;

	do
		bit = choose(life, bits);
	while (!(mask & (1ULL << bit)));
	return bit;
}

/* ---- values as they should be ---- */

static uint32_t good_id(struct life *life, unsigned int file, uint64_t kinds)
{
	unsigned int kind = bit_of(life, kinds, ID_KINDS), i;
	uint32_t id = 0;

	for (i = 0; i < 4 && !id; i++)
		id = life->ids[file][kind][choose(life, IDS)];
	return id;
}

static int good_fd(struct life *life, uint64_t kinds)
{
	unsigned int kind = bit_of(life, kinds, FD_KINDS), i;
	int fd = -1;

	for (i = 0; i < 4 && fd < 0; i++)
		fd = life->fds[kind][choose(life, PER_KIND)];
	return fd;
}

/* Arrays of ranges are what most of them are. */
static uint64_t good_data(struct life *life)
{
	struct iommu_iova_range range[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(range); i++) {
		range[i].start = SLOT_IOVA + (4 * i + choose(life, 4)) * HUGE;
		range[i].last = range[i].start + HUGE - 1;
		if (!choose(life, 20))
			range[i].last = random64(life);
	}
	memcpy(life->data, range, sizeof(range));
	return (uintptr_t)life->data;
}

/* Pages just before and after where something ends. */
static uint64_t edge_iova(struct life *life)
{
	static const uint64_t edges[] = {
		0, MOCK_APERTURE_START, MOCK_APERTURE_LAST + 1, 0xfee00000,
		1ULL << 32, 1ULL << 39, 1ULL << 48, 1ULL << 57, 1ULL << 63,
	};

	return edges[choose(life, ARRAY_SIZE(edges))] +
	       (choose(life, 8) - 4) * PAGE;
}

/* In its middle, at times. */
static uint64_t place_value(struct life *life, unsigned int file,
			    const struct field *field)
{
	const struct place *place = life->place;
	uint64_t skip = choose(life, 4) ? 0 : place->length / 2;

	switch (field->kind) {
	case KIND_IOVA:
		return place->iova + skip;
	case KIND_LENGTH:
		return place->length - skip;
	case KIND_MEM:
		return place->mem;
	case KIND_ID:
		if ((field->limit & ID_IOAS) && file == place->file &&
		    choose(life, 4))
			return place->ioas;
		break;
	default:
		break;
	}
	return 0;
}

static uint64_t good_value(struct life *life, unsigned int file,
			   const struct field *field)
{
	uint64_t value = life->place ? place_value(life, file, field) : 0;

	if (value)
		return value;
	switch (field->kind) {
	case KIND_FLAGS:
		return random64(life) & field->limit;
	case KIND_ENUM:
		return choose(life, field->limit + 1);
	case KIND_CONST:
		return field->limit;
	case KIND_PAIR:
		return 1 << choose(life, 3) | 8 << choose(life, 3);
	case KIND_ID:
		return good_id(life, file, field->limit);
	case KIND_EDGE:
		return edge_iova(life);
	case KIND_IOVA:
		if (!choose(life, 20))
			return edge_iova(life);
		return SLOT_IOVA + choose(life, SLOTS) * HUGE +
		       choose(life, 2) * choose(life, 16) * PAGE;
	case KIND_LENGTH:
		return choose(life, 4) ? PAGE << choose(life, 10) :
					 MOCK_PAGE * choose(life, 40);
	case KIND_MEM:
		return (uintptr_t)life->mem + choose(life, 1024) * PAGE;
	case KIND_DATA:
		return good_data(life);
	case KIND_FD:
		return good_fd(life, field->limit);
	default:
		return 0;
	}
}

/* ---- values as they should not be ---- */

static const uint64_t borders[] = {
	0, 1, 2, 0x7ff, 0x800, 0xfff, 0x1000, 0x1001, 0x1fffff, 0x200000,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, MOCK_APERTURE_START,
	MOCK_APERTURE_LAST, 0xfee00000, 0xfeefffff, 0x7fffffff0000,
	0x7ffffffff000, 0x800000000000, 0xffff888000000000,
	0xffffffff81000000, 0x7fffffffffffffff, 0x8000000000000000,
	0xfffffffffffff000, 0xfffffffffffffffe, 0xffffffffffffffff,
};

/* Any id of any file, and any file. */
static uint64_t other_id(struct life *life)
{
	return life->ids[choose(life, FILES)][choose(life, ID_KINDS)]
			[choose(life, IDS)];
}

static int other_fd(struct life *life)
{
	if (choose(life, 2))
		return life->others[choose(life, OTHERS)];
	return life->fds[choose(life, FD_KINDS)][choose(life, PER_KIND)];
}

static uint64_t bad_value(struct life *life, uint64_t good)
{
	switch (choose(life, 6)) {
	case 0:
		return good ^ 1ULL << choose(life, 64);
	case 1:
		return good + choose(life, 17) - 8;
	case 2:
		return random64(life);
	case 3:
		return other_id(life);
	case 4:
		return other_fd(life);
	default:
		return borders[choose(life, ARRAY_SIZE(borders))];
	}
}

static uint32_t bad_size(struct life *life, uint32_t size)
{
	switch (choose(life, 6)) {
	case 0:
		return size - 1 - choose(life, size);
	case 1:
		return size + 4;
	case 2:
		return size + 8 * choose(life, 8);
	case 3:
		return PAGE - choose(life, 2);
	case 4:
		return PAGE + choose(life, 2);
	default:
		return borders[choose(life, ARRAY_SIZE(borders))];
	}
}

/* An address of the struct: unaligned, across an end, or not ours at all. */
static void *bad_arg(struct life *life, uint8_t *arg, size_t size)
{
	switch (choose(life, 5)) {
	case 0:
		return memmove(arg + 1 + choose(life, 7), arg, size);
	case 1:	/* its last bytes lie where nothing is */
		size = size ? choose(life, size) : 0;
		return memmove(arg + ARG_ROOM - size, arg, size);
	case 2:
		return arg + ARG_ROOM;
	case 3:
		return (void *)"read only, and no struct at all";
	default:
		return (void *)borders[choose(life, ARRAY_SIZE(borders))];
	}
}

/* ---- one call ---- */

static unsigned int file_of(struct life *life, int fd)
{
	return fd == life->fds[0][1];
}

static void write_field(uint8_t *arg, const struct field *field,
			uint64_t value)
{
	memcpy(arg + field->offset, &value,
	       field->size < sizeof(value) ? field->size : sizeof(value));
}

static uint64_t read_field(const uint8_t *arg, const struct field *field)
{
	uint64_t value = 0;

	memcpy(&value, arg + field->offset,
	       field->size < sizeof(value) ? field->size : sizeof(value));
	return value;
}

static unsigned int count_fields(const struct call *call)
{
	unsigned int n = 0;

	while (n < FIELDS_MAX && call->fields[n].kind != KIND_END)
		n++;
	return n;
}

static void fill_good(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call), i;

	memset(one->arg, CANARY, ARG_ROOM);
	memset(one->arg, 0, one->size);
	if (one->size)
		memcpy(one->arg, &(uint32_t){ one->size }, 4);
	for (i = 0; i < n; i++)
		write_field(one->arg, &one->call->fields[i],
			    good_value(life, file_of(life, one->fd),
				       &one->call->fields[i]));
}

static void spoil_field(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call);
	const struct field *field;

	if (!n)
		return;
	field = &one->call->fields[choose(life, n)];
	write_field(one->arg, field,
		    bad_value(life, read_field(one->arg, field)));
}

/* A tail is of zeroes, or it is not. */
static void spoil_size(struct life *life, struct one *one)
{
	uint32_t size;

	if (!one->call->size)
		return;
	size = bad_size(life, one->call->size);
	memset(one->arg + one->call->size, CANARY, ARG_ROOM - one->call->size);
	if (size > one->call->size && size < ARG_ROOM && choose(life, 3))
		memset(one->arg + one->call->size, 0, size - one->call->size);
	memcpy(one->arg, &size, 4);
	one->size = size;
}

static void spoil(struct life *life, struct one *one)
{
	unsigned int n = 1 + choose(life, 3) * choose(life, 2);

	for (; n; n--) {
		switch (choose(life, 20)) {
		case 0:
		case 1:
			spoil_size(life, one);
			break;
		case 2:
			one->user = bad_arg(life, one->arg, one->call->size);
			one->whole = false;
			break;
		case 3:
			one->fd = other_fd(life);
			break;
		case 4:
			one->nr = choose(life, 2) ?
				  _IO(IOMMUFD_TYPE, choose(life, 256)) :
				  _IO(VFIO_TYPE, VFIO_BASE + choose(life, 32));
			one->whole = false;
			break;
		default:
			spoil_field(life, one);
		}
	}
}

/* Half of the time, something that others can be made with. */
static const struct call *some_call(struct life *life)
{
	const struct call *call;
	bool builds = choose(life, 2);

	do
		call = &calls[choose(life, ARRAY_SIZE(calls))];
	while (builds && !call->builds);
	return call;
}

/* About something that is mapped, most of the time; on its file then. */
static void choose_place(struct life *life, struct one *one)
{
	const struct place *place = &life->places[choose(life, PLACES)];

	life->place = NULL;
	if (one->nr == IOMMU_IOAS_MAP || !place->ioas || !choose(life, 4))
		return;
	life->place = place;
	if (one->call->fd == FD_IOMMU)
		one->fd = life->fds[0][place->file];
}

static void make_one(struct life *life, struct one *one, uint8_t *arg)
{
	const struct call *call = some_call(life);

	*one = (struct one){
		.call = call, .fd = good_fd(life, call->fd), .nr = call->nr,
		.arg = arg, .user = arg, .size = call->size, .whole = true,
	};
	choose_place(life, one);
	fill_good(life, one);
	if (!choose(life, 3))
		spoil(life, one);
}

/* Into the log and the ring, before it is made. */
static void tell(struct life *life, const struct one *one)
{
	unsigned int n = one->call->size / 4, i;
	char line[LINE];
	uint32_t word;
	int at;

	at = snprintf(line, sizeof(line), "<7>fuzz: %lu %s fd %d nr %#lx %p:",
		      (unsigned long)fuzz->calls, one->call->name, one->fd,
		      one->nr, one->user);
	for (i = 0; i < n && at < LINE - 12; i++) {
		memcpy(&word, one->arg + 4 * i, 4);
		at += snprintf(line + at, sizeof(line) - at, " %x", word);
	}
	memcpy(fuzz->ring[fuzz->calls % RING], line, sizeof(line));
	fuzz->calls++;
	check(write(life->kmsg, line, at) == at);
}

static void run_one(struct one *one)
{
	one->rc = ioctl(one->fd, one->nr, one->user);
	if (one->rc < 0)
		one->rc = -errno;
}

/* ---- what came back ---- */

/* What user space may see; a kernel has more, for itself alone. */
static const int fitting[] = {
	EPERM, ENOENT, EINTR, EIO, ENXIO, E2BIG, EBADF, EAGAIN, ENOMEM, EACCES,
	EFAULT, EBUSY, EEXIST, ENODEV, EINVAL, ENOTTY, ENOSPC, ERANGE,
	EOVERFLOW, EBADE, EBADFD, EMSGSIZE, EOPNOTSUPP, EADDRINUSE,
};

static bool fits(int rc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fitting); i++)
		if (rc == -fitting[i])
			return true;
	return rc >= 0;
}

/* Nothing was written behind the struct's end. */
static bool canary_lives(const struct one *one)
{
	size_t i = one->size;

	if (i < one->call->size)
		i = one->call->size;
	for (; i < ARG_ROOM && i < one->size + 256UL; i++)
		if (one->arg[i] != CANARY)
			return false;
	return true;
}

static void odd(const struct one *one, const char *what)
{
	if (!fuzz->odd[0])
		snprintf(fuzz->odd, LINE, "%s: %s (returned %d)",
			 one->call->name, what, one->rc);
}

static void keep_fd(struct life *life, unsigned int kind, int fd)
{
	int *place = &life->fds[kind][choose(life, PER_KIND)];

	if (*place >= 0)
		close(*place);
	*place = fd;
}

/* Where it was spoiled into another operation, nothing is known of it. */
static bool is_as_said(const struct one *one)
{
	const struct field *first = &one->call->fields[0];

	return first->kind != KIND_CONST ||
	       read_field(one->arg, first) == first->limit;
}

static void learn_place(struct life *life, const struct one *one)
{
	struct iommu_ioas_map cmd;

	memcpy(&cmd, one->arg, sizeof(cmd));
	life->places[life->next_place++ % PLACES] = (struct place){
		.file = file_of(life, one->fd), .ioas = cmd.ioas_id,
		.iova = cmd.iova, .length = cmd.length, .mem = cmd.user_va,
	};
}

static void learn(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call), file = file_of(life, one->fd);
	unsigned int i;

	if (one->nr == IOMMU_IOAS_MAP)
		learn_place(life, one);

	for (i = 0; i < n; i++) {
		const struct field *field = &one->call->fields[i];
		uint64_t value = read_field(one->arg, field);

		if (field->learn > 0)
			life->ids[file][__builtin_ctz(field->learn)]
				 [life->next_id++ % IDS] = value;
		else if (field->learn < 0)
			keep_fd(life, __builtin_ctz(-field->learn), value);
	}
}

static void judge(struct life *life, struct one *one)
{
	bool known = one->nr == one->call->nr && is_as_said(one);

	if (known || one->rc < 0)
		tally_add(&fuzz->tally[one->call - calls], one->rc);
	if (!fits(one->rc))
		odd(one, "no such error belongs to user space");
	if (one->whole && one->size >= one->call->size && !canary_lives(one))
		odd(one, "wrote behind the end of the struct");
	if (known && one->rc >= 0 && one->whole)
		learn(life, one);
}

/* ---- what happens besides ---- */

/* Its ids are stale then, or name other things. */
static void renew_file(struct life *life)
{
	unsigned int file = choose(life, FILES);
	int fd = iommufd_open();

	if (fd < 0)
		return;
	dup3(fd, life->fds[0][file], O_CLOEXEC);
	close(fd);
}

static void renew_device(struct life *life)
{
	unsigned int i = choose(life, life->nedus);
	int *place = &life->fds[1][i];

	if (*place >= 0)
		close(*place);
	*place = vfio_cdev_open(life->edus[i]);
}

static void close_access(struct life *life)
{
	keep_fd(life, 2, -1);
}

/* Not the whole: calls that use it are to succeed again. */
static void renew_memory(struct life *life)
{
	uint8_t *va = life->mem + choose(life, 1024) * PAGE;
	size_t length = PAGE << choose(life, 8);
	int prot = choose(life, 3) ? PROT_READ | PROT_WRITE :
		   choose(life, 2) ? PROT_READ : PROT_NONE;

	mmap(va, length, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Reads, and mappings that nobody touches. */
static void use_region(struct life *life)
{
	uint64_t offset = (uint64_t)choose(life, 12) << 40;
	uint64_t at = choose(life, 2) ? choose(life, 1 << 20) :
		      borders[choose(life, ARRAY_SIZE(borders))];
	int fd = good_fd(life, FD_DEVICE);
	void *va;

	if (choose(life, 2)) {
		if (pread(fd, life->data, 1 + choose(life, 64), offset + at))
			return;
	} else {
		va = mmap(NULL, PAGE << choose(life, 12), PROT_READ, MAP_SHARED,
			  fd, (offset + at) & ~(PAGE - 1));
		if (va != MAP_FAILED)
			munmap(va, PAGE);
	}
}

static void happen(struct life *life)
{
	switch (choose(life, 2000)) {
	case 0 ... 1:
		renew_file(life);
		break;
	case 2 ... 21:
		renew_device(life);
		break;
	case 22 ... 41:
		close_access(life);
		break;
	case 42 ... 61:
		renew_memory(life);
		break;
	case 62 ... 81:
		use_region(life);
		break;
	}
}

/* ---- a life ---- */

static void *helper(void *arg)
{
	struct life *life = arg;

	for (;;) {
		sem_wait(&life->help);
		if (!life->helped.call)
			return NULL;
		run_one(&life->helped);
		sem_post(&life->done);
	}
}

/* Two at a time, where the first is made well, or both alike. */
static void run_two(struct life *life, struct one *one)
{
	make_one(life, &life->helped, life->args[1]);
	if (choose(life, 2)) {
		memcpy(life->args[1], one->arg, ARG_ROOM);
		life->helped = *one;
		life->helped.arg = life->args[1];
		if (one->whole)
			life->helped.user = life->args[1];
	}
	tell(life, &life->helped);
	sem_post(&life->help);
	run_one(one);
	sem_wait(&life->done);
	judge(life, &life->helped);
}

static void live(struct life *life)
{
	pthread_t thread;
	unsigned int i;

	check(!pthread_create(&thread, NULL, helper, life));
	for (i = 0; i < LIFE_CALLS && !fuzz->odd[0]; i++) {
		struct one one;

		make_one(life, &one, life->args[0]);
		tell(life, &one);
		if (choose(life, 10))
			run_one(&one);
		else
			run_two(life, &one);
		judge(life, &one);
		happen(life);
	}
	life->helped.call = NULL;
	sem_post(&life->help);
	pthread_join(thread, NULL);
}

/* With nothing before and after it: a wrong address is not ours. */
static uint8_t *memory_amid_nothing(size_t size)
{
	uint8_t *all = mmap(NULL, 2 * NOTHING, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(all != MAP_FAILED);
	all = (uint8_t *)(((uintptr_t)all + NOTHING) & ~(HUGE - 1));
	check(!mprotect(all, size, PROT_READ | PROT_WRITE));
	return all;
}

static void open_others(struct life *life)
{
	int pipes[2];

	check(!pipe2(pipes, O_CLOEXEC));
	life->others[0] = pipes[0];
	life->others[1] = pipes[1];
	life->others[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	life->others[3] = open("/", O_RDONLY | O_CLOEXEC);
	life->others[4] = epoll_create1(EPOLL_CLOEXEC);
	life->others[5] = open("/dev/iommu", O_PATH | O_CLOEXEC);
	life->others[6] = -1;
	life->others[7] = 900;
}

static int new_memfd(bool sealed)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	check(fd >= 0 && !ftruncate(fd, MEM_SIZE));
	if (sealed)
		check(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	return fd;
}

static void open_all(struct life *life)
{
	int i;

	memset(life->fds, 0xff, sizeof(life->fds));
	for (i = 0; i < FILES; i++) {
		life->fds[0][i] = iommufd_open();
		check(life->fds[0][i] >= 0);
	}
	for (i = 0; i < life->nedus; i++)
		life->fds[1][i] = vfio_cdev_open(life->edus[i]);
	life->fds[3][0] = new_memfd(false);
	life->fds[3][1] = new_memfd(true);
	life->fds[4][0] = eventfd(0, EFD_CLOEXEC);
	life->fds[4][1] = eventfd(1, EFD_CLOEXEC);
	open_others(life);
	life->kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	check(life->kmsg >= 0);
}

/* Half of them keep to RLIMIT_MEMLOCK. */
static void child_lives(void *arg)
{
	struct rlimit limit = { 4 * HUGE, 4 * HUGE };
	struct life *life = arg;
	unsigned int seed = life->random;

	check(!file_write(CGROUP "/cgroup.procs", "0"));
	usual_signals();
	if (seed & 2)
		check(!drop_ipc_lock() && !setrlimit(RLIMIT_MEMLOCK, &limit));
	life->mem = memory_amid_nothing(MEM_SIZE + HUGE);
	life->data = life->mem + MEM_SIZE;
	life->args[0] = memory_amid_nothing(ARG_ROOM);
	life->args[1] = memory_amid_nothing(ARG_ROOM);
	check(!sem_init(&life->help, 0, 0) && !sem_init(&life->done, 0, 0));
	open_all(life);
	live(life);
}

/* ---- the kernel ---- */

/* What the kernel marks itself with when it has complained. */
#define TAINTS ((1 << 5) | (1 << 7) | (1 << 9))

static bool kernel_complains(void)
{
	uint64_t taints = 0;

	file_read_u64("/proc/sys/kernel/tainted", &taints);
	return taints & TAINTS;
}

/* Lockdep leaves no such mark: it says what is wrong, and ends its work. */
static bool lockdep_complains(void)
{
	char text[8192], *line;

	if (file_read("/proc/lockdep_stats", text, sizeof(text)) <= 0)
		return false;
	line = strstr(text, "debug_locks:");
	return line && !strtoul(line + strlen("debug_locks:"), NULL, 10);
}

static void show_ring(void)
{
	unsigned int i;

	for (i = 0; i < RING; i++)
		printf("%s\n", fuzz->ring[(fuzz->calls + i) % RING]);
	fflush(stdout);
}

static void print_stacks(pid_t child)
{
	char command[96];

	snprintf(command, sizeof(command),
		 "cat /proc/%d/task/*/stack 2>/dev/null", child);
	fflush(stdout);
	if (system(command))
		printf("no stacks\n");
}

static void print_progress(unsigned int seed)
{
	static uint64_t last;

	if (!last)
		last = clock_ms();
	if (clock_ms() - last < PROGRESS_MS)
		return;
	last = clock_ms();
	printf("%lu calls, this life is SEED=%u\n",
	       (unsigned long)fuzz->calls, seed);
	fflush(stdout);
}

/* Waits for a life's end, and sees that its calls come to one. */
static void watch_life(pid_t child, unsigned int seed)
{
	uint64_t calls = fuzz->calls, since = clock_ms();
	int status = -1;

	while (waitpid(child, &status, WNOHANG) != child) {
		usleep(20000);
		print_progress(seed);
		if (fuzz->calls != calls) {
			calls = fuzz->calls;
			since = clock_ms();
		}
		if (kernel_complains()) {
			show_ring();
			fail_msg("the kernel complains");
		}
		if (clock_ms() - since > STUCK_MS) {
			show_ring();
			print_stacks(child);
			fail_msg("a call does not end");
		}
	}
	/* Its cgroup may have been full. */
	if (status && status != SIGKILL) {
		show_ring();
		fail_msg("a life ended with status %#x", status);
	}
}

/* A test command sets it for all. */
static void lift_limit(void)
{
	int fd = new_fd();

	assert_int_equal(test_memory_limit(fd, 65536), 0);
	close(fd);
}

static void one_life(unsigned int seed)
{
	struct life life = { .random = seed };
	uint64_t pins = pins_now();
	int i, rc = 0;

	load_mock(seed);
	for (i = 0; i < EDUS && !rc; i++) {
		rc = pci_find_id(EDU_VENDOR, EDU_DEVICE, i, life.edus[i]);
		if (!rc)
			assert_int_equal(pci_bind(life.edus[i], "vfio-pci"), 0);
		life.nedus += !rc;
	}
	assert_true(life.nedus > 0);
	watch_life(start_child(child_lives, &life, -1), seed);
	if (fuzz->odd[0] || kernel_complains() || lockdep_complains()) {
		show_ring();
		fail_msg("SEED=%u: %s", seed, fuzz->odd[0] ? fuzz->odd :
			 "the kernel complains");
	}
	lift_limit();
	check_rest(pins, fuzz, 0);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
}

/* ---- the test ---- */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoul(text, NULL, 0) : otherwise;
}

static bool each_succeeded(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!calls[i].hopeless && !fuzz->tally[i].done)
			return false;
	return true;
}

static bool goes_on(uint64_t start, uint64_t count)
{
	const char *text = getenv("TEST_LONG");
	uint64_t ms = number("FUZZ_SECONDS", text && text[0] ? SECONDS_LONG :
							       SECONDS) * 1000;
	uint64_t now = clock_ms() - start;

	if (count)
		return fuzz->calls < count;
	return now < ms || (!each_succeeded() &&
			    now < ms + EXTRA_SECONDS * 1000);
}

static void test_fuzz(void **state)
{
	uint64_t start = clock_ms();
	uint64_t count = number("FUZZ_COUNT", 0);
	unsigned int seed = number("SEED", start), i;

	print_message("seed: SEED=%u\n", seed);
	while (goes_on(start, count))
		one_life(seed++);
	for (i = 0; !count && i < ARRAY_SIZE(calls); i++)
		if (!calls[i].hopeless && !fuzz->tally[i].done)
			fail_msg("%s never succeeded", calls[i].name);
}

/* Also where the test has failed. */
static int print_tally(void **state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		tally_print(calls[i].name, &fuzz->tally[i]);
	printf("%lu calls\n", (unsigned long)fuzz->calls);
	fflush(stdout);
	return 0;
}

static int setup(void **state)
{
	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz == MAP_FAILED)
		return -1;
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -1;
	if (file_write(CGROUP "/memory.max", CGROUP_MAX))
		return -1;
	/* A panic shows all of the log; before it the console is quiet. */
	file_write("/proc/sys/kernel/panic_print", "32");
	console_quiet();
	if (module_loaded("iommufd_selftest"))
		return module_unload("iommufd_selftest");
	return 0;
}

static int teardown(void **state)
{
	int i;

	console_usual();
	for (i = 0; i < 100 && rmdir(CGROUP); i++)
		usleep(20000);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_fuzz, print_tally),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
