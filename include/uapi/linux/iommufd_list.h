/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a file of /dev/iommu has: its objects, and what is mapped in an IO address
 * space. For people who look at a machine, and for tools such as iommuctl. Whoever
 * holds the file may ask.
 *
 * This is an extension: mainline does not have it. Its ioctl numbers can't become
 * others', as those of iommufd_bulk.h. Where it is absent the calls end with ENOTTY;
 * IOMMU_LIST_OBJECTS with @num 0 does nothing but succeed, and so asks whether it is
 * there.
 *
 * A call fills as many entries as there is room for, IOMMU_LIST_MAX at most, by
 * ascending ids or IOVAs. While @out_more is set there may be more, which the next call
 * with the same struct lists: @next is where. Between two calls all may change, and
 * during one as well: each entry is as it was at one moment, and what was there all the
 * time is listed once.
 *
 * Nobody waits for who looks, nor the other way round: EBUSY where a device is just
 * being attached to the IO address space or detached, so that nothing can be said of
 * it; ask again.
 *
 * Entries may grow. @entry_size is what the caller knows of one: EINVAL where that is
 * less than their first version, or more than IOMMU_LIST_ENTRY_MAX; what the kernel does
 * not know is set to 0.
 */
#ifndef _UAPI_LINUX_IOMMUFD_LIST_H
#define _UAPI_LINUX_IOMMUFD_LIST_H

#include <linux/ioctl.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#define IOMMU_LIST_OBJECTS \
	_IOC(_IOC_READ | _IOC_WRITE, IOMMUFD_TYPE, 0xc2, 0)
#define IOMMU_IOAS_LIST_AREAS \
	_IOC(_IOC_READ | _IOC_WRITE, IOMMUFD_TYPE, 0xc3, 0)

/* Entries of one call. */
#define IOMMU_LIST_MAX 4096

/* Bytes of one. */
#define IOMMU_LIST_ENTRY_MAX 4096

/* Bytes of a name, with the 0 at its end; longer ones are cut. */
#define IOMMU_LIST_NAME 32

/**
 * enum iommu_list_flags - of struct iommu_list
 * @IOMMU_LIST_LARGE: areas: set @large as well, which takes longer
 */
enum iommu_list_flags {
	IOMMU_LIST_LARGE = 1 << 0,
};

/**
 * struct iommu_list - ioctl(IOMMU_LIST_OBJECTS, IOMMU_IOAS_LIST_AREAS)
 * @size: of this struct
 * @flags: of enum iommu_list_flags
 * @ioas_id: whose areas; 0 for objects
 * @entry_size: bytes of an entry
 * @num: in how many there is room for, out how many were filled
 * @out_more: 1 where there may be more, else 0
 * @next: the lowest id, or IOVA that an area is to have, at first 0; out, where there
 *	may be more, the next
 * @entries: address of an array of struct iommu_object_entry, or iommu_area_entry
 */
struct iommu_list {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 entry_size;
	__u32 num;
	__u32 out_more;
	__aligned_u64 next;
	__aligned_u64 entries;
};

/**
 * enum iommu_object_type - what an object is
 * @IOMMU_OBJECT_OTHER: what is not in this list
 * @IOMMU_OBJECT_IOAS: an IO address space
 * @IOMMU_OBJECT_HWPT: a page table
 * @IOMMU_OBJECT_NESTED: a page table that user space writes, over one of these
 * @IOMMU_OBJECT_DEVICE: a device
 * @IOMMU_OBJECT_ACCESS: a device without DMA, whose driver reads and writes memory
 */
enum iommu_object_type {
	IOMMU_OBJECT_OTHER,
	IOMMU_OBJECT_IOAS,
	IOMMU_OBJECT_HWPT,
	IOMMU_OBJECT_NESTED,
	IOMMU_OBJECT_DEVICE,
	IOMMU_OBJECT_ACCESS,
};

/**
 * enum iommu_object_flags - more of an object
 * @IOMMU_OBJECT_BUSY: it is just being attached or detached: @on_id is not known
 * @IOMMU_OBJECT_AUTOMATIC: a page table that goes with its last device
 * @IOMMU_OBJECT_PARENT: a page table that others may be nested on
 */
enum iommu_object_flags {
	IOMMU_OBJECT_BUSY = 1 << 0,
	IOMMU_OBJECT_AUTOMATIC = 1 << 1,
	IOMMU_OBJECT_PARENT = 1 << 2,
};

/**
 * struct iommu_object_entry - an object
 * @id: its id
 * @type: of enum iommu_object_type
 * @flags: of enum iommu_object_flags
 * @on_id: what it stands on, or is attached to; 0 where that is nothing
 * @users: how many objects and drivers use it
 * @__reserved: 0
 * @table_bytes: of a page table: what its driver has allocated at most that no memory
 *	cgroup is charged for
 * @page_sizes: of a page table: a bitmap
 * @name: of a device: as on its bus
 */
struct iommu_object_entry {
	__u32 id;
	__u32 type;
	__u32 flags;
	__u32 on_id;
	__u32 users;
	__u32 __reserved;
	__aligned_u64 table_bytes;
	__aligned_u64 page_sizes;
	char name[IOMMU_LIST_NAME];
};

/**
 * enum iommu_area_kind - what is behind an area
 * @IOMMU_AREA_UNKNOWN: not known at this moment: see IOMMU_AREA_BUSY
 * @IOMMU_AREA_USER: memory of a process
 * @IOMMU_AREA_FILE: memory of a file
 * @IOMMU_AREA_REGISTERS: registers of a device, as a process has them mapped
 * @IOMMU_AREA_EXPORT: registers of a device, by a dma-buf
 */
enum iommu_area_kind {
	IOMMU_AREA_UNKNOWN,
	IOMMU_AREA_USER,
	IOMMU_AREA_FILE,
	IOMMU_AREA_REGISTERS,
	IOMMU_AREA_EXPORT,
};

/**
 * enum iommu_area_flags - more of an area
 * @IOMMU_AREA_READABLE: devices may read it
 * @IOMMU_AREA_WRITEABLE: devices may write it
 * @IOMMU_AREA_PINNED: it is in page tables: memory is pinned; registers are open
 * @IOMMU_AREA_BUSY: a MAP or an UNMAP of it is under way: only @iova, @length and what
 *	devices may do is told
 * @IOMMU_AREA_STUCK: a driver has failed to unmap it: it stays pinned for ever
 * @IOMMU_AREA_HIDDEN: it is memory of another process, and the caller lacks
 *	CAP_SYS_PTRACE: @address, @offset, @pid and @name are not told
 */
enum iommu_area_flags {
	IOMMU_AREA_READABLE = 1 << 0,
	IOMMU_AREA_WRITEABLE = 1 << 1,
	IOMMU_AREA_PINNED = 1 << 2,
	IOMMU_AREA_BUSY = 1 << 3,
	IOMMU_AREA_STUCK = 1 << 4,
	IOMMU_AREA_HIDDEN = 1 << 5,
};

/**
 * struct iommu_area_entry - what one MAP or COPY has mapped
 * @iova: first IOVA
 * @length: bytes
 * @kind: of enum iommu_area_kind
 * @flags: of enum iommu_area_flags
 * @shared: how many areas of the file have this memory, pinned once for all of them;
 *	1: only this one
 * @accesses: pins of drivers of devices without DMA
 * @large: with IOMMU_LIST_LARGE: bytes that are pinned in whole blocks of 2 MiB, aligned in
 *	memory and in IOVA, so that large IO pages can hold them; 0 where somebody was
 *	just at work on the memory
 * @address: of memory and registers of a process: where it has them
 * @offset: in the file, the dma-buf, or the device's file (VFIO's have the region in
 *	bits 40 and up)
 * @pid: of the process that pays, where it is in the caller's namespace; else 0
 * @__reserved: 0
 * @name: of the file
 */
struct iommu_area_entry {
	__aligned_u64 iova;
	__aligned_u64 length;
	__u32 kind;
	__u32 flags;
	__u32 shared;
	__u32 accesses;
	__aligned_u64 large;
	__aligned_u64 address;
	__aligned_u64 offset;
	__s32 pid;
	__u32 __reserved;
	char name[IOMMU_LIST_NAME];
};

#endif /* _UAPI_LINUX_IOMMUFD_LIST_H */
