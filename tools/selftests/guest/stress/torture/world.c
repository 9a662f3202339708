// SPDX-License-Identifier: GPL-2.0
/*
 * A world of files, ids and memory, see world.h.
 */
#include "bed.h"
#include "compiler.h"
#include "iommufd.h"
#include "memory.h"
#include "world.h"

struct torture *torture;

unsigned int choose(struct thread *t, unsigned int limit)
{
	return (unsigned int)rand_r(&t->random) % limit;
}

bool put_id(uint32_t *place, uint32_t id)
{
	uint32_t none = 0;

	return __atomic_compare_exchange_n(place, &none, id, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

bool put_fd(int *place, int fd)
{
	int none = -1;

	return __atomic_compare_exchange_n(place, &none, fd, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

int some_file(struct thread *t, struct kept **kept)
{
	unsigned int i = choose(t, FILES);

	*kept = &t->world->kept[i];
	return t->world->fd[i];
}

/* One that is there, most of the time. */
#define PICKS 4

uint32_t some_id(struct thread *t, const uint32_t *ids, unsigned int n)
{
	uint32_t id = 0;
	int i;

	for (i = 0; i < PICKS && !id; i++)
		id = load(ids[choose(t, n)]);
	return id;
}

unsigned int some_place(struct thread *t, const int *fds, unsigned int n)
{
	unsigned int at = 0;
	int i;

	for (i = 0; i < PICKS; i++) {
		at = choose(t, n);
		if (load(fds[at]) >= 0)
			break;
	}
	return at;
}

uint64_t slot_iova(struct thread *t)
{
	return SLOT_IOVA + choose(t, SLOTS) * SLOT_SIZE;
}

uint64_t some_length(struct thread *t)
{
	return PAGE << choose(t, 10);
}

uint64_t part_iova(struct thread *t)
{
	return slot_iova(t) + PAGE * choose(t, 4);
}

uint64_t part_length(struct thread *t)
{
	return PAGE << choose(t, 4);
}

uint32_t some_prot(struct thread *t)
{
	static const uint32_t prot[] = { MAP_RW, MAP_RW, MAP_R, MAP_W };

	return prot[choose(t, ARRAY_SIZE(prot))];
}

uint8_t *some_mem(struct thread *t, uint64_t length)
{
	return t->world->mem + choose(t, (MEM_SIZE - length) / PAGE + 1) * PAGE;
}

uint8_t *some_name(struct thread *t, uint8_t *va)
{
	if (choose(t, tags_are_ignored() ? 3 : 50))
		return va;
	return tagged(va, choose(t, 256));
}
