// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a random test, see arena.h.
 */
#include "arena.h"
#include "bed.h"

#define ARENA_FILE_PAGES (ARENA_HOLE - ARENA_FILE)

bool arena_can_pin(unsigned int page, bool write)
{
	bool read_only = page >= ARENA_READ_ONLY && page < ARENA_FILE;

	return !arena_is_hole(page) && !(write && read_only);
}

bool arena_is_file(uint64_t at, uint64_t length)
{
	return at >= ARENA_FILE * PAGE &&
	       at + length <= ARENA_HOLE * PAGE;
}

static bool arena_put(struct arena *arena, unsigned int page,
		      unsigned int npages, int flags, int file)
{
	uint8_t *at = arena->va + page * PAGE;

	return mmap(at, npages * PAGE, PROT_READ | PROT_WRITE,
		    flags | MAP_FIXED, file, 0) == at;
}

/* In an order in which the frames do not lie in a row. */
static void arena_fill(struct arena *arena)
{
	unsigned int page, odd;

	for (page = 0; page < ARENA_PAGES; page++) {
		memset(arena->should + page * PAGE, page, PAGE);
		memcpy(arena->should + page * PAGE, &page, sizeof(page));
	}
	for (odd = 0; odd < 2; odd++)
		for (page = odd; page < ARENA_PAGES; page += 2)
			if (!arena_is_hole(page))
				memcpy(arena->va + page * PAGE,
				       arena->should + page * PAGE,
				       PAGE);
}

static bool arena_lay(struct arena *arena)
{
	int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

	if (!arena_put(arena, 0, ARENA_PAGES, anonymous, -1) ||
	    !arena_put(arena, ARENA_FILE, ARENA_FILE_PAGES, MAP_SHARED,
		       arena->file))
		return false;
	madvise(arena->va, ARENA_THP * PAGE, MADV_NOHUGEPAGE);
	madvise(arena->va + ARENA_THP * PAGE, 2 * HUGE,
		MADV_HUGEPAGE);
	arena->hugetlb = arena_put(arena, ARENA_HUGETLB, 512,
				   anonymous | MAP_HUGETLB, -1);
	/* A mapping that failed has removed what was there. */
	return arena->hugetlb ||
	       arena_put(arena, ARENA_HUGETLB, 512, anonymous, -1);
}

bool arena_make(struct arena *arena)
{
	uint8_t *room;

	arena->should = malloc(ARENA_SIZE);
	arena->file = memfd_create("arena", MFD_CLOEXEC);
	room = mmap(NULL, ARENA_SIZE + HUGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!arena->should || arena->file < 0 || room == MAP_FAILED ||
	    ftruncate(arena->file, ARENA_FILE_PAGES * PAGE))
		return false;
	room += ARENA_THP * PAGE;
	room += -(uintptr_t)room % HUGE;
	arena->va = room - ARENA_THP * PAGE;
	if (!arena_lay(arena))
		return false;
	arena_fill(arena);
	return !munmap(arena->va + ARENA_HOLE * PAGE, PAGE) &&
	       !mprotect(arena->va + ARENA_READ_ONLY * PAGE,
			 (ARENA_FILE - ARENA_READ_ONLY) * PAGE,
			 PROT_READ);
}

uint64_t arena_wrong(const struct arena *arena, unsigned int npages)
{
	uint64_t page, i;

	for (page = 0; page < npages; page++) {
		const uint8_t *is = arena->va + page * PAGE;
		const uint8_t *should = arena->should + page * PAGE;

		if (arena_is_hole(page) || !memcmp(is, should, PAGE))
			continue;
		for (i = 0; is[i] == should[i]; i++)
			;
		return page * PAGE + i;
	}
	return ARENA_SIZE;
}
