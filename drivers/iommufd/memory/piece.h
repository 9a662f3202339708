/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pieces: where a range of pages of a mem and its chunks meet.
 */
#ifndef __IOMMUFD_MEMORY_PIECE_H
#define __IOMMUFD_MEMORY_PIECE_H

#include "iommufd/memory/chunk.h"

struct folio;
struct mem;
struct page;

/**
 * struct piece - the part of a range of pages that lies in one chunk
 * @chunk: the chunk
 * @size: slots that the chunk has
 * @first: first slot
 * @last: last slot, inclusive
 * @index: page of slot 0 in the mem; wraps below 0 in the first chunk
 */
struct piece {
	chunk_t *chunk;
	unsigned int size;
	unsigned int first;
	unsigned int last;
	unsigned long index;
};

void piece_find(struct mem *mem, struct piece *piece, unsigned long first,
		unsigned long last);
bool piece_has_folio(const struct piece *piece, struct folio *folio,
		     unsigned int first, unsigned int last);
void piece_fold_pins(const struct piece *piece, unsigned int slot,
		     struct page **pages, unsigned int npages, bool by_folio,
		     bool was_empty);
unsigned int piece_unpin(const struct piece *piece, bool dirty);
void pages_unpin(struct page **pages, unsigned int npages, bool by_folio);

/* From page @pos on; it is left behind @last. */
#define for_each_piece(mem, piece, pos, last)				\
	for (; (pos) <= (last) &&					\
	       (piece_find(mem, piece, pos, last), true);		\
	     (pos) = (piece)->index + (piece)->last + 1)

#endif /* __IOMMUFD_MEMORY_PIECE_H */
