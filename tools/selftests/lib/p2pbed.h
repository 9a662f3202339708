/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of peer-to-peer DMA begin with: one NVMe ("reader") reads and writes
 * registers of another ("target") by DMA, with the IOMMU in between. Each of the
 * two is there by its character device or by its group, and the registers are
 * mapped by one of the calls that take memory. Needs two NVMes.
 *
 * A transfer takes less than a millisecond, so what is true when a call returns
 * can be asked then.
 */
#ifndef _GUEST_P2PBED_H
#define _GUEST_P2PBED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "iommufd.h"
#include "nvme.h"
#include "pci.h"
#include "vfio.h"

/* Where tests map registers. */
#define P2P_IOVA 0x20000000UL

/* NVMe's interrupt mask: bits written here stay until they are written there. */
#define P2P_SET 0x0c
#define P2P_CLEAR 0x10

/* What of the interrupt mask nvme_fetch() and nvme_put() leave alone. */
#define P2P_MARK 0xa5a40000U

/*
 * How long it takes for registers to be there again where a group's file has turned
 * the target on; and how long tests wait, as their machine may be busy.
 */
#define P2P_REVIVAL_MS 100
#define P2P_PATIENCE_MS 3000

/**
 * struct p2p_way - how the registers come to the reader
 * @name: for the names of tests
 * @reader_by_group: the reader is a group's device, in a container
 * @target_by_group: and the target; in the same one, if both are
 * @by_dma_map: MAP_DMA maps them, as in containers, and not IOAS_MAP
 * @by_dma_buf: IOAS_MAP_FILE maps them, of a dma-buf that the target exports
 */
struct p2p_way {
	const char *name;
	bool reader_by_group;
	bool target_by_group;
	bool by_dma_map;
	bool by_dma_buf;
};

enum p2p_way_id {
	P2P_BY_IOAS, P2P_BY_CALLS, P2P_BY_CONTAINER, P2P_TARGET_BY_GROUP,
	P2P_READER_BY_GROUP, P2P_BY_DMA_BUF, P2P_WAYS,
};

extern const struct p2p_way p2p_ways[P2P_WAYS];

#define P2P_AREA 0x4000UL

/* A device that is open. @fd: of /dev/iommu or of a container; @group: or -1. */
struct p2p_device {
	char bdf[PCI_NAME_MAX];
	int fd;
	int group;
	int dev;
	uint32_t devid;
	struct vfio_map bar;
};

/**
 * struct p2p - the two devices
 * @ioas: what the reader is attached to, where it is not in a container
 * @third: one more that a test has opened, if its @dev is not -1; also closed after
 *	a test that has failed
 * @dma_buf: of all of the target's registers, or -1
 * @area: P2P_AREA of addresses where there is nothing, for what a test maps
 * @child: a process that is ended then, or 0
 * @memory: where the reader's queue is
 * @at: the IOVA of registers that are looked at
 * @value: what a transfer finds there
 * @pinned: VmPin in kB before the test's own mappings
 */
struct p2p {
	const struct p2p_way *way;
	uint32_t ioas;
	uint32_t hwpt;
	struct p2p_device reader;
	struct p2p_device target;
	struct p2p_device third;
	pid_t child;
	int dma_buf;
	uint8_t *area;
	uint8_t *memory;
	struct nvme engine;
	uint64_t at;
	uint64_t value;
	uint64_t pinned;
};

/* At an fd of /dev/iommu or of a container; by a new one, where @fd is -1. */
void p2p_device_open(struct p2p_device *device, bool by_group, int fd);
void p2p_device_close(struct p2p_device *device);

/* One of its files, if it is open; all, but not the registers; and these alone. */
void p2p_close(int *fd);
void p2p_device_leave(struct p2p_device *device);
void p2p_device_unmap(struct p2p_device *device);

/* For cmocka: *state is a way, and then a struct p2p. */
int p2p_setup(void **state);
int p2p_teardown(void **state);

/* The reader's registers are as after a reset: its queue is made again. */
void p2p_reader_start(struct p2p *p2p);

/* The reader's queue into another IOAS. */
void p2p_map_queue(struct p2p *p2p, uint32_t ioas);

/* The target's registers into the process once more. */
void p2p_bar_map(struct p2p *p2p);

/* By the call of this way, at this very IOVA. 0, or a negative errno. */
int p2p_map(struct p2p *p2p, uint32_t access, const void *va, uint64_t length,
	    uint64_t iova);
int p2p_unmap(struct p2p *p2p, uint64_t iova, uint64_t length,
	      uint64_t *unmapped);

/* All of BAR 0 at P2P_IOVA, to be read and written; it must work. */
void p2p_map_bar(struct p2p *p2p);

/* And away; all of it was there, dead or alive. */
void p2p_unmap_bar(struct p2p *p2p);

/*
 * What the target's owner does to it, and undoes. 0; -ENOENT or -ENOTTY where this device
 * or kernel has no such. What is off stays off over a reset.
 */
int p2p_decoding_off(struct p2p *p2p);
int p2p_decoding_on(struct p2p *p2p);
int p2p_power_off(struct p2p *p2p);
int p2p_power_on(struct p2p *p2p);
int p2p_suspend(struct p2p *p2p);
int p2p_resume(struct p2p *p2p);
int p2p_off_and_reset(struct p2p *p2p);

/* What the reader finds at @iova. */
uint64_t p2p_fetch(struct p2p *p2p, uint64_t iova);

/* Whether it reaches the target's registers, or nothing at all. */
bool p2p_live(struct p2p *p2p);
bool p2p_dead(struct p2p *p2p);

/* Whether it does within the time that there is for this way. */
bool p2p_revived(struct p2p *p2p);

/* Whether this kernel's vfio-pci exports registers. */
bool p2p_has_dma_buf(void);

/* Whether IOMMUs of this kind say what they have blocked: QEMU's AMD-Vi does not. */
bool p2p_is_reported(void);

#endif
