/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scene: one call that faults are put into, what takes it back, and what shows that
 * nothing has changed. And what several scenes do, and the memory that they map.
 */
#ifndef _GUEST_FAULT_SCENE_H
#define _GUEST_FAULT_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edubed.h"

/**
 * struct scene - a call that faults are put into
 * @name: for the log
 * @bed: an IOAS; and a device, which may be none
 * @call: makes the call
 * @undo: takes a success back
 * @inspect: looks closer after a failure, or NULL
 * @quick: @inspect is quick, and is made after each failure
 * @error: the call is refused with it where nothing fails; else 0
 * @ioas: another IOAS that is to stay as it is, or 0
 * @hwpts: page tables of the mock that are to stay as they are, or 0
 * @step: of the kernel's faults, from one that is tried to the next; 0: all
 * @mem: memory that the call maps
 * @length: of it
 * @iova: where the call maps
 * @id: of what the call makes, or of what it uses
 * @file: that the call uses
 * @next: the number of the next file, which stays the same, if @inspect asks
 * @vm_size: the size of the process, likewise
 */
struct scene {
	const char *name;
	struct edubed *bed;
	int (*call)(struct scene *scene);
	void (*undo)(struct scene *scene);
	void (*inspect)(struct scene *scene);
	bool quick;
	int error;
	uint32_t ioas;
	uint32_t hwpts[2];
	unsigned int step;
	uint8_t *mem;
	size_t length;
	uint64_t iova;
	uint32_t id;
	int file;
	int next;
	uint64_t vm_size;
};

/* Neighbours come at times far apart, so their frames are no neighbours. */
uint8_t *scattered(size_t size);

/* Adjacent frames, as far as the kernel has huge pages to give. */
uint8_t *adjacent(size_t size);

int call_map(struct scene *scene);
void undo_map(struct scene *scene);

/* The id goes first; who is killed then does not wait for the rest. */
int destroy_or_redo(struct scene *scene, uint32_t id);

void undo_nothing(struct scene *scene);

#endif
