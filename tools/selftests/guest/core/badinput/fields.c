// SPDX-License-Identifier: GPL-2.0
/*
 * Each field of each command takes values that could upset it, alone and with others.
 */
#include <sys/socket.h>

#include "badbed.h"
#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "fields.h"
#include "iommufd.h"
#include "list.h"

/* ---- commands, their fields, and how a success is taken back ---- */

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

void good_ranges(struct badbed *bed, void *arg)
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

void good_allow(struct badbed *bed, void *arg)
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

/* The bed has memory of the process mapped, so it is refused whatever it says. */
static void good_change(struct badbed *bed, void *arg)
{
}

static const struct field change_fields[] = {
	FIELD(iommu_ioas_change_process, __reserved), { },
};

void good_map(struct badbed *bed, void *arg)
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

void good_map_file(struct badbed *bed, void *arg)
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

void good_hw_info(struct badbed *bed, void *arg)
{
	static uint8_t data[256];
	struct iommu_hw_info *cmd = arg;

	cmd->dev_id = bed->edu->edu.devid;
	cmd->data_len = sizeof(data);
	cmd->data_uptr = (uintptr_t)data;
}

static const struct field hw_info_fields[] = {
	FIELD(iommu_hw_info, flags), FIELD(iommu_hw_info, dev_id),
	FIELD(iommu_hw_info, data_uptr), FIELD(iommu_hw_info, in_data_type),
	FIELD(iommu_hw_info, __reserved), { },
};

static void good_objects(struct badbed *bed, void *arg)
{
	static uint8_t entries[64 * IOMMU_LIST_ENTRY_MAX];
	struct iommu_list *cmd = arg;

	cmd->entry_size = sizeof(struct iommu_object_entry);
	cmd->num = 4;
	cmd->entries = (uintptr_t)entries;
}

static void good_areas(struct badbed *bed, void *arg)
{
	struct iommu_list *cmd = arg;

	good_objects(bed, arg);
	cmd->ioas_id = bed->view.ioas;
	cmd->flags = IOMMU_LIST_LARGE;
	cmd->entry_size = sizeof(struct iommu_area_entry);
}

static const struct field list_fields[] = {
	FIELD(iommu_list, flags), FIELD(iommu_list, ioas_id),
	FIELD(iommu_list, entry_size), FIELD(iommu_list, num),
	FIELD(iommu_list, out_more), FIELD(iommu_list, next),
	FIELD(iommu_list, entries), { },
};

#define objects_fields list_fields
#define areas_fields list_fields

#define COMMAND(nr, type, name, undo) \
	{ #nr, nr, sizeof(struct type), name##_fields, good_##name, 0, undo }

const struct command commands[] = {
	COMMAND(IOMMU_IOAS_ALLOC, iommu_ioas_alloc, alloc, undo_alloc),
	COMMAND(IOMMU_DESTROY, iommu_destroy, destroy, undo_destroy),
	COMMAND(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges, ranges,
		undo_nothing),
	COMMAND(IOMMU_IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas, allow,
		undo_allow),
	{ "IOMMU_IOAS_CHANGE_PROCESS", IOMMU_IOAS_CHANGE_PROCESS,
	  sizeof(struct iommu_ioas_change_process), change_fields, good_change,
	  EINVAL, undo_nothing },
	COMMAND(IOMMU_IOAS_MAP, iommu_ioas_map, map, undo_map),
	COMMAND(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, map_file,
		undo_map_file),
	COMMAND(IOMMU_IOAS_COPY, iommu_ioas_copy, copy, undo_copy),
	COMMAND(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, unmap, undo_unmap),
	COMMAND(IOMMU_OPTION, iommu_option, option, undo_nothing),
	COMMAND(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, hwpt, undo_hwpt),
	COMMAND(IOMMU_LIST_OBJECTS, iommu_list, objects, undo_nothing),
	COMMAND(IOMMU_IOAS_LIST_AREAS, iommu_list, areas, undo_nothing),
	COMMAND(IOMMU_GET_HW_INFO, iommu_hw_info, hw_info, undo_nothing),
};

const unsigned int commands_count = ARRAY_SIZE(commands);

void make_good(struct badbed *bed, const struct command *command,
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

static void try_single_fields(struct badbed *bed, const struct command *command)
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

void test_single_fields(void **state)
{
	size_t i;

	for (i = 0; i < commands_count; i++)
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

void try_mixtures(struct badbed *bed, const struct command *command,
		  unsigned int count)
{
	union argument arg;
	unsigned int n;

	for (n = 0; n < count; n++) {
		mix(bed, command, &arg);
		try_argument(bed, command, &arg, "mixture", n);
	}
}

void test_mixed_fields(void **state)
{
	size_t i;

	for (i = 0; i < commands_count; i++)
		try_mixtures(*state, &commands[i], MIXTURES);
}
