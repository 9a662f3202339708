// SPDX-License-Identifier: GPL-2.0
/*
 * What page tables, devices and accesses do to the model, see domain.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "area.h"
#include "domain.h"
#include "iova.h"
#include "model.h"
#include "need.h"
#include "test.h"

/* ---- domains ---- */

int model_fill(struct model *model, unsigned int i)
{
	const struct model_ioas *ioas = &model->ioas[i];

	if (!areas_are_aligned(model, i, MOCK_PAGE) ||
	    area_in(model, i, 0, MOCK_APERTURE_START - 1) ||
	    area_in(model, i, MOCK_APERTURE_LAST + 1, UINT64_MAX) ||
	    (ioas->limited && (ioas->allowed.first < MOCK_APERTURE_START ||
			       ioas->allowed.last > MOCK_APERTURE_LAST)))
		return -EADDRINUSE;
	if (ioas_has_domain(model, i))
		return 0;
	return model_need_range(model, i, 0, UINT64_MAX);
}

unsigned int hwpt_devices(const struct model *model, unsigned int hwpt)
{
	unsigned int n = 0;
	int i, k;

	for (i = 0; i < DEVICES; i++) {
		if (!model->device[i].live)
			continue;
		n += model->device[i].hwpt == hwpt;
		for (k = 0; k < PASIDS; k++)
			n += model->device[i].pasid[k] == hwpt;
	}
	return n;
}

bool device_has_pasids(const struct model_device *device)
{
	int k;

	for (k = 0; k < PASIDS; k++)
		if (device->pasid[k] != HWPTS)
			return true;
	return false;
}

int device_fits_pasid(const struct model *model,
		      const struct model_device *device, unsigned int hwpt)
{
	return model->pasids && model->hwpt[hwpt].takes_pasids &&
	       model->hwpt[device->hwpt].takes_pasids ? 0 : -EINVAL;
}

unsigned int hwpt_of_ioas(const struct model *model, unsigned int ioas)
{
	unsigned int i, free = HWPTS;

	for (i = HWPTS_NAMED; i < HWPTS; i++) {
		if (!model->hwpt[i].live)
			free = i;
		else if (model->hwpt[i].ioas == ioas)
			return i;
	}
	return free;
}

void hwpt_leave(struct model *model, unsigned int hwpt)
{
	if (hwpt >= HWPTS_NAMED && !hwpt_devices(model, hwpt))
		model->hwpt[hwpt].live = false;
}

bool ioas_is_used(const struct model *model, unsigned int ioas)
{
	int i;

	for (i = 0; i < HWPTS; i++)
		if (model->hwpt[i].live && model->hwpt[i].ioas == ioas)
			return true;
	for (i = 0; i < ACCESSES; i++)
		if (model->access[i].live && model->access[i].ioas == ioas)
			return true;
	return false;
}

/* ---- accesses ---- */

int model_pin(struct model *model, unsigned int ioas, uint64_t iova,
	      uint64_t last, uint32_t flags)
{
	struct model_area *area, part;
	int rc;

	for (;;) {
		area = area_in(model, ioas, iova, iova);
		if (!area)
			return -ENOENT;
		if (!(area->flags & flags))
			return -EPERM;
		part = area_part(area, iova, last);
		rc = model_need(model, &part);
		if (rc || part.length > last - iova)
			return rc;
		iova += part.length;
	}
}
