// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that meet registers which are out of reach; in which order all may be
 * closed; and who has been the target's owner.
 */
#include "bed.h"
#include "clock.h"
#include "env.h"
#include "life.h"
#include "mmio.h"
#include "module.h"
#include "p2pbed.h"
#include "type1.h"

/* ---- calls ---- */

static void attach_to(struct p2p *p2p, uint32_t pt)
{
	assert_int_equal(vfio_attach(p2p->reader.dev, &pt), 0);
}

/* Registers that are out of reach are found again by whoever comes meanwhile. */
void test_dead_calls(void **state)
{
	struct p2p *p2p = *state;
	uint32_t other = new_ioas(p2p->reader.fd);

	p2p_map_queue(p2p, other);
	p2p_map_bar(p2p);
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_true(p2p_dead(p2p));

	/* Away and back: no queue is there meanwhile, and none is asked. */
	assert_int_equal(vfio_detach(p2p->reader.dev), 0);
	attach_to(p2p, p2p->ioas);
	assert_true(p2p_dead(p2p));
	attach_to(p2p, other);
	assert_true(p2p_dead(p2p));
	attach_to(p2p, p2p->ioas);
	assert_true(p2p_dead(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_revived(p2p));

	/* Off and on while it is elsewhere. */
	attach_to(p2p, other);
	assert_true(p2p_dead(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	attach_to(p2p, p2p->ioas);
	assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
	assert_true(p2p_dead(p2p));
	assert_int_equal(pci_decode(p2p->target.bdf, 0), 0);
	attach_to(p2p, other);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_dead(p2p));
	attach_to(p2p, p2p->ioas);
	assert_true(p2p_live(p2p));
	p2p_unmap_bar(p2p);
	assert_int_equal(iommufd_destroy(p2p->reader.fd, other), 0);
}

/* Of a copy the same is true, or there is none. */
void test_copy(void **state)
{
	struct p2p *p2p = *state;
	uint32_t other = new_ioas(p2p->reader.fd);
	uint64_t iova = P2P_IOVA, unmapped = 0;
	int rc, dead;

	p2p_map_queue(p2p, other);
	p2p_map_bar(p2p);
	for (dead = 0; dead < 2; dead++) {
		assert_int_equal(vfio_decode(p2p->target.dev, !dead), 0);
		rc = iommufd_copy(p2p->reader.fd, MAP_RW | MAP_FIXED_IOVA,
				  other, &iova, p2p->ioas, P2P_IOVA,
				  p2p->target.bar.size);
		if (rc)
			break;
		attach_to(p2p, other);
		assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
		assert_true(p2p_live(p2p));
		assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
		assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
		assert_true(p2p_dead(p2p));
		assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
		attach_to(p2p, p2p->ioas);
		assert_true(p2p_live(p2p));
		assert_int_equal(iommufd_unmap(p2p->reader.fd, other, P2P_IOVA,
					       p2p->target.bar.size,
					       &unmapped), 0);
		assert_int_equal(unmapped, p2p->target.bar.size);
	}
	if (rc) {
		print_message("no copy of registers: %s\n", strerror(-rc));
		assert_true(rc == -EINVAL || rc == -EOPNOTSUPP);
	}
	p2p_unmap_bar(p2p);
	assert_int_equal(iommufd_destroy(p2p->reader.fd, other), 0);
}

/*
 * At an IOVA of the kernel's choice, and where every IO page is to be small: registers
 * come and go in pieces as large as ever.
 */
void test_anywhere(void **state)
{
	struct p2p *p2p = *state;
	struct vfio_map *bar = &p2p->target.bar;
	uint64_t iova = 0, unmapped = 0;
	int small;

	for (small = 0; small < 2; small++) {
		assert_int_equal(vfio_detach(p2p->reader.dev), 0);
		assert_int_equal(iommufd_option_set(p2p->reader.fd,
						    IOMMU_OPTION_HUGE_PAGES,
						    p2p->ioas, !small), 0);
		attach_to(p2p, p2p->ioas);
		assert_int_equal(iommufd_map(p2p->reader.fd, p2p->ioas, MAP_RW,
					     bar->base, bar->size, &iova), 0);
		p2p->at = iova;
		assert_true(p2p_live(p2p));
		assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
		assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
		assert_true(p2p_dead(p2p));
		assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
		assert_true(p2p_live(p2p));
		assert_int_equal(iommufd_unmap(p2p->reader.fd, p2p->ioas, iova,
					       bar->size, &unmapped), 0);
		assert_int_equal(unmapped, bar->size);
		assert_true(p2p_dead(p2p));
	}
}

/* In two page tables of one IOAS, whichever the reader has. */
void test_two_tables(void **state)
{
	struct p2p *p2p = *state;
	uint32_t hwpt = 0;

	p2p_map_bar(p2p);
	assert_int_equal(iommufd_hwpt_alloc(p2p->reader.fd, 0,
					    p2p->reader.devid, p2p->ioas,
					    &hwpt), 0);
	assert_true(p2p_live(p2p));
	attach_to(p2p, hwpt);
	assert_true(p2p_live(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(pci_decode(p2p->target.bdf, 1), 0);
	assert_true(p2p_dead(p2p));
	attach_to(p2p, p2p->ioas);
	assert_true(p2p_dead(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_live(p2p));
	attach_to(p2p, hwpt);
	assert_true(p2p_live(p2p));
	p2p_unmap_bar(p2p);
	attach_to(p2p, p2p->ioas);
	assert_int_equal(iommufd_destroy(p2p->reader.fd, hwpt), 0);
	assert_true(p2p_dead(p2p));
}

/* A BAR in two mappings, of which one goes. */
void test_unmap_pieces(void **state)
{
	struct p2p *p2p = *state;
	uint8_t *base = p2p->target.bar.base;
	size_t rest = p2p->target.bar.size - PAGE;
	uint64_t unmapped = 0;

	assert_int_equal(p2p_map(p2p, MAP_RW, base, PAGE, P2P_IOVA), 0);
	assert_int_equal(p2p_map(p2p, MAP_RW, base + PAGE, rest,
				 P2P_IOVA + PAGE), 0);
	assert_true(p2p_live(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA + PAGE, rest, &unmapped), 0);
	assert_int_equal(unmapped, rest);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_revived(p2p));
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, PAGE, &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_dead(p2p));
}

/* ---- everything is closed ---- */

#define STEPS 5

/* What has been taken away, a bit for each step. */
enum {
	NO_MAPPING = 1 << 0, NO_TARGET = 1 << 1, NO_TARGET_FD = 1 << 2,
	NO_READER = 1 << 3, NO_READER_FD = 1 << 4,
};

static void step(struct p2p *p2p, unsigned int what)
{
	switch (what) {
	case NO_MAPPING:
		p2p_device_unmap(&p2p->target);
		break;
	case NO_TARGET:
		p2p_close(&p2p->target.dev);
		p2p_close(&p2p->target.group);
		break;
	case NO_TARGET_FD:
		p2p_close(&p2p->target.fd);
		break;
	case NO_READER:
		p2p_device_unmap(&p2p->reader);
		p2p_close(&p2p->reader.dev);
		p2p_close(&p2p->reader.group);
		break;
	default:
		p2p_close(&p2p->reader.fd);
		break;
	}
}

/* The mapping in the process has the target's file, and so it is not free. */
static void check_order(struct p2p *p2p, const unsigned int *order)
{
	unsigned int i, gone = 0;

	p2p_map_bar(p2p);
	for (i = 0; i < STEPS; i++) {
		step(p2p, order[i]);
		gone |= order[i];
		if (gone & NO_READER)
			continue;
		if (gone & NO_MAPPING ? !p2p_dead(p2p) : !p2p_live(p2p))
			fail_msg("%s: wrong after %#x, then %#x",
				 p2p->way->name, gone & ~order[i], order[i]);
	}
}

static void draw_order(unsigned int *order, unsigned int *seed)
{
	unsigned int i, j;

	for (i = 0; i < STEPS; i++) {
		j = (unsigned int)rand_r(seed) % (i + 1);
		order[i] = order[j];
		order[j] = 1 << i;
	}
}

/* A few orders, or nearly all. */
void test_orders(void **state)
{
	const struct p2p_way *way = ((struct p2p *)*state)->way;
	unsigned int order[STEPS], seed = env_seed(clock_ms());
	int left;

	for (left = env_is_long() ? 200 : 2; left; left--) {
		draw_order(order, &seed);
		check_order(*state, order);
		p2p_teardown(state);
		*state = (void *)way;
		p2p_setup(state);
	}
}

/* ---- the former owner ---- */

/* The heir's registers, which the former owner would like to change. */
static void attack(struct p2p *p2p)
{
	struct p2p_device *heir = &p2p->third;

	mmio_write32(heir->bar.base, P2P_CLEAR, UINT32_MAX);
	if (!p2p_dead(p2p))
		fail_msg("the former owner reads the target's registers");
	assert_int_equal(nvme_put(&p2p->engine, P2P_IOVA + P2P_SET, P2P_MARK),
			 0);
	if (mmio_read32(heir->bar.base, P2P_SET))
		fail_msg("the former owner has written to the target");
}

/* Somebody else has it, and then the kernel's own driver. */
static void check_heirs(struct p2p *p2p)
{
	const char *bdf = p2p->target.bdf;

	memcpy(p2p->third.bdf, bdf, PCI_NAME_MAX);
	p2p_device_open(&p2p->third, false, -1);
	attack(p2p);
	p2p_device_close(&p2p->third);
	assert_int_equal(module_load("nvme", NULL), 0);
	assert_int_equal(pci_bind(bdf, "nvme"), 0);
	assert_true(p2p_dead(p2p));
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	assert_int_equal(module_unload("nvme"), 0);
}

void test_former_owner(void **state)
{
	struct p2p *p2p = *state;
	uint64_t unmapped = 0, size = p2p->target.bar.size;

	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	p2p_device_close(&p2p->target);
	check_heirs(p2p);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, size, &unmapped), 0);
	assert_int_equal(unmapped, size);
}

/* Mapped while nothing was attached; attached when the target had gone. */
void test_former_owner_early(void **state)
{
	struct p2p *p2p = *state;
	uint64_t unmapped = 0, size = p2p->target.bar.size;

	assert_int_equal(vfio_detach(p2p->reader.dev), 0);
	assert_int_equal(p2p_map(p2p, MAP_RW, p2p->target.bar.base, size,
				 P2P_IOVA), 0);
	p2p_device_close(&p2p->target);
	attach_to(p2p, p2p->ioas);
	check_heirs(p2p);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, size, &unmapped), 0);
	assert_int_equal(unmapped, size);
}
