/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chunk words: which frames stand behind 512 pages, in one word.
 *
 * A chunk is one of:
 *
 *   0				no frame is known
 *   bit 0 set			adjacent frames: frame of the first page in use
 *				in bits 21-63, the first and the last slot in
 *				use in bits 3-11 and 12-20
 *   a pointer			to a table of frame numbers by slot, 32 bits
 *				each, or 64 bits each where bit 2 is set; 0 is
 *				an empty slot (frame 0 is never user memory)
 *
 * Bit 1 tells how the frames are pinned: clear, each page has a pin of its
 * own; set, all pages of the chunk that lie in one folio share one pin.
 *
 * Slots are numbered from 0 to 511; ranges of slots are inclusive.  A chunk
 * has no lock: its owner's rules.
 */
#ifndef __IOMMUFD_MEMORY_CHUNK_H
#define __IOMMUFD_MEMORY_CHUNK_H

#include <linux/types.h>

#define CHUNK_SHIFT	9
#define CHUNK_PAGES	512U
#define CHUNK_NONE	(~0UL)

typedef u64 chunk_t;

#define CHUNK_ADJACENT	BIT_ULL(0)
#define CHUNK_BY_FOLIO	BIT_ULL(1)
#define CHUNK_WIDE	BIT_ULL(2)

struct page;

static inline bool chunk_is_by_folio(chunk_t chunk)
{
	return chunk & CHUNK_BY_FOLIO;
}

/**
 * chunk_frames - the table of a chunk whose frames are not adjacent
 * @chunk: the chunk
 *
 * Return: frame numbers by slot, 0 for an empty one; or NULL where chunk_run()
 * has to be asked.
 */
static inline const u32 *chunk_frames(chunk_t chunk)
{
	if (chunk & (CHUNK_ADJACENT | CHUNK_WIDE))
		return NULL;
	return (const u32 *)(uintptr_t)(chunk & ~CHUNK_BY_FOLIO);
}

unsigned long chunk_frame(chunk_t chunk, unsigned int slot);
unsigned int chunk_run(chunk_t chunk, unsigned int slot, unsigned int last,
		       unsigned long *pfn);
unsigned int chunk_count(chunk_t chunk, unsigned int first, unsigned int last);
int chunk_set(chunk_t *chunk, unsigned int size, unsigned int slot,
	      struct page **pages, unsigned int npages, bool by_folio);
int chunk_set_run(chunk_t *chunk, unsigned int size, unsigned int first,
		  unsigned int last, unsigned long pfn, bool by_folio);
void chunk_clear(chunk_t *chunk, unsigned int size, unsigned int first,
		 unsigned int last);

#endif /* __IOMMUFD_MEMORY_CHUNK_H */
