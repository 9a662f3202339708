/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes of the torture, and who starts, watches and kills them.
 */
#ifndef _GUEST_TORTURE_WATCH_H
#define _GUEST_TORTURE_WATCH_H

#include <stdint.h>
#include <unistd.h>

#include "world.h"

/**
 * struct watch - what the first process knows of the others
 * @pid: 0: none
 * @dying: when it was killed, or told to stop, in ms
 */
struct watch {
	pid_t pid[PROCESSES];
	uint64_t dying[PROCESSES];
	uint64_t progress;
};

void run_round(struct watch *watch, uint64_t ms);

#endif
