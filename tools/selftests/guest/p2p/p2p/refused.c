// SPDX-License-Identifier: GPL-2.0
/*
 * What is no mapping of registers, who may not have one, and what is not done with
 * it; and what an administrator may forbid or allow.
 */
#include <fcntl.h>
#include <linux/vfio.h>

#include "bed.h"
#include "edu.h"
#include "file.h"
#include "memory.h"
#include "mmio.h"
#include "module.h"
#include "p2pbed.h"
#include "refused.h"
#include "test.h"
#include "type1.h"
#include "user.h"

/* ---- ranges ---- */

/* Refused, and nothing is there, nothing is paid, the IOVA is free. */
static void check_refused(struct p2p *p2p, const char *what, int error,
			  uint32_t access, const void *va, size_t length)
{
	uint8_t *mem = pages(PAGE);
	int rc = p2p_map(p2p, access, va, length, P2P_IOVA);

	if (rc != -error)
		fail_msg("%s, by %s: %s, not %s", what, p2p->way->name,
			 rc ? strerror(-rc) : "mapped", strerror(error));
	assert_int_equal(status_kb("VmPin"), p2p->pinned);
	assert_true(p2p_dead(p2p));
	assert_int_equal(p2p_map(p2p, MAP_RW, mem, PAGE, P2P_IOVA), 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, PAGE, NULL), 0);
	munmap(mem, PAGE);
}

static void map_page(struct p2p *p2p, unsigned int page, uint8_t *at)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };

	assert_int_equal(iommufd_call(p2p->target.dev,
				      VFIO_DEVICE_GET_REGION_INFO, &info), 0);
	assert_ptr_equal(mmap(at, PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, p2p->target.dev,
			      info.offset + page * PAGE), at);
}

static void map_memory(uint8_t *at)
{
	assert_ptr_equal(mmap(at, PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 at);
	*at = 1;
}

void test_refused(void **state)
{
	struct p2p *p2p = *state;
	struct vfio_map *bar = &p2p->target.bar;
	uint8_t *two = p2p->area;

	map_page(p2p, 0, two);
	check_refused(p2p, "more than the registers", EFAULT, MAP_RW, two,
		      2 * PAGE);
	map_memory(two + PAGE);
	check_refused(p2p, "registers, then memory", EFAULT, MAP_RW, two,
		      2 * PAGE);
	map_memory(two);
	map_page(p2p, 1, two + PAGE);
	check_refused(p2p, "memory, then registers", EFAULT, MAP_RW, two,
		      2 * PAGE);
	map_page(p2p, 2, two);
	check_refused(p2p, "registers in a wrong order", EFAULT, MAP_RW, two,
		      2 * PAGE);
	map_page(p2p, 0, two);
	map_page(p2p, 2, two + 2 * PAGE);
	assert_int_equal(munmap(two + PAGE, PAGE), 0);
	check_refused(p2p, "registers with a hole", EFAULT, MAP_RW, two,
		      3 * PAGE);
	assert_int_equal(munmap(two, 3 * PAGE), 0);

	assert_int_equal(mprotect(bar->base, bar->size, PROT_READ), 0);
	check_refused(p2p, "read-only registers, to be written", EFAULT, MAP_RW,
		      bar->base, bar->size);
	assert_int_equal(mprotect(bar->base, bar->size, PROT_NONE), 0);
	check_refused(p2p, "registers without a right", EFAULT, MAP_R,
		      bar->base, bar->size);
	assert_int_equal(mprotect(bar->base, bar->size,
				  PROT_READ | PROT_WRITE), 0);
	check_refused(p2p, "to 2^64", EOVERFLOW, MAP_RW, bar->base,
		      -(uint64_t)PAGE);
	p2p_map_bar(p2p);
	assert_true(p2p_live(p2p));
	assert_int_equal(p2p_map(p2p, MAP_RW, bar->base, PAGE, P2P_IOVA),
			 -EEXIST);
	assert_true(p2p_live(p2p));
	p2p_unmap_bar(p2p);
}

/* ---- who pays ---- */

static void map_as_user(void *arg)
{
	struct p2p *p2p = arg;
	struct vfio_map *bar = &p2p->target.bar;
	uint8_t *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p2p_map(p2p, MAP_RW, mem, PAGE, P2P_IOVA + HUGE) == -ENOMEM);
	check(!p2p_map(p2p, MAP_RW, bar->base, bar->size, P2P_IOVA));
	check(!p2p_map(p2p, MAP_RW, bar->base, bar->size, P2P_IOVA + HUGE));
	check(!p2p_unmap(p2p, P2P_IOVA + HUGE, bar->size, NULL));
}

/* Registers are no memory: who may lock none may map them. */
void test_pay(void **state)
{
	struct p2p *p2p = *state;
	uint64_t unmapped = 0;

	run_as_user(map_as_user, p2p, 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, p2p->target.bar.size,
				   &unmapped), 0);
	assert_int_equal(unmapped, p2p->target.bar.size);
}

/* ---- the CPU ---- */

/* Drivers whose devices are no devices get no page and no byte of it. */
void test_access(void **state)
{
	struct p2p *p2p = *state;
	int fd = p2p->reader.fd, access = -1, dead;
	uint64_t word = 0x55;
	uint32_t pin = 0;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_int_equal(test_access_create(fd, p2p->ioas, ACCESS_PINS,
					    &access), 0);
	p2p_map_bar(p2p);
	for (dead = 0; dead < 2; dead++) {
		assert_int_equal(vfio_decode(p2p->target.dev, !dead), 0);
		assert_int_equal(test_access_pin(fd, access, 0, P2P_IOVA, PAGE,
						 NULL, &pin), -EINVAL);
		assert_int_equal(test_access_read(fd, access, P2P_IOVA, &word,
						  sizeof(word)), -EINVAL);
		assert_int_equal(word, 0x55);
		assert_int_equal(test_access_write(fd, access,
						   P2P_IOVA + P2P_SET, &word, 4),
				 -EINVAL);
	}
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_int_equal(mmio_read32(p2p->target.bar.base, P2P_SET), 0);
	assert_true(p2p_live(p2p));
	p2p_unmap_bar(p2p);
	close(access);
}

/* ---- registers that are not VFIO's ---- */

#define EDU_KEEPS 0x80

/* Those of an edu without a driver, by sysfs. */
static uint8_t *foreign_map(char *bdf, size_t *size)
{
	char path[128];
	uint8_t *base;
	int fd;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_unbind(bdf), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", bdf);
	assert_int_equal(file_write(path, "1"), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	*size = 16 * PAGE;
	base = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	close(fd);
	return base;
}

static void foreign_unmap(const char *bdf, uint8_t *base, size_t size)
{
	char path[128];

	munmap(base, size);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", bdf);
	assert_int_equal(file_write(path, "0"), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

void test_foreign(void **state)
{
	struct p2p *p2p = *state;
	char bdf[PCI_NAME_MAX];
	size_t size;
	uint8_t *base = foreign_map(bdf, &size);

	check_refused(p2p, "registers of no VFIO device", EFAULT, MAP_RW, base,
		      size);
	check_refused(p2p, "registers of no VFIO device", EFAULT, MAP_R, base,
		      PAGE);
	foreign_unmap(bdf, base, size);
}

static void with_vfio_iommufd(const char *options)
{
	assert_int_equal(bed_unload(), 0);
	assert_int_equal(bed_load(), 0);
	assert_int_equal(module_load("vfio_iommufd", options), 0);
}

/* By the administrator's will, for a container, until the process has none. */
void test_foreign_allowed(void **state)
{
	const struct p2p_way *way = *state;
	char bdf[PCI_NAME_MAX];
	struct p2p *p2p;
	uint64_t unmapped = 0;
	uint8_t *base;
	size_t size;

	with_vfio_iommufd("allow_unsafe_pfnmap=1");
	*state = (void *)way;
	assert_int_equal(p2p_setup(state), 0);
	p2p = *state;
	base = foreign_map(bdf, &size);
	mmio_write64(base, EDU_KEEPS, 0x123456780000);
	assert_int_equal(p2p_map(p2p, MAP_RW, base, size, P2P_IOVA), 0);
	assert_int_equal(p2p_fetch(p2p, P2P_IOVA + EDU_KEEPS), 0x123456780000);
	foreign_unmap(bdf, base, size);
	assert_int_equal(p2p_fetch(p2p, P2P_IOVA + EDU_KEEPS), 0);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, size, &unmapped), 0);
	assert_int_equal(unmapped, size);
	p2p_teardown(state);
	with_vfio_iommufd(NULL);
}

/* ---- no registers for files of /dev/iommu ---- */

static void check_map_bars(enum p2p_way_id id, int error)
{
	void *state = (void *)&p2p_ways[id];
	struct p2p *p2p;

	assert_int_equal(p2p_setup(&state), 0);
	p2p = state;
	if (error) {
		check_refused(p2p, "map_bars=0", error, MAP_RW,
			      p2p->target.bar.base, p2p->target.bar.size);
	} else {
		p2p_map_bar(p2p);
		assert_true(p2p_live(p2p));
		p2p_unmap_bar(p2p);
	}
	p2p_teardown(&state);
}

/* The administrator's, as on mainline; containers of VFIO's own are no such. */
void test_map_bars(void **state)
{
	assert_int_equal(bed_reload("map_bars=0"), 0);
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	check_map_bars(P2P_BY_IOAS, EFAULT);
	check_map_bars(P2P_BY_CALLS, EFAULT);
	check_map_bars(P2P_TARGET_BY_GROUP, EFAULT);
	check_map_bars(P2P_BY_CONTAINER, 0);
	check_map_bars(P2P_READER_BY_GROUP, 0);
	assert_int_equal(bed_reload(NULL), 0);
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
}
