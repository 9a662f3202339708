/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each field of each command takes values that could upset it, alone and with others.
 */
#ifndef _GUEST_BADINPUT_FIELDS_H
#define _GUEST_BADINPUT_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "badbed.h"

struct field {
	const char *name;
	size_t offset;
	size_t size;
};

/**
 * struct command - a command of /dev/iommu
 * @name: its name
 * @nr: its number
 * @size: of its struct
 * @fields: ends with one without a name
 * @good: fills in what is accepted, or refused for what the bed has mapped alone
 * @refused: then the error that it is refused with; else 0
 * @undo: takes a success back
 */
struct command {
	const char *name;
	unsigned long nr;
	size_t size;
	const struct field *fields;
	void (*good)(struct badbed *bed, void *arg);
	int refused;
	void (*undo)(struct badbed *bed, void *arg);
};

void good_ranges(struct badbed *bed, void *arg);
void good_allow(struct badbed *bed, void *arg);
void good_map(struct badbed *bed, void *arg);
void good_map_file(struct badbed *bed, void *arg);
void good_hw_info(struct badbed *bed, void *arg);

extern const struct command commands[];
extern const unsigned int commands_count;

/* Room for any of them; the first field is its size. */
union argument {
	uint32_t size;
	uint8_t bytes[128];
};

void make_good(struct badbed *bed, const struct command *command,
	       union argument *arg);

void test_single_fields(void **state);
void try_mixtures(struct badbed *bed, const struct command *command,
		  unsigned int count);
void test_mixed_fields(void **state);

#endif
