// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of peer-to-peer DMA, see p2pbed.h.
 */
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "memory.h"
#include "mmio.h"
#include "p2pbed.h"
#include "type1.h"

/* Where the reader's own memory is. */
#define ENGINE_IOVA 0x4000000UL
#define ENGINE_SIZE (NVME_BUFFERS * PAGE)

const struct p2p_way p2p_ways[P2P_WAYS] = {
	[P2P_BY_IOAS] = { "IOAS_MAP" },
	[P2P_BY_CALLS] = { "MAP_DMA of /dev/iommu", .by_dma_map = true },
	[P2P_BY_CONTAINER] = {
		"a container", .reader_by_group = true, .target_by_group = true,
		.by_dma_map = true,
	},
	[P2P_TARGET_BY_GROUP] = { "IOAS_MAP, a group's", .target_by_group = true },
	[P2P_BY_DMA_BUF] = { "a dma-buf", .by_dma_buf = true },
	[P2P_READER_BY_GROUP] = {
		"a container, a cdev's", .reader_by_group = true,
		.by_dma_map = true,
	},
};

static void open_group(struct p2p_device *device, int fd)
{
	device->group = type1_group_open(device->bdf);
	assert_true(device->group >= 0);
	device->fd = fd >= 0 ? dup(fd) : type1_container_open();
	assert_true(device->fd >= 0);
	assert_int_equal(type1_join(device->group, device->fd), 0);
	if (fd < 0)
		assert_int_equal(type1_set_iommu(device->fd,
						 VFIO_TYPE1v2_IOMMU), 0);
	/* Only the stock backend gives mappings new user addresses. */
	assert_int_equal(type1_extension(device->fd, VFIO_UPDATE_VADDR), 0);
	device->dev = type1_device_open(device->group, device->bdf);
	assert_true(device->dev >= 0);
}

static void open_cdev(struct p2p_device *device, int fd)
{
	device->group = -1;
	device->fd = fd >= 0 ? dup(fd) : new_fd();
	device->dev = vfio_cdev_open(device->bdf);
	assert_true(device->dev >= 0);
	assert_int_equal(vfio_bind(device->dev, device->fd, &device->devid), 0);
}

void p2p_device_open(struct p2p_device *device, bool by_group, int fd)
{
	assert_int_equal(pci_bind(device->bdf, "vfio-pci"), 0);
	if (by_group)
		open_group(device, fd);
	else
		open_cdev(device, fd);
	assert_int_equal(vfio_enable(device->dev, 1), 0);
	assert_int_equal(vfio_bar_map(device->dev, 0, &device->bar), 0);
}

void p2p_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void p2p_device_leave(struct p2p_device *device)
{
	p2p_close(&device->dev);
	p2p_close(&device->group);
	p2p_close(&device->fd);
}

void p2p_device_unmap(struct p2p_device *device)
{
	if (device->bar.base)
		vfio_bar_unmap(&device->bar);
	device->bar.base = NULL;
}

void p2p_device_close(struct p2p_device *device)
{
	p2p_device_unmap(device);
	p2p_device_leave(device);
}

/* Through the calls of this way everything goes, the reader's own memory too. */
static void choose_calls(struct p2p *p2p)
{
	struct p2p_device *reader = &p2p->reader;
	uint32_t pt;

	if (p2p->way->reader_by_group)
		return;
	p2p->ioas = new_ioas(reader->fd);
	pt = p2p->ioas;
	if (p2p->way->by_dma_map) {
		assert_int_equal(iommufd_vfio_ioas(reader->fd,
						   IOMMU_VFIO_IOAS_SET,
						   &p2p->ioas), 0);
		assert_int_equal(type1_set_iommu(reader->fd,
						 VFIO_TYPE1v2_IOMMU), 0);
	}
	assert_int_equal(vfio_attach(reader->dev, &pt), 0);
	p2p->hwpt = pt;
}

void p2p_reader_start(struct p2p *p2p)
{
	int i;

	for (i = 0; i < NVME_BUFFERS; i++) {
		p2p->engine.memory[i].va = p2p->memory + i * PAGE;
		p2p->engine.memory[i].iova = ENGINE_IOVA + i * PAGE;
	}
	p2p->engine.bar = p2p->reader.bar.base;
	assert_int_equal(nvme_enable(&p2p->engine), 0);
}

void p2p_map_queue(struct p2p *p2p, uint32_t ioas)
{
	uint64_t iova = ENGINE_IOVA;

	assert_int_equal(iommufd_map(p2p->reader.fd, ioas,
				     MAP_RW | MAP_FIXED_IOVA, p2p->memory,
				     ENGINE_SIZE, &iova), 0);
}

int p2p_setup(void **state)
{
	struct p2p *p2p = calloc(1, sizeof(*p2p));
	const struct p2p_way *way = *state;
	struct p2p_device *reader = &p2p->reader, *target = &p2p->target;

	p2p->way = way;
	p2p->third = (struct p2p_device){ .fd = -1, .group = -1, .dev = -1 };
	if (pci_find_class(PCI_CLASS_NVME, 0, target->bdf) ||
	    pci_find_class(PCI_CLASS_NVME, 1, reader->bdf))
		fail_msg("two NVMes are wanted: --device nvme --device nvme-sriov");
	p2p_device_open(reader, way->reader_by_group, -1);
	choose_calls(p2p);
	p2p_device_open(target, way->target_by_group,
			way->reader_by_group == way->target_by_group ?
			reader->fd : -1);
	p2p->dma_buf = -1;
	if (way->by_dma_buf) {
		p2p->dma_buf = vfio_dma_buf(target->dev, 0, target->bar.size, 1);
		assert_true(p2p->dma_buf >= 0);
	}
	p2p->area = no_pages(P2P_AREA);
	p2p->memory = pages(ENGINE_SIZE);
	assert_int_equal(p2p_map(p2p, MAP_RW, p2p->memory, ENGINE_SIZE,
				 ENGINE_IOVA), 0);
	p2p_reader_start(p2p);
	p2p->at = P2P_IOVA;
	p2p->value = mmio_read64(target->bar.base, 0) & NVME_KEPT;
	assert_int_not_equal(p2p->value, 0);
	p2p->pinned = status_kb("VmPin");
	*state = p2p;
	return 0;
}

int p2p_teardown(void **state)
{
	struct p2p *p2p = *state;

	if (p2p->child) {
		kill(p2p->child, SIGKILL);
		waitpid(p2p->child, NULL, 0);
	}
	munmap(p2p->area, P2P_AREA);
	p2p_close(&p2p->dma_buf);
	p2p_device_close(&p2p->reader);
	p2p_device_close(&p2p->target);
	p2p_device_close(&p2p->third);
	munmap(p2p->memory, ENGINE_SIZE);
	free(p2p);
	return 0;
}

void p2p_bar_map(struct p2p *p2p)
{
	assert_int_equal(vfio_bar_map(p2p->target.dev, 0, &p2p->target.bar), 0);
}

int p2p_map(struct p2p *p2p, uint32_t access, const void *va, uint64_t length,
	    uint64_t iova)
{
	const uint8_t *bar = p2p->target.bar.base;
	size_t at = (const uint8_t *)va - bar;
	uint32_t flags = 0;

	if (p2p->dma_buf >= 0 && bar && at < p2p->target.bar.size)
		return iommufd_map_file(p2p->reader.fd, p2p->ioas,
					access | MAP_FIXED_IOVA, p2p->dma_buf,
					at, length, &iova);
	if (!p2p->way->by_dma_map)
		return iommufd_map(p2p->reader.fd, p2p->ioas,
				   access | MAP_FIXED_IOVA, va, length, &iova);
	if (access & MAP_R)
		flags |= TYPE1_R;
	if (access & MAP_W)
		flags |= TYPE1_W;
	return type1_map(p2p->reader.fd, flags, va, length, iova);
}

int p2p_unmap(struct p2p *p2p, uint64_t iova, uint64_t length,
	      uint64_t *unmapped)
{
	if (p2p->way->by_dma_map)
		return type1_unmap(p2p->reader.fd, iova, length, unmapped);
	return iommufd_unmap(p2p->reader.fd, p2p->ioas, iova, length, unmapped);
}

void p2p_map_bar(struct p2p *p2p)
{
	int rc = p2p_map(p2p, MAP_RW, p2p->target.bar.base,
			 p2p->target.bar.size, P2P_IOVA);

	if (rc)
		fail_msg("registers, by %s: %s", p2p->way->name, strerror(-rc));
	assert_int_equal(status_kb("VmPin"), p2p->pinned);
}

void p2p_unmap_bar(struct p2p *p2p)
{
	uint64_t unmapped = 0;

	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, p2p->target.bar.size,
				   &unmapped), 0);
	assert_int_equal(unmapped, p2p->target.bar.size);
	assert_true(p2p_dead(p2p));
}

int p2p_decoding_off(struct p2p *p2p)
{
	return vfio_decode(p2p->target.dev, 0);
}

int p2p_decoding_on(struct p2p *p2p)
{
	return vfio_decode(p2p->target.dev, 1);
}

int p2p_power_off(struct p2p *p2p)
{
	return vfio_power(p2p->target.dev, 0);
}

int p2p_power_on(struct p2p *p2p)
{
	return vfio_power(p2p->target.dev, 1);
}

int p2p_suspend(struct p2p *p2p)
{
	return vfio_feature_set(p2p->target.dev,
				VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

int p2p_resume(struct p2p *p2p)
{
	return vfio_feature_set(p2p->target.dev,
				VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
}

int p2p_off_and_reset(struct p2p *p2p)
{
	int rc = p2p_decoding_off(p2p);

	return rc ? rc : vfio_reset(p2p->target.dev);
}

uint64_t p2p_fetch(struct p2p *p2p, uint64_t iova)
{
	uint64_t value = 0;

	assert_int_equal(nvme_fetch(&p2p->engine, iova, &value), 0);
	return value;
}

bool p2p_live(struct p2p *p2p)
{
	return p2p_fetch(p2p, p2p->at) == p2p->value;
}

bool p2p_dead(struct p2p *p2p)
{
	return !p2p_fetch(p2p, p2p->at);
}

bool p2p_revived(struct p2p *p2p)
{
	uint64_t end = clock_ms() + P2P_PATIENCE_MS;
	bool live = p2p_live(p2p);

	while (!live && clock_ms() <= end &&
	       (p2p->way->target_by_group || p2p->way->by_dma_buf))
		live = p2p_live(p2p);
	return live;
}

bool p2p_has_dma_buf(void)
{
	struct utsname kernel;

	assert_int_equal(uname(&kernel), 0);
	return atoi(kernel.release) >= 7;
}

bool p2p_is_reported(void)
{
	return access("/sys/class/iommu/ivhd0", F_OK);
}
