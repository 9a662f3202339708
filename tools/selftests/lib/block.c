// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of memory, see block.h.
 */
#include "bed.h"
#include "block.h"
#include "file.h"
#include "memory.h"

#define MEMORY "/sys/devices/system/memory/"
#define BLOCKS 64

int block_write(int block, const char *state)
{
	char path[80];

	snprintf(path, sizeof(path), MEMORY "memory%d/state", block);
	return file_write(path, state);
}

bool block_is_online(int block)
{
	char path[80], state[32];

	snprintf(path, sizeof(path), MEMORY "memory%d/state", block);
	assert_true(file_read(path, state, sizeof(state)) > 0);
	return !strcmp(state, "online");
}

/* What boots is in the first ones. */
int block_remake(const char *state)
{
	int block;

	for (block = BLOCKS; block-- > 0;) {
		if (block_write(block, "offline"))
			continue;
		if (!block_write(block, state))
			return block;
		assert_int_equal(block_write(block, "online"), 0);
	}
	return NO_BLOCK;
}

int block_of(const void *va)
{
	char text[32];

	/* In hexadecimal, and nothing says so. */
	assert_true(file_read(MEMORY "block_size_bytes", text, sizeof(text)) > 0);
	return frame_of(va) * PAGE / strtoull(text, NULL, 16);
}
