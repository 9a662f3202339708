// SPDX-License-Identifier: GPL-2.0
/*
 * One call of the fuzzer, see one.h.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "calls.h"
#include "compiler.h"
#include "iommufd.h"
#include "life.h"
#include "one.h"
#include "tally.h"
#include "user.h"
#include "value.h"

struct fuzz *fuzz;

static void write_field(uint8_t *arg, const struct field *field, uint64_t value)
{
	memcpy(arg + field->offset, &value,
	       field->size < sizeof(value) ? field->size : sizeof(value));
}

static uint64_t read_field(const uint8_t *arg, const struct field *field)
{
	uint64_t value = 0;

	memcpy(&value, arg + field->offset,
	       field->size < sizeof(value) ? field->size : sizeof(value));
	return value;
}

static unsigned int count_fields(const struct call *call)
{
	unsigned int n = 0;

	while (n < FIELDS_MAX && call->fields[n].kind != KIND_END)
		n++;
	return n;
}

static void fill_good(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call), i;

	memset(one->arg, CANARY, ARG_ROOM);
	memset(one->arg, 0, one->size);
	if (one->call->form == FORM_SIZED && one->size)
		memcpy(one->arg, &(uint32_t){ one->size }, 4);
	for (i = 0; i < n; i++)
		write_field(one->arg, &one->call->fields[i],
			    good_value(life, one, &one->call->fields[i]));
}

static void spoil_field(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call);
	const struct field *field;

	if (!n)
		return;
	field = &one->call->fields[choose(life, n)];
	write_field(one->arg, field,
		    bad_value(life, read_field(one->arg, field)));
}

/* A tail is of zeroes, or it is not. */
static void spoil_size(struct life *life, struct one *one)
{
	uint32_t size;

	if (one->call->form != FORM_SIZED || !one->call->size)
		return;
	size = bad_size(life, one->call->size);
	memset(one->arg + one->call->size, CANARY, ARG_ROOM - one->call->size);
	if (size > one->call->size && size < ARG_ROOM && choose(life, 3))
		memset(one->arg + one->call->size, 0, size - one->call->size);
	memcpy(one->arg, &size, 4);
	one->size = size;
}

static void spoil(struct life *life, struct one *one)
{
	unsigned int n = 1 + choose(life, 3) * choose(life, 2);

	for (; n; n--) {
		switch (choose(life, 20)) {
		case 0:
		case 1:
			spoil_size(life, one);
			break;
		case 2:
			one->user = bad_arg(life, one->arg, one->call->size);
			one->whole = false;
			break;
		case 3:
			one->fd = other_fd(life);
			one->strange = true;
			break;
		case 4:
			one->nr = choose(life, 2) ?
				  _IO(IOMMUFD_TYPE, choose(life, 256)) :
				  _IO(VFIO_TYPE, VFIO_BASE + choose(life, 32));
			one->strange = true;
			one->whole = false;
			break;
		default:
			spoil_field(life, one);
		}
	}
}

/* Half of the time, something that others can be made with. */
static const struct call *some_call(struct life *life)
{
	const struct call *call;
	bool builds = choose(life, 2);

	do
		call = &calls[choose(life, calls_count)];
	while (builds && !call->builds);
	return call;
}

/* About something that is mapped, most of the time; on its file then. */
static void choose_place(struct life *life, struct one *one)
{
	const struct place *place = &life->places[choose(life, PLACES)];

	life->place = NULL;
	if (one->call->maps || !place->length || !choose(life, 4))
		return;
	life->place = place;
	if (one->kind == place->kind)
		one->fd = place->fd;
}

void make_one(struct life *life, struct one *one, uint8_t *arg)
{
	const struct call *call = some_call(life);
	int kind = 1 << bit_of(life, call->fd, FD_KINDS);

	*one = (struct one){
		.call = call, .kind = kind, .fd = good_fd(life, kind),
		.nr = call->nr, .arg = arg, .user = arg, .size = call->size,
		.whole = call->form != FORM_VALUE,
	};
	choose_place(life, one);
	fill_good(life, one);
	if (!choose(life, 3))
		spoil(life, one);
	if (call->form == FORM_VALUE && one->user == arg)
		one->user = (void *)read_field(arg, &call->fields[0]);
}

void tell(struct life *life, const struct one *one)
{
	unsigned int n = one->call->size / 4, i;
	char line[LINE];
	uint32_t word;
	int at;

	at = snprintf(line, sizeof(line), "<7>fuzz: %lu %s fd %d nr %#lx %p:",
		      (unsigned long)fuzz->calls, one->call->name, one->fd,
		      one->nr, one->user);
	for (i = 0; i < n && at < LINE - 12; i++) {
		memcpy(&word, one->arg + 4 * i, 4);
		at += snprintf(line + at, sizeof(line) - at, " %x", word);
	}
	memcpy(fuzz->ring[fuzz->calls % RING], line, sizeof(line));
	fuzz->calls++;
	check(write(life->kmsg, line, at) == at);
}

void run_one(struct one *one)
{
	one->rc = ioctl(one->fd, one->nr, one->user);
	if (one->rc < 0)
		one->rc = -errno;
}

/* ---- what came back ---- */

/* What user space may see; a kernel has more, for itself alone. */
static const int fitting[] = {
	EPERM, ENOENT, EINTR, EIO, ENXIO, E2BIG, EBADF, EAGAIN, ENOMEM, EACCES,
	EFAULT, EBUSY, EEXIST, ENODEV, EINVAL, ENOTTY, ENOSPC, ERANGE,
	EOVERFLOW, EBADE, EBADFD, EMSGSIZE, EOPNOTSUPP, EADDRINUSE,
};

static bool fits(int rc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fitting); i++)
		if (rc == -fitting[i])
			return true;
	return rc >= 0;
}

/* Nothing was written behind the struct's end. */
static bool canary_lives(const struct one *one)
{
	size_t i = one->size;

	if (i < one->call->size)
		i = one->call->size;
	for (; i < ARG_ROOM && i < one->size + 256UL; i++)
		if (one->arg[i] != CANARY)
			return false;
	return true;
}

static void odd(const struct one *one, const char *what)
{
	if (!fuzz->odd[0])
		snprintf(fuzz->odd, LINE, "%s: %s (returned %d)",
			 one->call->name, what, one->rc);
}

/* Where it was spoiled into another operation, nothing is known of it. */
static bool is_as_said(const struct one *one)
{
	const struct field *first = &one->call->fields[0];

	return first->kind != KIND_CONST ||
	       read_field(one->arg, first) == first->limit;
}

static void learn_place(struct life *life, const struct one *one)
{
	struct place place = { .kind = one->kind, .fd = one->fd };
	unsigned int n = count_fields(one->call), i;

	for (i = 0; i < n; i++) {
		const struct field *field = &one->call->fields[i];
		uint64_t value = read_field(one->arg, field);

		if (field->kind == KIND_ID)
			place.ioas = value;
		else if (field->kind == KIND_IOVA)
			place.iova = value;
		else if (field->kind == KIND_LENGTH)
			place.length = value;
		else if (field->kind == KIND_MEM)
			place.mem = value;
	}
	life->places[life->next_place++ % PLACES] = place;
}

static void learn(struct life *life, struct one *one)
{
	unsigned int n = count_fields(one->call), file = file_of(life, one->fd);
	unsigned int i;

	if (one->call->maps)
		learn_place(life, one);
	for (i = 0; i < n; i++) {
		const struct field *field = &one->call->fields[i];
		uint64_t value = read_field(one->arg, field);

		if (field->learn > 0)
			life->ids[file][__builtin_ctz(field->learn)]
				 [life->next_id++ % IDS] = value;
		else if (field->learn < 0)
			keep_fd(life, -field->learn, value);
	}
}

void judge(struct life *life, struct one *one)
{
	bool known = !one->strange && is_as_said(one);
	struct tally *tally = fuzz->tally[one->call - calls];

	if (known || one->rc < 0)
		tally_add(&tally[__builtin_ctz(one->kind)], one->rc);
	if (!fits(one->rc))
		odd(one, "no such error belongs to user space");
	if (one->whole && one->size >= one->call->size && !canary_lives(one))
		odd(one, "wrote behind the end of the struct");
	if (!known || one->rc < 0)
		return;
	if (one->call->returns)
		keep_fd(life, one->call->returns, one->rc);
	else if (one->whole)
		learn(life, one);
}
