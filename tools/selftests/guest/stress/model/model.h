/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an open file of /dev/iommu should be like after some calls: a model
 * that is so simple that one can see that it is right. Nothing of it calls the
 * kernel: area.c, need.c, iova.c, plan.c and domain.c, in this order upwards.
 *
 * The rule of pins, which is most of it: each MAP is one piece of memory (a
 * mem), which COPY shares. A page of a mem is pinned and charged, once, as long
 * as somebody needs it: an area that holds it and whose IOAS has a domain, or a
 * pin of an access. So the model counts who needs each page of each mem, from
 * scratch after each call. Where MAPs share what they have pinned that is the
 * most that may be; at least each page is pinned that anybody needs.
 *
 * Functions that return an int return what the call should: 0 or -errno.
 */
#ifndef _GUEST_MODEL_MODEL_H
#define _GUEST_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

#define IOASES 3
#define AREAS 40
#define MEMS (AREAS + 1)
#define HWPTS 8
#define DEVICES 4
#define PASIDS 2
#define ACCESSES 3
#define PINS 8
#define RESERVED 2

/* Page tables of HWPT_ALLOC have the first places; then those of ATTACH. */
#define HWPTS_NAMED 4

/**
 * struct model_mem - the memory of one MAP
 * @writable: pinned to be written
 * @file: given as a part of a file
 * @nowhere: given by an address where there is no memory
 * @need: who needs each page of the arena
 */
struct model_mem {
	bool writable;
	bool file;
	bool nowhere;
	uint8_t need[ARENA_PAGES];
};

/**
 * struct model_area - a mapped range
 * @at: its first byte in the arena
 * @flags: MAP_R, MAP_W
 */
struct model_area {
	bool live;
	unsigned int ioas;
	unsigned int mem;
	uint64_t iova;
	uint64_t length;
	uint64_t at;
	uint32_t flags;
};

/**
 * struct model_range - a range of IOVA
 * @first: first byte
 * @last: last byte, inclusive
 */
struct model_range {
	uint64_t first;
	uint64_t last;
};

struct model_ioas {
	bool live;
	uint32_t id;
	bool small;
	bool limited;
	struct model_range allowed;
	unsigned int nreserved;
	struct model_range reserved[RESERVED];
};

/**
 * struct model_hwpt - a page table
 * @filled: its IOAS is in it: some can be filled only once they are attached
 * @takes_pasids: it is one for PASIDs, and for devices that have some attached
 */
struct model_hwpt {
	bool live;
	bool filled;
	bool takes_pasids;
	uint32_t id;
	unsigned int ioas;
};

/**
 * struct model_device - a device
 * @pasid: what its PASIDs, from 1 on, are attached to; HWPTS: to nothing
 */
struct model_device {
	bool live;
	uint32_t stdev;
	uint32_t idev;
	unsigned int hwpt;
	unsigned int pasid[PASIDS];
};

struct model_access {
	bool live;
	bool pins;
	int fd;
	unsigned int ioas;
};

struct model_pin {
	bool live;
	uint32_t id;
	unsigned int access;
	uint64_t iova;
	uint64_t length;
};

/**
 * struct model - all of it
 * @late: page tables are filled by their first attach, not by HWPT_ALLOC
 * @shares: MAPs of the same huge page may share its pins
 * @pasids: the kernel knows of them
 * @files: all that is mapped is memory of files
 * @limit: pages that may be pinned
 * @pinned: pages that are
 * @va: the arena's address
 */
struct model {
	bool late;
	bool shares;
	bool pasids;
	bool files;
	uint64_t limit;
	uint64_t pinned;
	uintptr_t va;
	struct model_mem mem[MEMS];
	struct model_area area[AREAS];
	struct model_ioas ioas[IOASES];
	struct model_hwpt hwpt[HWPTS];
	struct model_device device[DEVICES];
	struct model_access access[ACCESSES];
	struct model_pin pin[PINS];
};

#endif
