// SPDX-License-Identifier: GPL-2.0
/*
 * Calls about accesses, see callaccess.h.
 */
#include "area.h"
#include "bed.h"
#include "callaccess.h"
#include "callioas.h"
#include "domain.h"
#include "iommufd.h"
#include "iova.h"
#include "model.h"
#include "need.h"
#include "test.h"
#include "trial.h"

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

void do_access(struct trial *trial, const uint64_t *arg)
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

void do_access_replace(struct trial *trial, const uint64_t *arg)
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

void do_access_close(struct trial *trial, const uint64_t *arg)
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

void do_pin(struct trial *trial, const uint64_t *arg)
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

void do_unpin(struct trial *trial, const uint64_t *arg)
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

void do_read(struct trial *trial, const uint64_t *arg)
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

void do_write(struct trial *trial, const uint64_t *arg)
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
