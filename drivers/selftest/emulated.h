/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of the emulated VFIO device, shared with tools/.
 */
#ifndef __SELFTEST_EMULATED_H
#define __SELFTEST_EMULATED_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The name of the device, below /sys/devices/platform as well. */
#define EMULATED_NAME "vfio_emulated"

/**
 * struct emulated_arg - the argument of each
 * @iova: the first; for PIN, UNPIN anywhere in the first page
 * @length: bytes; whole pages for PIN, UNPIN
 * @data: user memory for READ, WRITE, PEEK
 * @write: PIN: pages are to be written
 */
struct emulated_arg {
	__u64 iova;
	__u64 length;
	__u64 data;
	__u64 write;
};

/* Pin pages; the number of them.  They go with UNMAP_DMA and with the file. */
#define EMULATED_PIN _IOW('~', 0x10, struct emulated_arg)
/* Unpin pages, in other portions than they were pinned, maybe. */
#define EMULATED_UNPIN _IOW('~', 0x11, struct emulated_arg)
/* DMA by the CPU. */
#define EMULATED_READ _IOW('~', 0x12, struct emulated_arg)
#define EMULATED_WRITE _IOW('~', 0x13, struct emulated_arg)
/* What is in a pinned page. */
#define EMULATED_PEEK _IOW('~', 0x14, struct emulated_arg)
/*
 * How often it was asked to unpin a range since the last time; @length is set to
 * the bytes of all those ranges.
 */
#define EMULATED_UNMAPS _IOWR('~', 0x15, struct emulated_arg)

#endif /* __SELFTEST_EMULATED_H */
