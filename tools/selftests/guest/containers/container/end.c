// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a container, and who pays.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "compiler.h"
#include "containerbed.h"
#include "edubed.h"
#include "end.h"
#include "file.h"
#include "memory.h"
#include "pci.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

/* How often iommufd.ko is in use. */
#define USES "/sys/module/iommufd/refcnt"

/* ---- the end ---- */

/* With mappings, in every order of the three fds. */
void test_close(void **state)
{
	static const uint8_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	uint64_t uses = 0, uses_after = 1;
	uint8_t *mem = pages(HUGE);
	unsigned int i, j;

	assert_int_equal(file_read_u64(USES, &uses), 0);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct containerbed *bed = bed_open(VFIO_TYPE1v2_IOMMU);
		const int fds[] = {
			bed->container, bed->group, bed->edu.edu.dev,
		};

		assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, HUGE,
					   AT), 0);
		assert_int_equal(pinned(&bed->edu), HUGE);
		vfio_bar_unmap(&bed->edu.edu.bar);
		for (j = 0; j < 3; j++)
			close(fds[orders[i][j]]);
		assert_int_equal(status_kb("VmPin"), 0);
		munmap(bed->edu.scratch, PAGE);
		free(bed);
	}
	/* A context would still count. */
	assert_int_equal(file_read_u64(USES, &uses_after), 0);
	assert_int_equal(uses_after, uses);
	munmap(mem, HUGE);
}

static void be_killed(void *arg)
{
	struct containerbed *bed = bed_open(VFIO_TYPE1v2_IOMMU);
	int *ready = arg;

	check(!type1_map(bed->container, TYPE1_RW, pages(HUGE), HUGE, AT));
	check(write(ready[1], "", 1) == 1);
	pause();
}

void test_killed(void **state)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = start_child(be_killed, ready, -1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill_child(child);
	close(ready[0]);
	close(ready[1]);
	/* All is given back: it can be had again. */
	*state = bed_open(VFIO_TYPE1v2_IOMMU);
	teardown(state);
}

/* ---- who pays ---- */

/* As root, for a user without rights: opening is not what is tested. */
struct gift {
	int container;
	int group;
};

static void pay(void *arg)
{
	struct gift *gift = arg;
	uint8_t *mem = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(mem != MAP_FAILED);
	check(!type1_set_iommu(gift->container, VFIO_TYPE1v2_IOMMU));
	check(!type1_map(gift->container, TYPE1_RW, mem, 4 * PAGE, AT));
	/* By process, as the stock backend. */
	check(status_kb("VmLck") * 1024 == 4 * PAGE);
	check(type1_map(gift->container, TYPE1_RW, mem + 4 * PAGE, PAGE,
			AT + 4 * PAGE) == -ENOMEM);
	check(status_kb("VmLck") * 1024 == 4 * PAGE);
	check(!type1_unmap(gift->container, AT, 4 * PAGE, NULL));
	check(!status_kb("VmLck"));
	check(!type1_map(gift->container, TYPE1_RW, mem + 4 * PAGE, PAGE,
			 AT + 4 * PAGE));
}

void test_limit(void **state)
{
	char bdf[PCI_NAME_MAX];
	struct gift gift;

	find_edu(0, bdf);
	gift.container = new_container();
	gift.group = new_group(bdf);
	assert_int_equal(type1_join(gift.group, gift.container), 0);
	run_as_user(pay, &gift, 4 * PAGE);
	close(gift.group);
	close(gift.container);
}

/*
 * Registers cost nothing, also where the limit is reached. What begins or ends
 * with memory is memory, which does.
 */
static void pay_for_registers(void *arg)
{
	struct containerbed *bed = arg;
	uint8_t *bar = bed->edu.edu.bar.base;
	size_t size = bed->edu.edu.bar.size;
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(mem != MAP_FAILED);
	check(!type1_map(bed->container, TYPE1_RW, bar, PAGE, AT));
	check(!type1_unmap(bed->container, AT, PAGE, NULL));
	/* All is used up. */
	check(!type1_map(bed->container, TYPE1_RW, mem, 2 * PAGE, AT));
	check(!type1_map(bed->container, TYPE1_RW, bar, PAGE, AT + HUGE));
	check(!type1_map(bed->container, TYPE1_RW, bar, size, AT + 2 * HUGE));
	check(!type1_map(bed->container, TYPE1_R, bar + 5 * PAGE, 3 * PAGE,
			 AT + 4 * HUGE));
	check(status_kb("VmLck") * 1024 == 2 * PAGE);
	check(mmap(bar + size - PAGE, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	      MAP_FAILED);
	check(type1_map(bed->container, TYPE1_RW, bar, size, AT + 5 * HUGE) ==
	      -ENOMEM);
	check(type1_map(bed->container, TYPE1_RW, bar + size - PAGE, PAGE,
			AT + 5 * HUGE) == -ENOMEM);
	check(type1_map(bed->container, TYPE1_RW, mem + 2 * PAGE, PAGE,
			AT + 5 * HUGE) == -ENOMEM);
	check(!type1_unmap_all(bed->container, NULL));
	check(!status_kb("VmLck"));
}

void test_limit_mmio(void **state)
{
	struct containerbed *bed = *state;

	assert_int_equal(type1_unmap_all(bed->container, NULL), 0);
	run_as_user(pay_for_registers, bed, 2 * PAGE);
}
