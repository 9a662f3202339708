// SPDX-License-Identifier: GPL-2.0
/*
 * What the fuzzer puts into fields, see value.h.
 */
#include "bed.h"
#include "calls.h"
#include "compiler.h"
#include "iommufd.h"
#include "life.h"
#include "memory.h"
#include "pci.h"
#include "test.h"
#include "value.h"

/* ---- values as they should be ---- */

static uint32_t good_id(struct life *life, unsigned int file, uint64_t kinds)
{
	unsigned int kind = bit_of(life, kinds, ID_KINDS), i;
	uint32_t id = 0;

	for (i = 0; i < 4 && !id; i++)
		id = life->ids[file][kind][choose(life, IDS)];
	return id;
}

int good_fd(struct life *life, uint64_t kinds)
{
	const int *fds = life->fds[bit_of(life, kinds, FD_KINDS)];
	int fd = -1;
	unsigned int i;

	for (i = 0; i < 4 && fd < 0; i++)
		fd = fds[choose(life, PER_KIND)];
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

static uint64_t slot_iova(struct life *life)
{
	/* So that little lies across it, too. */
	if (!choose(life, 8))
		return CALL_END - choose(life, 16) * PAGE;
	return SLOT_IOVA + choose(life, SLOTS) * HUGE +
	       choose(life, 2) * choose(life, 16) * PAGE;
}

/* By another name at times, which amd64 does not know. */
static uint64_t good_mem(struct life *life)
{
	uint8_t *va = life->mem + choose(life, 1024) * PAGE;

	return (uintptr_t)tagged(va, choose(life, 8) ? 0 : choose(life, 256));
}

static uint64_t good_maps(struct life *life)
{
	struct iommu_map_entry entries[BULK_MAX] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].iova = slot_iova(life);
		entries[i].user_va = good_mem(life);
		entries[i].length = PAGE << choose(life, 10);
		entries[i].flags = MAP_RW | MAP_FIXED_IOVA;
		if (!choose(life, 20))
			((uint8_t *)entries)[choose(life, sizeof(entries))] ^=
				choose(life, 256);
	}
	memcpy(life->data, entries, sizeof(entries));
	return (uintptr_t)life->data;
}

/* The first is where something is, more often than others. */
static uint64_t good_unmaps(struct life *life)
{
	struct iommu_unmap_entry entries[BULK_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].iova = SLOT_IOVA + choose(life, SLOTS) * HUGE;
		entries[i].length = choose(life, 20) ? HUGE : random64(life);
	}
	if (life->place) {
		entries[0].iova = life->place->iova;
		entries[0].length = life->place->length;
	}
	memcpy(life->data, entries, sizeof(entries));
	return (uintptr_t)life->data;
}

/* Zeroes mostly, which a table is as well. */
static uint64_t good_forgets(struct life *life)
{
	struct iommu_hwpt_invalidate_selftest entries[BULK_MAX] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].flags = !choose(life, 4);
		entries[i].iotlb_id = choose(life, MOCK_NESTED_DOMAIN_IOTLB_NUM);
		if (!choose(life, 20))
			entries[i].iotlb_id = random64(life);
	}
	memcpy(life->data, entries, sizeof(entries));
	return (uintptr_t)life->data;
}

/* Pages just before and after where something ends. */
static uint64_t edge_iova(struct life *life)
{
	static const uint64_t edges[] = {
		0, MOCK_APERTURE_START, MOCK_APERTURE_LAST + 1, 0xfee00000,
		1ULL << 30, 1ULL << 32, 1ULL << 39, 1ULL << 48, 1ULL << 57, 1ULL << 63,
	};

	return edges[choose(life, ARRAY_SIZE(edges))] +
	       (choose(life, 8) - 4) * PAGE;
}

/* Of a device, where one belongs. */
static uint64_t good_name(struct life *life)
{
	char *name = (char *)life->data + PAGE;

	memcpy(name, life->edus[choose(life, life->nedus)], PCI_NAME_MAX);
	if (!choose(life, 20))
		name[choose(life, PCI_NAME_MAX)] = choose(life, 256);
	return (uintptr_t)name;
}

/* In its middle, at times. */
static uint64_t place_value(struct life *life, const struct one *one,
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
		if ((field->limit & ID_IOAS) && one->fd == place->fd &&
		    choose(life, 4))
			return place->ioas;
		break;
	default:
		break;
	}
	return 0;
}

uint64_t good_value(struct life *life, const struct one *one,
		    const struct field *field)
{
	uint64_t value = life->place ? place_value(life, one, field) : 0;

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
		return good_id(life, file_of(life, one->fd), field->limit);
	case KIND_EDGE:
		return edge_iova(life);
	case KIND_IOVA:
		if (!choose(life, 20))
			return edge_iova(life);
		return slot_iova(life);
	case KIND_LENGTH:
		return choose(life, 4) ? PAGE << choose(life, 10) :
					 MOCK_PAGE * choose(life, 40);
	case KIND_MEM:
		return good_mem(life);
	case KIND_DATA:
		return good_data(life);
	case KIND_MAPS:
		return good_maps(life);
	case KIND_UNMAPS:
		return good_unmaps(life);
	case KIND_FORGETS:
		return good_forgets(life);
	case KIND_NAME:
		return good_name(life);
	case KIND_FD:
		return good_fd(life, field->limit);
	default:
		return 0;
	}
}

/* ---- values as they should not be ---- */

static const uint64_t borders[] = {
	0, 1, 2, 0x7ff, 0x800, 0xfff, 0x1000, 0x1001, 0x1fffff, 0x200000,
	0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, MOCK_APERTURE_START, MOCK_APERTURE_LAST, 0xfee00000,
	0xfeefffff, 0x7fffffff0000, 0x7ffffffff000, 0x800000000000,
	0xffff888000000000, 0xffffffff81000000, 0x7fffffffffffffff,
	0x8000000000000000, 0xfffffffffffff000, 0xfffffffffffffffe,
	0xffffffffffffffff,
};

uint64_t border(struct life *life)
{
	return borders[choose(life, ARRAY_SIZE(borders))];
}

/* Any id of any file, and any file. */
static uint64_t other_id(struct life *life)
{
	return life->ids[choose(life, FILES)][choose(life, ID_KINDS)]
			[choose(life, IDS)];
}

int other_fd(struct life *life)
{
	if (choose(life, 2))
		return life->others[choose(life, OTHERS)];
	return life->fds[choose(life, FD_KINDS)][choose(life, PER_KIND)];
}

uint64_t bad_value(struct life *life, uint64_t good)
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
		return border(life);
	}
}

uint32_t bad_size(struct life *life, uint32_t size)
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
		return border(life);
	}
}

void *bad_arg(struct life *life, uint8_t *arg, size_t size)
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
		return (void *)border(life);
	}
}
