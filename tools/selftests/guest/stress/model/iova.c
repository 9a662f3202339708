// SPDX-License-Identifier: GPL-2.0
/*
 * IOVA of the model, see iova.h.
 */
#include "area.h"
#include "bed.h"
#include "iova.h"
#include "model.h"
#include "need.h"
#include "test.h"

uint64_t ioas_alignment(const struct model *model, unsigned int ioas)
{
	int i;

	for (i = 0; i < ACCESSES; i++)
		if (model->access[i].live && model->access[i].pins &&
		    model->access[i].ioas == ioas)
			return PAGE;
	if (model->ioas[ioas].small)
		return PAGE;
	return ioas_has_domain(model, ioas) ? MOCK_PAGE : 1;
}

bool areas_are_aligned(struct model *model, unsigned int ioas,
		       uint64_t alignment)
{
	struct model_area *area;

	for_each_area(model, area, ioas, 0, UINT64_MAX)
		if ((area->iova | area->length | area->at) & (alignment - 1))
			return false;
	return true;
}

bool ranges_meet(struct model_range a, uint64_t first, uint64_t last)
{
	return a.first <= last && a.last >= first;
}

/* What is reserved, or outside of a domain. */
static int ioas_blocked(const struct model *model, unsigned int i,
			struct model_range *blocked)
{
	const struct model_ioas *ioas = &model->ioas[i];
	unsigned int n;

	for (n = 0; n < ioas->nreserved; n++)
		blocked[n] = ioas->reserved[n];
	if (!ioas_has_domain(model, i))
		return n;
	blocked[n++] = (struct model_range){ 0, MOCK_APERTURE_START - 1 };
	blocked[n++] = (struct model_range){ MOCK_APERTURE_LAST + 1,
					     UINT64_MAX };
	return n;
}

bool iova_is_blocked(const struct model *model, unsigned int ioas,
		     uint64_t first, uint64_t last)
{
	struct model_range blocked[BLOCKED];
	int n = ioas_blocked(model, ioas, blocked);

	while (n--)
		if (ranges_meet(blocked[n], first, last))
			return true;
	return false;
}

bool iova_usable(const struct model *model, unsigned int ioas, uint64_t *first,
		 uint64_t *last)
{
	struct model_range blocked[BLOCKED];
	int n = ioas_blocked(model, ioas, blocked), i;

	for (i = 0; i < n; i++) {
		if (!ranges_meet(blocked[i], *first, *first))
			continue;
		if (blocked[i].last == UINT64_MAX)
			return false;
		*first = blocked[i].last + 1;
		i = -1;
	}
	*last = UINT64_MAX;
	for (i = 0; i < n; i++)
		if (blocked[i].first > *first && blocked[i].first <= *last)
			*last = blocked[i].first - 1;
	return true;
}

int iova_check(struct model *model, unsigned int ioas, uint64_t iova,
	       uint64_t length)
{
	if (iova & (ioas_alignment(model, ioas) - 1))
		return -EINVAL;
	if (iova_is_blocked(model, ioas, iova, iova + length - 1))
		return -EINVAL;
	if (area_in(model, ioas, iova, iova + length - 1))
		return -EEXIST;
	return 0;
}

struct model_choice choice_for(uint64_t address, uint64_t length)
{
	struct model_choice choice = {
		.step = 1, .offset = address & (PAGE - 1),
	};

	while (choice.step < length && choice.step < HUGE &&
	       !(address & choice.step))
		choice.step *= 2;
	return choice;
}

static bool choice_is(const struct model_choice *choice, uint64_t iova)
{
	return (iova & choice->offset) == choice->offset &&
	       !((iova & ~choice->offset) & (choice->step - 1));
}

bool choice_is_allowed(struct model *model, unsigned int i,
		       const struct model_choice *choice, uint64_t iova,
		       uint64_t length)
{
	const struct model_ioas *ioas = &model->ioas[i];

	return choice_is(choice, iova) && !iova_check(model, i, iova, length) &&
	       (!ioas->limited ||
		(iova >= ioas->allowed.first &&
		 iova + length - 1 <= ioas->allowed.last));
}

int choice_check(struct model *model, unsigned int i, uint64_t address,
		 uint64_t length)
{
	struct model_choice choice = choice_for(address, length);
	const struct model_ioas *ioas = &model->ioas[i];
	uint64_t iova;

	if (choice.step < ioas_alignment(model, i))
		return -EINVAL;
	if (!ioas->limited)
		return 0;
	for (iova = ioas->allowed.first; iova <= ioas->allowed.last; iova++) {
		/* Blocks of less than a page are looked at one by one. */
		if (choice_is_allowed(model, i, &choice, iova, length))
			return 0;
		if (choice.step >= MOCK_PAGE && !(iova % MOCK_PAGE))
			iova += MOCK_PAGE - 1;
	}
	return -ENOSPC;
}
