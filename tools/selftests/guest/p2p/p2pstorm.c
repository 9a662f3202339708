// SPDX-License-Identifier: GPL-2.0
/*
 * A device reads another's registers without pause, while their owner turns them
 * off and on in all ways that there are: no transfer that begins when a call has
 * returned finds what that call has taken away, and each finds what one has given
 * back. And an edu, whose transfers end long after they began. For some seconds; for
 * minutes with TEST_LONG; 15000 STORM_TURNS, of which 10,000 are resets, take an hour.
 * SEED repeats the order.
 *
 * Needs two NVMes and an edu.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "edubed.h"
#include "env.h"
#include "kmsg.h"
#include "mmio.h"
#include "module.h"
#include "p2pbed.h"

#define TURNS 40
#define TURNS_LONG 1000
#define EDU_TURNS 6
#define EDU_TURNS_LONG 200

/* So many transfers have to see a state before it may be left. */
#define SEEN 3
#define SEEN_LIMIT_MS 10000

/* What a transfer has to find; the rest of a phase is its number. */
enum { ANYTHING, NOTHING, REGISTERS, KINDS };

/**
 * struct storm - two threads
 * @phase: what may be found now; only the owner changes it
 * @seen: transfers that began and ended in this phase
 * @stop: the reader shall end
 * @live: transfers that found registers
 * @dead: that found nothing
 * @leaks: that found registers where nothing may be
 * @lost: that found nothing where registers are
 * @strange: that found something else
 */
struct storm {
	struct p2p *p2p;
	uint64_t phase;
	uint64_t seen;
	bool stop;
	uint64_t live;
	uint64_t dead;
	uint64_t leaks;
	uint64_t lost;
	uint64_t strange;
};

static uint64_t phase_now(struct storm *storm)
{
	return __atomic_load_n(&storm->phase, __ATOMIC_SEQ_CST);
}

static void phase_next(struct storm *storm, unsigned int kind)
{
	uint64_t number = phase_now(storm) / KINDS + 1;

	__atomic_store_n(&storm->seen, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&storm->phase, number * KINDS + kind,
			 __ATOMIC_SEQ_CST);
}

/* ---- who reads ---- */

/*
 * QEMU reads eight bytes of registers in two halves and looks into the page tables for
 * each: registers that come back between the two are found by the second alone.
 */
static bool is_made_of(uint64_t value, uint64_t whole)
{
	uint64_t low = value & UINT32_MAX, high = value & ~(uint64_t)UINT32_MAX;

	return (!low || low == (whole & UINT32_MAX)) &&
	       (!high || high == (whole & ~(uint64_t)UINT32_MAX));
}

static void judge(struct storm *storm, uint64_t value, unsigned int kind)
{
	uint64_t whole = storm->p2p->value;

	if (!is_made_of(value, whole))
		storm->strange++;
	else if (value && kind == NOTHING)
		storm->leaks++;
	else if (value != whole && kind == REGISTERS)
		storm->lost++;
	if (value)
		storm->live++;
	else
		storm->dead++;
}

static void *run_reader(void *arg)
{
	struct storm *storm = arg;

	while (!__atomic_load_n(&storm->stop, __ATOMIC_RELAXED)) {
		uint64_t begun = phase_now(storm), value = 0;

		if (nvme_fetch(&storm->p2p->engine, P2P_IOVA, &value)) {
			storm->strange++;
			break;
		}
		if (begun != phase_now(storm)) {
			judge(storm, value, ANYTHING);
			continue;
		}
		judge(storm, value, begun % KINDS);
		__atomic_fetch_add(&storm->seen, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* ---- whose registers they are ---- */

static int reset_and_off(struct p2p *p2p)
{
	int rc = vfio_reset(p2p->target.dev);

	return rc ? rc : p2p_decoding_off(p2p);
}

static int take_away(struct p2p *p2p)
{
	p2p_device_unmap(&p2p->target);
	return 0;
}

static int give_back(struct p2p *p2p)
{
	uint64_t unmapped = 0, size;
	int rc;

	p2p_bar_map(p2p);
	size = p2p->target.bar.size;
	rc = p2p_unmap(p2p, P2P_IOVA, size, &unmapped);
	if (rc || unmapped != size)
		return rc ? rc : -EIO;
	return p2p_map(p2p, MAP_RW, p2p->target.bar.base, size, P2P_IOVA);
}

static const struct {
	const char *name;
	int (*off)(struct p2p *p2p);
	int (*on)(struct p2p *p2p);
	bool is_decoding;
} turns[] = {
	{ "decoding", p2p_decoding_off, p2p_decoding_on, true },
	{ "decoding, and a reset", p2p_off_and_reset, p2p_decoding_on, true },
	{ "a reset, and decoding", reset_and_off, p2p_decoding_on, true },
	{ "D3hot", p2p_power_off, p2p_power_on, false },
	{ "low power", p2p_suspend, p2p_resume, false },
	{ "munmap", take_away, give_back, false },
};

/* Those with a reset, of which there have to be so many. */
#define IS_RESET(n) ((n) == 1 || (n) == 2)

/* Until some transfers have seen this phase; a reader that has ended sees none. */
static void await_seen(struct storm *storm)
{
	uint64_t end = clock_ms() + SEEN_LIMIT_MS;

	while (__atomic_load_n(&storm->seen, __ATOMIC_SEQ_CST) < SEEN) {
		assert_true(clock_ms() < end);
		clock_pause_us(200);
	}
}

static void check_phase(struct storm *storm, const char *name)
{
	await_seen(storm);
	if (storm->leaks || storm->lost || storm->strange)
		fail_msg("%s: %lu found what was gone, %lu nothing, %lu something else",
			 name, (unsigned long)storm->leaks,
			 (unsigned long)storm->lost,
			 (unsigned long)storm->strange);
}

/* By a group's file: until a transfer has found them, within some time. */
static void await_revival(struct storm *storm)
{
	uint64_t end = clock_ms() + P2P_PATIENCE_MS;
	uint64_t before = __atomic_load_n(&storm->live, __ATOMIC_RELAXED);

	while (__atomic_load_n(&storm->live, __ATOMIC_RELAXED) == before) {
		assert_true(clock_ms() < end);
		clock_pause_us(200);
	}
}

/*
 * The device decodes again as soon as it is off for VFIO, so that a mapping that is
 * still there can be seen.
 */
static void take_turn(struct storm *storm, unsigned int n)
{
	struct p2p *p2p = storm->p2p;
	int rc;

	phase_next(storm, ANYTHING);
	rc = turns[n].off(p2p);
	if (!rc && turns[n].is_decoding)
		assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
	if (rc == -ENOENT || rc == -ENOTTY)
		return;
	assert_int_equal(rc, 0);
	phase_next(storm, NOTHING);
	check_phase(storm, turns[n].name);
	phase_next(storm, ANYTHING);
	if (turns[n].is_decoding)
		assert_int_equal(pci_decode(p2p->target.bdf, 0), 0);
	assert_int_equal(turns[n].on(p2p), 0);
	if (p2p->way->target_by_group)
		await_revival(storm);
	phase_next(storm, REGISTERS);
	check_phase(storm, turns[n].name);
}

static void test_storm(void **state)
{
	unsigned int left = env_number("STORM_TURNS",
				       env_is_long() ? TURNS_LONG : TURNS);
	unsigned int seed = env_seed(clock_ms()), resets = 0;
	struct storm storm = { .p2p = *state };
	int kmsg = kmsg_open();
	pthread_t reader;
	char line[256];

	p2p_map_bar(storm.p2p);
	assert_true(p2p_live(storm.p2p));
	assert_int_equal(pthread_create(&reader, NULL, run_reader, &storm), 0);
	for (; left; left--) {
		unsigned int n = (unsigned int)rand_r(&seed) %
				 (sizeof(turns) / sizeof(*turns));

		/* Two thirds are resets. */
		if (left & 1)
			n = 1 + (n & 1);
		resets += IS_RESET(n);
		take_turn(&storm, n);
	}
	__atomic_store_n(&storm.stop, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	print_message("%u resets; %lu transfers found registers, %lu nothing\n",
		      resets, (unsigned long)storm.live,
		      (unsigned long)storm.dead);
	assert_true(storm.live && storm.dead);
	if (p2p_is_reported())
		assert_int_equal(kmsg_fault(kmsg, P2P_IOVA, 10000, line,
					    sizeof(line)), 0);
	close(kmsg);
	p2p_unmap_bar(storm.p2p);
}

/* ---- the edu ---- */

#define PIECE 8

/*
 * Each transfer begins while the registers are there, and would be done when they
 * are gone.
 */
static void test_edu_late(void **state)
{
	unsigned int left = env_is_long() ? EDU_TURNS_LONG : EDU_TURNS;
	struct edubed *bed = *state;
	struct p2p_device target = { .bdf = "" };
	uint64_t *seen = (uint64_t *)bed->scratch, cap;

	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, target.bdf), 0);
	p2p_device_open(&target, false, bed->fd);
	map_at(bed, P2P_IOVA, MAP_RW, target.bar.base, target.bar.size);
	cap = mmio_read64(target.bar.base, 0);
	assert_true(dma_reads(bed, P2P_IOVA, &cap, PIECE));
	for (; left; left--) {
		/* What is there before is no register. */
		*seen = 0x8080808080808080;
		assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
		assert_int_equal(edu_load_begin(&bed->edu, P2P_IOVA, 0, PIECE),
				 0);
		assert_int_equal(vfio_decode(target.dev, 0), 0);
		assert_int_equal(pci_decode(target.bdf, 1), 0);
		assert_int_equal(edu_end(&bed->edu), 0);
		assert_int_equal(edu_store(&bed->edu, SCRATCH_IOVA, 0, PIECE),
				 0);
		if (*seen == cap)
			fail_msg("a transfer has ended after the registers had gone");
		assert_int_equal(pci_decode(target.bdf, 0), 0);
		assert_int_equal(vfio_decode(target.dev, 1), 0);
	}
	assert_true(dma_reads(bed, P2P_IOVA, &cap, PIECE));
	p2p_device_close(&target);
}

#define BY(test, way) \
	{ #test " " #way, test, p2p_setup, p2p_teardown, \
	  (void *)&p2p_ways[way] }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BY(test_storm, P2P_BY_IOAS),
		BY(test_storm, P2P_BY_CONTAINER),
		BY(test_storm, P2P_TARGET_BY_GROUP),
		cmocka_unit_test_setup_teardown(test_edu_late, edubed_setup,
						edubed_teardown),
	};

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
