// SPDX-License-Identifier: GPL-2.0
/*
 * Calls about devices and their page tables, see calldevice.h.
 */
#include "bed.h"
#include "calldevice.h"
#include "callioas.h"
#include "domain.h"
#include "fail.h"
#include "iommufd.h"
#include "model.h"
#include "op.h"
#include "test.h"
#include "trial.h"

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

/*
 * False where the model has no room for one more page table. What a device with PASIDs
 * goes to must take them.
 */
static bool target_find(struct trial *trial, uint64_t pt, bool has_pasids,
			struct target *target)
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
			hwpt->takes_pasids = false;
		}
		target->want = ioas_is_live(trial, pt) ? 0 : -ENOENT;
	}
	if (!target->want && has_pasids && !hwpt->takes_pasids)
		target->want = -EINVAL;
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

void do_attach(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];
	struct test_mock mock = {};
	struct target target;
	int rc, k;

	if (device->live || !target_find(trial, arg[1], false, &target))
		return;
	fail_arm(trial, arg[3]);
	rc = test_mock(trial->fd, target.id,
		       (arg[2] ? MOCK_FLAGS_DEVICE_HUGE_IOVA : 0) |
		       MOCK_FLAGS_DEVICE_PASID, &mock);
	target.want = fail_end(trial, arg[3], target.want, rc);
	trial_expect(trial, rc, target.want);
	if (rc)
		return;
	target_reached(trial, &target, mock.hwpt);
	device->live = true;
	device->stdev = mock.stdev;
	device->idev = mock.idev;
	device->hwpt = target.hwpt;
	for (k = 0; k < PASIDS; k++)
		device->pasid[k] = HWPTS;
}

void do_replace(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];
	unsigned int old = device->hwpt;
	struct target target;
	int rc;

	if (!device->live ||
	    !target_find(trial, arg[1], device_has_pasids(device), &target))
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

void do_detach(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];

	if (!device->live)
		return;
	trial_expect(trial, iommufd_destroy(trial->fd, device->stdev), 0);
	device->live = false;
	hwpt_leave(&trial->model, device->hwpt);
}

void do_hwpt(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[1]];
	struct model_hwpt *hwpt = &trial->model.hwpt[arg[0]];
	bool late = trial->model.late;
	bool takes_pasids = arg[3] && trial->model.pasids;
	int rc, want = 0;

	if (hwpt->live || !device->live)
		return;
	if (!ioas_is_live(trial, arg[2]))
		want = -EINVAL;
	else if (!late)
		want = model_fill(&trial->model, arg[2]);
	fail_arm(trial, arg[4]);
	rc = iommufd_hwpt_alloc(trial->fd,
				takes_pasids ? IOMMU_HWPT_ALLOC_PASID : 0,
				device->idev, ioas_id(trial, arg[2]),
				&hwpt->id);
	want = fail_end(trial, arg[4], want, rc);
	trial_expect(trial, rc, want);
	if (rc)
		return;
	hwpt->live = true;
	hwpt->filled = !late;
	hwpt->takes_pasids = takes_pasids;
	hwpt->ioas = arg[2];
}

void do_hwpt_destroy(struct trial *trial, const uint64_t *arg)
{
	struct model_hwpt *hwpt = &trial->model.hwpt[arg[0]];
	int want = hwpt_devices(&trial->model, arg[0]) ? -EBUSY : 0;

	if (!hwpt->live)
		return;
	trial_expect(trial, iommufd_destroy(trial->fd, hwpt->id), want);
	hwpt->live = want;
}

/* ---- PASIDs ---- */

/* The driver knows what the model does. */
static void compare_pasid(struct trial *trial, struct model_device *device,
			  unsigned int k)
{
	unsigned int hwpt = device->pasid[k];

	if (test_pasid_check(trial->fd, device->stdev, 1 + k,
			     hwpt == HWPTS ? 0 : trial->model.hwpt[hwpt].id))
		trial_wrong(trial, "PASID %u is not at page table %u", 1 + k,
			    hwpt);
}

typedef int (*pasid_call)(int fd, uint32_t stdev, uint32_t pasid, uint32_t pt);

/* @want: what has nothing to do with the page table. */
static void change_pasid(struct trial *trial, const uint64_t *arg,
			 pasid_call call, int want)
{
	struct model_device *device = &trial->model.device[arg[0]];
	struct model_hwpt *hwpt = &trial->model.hwpt[arg[2]];
	bool moves = device->pasid[arg[1]] != arg[2];
	int rc;

	if (!hwpt->live)
		want = -ENOENT;
	if (!want && moves)
		want = device_fits_pasid(&trial->model, device, arg[2]);
	if (!want && moves && !hwpt->filled)
		want = model_fill(&trial->model, hwpt->ioas);
	fail_arm(trial, arg[3]);
	rc = call(trial->fd, device->stdev, 1 + arg[1],
		  hwpt->live ? hwpt->id : NO_ID);
	want = fail_end(trial, arg[3], want, rc);
	trial_expect(trial, rc, want);
	if (!rc) {
		device->pasid[arg[1]] = arg[2];
		hwpt->filled = true;
	}
	compare_pasid(trial, device, arg[1]);
}

void do_pasid(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];

	if (device->live)
		change_pasid(trial, arg, test_pasid_attach,
			     device->pasid[arg[1]] == HWPTS ? 0 : -EBUSY);
}

void do_pasid_replace(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];

	if (device->live)
		change_pasid(trial, arg, test_pasid_replace,
			     device->pasid[arg[1]] == HWPTS ? -EINVAL : 0);
}

void do_pasid_detach(struct trial *trial, const uint64_t *arg)
{
	struct model_device *device = &trial->model.device[arg[0]];

	if (!device->live)
		return;
	trial_expect(trial, test_pasid_detach(trial->fd, device->stdev,
					      1 + arg[1]), 0);
	device->pasid[arg[1]] = HWPTS;
	compare_pasid(trial, device, arg[1]);
}
