/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of an IOMMU's table that can't be had, or may not, while a call is made.
 */
#ifndef _GUEST_MODEL_FAIL_H
#define _GUEST_MODEL_FAIL_H

#include <stdint.h>

#include "trial.h"

void fail_arm(struct trial *trial, uint64_t n);

/*
 * What the call should return: if that page was wanted, there was no other. How
 * much a driver takes the model does not know.
 */
int fail_end(struct trial *trial, uint64_t n, int want, int rc);

#endif
