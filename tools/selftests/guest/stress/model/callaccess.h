/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls about accesses, their pins, and what they read and write, and what the model
 * says of that.
 */
#ifndef _GUEST_MODEL_CALLACCESS_H
#define _GUEST_MODEL_CALLACCESS_H

#include <stdint.h>

#include "trial.h"

void do_access(struct trial *trial, const uint64_t *arg);
void do_access_replace(struct trial *trial, const uint64_t *arg);
void do_access_close(struct trial *trial, const uint64_t *arg);
void do_pin(struct trial *trial, const uint64_t *arg);
void do_unpin(struct trial *trial, const uint64_t *arg);
void do_read(struct trial *trial, const uint64_t *arg);
void do_write(struct trial *trial, const uint64_t *arg);

#endif
