// SPDX-License-Identifier: GPL-2.0
/*
 * What the target's owner does to it, after which its registers are out of reach:
 * before the call returns, until it is undone.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "event.h"
#include "kmsg.h"
#include "mmio.h"
#include "p2pbed.h"

/* How long the kernel may say nothing of faults, after too many. */
#define LOG_US 5200000

/**
 * struct event - something that is done, and undone
 * @name: for messages
 * @off: 0; -ENOENT or -ENOTTY where this device or kernel has no such
 * @on: the same
 * @is_decoding: of the device itself: it ignores what comes in
 */
struct event {
	const char *name;
	int (*off)(struct p2p *p2p);
	int (*on)(struct p2p *p2p);
	bool is_decoding;
};

static const struct event events[] = {
	{ "decoding", p2p_decoding_off, p2p_decoding_on, true },
	{ "decoding, and a reset", p2p_off_and_reset, p2p_decoding_on, true },
	{ "D3hot", p2p_power_off, p2p_power_on, false },
	{ "low power", p2p_suspend, p2p_resume, false },
};

/*
 * A device that does not decode would hide a mapping that is still there. So it
 * decodes again, but VFIO has not been told.
 */
static void check_dead(struct p2p *p2p, const struct event *event)
{
	if (event->is_decoding)
		assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
	if (!p2p_dead(p2p))
		fail_msg("%s: the registers can still be reached", event->name);
	if (event->is_decoding)
		assert_int_equal(pci_decode(p2p->target.bdf, 0), 0);
}

static void check_event(struct p2p *p2p, const struct event *event)
{
	int rc = event->off(p2p);

	if (rc == -ENOENT || rc == -ENOTTY) {
		print_message("no %s here\n", event->name);
		return;
	}
	assert_int_equal(rc, 0);
	check_dead(p2p, event);
	assert_int_equal(event->on(p2p), 0);
	if (!p2p_revived(p2p))
		fail_msg("%s: it is on again, the registers are not",
			 event->name);
}

/* Twice: a mapping that has come back has to go again. */
void test_events(void **state)
{
	struct p2p *p2p = *state;
	unsigned int i, turn;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < sizeof(events) / sizeof(*events); i++)
			check_event(p2p, &events[i]);
	p2p_unmap_bar(p2p);
}

/* The fastest of some times: the others may have had to wait for a CPU. */
void test_revival_time(void **state)
{
	uint64_t best = UINT64_MAX, begin;
	struct p2p *p2p = *state;
	int turn;

	p2p_map_bar(p2p);
	for (turn = 0; turn < 10 && best > P2P_REVIVAL_MS; turn++) {
		assert_int_equal(p2p_decoding_off(p2p), 0);
		usleep(turn * 10000);
		assert_int_equal(p2p_decoding_on(p2p), 0);
		begin = clock_ms();
		assert_true(p2p_revived(p2p));
		if (clock_ms() - begin < best)
			best = clock_ms() - begin;
	}
	print_message("%u ms\n", (unsigned int)best);
	assert_true(best <= P2P_REVIVAL_MS);
	p2p_unmap_bar(p2p);
}

/* ---- resets, after which everything is as before ---- */

struct reset {
	struct p2p *p2p;
	int (*reset)(struct p2p *p2p);
	bool ended;
	int rc;
};

static void *run_reset(void *data)
{
	struct reset *reset = data;

	reset->rc = reset->reset(reset->p2p);
	__atomic_store_n(&reset->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * A device that is being reset does not answer, mapped or not. Only the kernel's log
 * can tell who has blocked a transfer, and that takes ten lines in five seconds.
 */
static int log_begin(bool wanted)
{
	if (!wanted || !p2p_is_reported())
		return -1;
	usleep(LOG_US);
	return kmsg_open();
}

static void log_end(int kmsg)
{
	char line[256];

	if (kmsg < 0)
		return;
	if (kmsg_fault(kmsg, P2P_IOVA, 1000, line, sizeof(line)))
		fail_msg("the IOMMU has not blocked a transfer");
	close(kmsg);
}

/*
 * The reader goes on reading while the target is reset. It finds either its
 * registers or nothing; and the IOMMU has blocked it, not only the device.
 */
static void check_reset(struct p2p *p2p, int (*reset)(struct p2p *p2p),
			bool look_in_log)
{
	struct reset arg = { .p2p = p2p, .reset = reset };
	unsigned int live = 0, dead = 0, last;
	int kmsg = log_begin(look_in_log);
	pthread_t thread;

	assert_true(p2p_live(p2p));
	assert_int_equal(pthread_create(&thread, NULL, run_reset, &arg), 0);
	do {
		uint64_t value = p2p_fetch(p2p, p2p->at);

		last = __atomic_load_n(&arg.ended, __ATOMIC_ACQUIRE);
		if (value)
			assert_int_equal(value, p2p->value);
		live += !!value;
		dead += !value;
	} while (!last);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(arg.rc, 0);
	if (!p2p_revived(p2p))
		fail_msg("the reset has ended, the registers have not come back");
	print_message("registers %u times, nothing %u times\n", live, dead);
	assert_true(dead > 0);
	log_end(kmsg);
}

static bool is_by(struct p2p *p2p, enum p2p_way_id way)
{
	return p2p->way == &p2p_ways[way];
}

static int reset_function(struct p2p *p2p)
{
	return vfio_reset(p2p->target.dev);
}

void test_reset(void **state)
{
	struct p2p *p2p = *state;

	p2p_map_bar(p2p);
	check_reset(p2p, reset_function,
		    is_by(p2p, P2P_BY_IOAS) || is_by(p2p, P2P_BY_CONTAINER));
	p2p_unmap_bar(p2p);
}

/* A proof of a group's file is the group. */
static int reset_bus(struct p2p *p2p)
{
	struct {
		struct vfio_pci_hot_reset header;
		int32_t group;
	} arg = {
		.header = { .argsz = sizeof(arg), .count = 1 },
		.group = p2p->target.group,
	};

	if (!p2p->way->target_by_group)
		return vfio_hot_reset(p2p->target.dev);
	return iommufd_call(p2p->target.dev, VFIO_DEVICE_PCI_HOT_RESET, &arg);
}

/* On a root bus nothing is there to be reset; our own ioctl wants ftrace. */
static bool has_bus(struct p2p *p2p)
{
	return strncmp(p2p->target.bdf, "0000:00:", strlen("0000:00:")) &&
	       (p2p->way->target_by_group ||
		!access("/proc/sys/kernel/ftrace_enabled", F_OK));
}

void test_hot_reset(void **state)
{
	struct p2p *p2p = *state;

	if (!has_bus(p2p))
		skip();
	p2p_map_bar(p2p);
	check_reset(p2p, reset_bus, is_by(p2p, P2P_BY_IOAS));
	p2p_unmap_bar(p2p);
}

/*
 * By the file of another device on that bus, whose owner may: both edus are one
 * group's. An edu keeps its registers.
 */
#define EDU_KEEPS 0x80

static int reset_neighbour(struct p2p *p2p)
{
	return vfio_hot_reset(p2p->third.dev);
}

/* The last edus are those on a bus of theirs. */
static bool find_neighbours(char *one, char *other)
{
	int n = 0;

	while (!pci_find_id(EDU_VENDOR, EDU_DEVICE, n, other))
		n++;
	return n >= 2 && !pci_find_id(EDU_VENDOR, EDU_DEVICE, n - 2, one) &&
	       !pci_find_id(EDU_VENDOR, EDU_DEVICE, n - 1, other) &&
	       strncmp(one, "0000:00:", strlen("0000:00:"));
}

void test_hot_reset_by_other(void **state)
{
	struct p2p *p2p = *state;
	char one[PCI_NAME_MAX], other[PCI_NAME_MAX];

	if (!has_bus(p2p) || !find_neighbours(one, other))
		skip();
	p2p_device_close(&p2p->target);
	memcpy(p2p->target.bdf, one, PCI_NAME_MAX);
	memcpy(p2p->third.bdf, other, PCI_NAME_MAX);
	p2p_device_open(&p2p->target, false, p2p->reader.fd);
	p2p_device_open(&p2p->third, false, p2p->reader.fd);
	p2p->at = P2P_IOVA + EDU_KEEPS;
	p2p->value = 0x123456780000;
	mmio_write64(p2p->target.bar.base, EDU_KEEPS, p2p->value);
	p2p_map_bar(p2p);
	check_reset(p2p, reset_neighbour, false);
	p2p_unmap_bar(p2p);
}

/* ---- mapped while it is off ---- */

static void check_late(struct p2p *p2p, const struct event *event)
{
	int rc = event->off(p2p);

	if (rc == -ENOENT || rc == -ENOTTY)
		return;
	assert_int_equal(rc, 0);
	p2p_map_bar(p2p);
	check_dead(p2p, event);
	assert_int_equal(event->on(p2p), 0);
	if (!p2p_revived(p2p))
		fail_msg("%s: mapped while off, not there when on",
			 event->name);
	p2p_unmap_bar(p2p);
}

void test_mapped_while_off(void **state)
{
	struct p2p *p2p = *state;
	unsigned int i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		check_late(p2p, &events[i]);
}
