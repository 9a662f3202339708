/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that operations stand for: each is made, what it returns is what
 * the model says, and the model follows it.
 */
#ifndef _GUEST_CALL_H
#define _GUEST_CALL_H

#include "compare.h"

/* ---- a page of a table that can't be had, or may not ---- */

static void number_write(struct trial *trial, int file, uint64_t n)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%lu", n);

	if (pwrite(file, text, length, 0) != length)
		trial_wrong(trial, "cannot write a parameter");
}

/* All that the user has is that of the trial's page tables. */
static uint64_t max_for(struct trial *trial, uint64_t fail)
{
	uint64_t bytes = (fail - FAIL_POOR) * PAGE;
	unsigned int i;

	for (i = 0; i < HWPTS; i++)
		if (trial->model.hwpt[i].live)
			bytes += count_taken(trial, i);
	return bytes;
}

static void fail_arm(struct trial *trial, uint64_t n)
{
	if (n >= FAIL_POOR)
		number_write(trial, trial->max, max_for(trial, n));
	else if (n)
		number_write(trial, trial->fail, n);
}

/*
 * What the call should return: if that page was wanted, there was no other. How
 * much a driver takes the model does not know.
 */
static int fail_end(struct trial *trial, uint64_t n, int want, int rc)
{
	char text[24] = "";

	if (!n)
		return want;
	if (n >= FAIL_POOR) {
		number_write(trial, trial->max, trial->usual);
		return rc == -ENOSPC ? -ENOSPC : want;
	}
	if (pread(trial->fail, text, sizeof(text) - 1, 0) < 1)
		trial_wrong(trial, "cannot read " FAIL_MAP);
	number_write(trial, trial->fail, 0);
	return atoi(text) ? want : -ENOMEM;
}

/* ---- IOASes ---- */

static uint32_t ioas_id(struct trial *trial, unsigned int ioas)
{
	struct model_ioas *it = &trial->model.ioas[ioas];

	return it->live ? it->id : NO_ID;
}

static bool ioas_is_live(struct trial *trial, unsigned int ioas)
{
	return trial->model.ioas[ioas].live;
}

static void do_ioas(struct trial *trial, const uint64_t *arg)
{
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];

	if (ioas->live)
		return;
	memset(ioas, 0, sizeof(*ioas));
	trial_expect(trial, iommufd_ioas_alloc(trial->fd, &ioas->id), 0);
	ioas->live = true;
}

static void do_ioas_destroy(struct trial *trial, const uint64_t *arg)
{
	struct model *model = &trial->model;
	int rc, want = 0;
	unsigned int i;

	if (!ioas_is_live(trial, arg[0]))
		want = -ENOENT;
	else if (ioas_is_used(model, arg[0]))
		want = -EBUSY;
	rc = iommufd_destroy(trial->fd, ioas_id(trial, arg[0]));
	trial_expect(trial, rc, want);
	if (rc)
		return;
	model->ioas[arg[0]].live = false;
	for (i = 0; i < AREAS; i++)
		if (model->area[i].ioas == arg[0])
			model->area[i].live = false;
}

static void do_allow(struct trial *trial, const uint64_t *arg)
{
	struct iommu_iova_range range = { arg[1], arg[1] + arg[2] - 1 };
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	int rc, want = 0;

	if (!ioas->live)
		want = -ENOENT;
	else if (arg[2] && iova_is_blocked(&trial->model, arg[0], range.start,
					   range.last))
		want = -EADDRINUSE;
	rc = iommufd_allow(trial->fd, ioas_id(trial, arg[0]), &range, !!arg[2]);
	trial_expect(trial, rc, want);
	if (rc)
		return;
	ioas->limited = arg[2];
	ioas->allowed = (struct model_range){ range.start, range.last };
}

static void do_reserve(struct trial *trial, const uint64_t *arg)
{
	struct model_range range = { arg[1], arg[1] + arg[2] - 1 };
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	int rc, want = 0;

	if (ioas->live && ioas->nreserved == RESERVED)
		return;
	if (!ioas->live)
		want = -ENOENT;
	else if (area_in(&trial->model, arg[0], range.first, range.last) ||
		 (ioas->limited &&
		  ranges_meet(ioas->allowed, range.first, range.last)))
		want = -EADDRINUSE;
	rc = test_add_reserved(trial->fd, ioas_id(trial, arg[0]), arg[1],
			       arg[2]);
	trial_expect(trial, rc, want);
	if (!rc)
		ioas->reserved[ioas->nreserved++] = range;
}

static void do_small(struct trial *trial, const uint64_t *arg)
{
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	struct model *model = &trial->model;
	int rc, want = 0;

	if (!ioas->live)
		want = -ENOENT;
	else if (!arg[1] || ioas->small)
		want = 0;
	else if (ioas_has_domain(model, arg[0]) &&
		 area_in(model, arg[0], 0, UINT64_MAX))
		want = -EINVAL;
	else if (!areas_are_aligned(model, arg[0], PAGE))
		want = -EADDRINUSE;
	rc = iommufd_option_set(trial->fd, IOMMU_OPTION_HUGE_PAGES,
				ioas_id(trial, arg[0]), !arg[1]);
	trial_expect(trial, rc, want);
	if (!rc)
		ioas->small = arg[1];
}

/* ---- MAP, COPY, UNMAP ---- */

static void gone_add(struct trial *trial, const struct model_area *area)
{
	if (trial->ngone < AREAS)
		trial->gone[trial->ngone++] = *area;
}

/* The areas of the plan were made, or must leave no trace. */
static void plan_end(struct trial *trial, int rc, uint64_t iova, bool fixed)
{
	struct plan *plan = &trial->plan;
	struct model_choice choice = choice_for(plan->address, plan->length);
	unsigned int i;

	model_count(&trial->model);
	if (!rc) {
		if (!fixed &&
		    !choice_is_allowed(&trial->model, plan->ioas, &choice,
				       iova, plan->length))
			trial_wrong(trial, "the kernel chose the IOVA %#lx",
				    iova);
		plan_commit(&trial->model, plan, iova);
		return;
	}
	for (i = 0; i < plan->n && fixed; i++) {
		plan->part[i].iova = iova;
		gone_add(trial, &plan->part[i]);
		iova += plan->part[i].length;
	}
}

static void plan_begin(struct trial *trial, unsigned int ioas)
{
	memset(&trial->plan, 0, sizeof(trial->plan));
	trial->plan.ioas = ioas;
}

static void do_map(struct trial *trial, const uint64_t *arg)
{
	bool file = arg[4] & MAP_BY_FILE, fixed = arg[4] & MAP_FIXED_IOVA;
	uint32_t flags = arg[4] & (MAP_RW | MAP_FIXED_IOVA);
	uint8_t tag = arg[4] & MAP_BY_TAG ? MODEL_TAG : 0;
	struct plan *plan = &trial->plan;
	uint64_t iova = arg[1];
	int rc, want = -ENOENT;

	if (!model_has_room(&trial->model, 1))
		return;
	plan_begin(trial, arg[0]);
	plan_map(&trial->model, plan, arg[2], arg[3], flags, file);
	trial->model.mem[plan->part[0].mem].nowhere =
		tag && !file && !tags_are_ignored();
	if (ioas_is_live(trial, arg[0]))
		want = plan_check(&trial->model, plan, iova, fixed);
	fail_arm(trial, arg[5]);
	if (file)
		rc = iommufd_map_file(trial->fd, ioas_id(trial, arg[0]), flags,
				      trial->arena.file, plan->address, arg[3],
				      &iova);
	else
		rc = iommufd_map(trial->fd, ioas_id(trial, arg[0]), flags,
				 tagged(at_va(trial, arg[2]), tag), arg[3],
				 &iova);
	want = fail_end(trial, arg[5], want, rc);
	trial_expect(trial, rc, want);
	plan_end(trial, rc, iova, fixed);
}

static void do_copy(struct trial *trial, const uint64_t *arg)
{
	uint32_t flags = arg[5] & (MAP_RW | MAP_FIXED_IOVA);
	struct plan *plan = &trial->plan;
	uint64_t iova = arg[1];
	int rc, want = -ENOENT;

	plan_begin(trial, arg[0]);
	if (ioas_is_live(trial, arg[0]) && ioas_is_live(trial, arg[2]))
		want = plan_copy(&trial->model, plan, arg[2], arg[3],
				 arg[3] + arg[4] - 1, flags);
	if (!want)
		want = plan_check(&trial->model, plan, iova,
				  flags & MAP_FIXED_IOVA);
	if (!model_has_room(&trial->model, plan->n))
		return;
	fail_arm(trial, arg[6]);
	rc = iommufd_copy(trial->fd, flags, ioas_id(trial, arg[0]), &iova,
			  ioas_id(trial, arg[2]), arg[3], arg[4]);
	want = fail_end(trial, arg[6], want, rc);
	trial_expect(trial, rc, want);
	plan_end(trial, rc, iova, flags & MAP_FIXED_IOVA);
}

static void do_unmap(struct trial *trial, const uint64_t *arg)
{
	bool all = !arg[1] && arg[2] == UINT64_MAX;
	uint64_t last = all ? UINT64_MAX : arg[1] + arg[2] - 1;
	uint64_t bytes = 0, should = 0;
	struct model_area *area;
	int rc, want = -ENOENT;

	for_each_area(&trial->model, area, arg[0], arg[1], last)
		gone_add(trial, area);
	if (ioas_is_live(trial, arg[0]))
		want = model_unmap(&trial->model, arg[0], arg[1], last,
				   &should);
	rc = iommufd_unmap(trial->fd, ioas_id(trial, arg[0]), arg[1], arg[2],
			   &bytes);
	trial_expect(trial, rc, want);
	if (!rc && bytes != should)
		trial_wrong(trial, "unmapped %lu bytes, should %lu", bytes,
			    should);
}

/* ---- devices and their page tables ---- */

/**
 * struct target - what a device is to be attached to
 * @hwpt: the page table
 * @id: what user space says
 * @want: what attaching to it should return
 */
struct target {
	unsigned int hwpt;
	uint32_t id;
	int want;
};

/* False where the model has no room for one more page table. */
static bool target_find(struct trial *trial, uint64_t pt, struct target *target)
{
	struct model *model = &trial->model;
	struct model_hwpt *hwpt;
	bool by_ioas = pt < PT_HWPT;

	target->hwpt = by_ioas ? hwpt_of_ioas(model, pt) : pt - PT_HWPT;
	if (target->hwpt == HWPTS)
		return false;
	hwpt = &model->hwpt[target->hwpt];
	target->id = hwpt->live ? hwpt->id : NO_ID;
	target->want = hwpt->live ? 0 : -ENOENT;
	if (by_ioas) {
		target->id = ioas_id(trial, pt);
		if (!hwpt->live) {
			hwpt->ioas = pt;
			hwpt->filled = false;
		}
		target->want = ioas_is_live(trial, pt) ? 0 : -ENOENT;
	}
	if (!target->want && !(hwpt->live && hwpt->filled))
		target->want = model_fill(model, hwpt->ioas);
	return true;
}

/* A device got there, and the kernel told this id. */
static void target_reached(struct trial *trial, const struct target *target,
			   uint32_t id)
{
	struct model_hwpt *hwpt = &trial->model.hwpt[target->hwpt];

	if (!hwpt->live)
		hwpt->id = id;
	else if (hwpt->id != id)
		trial_wrong(trial, "attached to the page table of id %u, should be %u",
			    id, hwpt->id);
	hwpt->live = true;
	hwpt->filled = true;
}

static void do_attach(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];
	struct test_mock mock = {};
	struct target target;
	int rc;

	if (device->live || !target_find(trial, arg[1], &target))
		return;
	fail_arm(trial, arg[3]);
	rc = test_mock(trial->fd, target.id,
		       arg[2] ? MOCK_FLAGS_DEVICE_HUGE_IOVA : 0, &mock);
	target.want = fail_end(trial, arg[3], target.want, rc);
	trial_expect(trial, rc, target.want);
	if (rc)
		return;
	target_reached(trial, &target, mock.hwpt);
	device->live = true;
	device->stdev = mock.stdev;
	device->idev = mock.idev;
	device->hwpt = target.hwpt;
}

static void do_replace(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];
	unsigned int old = device->hwpt;
	struct target target;
	int rc;

	if (!device->live || !target_find(trial, arg[1], &target))
		return;
	fail_arm(trial, arg[2]);
	rc = test_mock_replace(trial->fd, device->stdev, &target.id);
	target.want = fail_end(trial, arg[2], target.want, rc);
	trial_expect(trial, rc, target.want);
	if (rc)
		return;
	target_reached(trial, &target, target.id);
	device->hwpt = target.hwpt;
	hwpt_leave(&trial->model, old);
}

static void do_detach(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];

	if (!device->live)
		return;
	trial_expect(trial, iommufd_destroy(trial->fd, device->stdev), 0);
	device->live = false;
	hwpt_leave(&trial->model, device->hwpt);
}

static void do_hwpt(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[1]];
	struct model_hwpt *hwpt = &trial->model.hwpt[arg[0]];
	bool late = trial->model.late;
	int rc, want = 0;

	if (hwpt->live || !device->live)
		return;
	if (!ioas_is_live(trial, arg[2]))
		want = -EINVAL;
	else if (!late)
		want = model_fill(&trial->model, arg[2]);
	fail_arm(trial, arg[3]);
	rc = iommufd_hwpt_alloc(trial->fd, 0, device->idev,
				ioas_id(trial, arg[2]), &hwpt->id);
	want = fail_end(trial, arg[3], want, rc);
	trial_expect(trial, rc, want);
	if (rc)
		return;
	hwpt->live = true;
	hwpt->filled = !late;
	hwpt->ioas = arg[2];
}

static void do_hwpt_destroy(struct trial *trial, const uint64_t *arg)
{
	struct model_hwpt *hwpt = &trial->model.hwpt[arg[0]];
	int want = hwpt_devices(&trial->model, arg[0]) ? -EBUSY : 0;

	if (!hwpt->live)
		return;
	trial_expect(trial, iommufd_destroy(trial->fd, hwpt->id), want);
	hwpt->live = want;
}

/* ---- accesses ---- */

static int access_check(struct trial *trial, const struct model_access *access,
			unsigned int ioas)
{
	if (!ioas_is_live(trial, ioas))
		return -ENOENT;
	if (access->pins && !areas_are_aligned(&trial->model, ioas, PAGE))
		return -EADDRINUSE;
	return 0;
}

static void access_drop_pins(struct model *model, unsigned int access)
{
	unsigned int i;

	for (i = 0; i < PINS; i++)
		if (model->pin[i].access == access)
			model->pin[i].live = false;
}

static void do_access(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[0]];
	int rc, want;

	if (access->live)
		return;
	access->pins = arg[2];
	want = access_check(trial, access, arg[1]);
	rc = test_access_create(trial->fd, ioas_id(trial, arg[1]),
				arg[2] ? ACCESS_PINS : 0, &access->fd);
	trial_expect(trial, rc, want);
	access->live = !rc;
	access->ioas = arg[1];
}

static void do_access_replace(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[0]];
	int rc, want = 0;

	if (!access->live)
		return;
	if (access->ioas != arg[1])
		want = access_check(trial, access, arg[1]);
	rc = test_access_replace(trial->fd, access->fd, ioas_id(trial, arg[1]));
	trial_expect(trial, rc, want);
	if (rc || access->ioas == arg[1])
		return;
	access_drop_pins(&trial->model, arg[0]);
	access->ioas = arg[1];
}

static void do_access_close(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[0]];

	if (!access->live)
		return;
	trial_expect(trial, close(access->fd), 0);
	access->live = false;
	access_drop_pins(&trial->model, arg[0]);
}

/* Where a range of IOVA lies, if that is one range of memory, too. */
static uint8_t *reach_va(struct trial *trial, unsigned int ioas, uint64_t iova,
			 uint64_t last)
{
	struct model_area *area = area_in(&trial->model, ioas, iova, iova);
	uint64_t at;

	if (!area)
		return NULL;
	at = area->at + (iova - area->iova);
	for (; area; area = area_after(&trial->model, area, last))
		if (area->iova > iova && area->at - at != area->iova - iova)
			return NULL;
	return at_va(trial, at);
}

static void do_pin(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[1]];
	struct model_pin *pin = &trial->model.pin[arg[0]];
	uint64_t last = arg[2] + arg[3] - 1;
	int rc, want = -EOPNOTSUPP;

	if (pin->live || !access->live)
		return;
	if (access->pins)
		want = model_pin(&trial->model, access->ioas, arg[2], last,
				 arg[4]);
	rc = test_access_pin(trial->fd, access->fd,
			     arg[4] == MAP_W ? ACCESS_WRITE : 0, arg[2], arg[3],
			     reach_va(trial, access->ioas, arg[2], last),
			     &pin->id);
	trial_expect(trial, rc, want);
	if (rc)
		return;
	pin->live = true;
	pin->access = arg[1];
	pin->iova = arg[2];
	pin->length = arg[3];
}

static void do_unpin(struct trial *trial, const uint64_t *arg)
{
	struct model_pin *pin = &trial->model.pin[arg[0]];

	if (!pin->live)
		return;
	trial_expect(trial, test_access_unpin(trial->fd,
					      trial->model.access[pin->access].fd,
					      pin->id), 0);
	pin->live = false;
}

/* Bytes of one area to @data or from it, page by page, as the kernel goes. */
static int part_copy(struct trial *trial, const struct model_area *part,
		     uint8_t *data, bool write)
{
	uint64_t done, length;

	for (done = 0; done < part->length; done += length) {
		uint64_t at = part->at + done;
		uint8_t *byte = trial->arena.should + at;

		length = PAGE - at % PAGE;
		if (length > part->length - done)
			length = part->length - done;
		if (!mem_can_pin(&trial->model.mem[part->mem], page_of(at)))
			return -EFAULT;
		if (write)
			memcpy(byte, data + done, length);
		else
			memcpy(data + done, byte, length);
	}
	return 0;
}

static int reach_copy(struct trial *trial, unsigned int ioas, uint64_t iova,
		      uint64_t last, uint8_t *data, bool write)
{
	struct model_area *area, part;
	int rc;

	for (;;) {
		area = area_in(&trial->model, ioas, iova, iova);
		if (!area)
			return -ENOENT;
		if (!(area->flags & (write ? MAP_W : MAP_R)))
			return -EPERM;
		part = area_part(area, iova, last);
		rc = part_copy(trial, &part, data, write);
		if (rc || part.length > last - iova)
			return rc;
		iova += part.length;
		data += part.length;
	}
}

static void do_read(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[0]];
	uint8_t *data, *should;
	int rc, want;

	if (!access->live)
		return;
	data = calloc(1, arg[2]);
	should = calloc(1, arg[2]);
	want = reach_copy(trial, access->ioas, arg[1], arg[1] + arg[2] - 1,
			  should, false);
	rc = test_access_read(trial->fd, access->fd, arg[1], data, arg[2]);
	trial_expect(trial, rc, want);
	if (!rc && memcmp(data, should, arg[2]))
		trial_wrong(trial, "read something else");
	free(data);
	free(should);
}

static void do_write(struct trial *trial, const uint64_t *arg)
{
	struct model_access *access = &trial->model.access[arg[0]];
	uint8_t *data;
	uint64_t i;
	int rc, want;

	if (!access->live)
		return;
	data = calloc(1, arg[2]);
	for (i = 0; i < arg[2]; i++)
		data[i] = arg[3] + i;
	want = reach_copy(trial, access->ioas, arg[1], arg[1] + arg[2] - 1,
			  data, true);
	rc = test_access_write(trial->fd, access->fd, arg[1], data, arg[2]);
	trial_expect(trial, rc, want);
	free(data);
}

/* ---- all of them ---- */

static void (* const op_do[OPS])(struct trial *trial, const uint64_t *arg) = {
	[OP_IOAS] = do_ioas,
	[OP_IOAS_DESTROY] = do_ioas_destroy,
	[OP_MAP] = do_map,
	[OP_COPY] = do_copy,
	[OP_UNMAP] = do_unmap,
	[OP_ATTACH] = do_attach,
	[OP_REPLACE] = do_replace,
	[OP_DETACH] = do_detach,
	[OP_HWPT] = do_hwpt,
	[OP_HWPT_DESTROY] = do_hwpt_destroy,
	[OP_ACCESS] = do_access,
	[OP_ACCESS_REPLACE] = do_access_replace,
	[OP_ACCESS_CLOSE] = do_access_close,
	[OP_PIN] = do_pin,
	[OP_UNPIN] = do_unpin,
	[OP_READ] = do_read,
	[OP_WRITE] = do_write,
	[OP_ALLOW] = do_allow,
	[OP_RESERVE] = do_reserve,
	[OP_SMALL] = do_small,
};

#endif
