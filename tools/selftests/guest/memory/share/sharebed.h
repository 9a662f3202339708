/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of sharing begin with: memory of each kind, and IOASes of one file that map it.
 */
#ifndef _GUEST_SHARE_SHAREBED_H
#define _GUEST_SHARE_SHAREBED_H

#include "bed.h"
#include "test.h"

#define IOASES 4
#define SIZE (2 * HUGE)

/**
 * struct sharebed - IOASes, each with a page table of its own
 * @fd: of /dev/iommu
 * @ioas: the IOASes
 * @mock: a device for each
 * @pinned: VmPin in kB before
 */
struct sharebed {
	int fd;
	uint32_t ioas[IOASES];
	struct test_mock mock[IOASES];
	uint64_t pinned;
};

int sharebed_setup(void **state);
void plug(struct sharebed *bed, int i);
void unplug(struct sharebed *bed, int i);
int plugged_setup(void **state);
int sharebed_teardown(void **state);
uint64_t pinned(struct sharebed *bed);

/**
 * struct memory - what is mapped
 * @va: where the process sees it
 * @file: the file that is mapped in its stead by MAP_FILE, or behind it; or -1
 * @by_file: MAP_FILE it is
 */
struct memory {
	uint8_t *va;
	int file;
	bool by_file;
};

void fill(struct memory *memory, uint8_t byte);
uint8_t *aligned_room(void);
void put(struct memory *memory, int flags);
struct memory small_memory(void);
struct memory huge_memory(void);
struct memory shared_memory(void);
struct memory file_memory(void);
bool hugetlb_prepare(void);
struct memory hugetlb_memory(void);
struct memory hugetlb_file_memory(void);
void drop(struct memory *memory);

int try_map_part(struct sharebed *bed, int i, struct memory *memory,
		 uint32_t flags, size_t offset, size_t length);
int try_map(struct sharebed *bed, int i, struct memory *memory);
void map(struct sharebed *bed, int i, struct memory *memory);
void unmap(struct sharebed *bed, int i);

/* Does the device of an IOAS reach what the process sees? */
bool reaches(struct sharebed *bed, int i, struct memory *memory, size_t offset,
	     size_t length);

void reaches_all(struct sharebed *bed, int i, struct memory *memory);

#endif
