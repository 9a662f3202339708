/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What page tables, devices and accesses do to the model.
 */
#ifndef _GUEST_MODEL_DOMAIN_H
#define _GUEST_MODEL_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

/* ---- domains ---- */

/* Can one more domain hold the IOAS? */
int model_fill(struct model *model, unsigned int i);

/* Devices, and PASIDs of devices, that are at it. */
unsigned int hwpt_devices(const struct model *model, unsigned int hwpt);

bool device_has_pasids(const struct model_device *device);

/* Can a PASID be attached to that page table? */
int device_fits_pasid(const struct model *model,
		      const struct model_device *device, unsigned int hwpt);

/* The page table that ATTACH to an IOAS shares; or a free place for one. */
unsigned int hwpt_of_ioas(const struct model *model, unsigned int ioas);

/* A device was there: a page table that ATTACH has made goes with the last. */
void hwpt_leave(struct model *model, unsigned int hwpt);

/* Do page tables or accesses stand on an IOAS? */
bool ioas_is_used(const struct model *model, unsigned int ioas);

/* ---- accesses ---- */

int model_pin(struct model *model, unsigned int ioas, uint64_t iova,
	      uint64_t last, uint32_t flags);

#endif
