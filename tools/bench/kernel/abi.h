/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the benchmark's program asks of its two kernel modules: the bare floor,
 * and an access of an IOAS.
 */
#ifndef _BENCH_ABI_H
#define _BENCH_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* ---- bench_floor.ko: pin, map, sync; unmap, sync, unpin; and nothing else ---- */

#define FLOOR_NODE "/dev/bench_floor"

/* Devices that it can have, each with a domain of its own. */
#define FLOOR_SLOTS 3

/* Pages that it remembers. */
#define FLOOR_PAGES (512 * 1024)

/* How the frames of 2 MiB lie; the caller knows it, and is believed. */
enum floor_kind {
	FLOOR_SCATTERED,	/* one by one */
	FLOOR_ADJACENT,		/* adjacent and aligned */
	FLOOR_WHOLE,		/* one huge page: one pin */
};

/**
 * struct floor_join - give a device a domain
 * @slot: its number, below FLOOR_SLOTS
 * @name: PCI address
 */
struct floor_join {
	__u32 slot;
	char name[16];
};

/**
 * struct floor_range - memory
 * @iova: first IOVA
 * @va: user address
 * @length: bytes; of 2 MiB and more, all aligned to 2 MiB
 * @kind: enum floor_kind
 * @index: where its pages are remembered
 *
 * One range of 2 MiB and more is also put into domains that come later.
 */
struct floor_range {
	__aligned_u64 iova;
	__aligned_u64 va;
	__aligned_u64 length;
	__u32 kind;
	__u32 index;
};

#define FLOOR_JOIN _IOW('f', 0, struct floor_join)
#define FLOOR_LEAVE _IO('f', 1)		/* the slot */
#define FLOOR_MAP _IOW('f', 2, struct floor_range)
#define FLOOR_UNMAP _IOW('f', 3, struct floor_range)
#define FLOOR_NOTHING _IO('f', 4)

/* Map to @iova what is remembered at @index, pinned by another; and unmap. */
#define FLOOR_COPY _IOW('f', 5, struct floor_range)
#define FLOOR_UNCOPY _IOW('f', 6, struct floor_range)

/* ---- bench_access.ko ---- */

#define ACCESS_NODE "/dev/bench_access"

/* Bytes that are read or written at a time. */
#define ACCESS_BYTES 4096

/**
 * struct access_join - use an IOAS
 * @fd: of /dev/iommu
 * @ioas: its id
 */
struct access_join {
	__s32 fd;
	__u32 ioas;
};

#define ACCESS_JOIN _IOW('a', 0, struct access_join)
#define ACCESS_LEAVE _IO('a', 1)

/* All four: the IOVA of one page. */
#define ACCESS_PIN _IO('a', 2)
#define ACCESS_UNPIN _IO('a', 3)
#define ACCESS_READ _IO('a', 4)
#define ACCESS_WRITE _IO('a', 5)

#endif
