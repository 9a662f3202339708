// SPDX-License-Identifier: GPL-2.0
/*
 * The mapping of the registers in the process is the right to them: where it ends,
 * nothing is reached any more, whatever the target is doing.
 */
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "edubed.h"
#include "end.h"
#include "memory.h"
#include "p2pbed.h"
#include "user.h"

/* ---- calls that end a mapping of the process ---- */

/* Each leaves the process without a mapping of the registers at @base. */
static void end_by_munmap(uint8_t *base, size_t size)
{
	assert_int_equal(munmap(base, size), 0);
}

static void end_by_mremap(uint8_t *base, size_t size)
{
	uint8_t *to = no_pages(size);

	assert_ptr_equal(mremap(base, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
				to), to);
	assert_int_equal(munmap(to, size), 0);
}

static void end_by_mmap(uint8_t *base, size_t size)
{
	assert_ptr_equal(mmap(base, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 base);
	fill(base, size);
}

static const struct end {
	const char *name;
	void (*end)(uint8_t *base, size_t size);
	bool leaves_memory;
} ends[] = {
	{ "munmap", end_by_munmap, false },
	{ "mremap", end_by_mremap, false },
	{ "mmap over it", end_by_mmap, true },
};

/* Off and on again: what is looked at then must not be found. */
static void check_stays_dead(struct p2p *p2p, const char *name)
{
	if (!p2p_dead(p2p))
		fail_msg("%s: the registers can still be reached", name);
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	if (p2p->way->target_by_group)
		usleep(2 * P2P_REVIVAL_MS * 1000);
	if (!p2p_dead(p2p))
		fail_msg("%s: something has come back", name);
}

/* Its place is taken as long as nobody has unmapped it. */
static void check_place(struct p2p *p2p)
{
	uint8_t *mem = pages(PAGE);

	assert_int_equal(p2p_map(p2p, MAP_RW, mem, PAGE, P2P_IOVA + PAGE),
			 -EEXIST);
	p2p_unmap_bar(p2p);
	assert_int_equal(p2p_map(p2p, MAP_RW, mem, PAGE, P2P_IOVA + PAGE), 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA + PAGE, PAGE, NULL), 0);
	munmap(mem, PAGE);
}

static void check_end(struct p2p *p2p, const struct end *end)
{
	struct vfio_map bar = p2p->target.bar;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	end->end(bar.base, bar.size);
	check_stays_dead(p2p, end->name);
	check_place(p2p);
	if (end->leaves_memory)
		munmap(bar.base, bar.size);
	p2p_bar_map(p2p);
}

void test_ends(void **state)
{
	struct p2p *p2p = *state;
	unsigned int i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		/* 6.1 itself warns at it (untrack_pfn()), whoever moves a BAR. */
		if (ends[i].end == end_by_mremap && kernel_is_6_1())
			continue;
		check_end(p2p, &ends[i]);
	}
}

/* What may be written only by the mapping in the IOAS is not even read. */
void test_read_only_end(void **state)
{
	struct p2p *p2p = *state;
	struct vfio_map *bar = &p2p->target.bar;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	assert_int_equal(mprotect(bar->base, bar->size, PROT_READ), 0);
	check_stays_dead(p2p, "mprotect");
	p2p_unmap_bar(p2p);

	/* To be read it may be mapped; and loses that as well. */
	assert_int_equal(p2p_map(p2p, MAP_R, bar->base, bar->size, P2P_IOVA),
			 0);
	assert_true(p2p_live(p2p));
	assert_int_equal(mprotect(bar->base, bar->size, PROT_NONE), 0);
	check_stays_dead(p2p, "mprotect");
	p2p_unmap_bar(p2p);
	assert_int_equal(mprotect(bar->base, bar->size,
				  PROT_READ | PROT_WRITE), 0);
	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	p2p_unmap_bar(p2p);
}

/* One page of the process goes: that page is out of reach, at the least. */
void test_part_ends(void **state)
{
	struct p2p *p2p = *state;
	uint8_t *base = p2p->target.bar.base;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	assert_int_equal(munmap(base, PAGE), 0);
	check_stays_dead(p2p, "munmap of a page");
	p2p_unmap_bar(p2p);
	assert_int_equal(munmap(base + PAGE, p2p->target.bar.size - PAGE), 0);
	p2p_bar_map(p2p);
}

/* ---- a process that ends ---- */

struct child {
	struct p2p *p2p;
	int told[2];	/* by the child */
	int say[2];	/* to the child */
	bool inherits;
};

static void tell(const int *pipe)
{
	check(write(pipe[1], "", 1) == 1);
}

static void await(const int *pipe)
{
	char byte;

	check(read(pipe[0], &byte, 1) == 1);
}

static void run_child(void *arg)
{
	struct child *child = arg;
	struct p2p *p2p = child->p2p;
	struct vfio_map bar = p2p->target.bar;

	usual_signals();
	if (!child->inherits)
		check(!vfio_bar_map(p2p->target.dev, 0, &bar));
	check(!p2p_map(p2p, MAP_RW, bar.base, bar.size, P2P_IOVA));
	tell(child->told);
	await(child->say);
}

static pid_t child_start(struct child *child)
{
	char byte;
	pid_t pid;

	assert_int_equal(pipe(child->told), 0);
	assert_int_equal(pipe(child->say), 0);
	pid = start_child(run_child, child, -1);
	child->p2p->child = pid;
	close(child->told[1]);
	close(child->say[0]);
	if (read(child->told[0], &byte, 1) != 1) {
		child->p2p->child = 0;
		end_child(pid);
		fail_msg("the other process could not map");
	}
	return pid;
}

static void child_stop(struct child *child)
{
	child->p2p->child = 0;
	close(child->told[0]);
	close(child->say[1]);
}

/*
 * Whose process it was that mapped them: its end is the mapping's, although all
 * files are still open in another.
 */
void test_exit(void **state)
{
	struct child child = { .p2p = *state };
	struct p2p *p2p = child.p2p;
	bool kill;

	for (kill = false; ; kill = true) {
		pid_t pid = child_start(&child);

		assert_true(p2p_live(p2p));
		if (kill) {
			kill_child(pid);
		} else {
			tell(child.say);
			end_child(pid);
		}
		child_stop(&child);
		check_stays_dead(p2p, "exit");
		p2p_unmap_bar(p2p);
		if (kill)
			break;
	}
}

/* One process has mapped them, and another turns them off, and on: soon they are back. */
void test_off_by_other(void **state)
{
	struct child child = { .p2p = *state };
	struct p2p *p2p = child.p2p;
	pid_t pid = child_start(&child);
	uint64_t end;

	assert_true(p2p_live(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
	assert_true(p2p_dead(p2p));
	assert_int_equal(pci_decode(p2p->target.bdf, 0), 0);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	end = clock_ms() + P2P_PATIENCE_MS;
	while (!p2p_live(p2p))
		assert_true(clock_ms() <= end);
	tell(child.say);
	end_child(pid);
	child_stop(&child);
	check_stays_dead(p2p, "exit");
	p2p_unmap_bar(p2p);
}

/*
 * A process has the mappings of the one that it came from, until it ends; what that
 * one does with its own is its own affair.
 */
void test_inherited(void **state)
{
	struct child child = { .p2p = *state, .inherits = true };
	struct p2p *p2p = child.p2p;
	struct vfio_map *bar = &p2p->target.bar;
	pid_t pid = child_start(&child);

	assert_true(p2p_live(p2p));
	assert_int_equal(munmap(bar->base, bar->size), 0);
	assert_true(p2p_live(p2p));
	tell(child.say);
	end_child(pid);
	child_stop(&child);
	check_stays_dead(p2p, "exit");
	p2p_unmap_bar(p2p);
	p2p_bar_map(p2p);
}

static void run_nothing(void *arg)
{
}

/* A child that ends takes away its own copy, and no more. */
void test_fork(void **state)
{
	struct p2p *p2p = *state;
	struct vfio_map *bar = &p2p->target.bar;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	end_child(start_child(run_nothing, NULL, -1));
	assert_true(p2p_live(p2p));
	assert_int_equal(munmap(bar->base, bar->size), 0);
	check_stays_dead(p2p, "munmap");
	p2p_unmap_bar(p2p);
	p2p_bar_map(p2p);
}
