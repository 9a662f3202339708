// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input, systematically: each field of each command takes every value that
 * could upset it, alone and together with others; then pointers, files, and ids
 * of others. What is refused has changed nothing that user space can see. Needs
 * QEMU's edu device.
 *
 * Single errors of single commands are in ioctl.c, attach.c and cdev.c; those
 * of callers without means in poor.c.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"
#include "user.h"

#define PIECE 64

/* Random changes of several fields, tried with each command. */
#define MIXTURES 60

/* No address of user space: of the kernel, of nobody, and the last page. */
static const uint64_t bad_addresses[] = {
	0, 0x7fffffffe000, 0x800000000000, 0x8000000000000000,
	0xffff888000000000, 0xffffffff81000000, 0xfffffffffffff000,
};

/* ---- the bed, with a mapping and ids of all kinds ---- */

/**
 * struct badbed - what bad input is tried on
 * @edu: the device, attached
 * @view: the same, as refused() wants it
 * @mem: what is mapped at BED_IOVA
 * @file: of memory
 * @hwpt: a page table that we made
 * @stale: an id that is none any more
 * @foreign_fd: another open file
 * @foreign: an id that only that one has
 * @before: what there was at the start
 */
struct badbed {
	struct edubed *edu;
	struct bed view;
	uint8_t *mem;
	int file;
	uint32_t hwpt;
	uint32_t stale;
	int foreign_fd;
	uint32_t foreign;
	struct picture before;
};

static uint32_t foreign_id(int fd)
{
	uint32_t id;

	do
		id = new_ioas(fd);
	while (id < 40);
	return id;
}

static int setup(void **state)
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

static int teardown(void **state)
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

static void check_unchanged(struct badbed *bed, const char *what)
{
	struct picture now;

	picture_take(&bed->view, &now);
	if (memcmp(&bed->before, &now, sizeof(now)))
		fail_msg("%s: something has changed", what);
}

/* ---- commands, their fields, and how a success is taken back ---- */

struct field {
	const char *name;
	size_t offset;
	size_t size;
};

/**
 * struct command - a command of /dev/iommu
 * @name: its name
 * @nr: its number
 * @size: of its struct
 * @fields: ends with one without a name
 * @good: fills in what is accepted
 * @undo: takes a success back
 */
struct command {
	const char *name;
	unsigned long nr;
	size_t size;
	const struct field *fields;
	void (*good)(struct badbed *bed, void *arg);
	void (*undo)(struct badbed *bed, void *arg);
};

#define FIELD(type, name) \
	{ #name, offsetof(struct type, name), \
	  sizeof(((struct type *)NULL)->name) }

static void good_alloc(struct badbed *bed, void *arg)
{
}

static void undo_alloc(struct badbed *bed, void *arg)
{
	struct iommu_ioas_alloc *cmd = arg;

	assert_int_equal(iommufd_destroy(bed->view.fd, cmd->out_ioas_id), 0);
}

static const struct field alloc_fields[] = {
	FIELD(iommu_ioas_alloc, flags), FIELD(iommu_ioas_alloc, out_ioas_id),
	{ },
};

/* An id that may go. */
static void good_destroy(struct badbed *bed, void *arg)
{
	struct iommu_destroy *cmd = arg;

	cmd->id = bed->hwpt;
}

static void undo_destroy(struct badbed *bed, void *arg)
{
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0,
					    bed->edu->edu.devid, bed->view.ioas,
					    &bed->hwpt), 0);
}

static const struct field destroy_fields[] = {
	FIELD(iommu_destroy, id), { },
};

static void good_ranges(struct badbed *bed, void *arg)
{
	static struct iommu_iova_range range[16];
	struct iommu_ioas_iova_ranges *cmd = arg;

	cmd->ioas_id = bed->view.ioas;
	cmd->num_iovas = ARRAY_SIZE(range);
	cmd->allowed_iovas = (uintptr_t)range;
}

static void undo_nothing(struct badbed *bed, void *arg)
{
}

static const struct field ranges_fields[] = {
	FIELD(iommu_ioas_iova_ranges, ioas_id),
	FIELD(iommu_ioas_iova_ranges, num_iovas),
	FIELD(iommu_ioas_iova_ranges, __reserved),
	FIELD(iommu_ioas_iova_ranges, allowed_iovas),
	FIELD(iommu_ioas_iova_ranges, out_iova_alignment), { },
};

static void good_allow(struct badbed *bed, void *arg)
{
	static const struct iommu_iova_range range[2] = {
		{ HUGE, 2 * HUGE - 1 }, { 4 * HUGE, 5 * HUGE },
	};
	struct iommu_ioas_allow_iovas *cmd = arg;

	cmd->ioas_id = bed->view.ioas;
	cmd->num_iovas = ARRAY_SIZE(range);
	cmd->allowed_iovas = (uintptr_t)range;
}

static void undo_allow(struct badbed *bed, void *arg)
{
	assert_int_equal(iommufd_allow(bed->view.fd, bed->view.ioas, NULL, 0),
			 0);
}

static const struct field allow_fields[] = {
	FIELD(iommu_ioas_allow_iovas, ioas_id),
	FIELD(iommu_ioas_allow_iovas, num_iovas),
	FIELD(iommu_ioas_allow_iovas, __reserved),
	FIELD(iommu_ioas_allow_iovas, allowed_iovas), { },
};

static void good_map(struct badbed *bed, void *arg)
{
	struct iommu_ioas_map *cmd = arg;

	cmd->flags = MAP_RW | MAP_FIXED_IOVA;
	cmd->ioas_id = bed->view.ioas;
	cmd->user_va = (uintptr_t)bed->mem;
	cmd->length = BED_SIZE;
	cmd->iova = FREE_IOVA;
}

static void undo_map(struct badbed *bed, void *arg)
{
	struct iommu_ioas_map *cmd = arg;

	unmap(bed->edu, cmd->iova, cmd->length);
}

static const struct field map_fields[] = {
	FIELD(iommu_ioas_map, flags), FIELD(iommu_ioas_map, ioas_id),
	FIELD(iommu_ioas_map, __reserved), FIELD(iommu_ioas_map, user_va),
	FIELD(iommu_ioas_map, length), FIELD(iommu_ioas_map, iova), { },
};

static void good_map_file(struct badbed *bed, void *arg)
{
	struct iommu_ioas_map_file *cmd = arg;

	cmd->flags = MAP_RW | MAP_FIXED_IOVA;
	cmd->ioas_id = bed->view.ioas;
	cmd->fd = bed->file;
	cmd->length = BED_SIZE;
	cmd->iova = FREE_IOVA;
}

static void undo_map_file(struct badbed *bed, void *arg)
{
	struct iommu_ioas_map_file *cmd = arg;

	unmap(bed->edu, cmd->iova, cmd->length);
}

static const struct field map_file_fields[] = {
	FIELD(iommu_ioas_map_file, flags), FIELD(iommu_ioas_map_file, ioas_id),
	FIELD(iommu_ioas_map_file, fd), FIELD(iommu_ioas_map_file, start),
	FIELD(iommu_ioas_map_file, length), FIELD(iommu_ioas_map_file, iova),
	{ },
};

static void good_copy(struct badbed *bed, void *arg)
{
	struct iommu_ioas_copy *cmd = arg;

	cmd->flags = MAP_RW | MAP_FIXED_IOVA;
	cmd->dst_ioas_id = bed->view.ioas;
	cmd->src_ioas_id = bed->view.ioas;
	cmd->length = BED_SIZE;
	cmd->dst_iova = FREE_IOVA;
	cmd->src_iova = BED_IOVA;
}

static void undo_copy(struct badbed *bed, void *arg)
{
	struct iommu_ioas_copy *cmd = arg;

	unmap(bed->edu, cmd->dst_iova, cmd->length);
}

static const struct field copy_fields[] = {
	FIELD(iommu_ioas_copy, flags), FIELD(iommu_ioas_copy, dst_ioas_id),
	FIELD(iommu_ioas_copy, src_ioas_id), FIELD(iommu_ioas_copy, length),
	FIELD(iommu_ioas_copy, dst_iova), FIELD(iommu_ioas_copy, src_iova),
	{ },
};

static void good_unmap(struct badbed *bed, void *arg)
{
	struct iommu_ioas_unmap *cmd = arg;

	cmd->ioas_id = bed->view.ioas;
	cmd->iova = BED_IOVA;
	cmd->length = BED_SIZE;
}

/* Some of it may be there still, or be gone with all the rest. */
static void undo_unmap(struct badbed *bed, void *arg)
{
	assert_int_equal(iommufd_unmap_all(bed->view.fd, bed->view.ioas, NULL),
			 0);
	map_at(bed->edu, SCRATCH_IOVA, MAP_RW, bed->edu->scratch, PAGE);
	map_at(bed->edu, BED_IOVA, MAP_RW, bed->mem, BED_SIZE);
}

static const struct field unmap_fields[] = {
	FIELD(iommu_ioas_unmap, ioas_id), FIELD(iommu_ioas_unmap, iova),
	FIELD(iommu_ioas_unmap, length), { },
};

static void good_option(struct badbed *bed, void *arg)
{
	struct iommu_option *cmd = arg;

	cmd->option_id = IOMMU_OPTION_HUGE_PAGES;
	cmd->op = IOMMU_OPTION_OP_GET;
	cmd->object_id = bed->view.ioas;
}

static const struct field option_fields[] = {
	FIELD(iommu_option, option_id), FIELD(iommu_option, op),
	FIELD(iommu_option, __reserved), FIELD(iommu_option, object_id),
	FIELD(iommu_option, val64), { },
};

static void good_hwpt(struct badbed *bed, void *arg)
{
	struct iommu_hwpt_alloc *cmd = arg;

	cmd->dev_id = bed->edu->edu.devid;
	cmd->pt_id = bed->view.ioas;
}

static void undo_hwpt(struct badbed *bed, void *arg)
{
	struct iommu_hwpt_alloc *cmd = arg;

	assert_int_equal(iommufd_destroy(bed->view.fd, cmd->out_hwpt_id), 0);
}

static const struct field hwpt_fields[] = {
	FIELD(iommu_hwpt_alloc, flags), FIELD(iommu_hwpt_alloc, dev_id),
	FIELD(iommu_hwpt_alloc, pt_id), FIELD(iommu_hwpt_alloc, __reserved),
	FIELD(iommu_hwpt_alloc, data_type), FIELD(iommu_hwpt_alloc, data_len),
	FIELD(iommu_hwpt_alloc, data_uptr), FIELD(iommu_hwpt_alloc, fault_id),
	FIELD(iommu_hwpt_alloc, __reserved2), { },
};

static void good_hw_info(struct badbed *bed, void *arg)
{
	static uint8_t data[256];
	struct iommu_hw_info *cmd = arg;

	cmd->dev_id = bed->edu->edu.devid;
	cmd->data_len = sizeof(data);
	cmd->data_uptr = (uintptr_t)data;
}

static const struct field hw_info_fields[] = {
	FIELD(iommu_hw_info, flags), FIELD(iommu_hw_info, dev_id),
	FIELD(iommu_hw_info, data_uptr), FIELD(iommu_hw_info, __reserved), { },
};

#define COMMAND(nr, type, name, undo) \
	{ #nr, nr, sizeof(struct type), name##_fields, good_##name, undo }

static const struct command commands[] = {
	COMMAND(IOMMU_IOAS_ALLOC, iommu_ioas_alloc, alloc, undo_alloc),
	COMMAND(IOMMU_DESTROY, iommu_destroy, destroy, undo_destroy),
	COMMAND(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges, ranges,
		undo_nothing),
	COMMAND(IOMMU_IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas, allow,
		undo_allow),
	COMMAND(IOMMU_IOAS_MAP, iommu_ioas_map, map, undo_map),
	COMMAND(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, map_file,
		undo_map_file),
	COMMAND(IOMMU_IOAS_COPY, iommu_ioas_copy, copy, undo_copy),
	COMMAND(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, unmap, undo_unmap),
	COMMAND(IOMMU_OPTION, iommu_option, option, undo_nothing),
	COMMAND(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, hwpt, undo_hwpt),
	COMMAND(IOMMU_GET_HW_INFO, iommu_hw_info, hw_info, undo_nothing),
};

/* Room for any of them; the first field is its size. */
union argument {
	uint32_t size;
	uint8_t bytes[128];
};

static void make_good(struct badbed *bed, const struct command *command,
		      union argument *arg)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = command->size;
	command->good(bed, arg);
}

/* ---- values for fields ---- */

static uint64_t value_of(struct badbed *bed, unsigned int i)
{
	const uint64_t values[] = {
		0, 1, 2, 3, 7, 8, 0x1000, 0x1001, 0xfff, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x8000000000,
		0xfee00000, 0x7fffffffe000, 0x800000000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffff888000000000,
		-PAGE, -PAGE - 1, UINT64_MAX - 1, UINT64_MAX,
		BED_IOVA, BED_IOVA + PAGE, BED_IOVA + BED_SIZE - 1, FREE_IOVA,
		BED_SIZE, BED_SIZE + 1, (uintptr_t)bed->mem,
		(uintptr_t)bed->mem + 1, bed->view.ioas, bed->edu->edu.devid,
		bed->edu->hwpt, bed->hwpt, bed->stale, bed->foreign,
	};

	return i < ARRAY_SIZE(values) ? values[i] : values[0];
}

#define VALUES 39

static void put_value(union argument *arg, const struct field *field,
		      uint64_t value)
{
	memcpy(arg->bytes + field->offset, &value,
	       field->size < sizeof(value) ? field->size : sizeof(value));
}

/* An error that a caller can tell the reason from. */
static bool is_known_error(int rc)
{
	static const int known[] = {
		EINVAL, EOPNOTSUPP, ENOENT, EBUSY, EOVERFLOW, EMSGSIZE, EFAULT,
		EEXIST, ENOSPC, ENOMEM, EADDRINUSE, EBADF, EPERM,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (rc == -known[i])
			return true;
	return false;
}

/* True if it was accepted. */
static bool try_argument(struct badbed *bed, const struct command *command,
			 union argument *arg, const char *what, uint64_t value)
{
	char name[96];
	int rc = iommufd_call(bed->view.fd, command->nr, arg);

	snprintf(name, sizeof(name), "%s, %s = %#llx: returned %d",
		 command->name, what, (unsigned long long)value, rc);
	if (!rc)
		command->undo(bed, arg);
	else if (!is_known_error(rc))
		fail_msg("%s (%s)", name, strerror(-rc));
	check_unchanged(bed, name);
	return !rc;
}

static void try_single_fields(struct badbed *bed,
			      const struct command *command)
{
	const struct field *field;
	unsigned int i, accepted = 0, tried = 0;
	union argument arg;

	for (field = command->fields; field->name; field++)
		for (i = 0; i < VALUES; i++, tried++) {
			make_good(bed, command, &arg);
			put_value(&arg, field, value_of(bed, i));
			accepted += try_argument(bed, command, &arg,
						 field->name,
						 value_of(bed, i));
		}
	print_message("%s: %u tried, %u accepted\n", command->name, tried,
		      accepted);
}

static void test_single_fields(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		try_single_fields(*state, &commands[i]);
}

static unsigned int choose(unsigned int limit)
{
	return (unsigned int)random() % limit;
}

static void mix(struct badbed *bed, const struct command *command,
		union argument *arg)
{
	const struct field *field;

	make_good(bed, command, arg);
	for (field = command->fields; field->name; field++)
		if (choose(2))
			put_value(arg, field, value_of(bed, choose(VALUES)));
}

static void try_mixtures(struct badbed *bed, const struct command *command,
			 unsigned int count)
{
	union argument arg;
	unsigned int n;

	for (n = 0; n < count; n++) {
		mix(bed, command, &arg);
		try_argument(bed, command, &arg, "mixture", n);
	}
}

static void test_mixed_fields(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		try_mixtures(*state, &commands[i], MIXTURES);
}

/* ---- pointers ---- */

static void test_bad_argument_address(void **state)
{
	struct badbed *bed = *state;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (k = 0; k < ARRAY_SIZE(bad_addresses); k++)
			assert_int_equal(iommufd_call(bed->view.fd,
						      commands[i].nr,
						      (void *)bad_addresses[k]),
					 -EFAULT);
		check_unchanged(bed, commands[i].name);
	}
}

/* It need not be aligned. */
static void test_unaligned_argument(void **state)
{
	struct badbed *bed = *state;
	uint8_t *bytes = pages(PAGE);
	union argument arg;
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		for (at = 1; at < 8; at += 2) {
			make_good(bed, &commands[i], &arg);
			memcpy(bytes + at, &arg, sizeof(arg));
			assert_int_equal(iommufd_call(bed->view.fd,
						      commands[i].nr,
						      bytes + at), 0);
			memcpy(&arg, bytes + at, sizeof(arg));
			commands[i].undo(bed, &arg);
			check_unchanged(bed, commands[i].name);
		}
	munmap(bytes, PAGE);
}

/* Commands that answer, where they can't: nothing is done. */
static void test_read_only_argument(void **state)
{
	struct badbed *bed = *state;
	union argument *arg = pages(PAGE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		if (command->nr == IOMMU_DESTROY ||
		    command->nr == IOMMU_IOAS_ALLOW_IOVAS)
			continue;
		make_good(bed, command, arg);
		mprotect(arg, PAGE, PROT_READ);
		refused_at(&bed->view, EFAULT, command->nr, arg, command->size,
			   command->name, 0);
		mprotect(arg, PAGE, PROT_READ | PROT_WRITE);
	}
	munmap(arg, PAGE);
}

/* The arrays and buffers that commands point to. */
static void refuse_array(struct badbed *bed, uint64_t address)
{
	struct iommu_ioas_iova_ranges ranges = { .size = sizeof(ranges) };
	struct iommu_ioas_allow_iovas allow = { .size = sizeof(allow) };
	struct iommu_hw_info info = { .size = sizeof(info) };

	good_ranges(bed, &ranges);
	ranges.allowed_iovas = address;
	refused(&bed->view, EFAULT, IOMMU_IOAS_IOVA_RANGES, &ranges);
	good_hw_info(bed, &info);
	info.data_uptr = address;
	refused(&bed->view, EFAULT, IOMMU_GET_HW_INFO, &info);
	if (address == (uintptr_t)bed->mem)
		return;	/* which can be read */
	good_allow(bed, &allow);
	allow.allowed_iovas = address;
	refused(&bed->view, EFAULT, IOMMU_IOAS_ALLOW_IOVAS, &allow);
}

static void test_bad_arrays(void **state)
{
	struct badbed *bed = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		refuse_array(bed, bad_addresses[i]);
	mprotect(bed->mem, BED_SIZE, PROT_READ);
	refuse_array(bed, (uintptr_t)bed->mem);
	mprotect(bed->mem, BED_SIZE, PROT_READ | PROT_WRITE);
}

/* Memory to be mapped that is no memory, or that is not the caller's. */
static void test_bad_memory_address(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map arg = { .size = sizeof(arg) };
	size_t i;

	good_map(bed, &arg);
	for (i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		arg.user_va = bad_addresses[i];
		arg.length = PAGE;
		if (arg.user_va == (uint64_t)-PAGE)
			refused(&bed->view, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
		else
			refused(&bed->view, EFAULT, IOMMU_IOAS_MAP, &arg);
	}
	/* Beyond the last address, from a good one on. */
	arg.user_va = (uintptr_t)bed->mem;
	arg.length = 1ULL << 38;
	arg.iova = 1ULL << 38;
	assert_true(iommufd_call(bed->view.fd, IOMMU_IOAS_MAP, &arg) < 0);
	check_unchanged(bed, "MAP of 256 GiB");
}

/* ---- files of the wrong kind ---- */

static void refuse_file(struct badbed *bed, int error, int file)
{
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };

	assert_true(file >= 0);
	good_map_file(bed, &arg);
	arg.fd = file;
	arg.flags = MAP_R | MAP_FIXED_IOVA;
	refused(&bed->view, error, IOMMU_IOAS_MAP_FILE, &arg);
	/* And for a kernel that looks no closer than at its size. */
	arg.length = PAGE;
	refused(&bed->view, error, IOMMU_IOAS_MAP_FILE, &arg);
	close(file);
}

static void test_map_file_kinds(void **state)
{
	struct badbed *bed = *state;
	int pair[2];

	refuse_file(bed, EINVAL, open("/dev/zero", O_RDWR));
	refuse_file(bed, EINVAL, open("/proc/self/status", O_RDONLY));
	refuse_file(bed, EINVAL, open("/sys/kernel/mm", O_RDONLY));
	/* Regular, and a page long. */
	refuse_file(bed, EINVAL, open("/sys/devices/system/cpu/online",
				      O_RDONLY));
	refuse_file(bed, EINVAL, open("/dev", O_RDONLY));
	refuse_file(bed, EINVAL, eventfd(0, 0));
	refuse_file(bed, EINVAL, epoll_create1(0));
	refuse_file(bed, EINVAL, dup(bed->edu->edu.dev));
	refuse_file(bed, EINVAL, iommufd_open());
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	refuse_file(bed, EINVAL, pair[0]);
	close(pair[1]);
	assert_int_equal(pipe(pair), 0);
	refuse_file(bed, EINVAL, pair[1]);
	close(pair[0]);
	/* Only a name: nothing can be done with it. */
	refuse_file(bed, EBADF, open("/tmp", O_PATH));
}

static void test_map_file_range(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };

	good_map_file(bed, &arg);
	/* Behind the end of the file, wholly or in part. */
	arg.start = BED_SIZE;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = PAGE;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = 1ULL << 40;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = 1ULL << 63;
	assert_true(iommufd_call(bed->view.fd, IOMMU_IOAS_MAP_FILE, &arg) < 0);
	check_unchanged(bed, "MAP_FILE at 1 << 63");
	/* Not as aligned as the device needs it. */
	arg.start = 1;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = -PAGE;
	refused(&bed->view, EOVERFLOW, IOMMU_IOAS_MAP_FILE, &arg);
}

/* Opened for writing alone, which is not enough to read by DMA. */
static void test_map_file_write_only(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };
	char path[64];

	good_map_file(bed, &arg);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", bed->file);
	arg.fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(arg.fd >= 0);
	refused(&bed->view, EPERM, IOMMU_IOAS_MAP_FILE, &arg);
	close(arg.fd);
}

/* Commands of one file on another. */
static void test_commands_of_others(void **state)
{
	struct badbed *bed = *state;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int null = open("/dev/null", O_RDWR), pipes[2];
	union argument arg;
	size_t i;

	assert_int_equal(pipe(pipes), 0);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		make_good(bed, &commands[i], &arg);
		assert_int_equal(iommufd_call(null, commands[i].nr, &arg),
				 -ENOTTY);
		assert_int_equal(iommufd_call(pipes[0], commands[i].nr, &arg),
				 -ENOTTY);
		assert_int_equal(iommufd_call(bed->edu->edu.dev,
					      commands[i].nr, &arg), -ENOTTY);
		assert_int_equal(iommufd_call(-1, commands[i].nr, &arg),
				 -EBADF);
		check_unchanged(bed, commands[i].name);
	}
	assert_int_equal(iommufd_call(bed->view.fd, VFIO_DEVICE_GET_INFO,
				      &info), -ENOTTY);
	assert_int_equal(iommufd_call(bed->view.fd, VFIO_DEVICE_RESET, NULL),
			 -ENOTTY);
	close(pipes[0]);
	close(pipes[1]);
	close(null);
}

/* ---- ids of others ---- */

static void test_foreign_device(void **state)
{
	struct badbed *bed = *state;
	int fd = new_fd();
	uint32_t ioas = new_ioas(fd), id;

	/* Its ids mean nothing there: those are of IOASes. */
	while (new_ioas(fd) < bed->hwpt)
		;
	assert_int_equal(iommufd_hwpt_alloc(fd, 0, bed->edu->edu.devid, ioas,
					    &id), -ENOENT);
	assert_int_equal(iommufd_hw_info(fd, bed->edu->edu.devid, NULL, NULL,
					 NULL, NULL), -ENOENT);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0,
					    bed->edu->edu.devid, bed->foreign,
					    &id), -EINVAL);
	assert_int_equal(attach(bed->edu, bed->foreign), -ENOENT);
	check_unchanged(bed, "foreign ids");
	close(fd);
}

static void test_stale_ids(void **state)
{
	struct badbed *bed = *state;
	uint32_t devid = bed->edu->edu.devid, id;

	assert_int_equal(attach(bed->edu, bed->stale), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->view.fd, bed->hwpt), 0);
	assert_int_equal(attach(bed->edu, bed->hwpt), -ENOENT);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0, bed->hwpt,
					    bed->view.ioas, &id), -ENOENT);
	check_unchanged(bed, "stale ids");
	/* A device that was closed. */
	edu_close(&bed->edu->edu);
	assert_int_equal(iommufd_hwpt_alloc(bed->view.fd, 0, devid,
					    bed->view.ioas, &id), -ENOENT);
	assert_int_equal(iommufd_hw_info(bed->view.fd, devid, NULL, NULL, NULL,
					 NULL), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->view.fd, devid), -ENOENT);
	assert_int_equal(edu_open(&bed->edu->edu, 0, bed->view.fd), 0);
}

/* ---- and from somebody without privilege ---- */

static struct badbed *shared_bed;

/* The child pins nothing, and what it maps it can't pay for. */
static int share_bed(void **state)
{
	*state = shared_bed;
	picture_take(&shared_bed->view, &shared_bed->before);
	return 0;
}

static void user_mixed_fields(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		/* What it unmaps it could not map again. */
		if (commands[i].nr != IOMMU_IOAS_UNMAP)
			try_mixtures(*state, &commands[i], MIXTURES / 2);
}

static const struct CMUnitTest user_tests[] = {
	cmocka_unit_test_setup(user_mixed_fields, share_bed),
};

static int run_user_tests(void)
{
	return cmocka_run_group_tests(user_tests, NULL, NULL);
}

/* Tests of their own, in a process without privilege and without a limit. */
static void test_user(void **state)
{
	shared_bed = *state;
	run_group_as_user(run_user_tests);
	check_unchanged(shared_bed, "a user without a limit");
	assert_true(dma_writes(shared_bed->edu, BED_IOVA, shared_bed->mem,
			       PIECE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_single_fields),
	TEST(test_mixed_fields),
	TEST(test_bad_argument_address),
	TEST(test_unaligned_argument),
	TEST(test_read_only_argument),
	TEST(test_bad_arrays),
	TEST(test_bad_memory_address),
	TEST(test_map_file_kinds),
	TEST(test_map_file_range),
	TEST(test_map_file_write_only),
	TEST(test_commands_of_others),
	TEST(test_foreign_device),
	TEST(test_stale_ids),
	TEST(test_user),
};

int main(void)
{
	if (bed_load())
		return 1;
	srandom(env_seed(time(NULL)));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
