/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands: a file each, which has what one of them does and its help.
 */
#ifndef _IOMMUCTL_COMMAND_H
#define _IOMMUCTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct options - what was typed behind the name of a command
 * @json: for programs
 * @sum: maps: no area by itself
 * @largest: maps: only so many, the largest ones; 0: all
 * @memory: doctor: so many bytes are to be mapped
 * @interval: top: in milliseconds
 * @turns: top: so often; 0: until it is ended
 * @argument: what has no dash, or NULL
 */
struct options {
	bool json;
	bool sum;
	unsigned int largest;
	uint64_t memory;
	unsigned int interval;
	unsigned int turns;
	const char *argument;
};

/* All return what the program ends with. */
int cmd_screen(const struct options *options);
int cmd_devices(const struct options *options);
int cmd_list(const struct options *options);
int cmd_show(const struct options *options);
int cmd_maps(const struct options *options);
int cmd_top(const struct options *options);
int cmd_doctor(const struct options *options);

#endif
