/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls about devices and their page tables, and what the model says of them.
 */
#ifndef _GUEST_MODEL_CALLDEVICE_H
#define _GUEST_MODEL_CALLDEVICE_H

#include <stdint.h>

#include "trial.h"

void do_attach(struct trial *trial, const uint64_t *arg);
void do_replace(struct trial *trial, const uint64_t *arg);
void do_detach(struct trial *trial, const uint64_t *arg);
void do_hwpt(struct trial *trial, const uint64_t *arg);
void do_hwpt_destroy(struct trial *trial, const uint64_t *arg);
void do_pasid(struct trial *trial, const uint64_t *arg);
void do_pasid_replace(struct trial *trial, const uint64_t *arg);
void do_pasid_detach(struct trial *trial, const uint64_t *arg);

#endif
