// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that can be seen of the kernel's state, compared with the model.
 */
#include "area.h"
#include "arena.h"
#include "bed.h"
#include "compare.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "iova.h"
#include "kmsg.h"
#include "model.h"
#include "need.h"
#include "test.h"
#include "trial.h"

static void compare_ranges(struct trial *trial, unsigned int ioas)
{
	struct iommu_iova_range ranges[BLOCKED + 1] = {};
	uint64_t first = 0, last, alignment = 0;
	uint32_t num = ARRAY_SIZE(ranges), i;
	int rc;

	rc = iommufd_ranges(trial->fd, trial->model.ioas[ioas].id, ranges, &num,
			    &alignment);
	if (rc)
		trial_wrong(trial, "IOVA ranges of ioas %u: %s", ioas,
			    strerror(-rc));
	for (i = 0; iova_usable(&trial->model, ioas, &first, &last); i++) {
		if (i >= num || ranges[i].start != first ||
		    ranges[i].last != last)
			trial_wrong(trial, "IOVA ranges of ioas %u: no %#lx-%#lx",
				    ioas, first, last);
		first = last + 1;
		if (!first) {
			i++;
			break;
		}
	}
	if (i != num || alignment != ioas_alignment(&trial->model, ioas))
		trial_wrong(trial, "IOVA ranges of ioas %u: %u, alignment %lu, should %u, %lu",
			    ioas, num, alignment, i,
			    ioas_alignment(&trial->model, ioas));
}

static void compare_translation(struct trial *trial, unsigned int hwpt,
				uint64_t iova, uint64_t at, uint64_t length,
				int want)
{
	int rc = test_check_map(trial->fd, trial->model.hwpt[hwpt].id, iova,
				at_va(trial, at), length);

	if (rc != want)
		trial_wrong(trial, "page table %u, %#lx-%#lx should %sbe mapped to page %u: %s",
			    hwpt, iova, iova + length - 1, want ? "not " : "",
			    page_of(at), rc ? strerror(-rc) : "is");
}

/* Is a place free, where no domain can tell? Mapped, and unmapped again. */
static void compare_place(struct trial *trial, unsigned int ioas, uint64_t iova)
{
	uint64_t length = ioas_alignment(&trial->model, ioas), at = iova;
	uint32_t id = trial->model.ioas[ioas].id;
	int rc, want;

	want = iova_check(&trial->model, ioas, iova, length);
	rc = iommufd_map(trial->fd, id, MAP_R | MAP_FIXED_IOVA,
			 trial->arena.va, length, &at);
	if (rc != want)
		trial_wrong(trial, "ioas %u, mapping at %#lx: %d (%s), should %d (%s)",
			    ioas, iova, rc, strerror(-rc), want,
			    strerror(-want));
	if (!rc)
		trial_expect(trial, iommufd_unmap(trial->fd, id, iova, length,
						  NULL), 0);
}

static void compare_rights(struct trial *trial, unsigned int hwpt,
			   uint64_t iova, uint32_t flags)
{
	uint32_t want = (flags & MAP_R ? MOCK_ENTRY_READ : 0) |
			(flags & MAP_W ? MOCK_ENTRY_WRITE : 0), is = 0;

	trial_expect(trial, test_entry(trial->fd, trial->model.hwpt[hwpt].id,
				       iova, &is), 0);
	is &= MOCK_ENTRY_READ | MOCK_ENTRY_WRITE;
	if (is != want)
		trial_wrong(trial, "page table %u, %#lx has rights %#x, should have %#x",
			    hwpt, iova, is, want);
}

/* An area and, next to it, where nothing is. */
static void compare_area_in(struct trial *trial, unsigned int hwpt,
			    const struct model_area *area)
{
	struct model *model = &trial->model;
	uint64_t end = area->iova + area->length;

	compare_translation(trial, hwpt, area->iova, area->at, area->length, 0);
	compare_rights(trial, hwpt, area->iova, area->flags);
	compare_rights(trial, hwpt, end - MOCK_PAGE, area->flags);
	if (area->at >= MOCK_PAGE &&
	    !area_in(model, area->ioas, area->iova - 1, area->iova - 1))
		compare_translation(trial, hwpt, area->iova - MOCK_PAGE,
				    area->at - MOCK_PAGE, MOCK_PAGE, -EINVAL);
	if (area->at + area->length + MOCK_PAGE <= ARENA_SIZE &&
	    !area_in(model, area->ioas, end, end))
		compare_translation(trial, hwpt, end, area->at + area->length,
				    MOCK_PAGE, -EINVAL);
}

static void compare_area(struct trial *trial, const struct model_area *area)
{
	struct model *model = &trial->model;
	unsigned int i;

	for (i = 0; i < HWPTS; i++)
		if (model->hwpt[i].live && model->hwpt[i].filled &&
		    model->hwpt[i].ioas == area->ioas)
			compare_area_in(trial, i, area);
	if (ioas_has_domain(model, area->ioas))
		return;
	compare_place(trial, area->ioas, area->iova);
	compare_place(trial, area->ioas, area_last(area) + 1 -
		      ioas_alignment(model, area->ioas));
}

/* Of what has gone, or could not be mapped, no half of a page is left. */
static void compare_gone(struct trial *trial, const struct model_area *gone)
{
	uint64_t step = gone->length < 32 * PAGE ? 1 : 29, offset;
	struct model *model = &trial->model;
	unsigned int i;

	for (offset = 0; offset + MOCK_PAGE <= gone->length;
	     offset += step * MOCK_PAGE) {
		uint64_t iova = gone->iova + offset;

		if (area_in(model, gone->ioas, iova, iova + MOCK_PAGE - 1))
			continue;
		for (i = 0; i < HWPTS; i++)
			if (model->hwpt[i].live && model->hwpt[i].filled &&
			    model->hwpt[i].ioas == gone->ioas)
				compare_translation(trial, i, iova,
						    gone->at + offset,
						    MOCK_PAGE, -EINVAL);
	}
	if (ioas_has_domain(model, gone->ioas) || !model->ioas[gone->ioas].live)
		return;
	compare_place(trial, gone->ioas, gone->iova);
}

uint64_t count_taken(struct trial *trial, unsigned int hwpt)
{
	uint64_t counted = 0, taken = 0;

	trial_expect(trial, test_taken(trial->fd, trial->model.hwpt[hwpt].id,
				       &counted, &taken), 0);
	if (counted < taken)
		trial_wrong(trial, "page table %u has %lu bytes, but %lu are counted",
			    hwpt, taken, counted);
	return counted;
}

static void compare_taken(struct trial *trial)
{
	unsigned int i;

	for (i = 0; i < HWPTS; i++)
		if (trial->model.hwpt[i].live)
			count_taken(trial, i);
}

static void compare_refs(struct trial *trial)
{
	unsigned int npages = ARENA_PAGES, page, end;
	int rc;

	/* Of huge pages there may be fewer. */
	if (trial->huge || trial->model.shares)
		npages = ARENA_THP;
	for (page = 0; page < npages; page = end) {
		unsigned int refs = model_refs(&trial->model, page);

		end = page + 1;
		if (arena_is_hole(page))
			continue;
		while (end < npages && !arena_is_hole(end) &&
		       model_refs(&trial->model, end) == refs)
			end++;
		rc = test_check_refs(trial->fd, at_va(trial, page * PAGE),
				     (end - page) * PAGE, refs);
		if (rc)
			trial_wrong(trial, "pages %u-%u should be pinned %u times: %s",
				    page, end - 1, refs, strerror(-rc));
	}
}

static uint64_t figure(struct trial *trial, const char *text, const char *name)
{
	const char *found = strstr(text, name);

	if (!found)
		trial_wrong(trial, "the kernel does not tell %s", name);
	return strtoull(found + strlen(name), NULL, 10);
}

uint64_t count_pins(struct trial *trial)
{
	static char text[1 << 16];

	trial_be_root(trial, true);
	if (file_read("/proc/sys/vm/stat_refresh", text, sizeof(text)) < 0 ||
	    file_read("/proc/vmstat", text, sizeof(text)) < 0)
		trial_wrong(trial, "cannot read /proc/vmstat");
	trial_be_root(trial, false);
	return figure(trial, text, "nr_foll_pin_acquired ") -
	       figure(trial, text, "nr_foll_pin_released ");
}

/* Pages of the hugetlb page that a mem needs. */
static uint64_t hugetlb_needed(const struct model_mem *mem)
{
	uint64_t needed = 0;
	unsigned int page;

	for (page = ARENA_HUGETLB; page < ARENA_PAGES; page++)
		needed += !!mem->need[page];
	return needed;
}

/* For so many pages of the hugetlb page there may be one pin alone. */
static uint64_t pins_spared(uint64_t needed)
{
	return needed ? needed - 1 : 0;
}

static uint64_t pins_at_least(struct trial *trial)
{
	const struct model *model = &trial->model;
	uint64_t least = model_least(model);
	unsigned int i;

	if (!trial->arena.hugetlb)
		return least;
	if (model->shares)
		return least - pins_spared(model_needed(model, ARENA_HUGETLB));
	for (i = 0; i < MEMS; i++)
		least -= pins_spared(hugetlb_needed(&model->mem[i]));
	return least;
}

void compare_pins(struct trial *trial)
{
	uint64_t pins = count_pins(trial) - trial->pins;
	uint64_t most = trial->model.pinned, least = pins_at_least(trial);

	if (pins < least || pins > most)
		trial_wrong(trial, "%lu pins, should be %lu to %lu", pins,
			    least, most);
}

static void compare_account(struct trial *trial)
{
	uint64_t least = model_least(&trial->model) * PAGE / 1024;
	uint64_t kb = trial->model.pinned * PAGE / 1024, locked, is;
	char text[4096];

	if (file_read("/proc/self/status", text, sizeof(text)) < 0)
		trial_wrong(trial, "cannot read /proc/self/status");
	is = figure(trial, text, "VmPin:");
	if (is < least || is > kb)
		trial_wrong(trial, "VmPin is %lu kB, should be %lu to %lu kB",
			    is, least, kb);
	locked = trial->record->payer == PAYER_PROCESS ? is : 0;
	is = figure(trial, text, "VmLck:");
	if (is != locked)
		trial_wrong(trial, "VmLck is %lu kB, should be %lu kB", is,
			    locked);
}

void compare_contents(struct trial *trial, unsigned int npages)
{
	uint64_t at = arena_wrong(&trial->arena, npages);

	if (at != ARENA_SIZE)
		trial_wrong(trial, "byte %lu of page %u is %#x, should be %#x",
			    at % PAGE, page_of(at), *at_va(trial, at),
			    trial->arena.should[at]);
}

static void compare_log(struct trial *trial)
{
	char line[256];

	if (kmsg_complaint(trial->kmsg, line, sizeof(line)))
		trial_wrong(trial, "the kernel says: %s", line);
}

void compare_all(struct trial *trial)
{
	struct model *model = &trial->model;
	unsigned int i;

	compare_log(trial);
	if (!model_count(model))
		trial_wrong(trial, "the model contradicts itself");
	compare_account(trial);
	compare_refs(trial);
	compare_taken(trial);
	if (trial->record->step % PINS_STEPS == 0)
		compare_pins(trial);
	for (i = 0; i < IOASES; i++)
		if (model->ioas[i].live)
			compare_ranges(trial, i);
	for (i = 0; i < AREAS; i++)
		if (model->area[i].live)
			compare_area(trial, &model->area[i]);
	for (i = 0; i < trial->ngone; i++)
		compare_gone(trial, &trial->gone[i]);
	compare_contents(trial, ARENA_THP);
	compare_log(trial);
}
