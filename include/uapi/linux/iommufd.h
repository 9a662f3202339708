/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user ABI of /dev/iommu: commands, structs and flags.
 *
 * Names, numbers and layouts are those of mainline Linux, so that a program
 * built with either header runs on either kernel (tools/selftests/abi compares
 * the two). The text is ours and also says what this implementation does where
 * a caller can tell. Commands that are declared here and not served by the
 * loaded module end with ENOTTY.
 */
#ifndef _UAPI_IOMMUFD_H
#define _UAPI_IOMMUFD_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IOMMUFD_TYPE (';')

/**
 * DOC: How every command is called
 *
 * The argument is a pointer to a struct whose first field, @size, says how
 * many bytes the caller's version of that struct has. Structs only ever grow
 * at their end. A short struct of an older caller is filled up with zeroes; a
 * long struct of a newer caller is accepted as long as the bytes that the
 * kernel does not know are zero. Fields whose name begins with out\_ are
 * written by the kernel; the others are read, and written back only where
 * their description says so.
 *
 * Lengths and addresses are in bytes. A range given by a length covers
 * [start, start + length). A range given by a last address includes it.
 * Addresses of user memory travel as __u64.
 *
 * Errors that any command can return:
 *
 *  - ENOTTY: no such command
 *  - EINVAL: @size is below the first version of the struct, or a value is
 *    understood and makes no sense
 *  - E2BIG: @size is above what the kernel knows and the excess is not zero
 *  - EOPNOTSUPP: a flag, an enum value or a reserved field that is not known
 *    or cannot be served here
 *  - ENOENT: no object with this id (or of another kind than the command
 *    takes), or nothing at this IOVA
 *  - EBUSY: the object is in use
 *  - EOVERFLOW: a range wraps, or does not fit the kernel's word
 *  - EFAULT: a bad pointer
 *  - ENOMEM: no memory, or above RLIMIT_MEMLOCK
 *
 * A command that fails has changed nothing.
 */
enum {
	IOMMUFD_CMD_BASE = 0x80,
	IOMMUFD_CMD_DESTROY = IOMMUFD_CMD_BASE,
	IOMMUFD_CMD_IOAS_ALLOC = 0x81,
	IOMMUFD_CMD_IOAS_ALLOW_IOVAS = 0x82,
	IOMMUFD_CMD_IOAS_COPY = 0x83,
	IOMMUFD_CMD_IOAS_IOVA_RANGES = 0x84,
	IOMMUFD_CMD_IOAS_MAP = 0x85,
	IOMMUFD_CMD_IOAS_UNMAP = 0x86,
	IOMMUFD_CMD_OPTION = 0x87,
	IOMMUFD_CMD_VFIO_IOAS = 0x88,
	IOMMUFD_CMD_HWPT_ALLOC = 0x89,
	IOMMUFD_CMD_GET_HW_INFO = 0x8a,
	IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING = 0x8b,
	IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP = 0x8c,
	IOMMUFD_CMD_HWPT_INVALIDATE = 0x8d,
	IOMMUFD_CMD_FAULT_QUEUE_ALLOC = 0x8e,
	IOMMUFD_CMD_IOAS_MAP_FILE = 0x8f,
	IOMMUFD_CMD_VIOMMU_ALLOC = 0x90,
	IOMMUFD_CMD_VDEVICE_ALLOC = 0x91,
	IOMMUFD_CMD_IOAS_CHANGE_PROCESS = 0x92,
};

/**
 * struct iommu_destroy - the argument of IOMMU_DESTROY
 * @size: sizeof(struct iommu_destroy)
 * @id: the object to remove, of any kind that user space created
 *
 * Removes one object. A command that is still running on it is waited for; an
 * object on which another one stands (an IOAS with a page table, a page table
 * with a device) stays and the call ends with EBUSY.
 */
struct iommu_destroy {
	__u32 size;
	__u32 id;
};

#define IOMMU_DESTROY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_DESTROY)

/**
 * struct iommu_ioas_alloc - the argument of IOMMU_IOAS_ALLOC
 * @size: sizeof(struct iommu_ioas_alloc)
 * @flags: 0
 * @out_ioas_id: id of the new IOAS
 *
 * Makes an empty IO address space (IOAS): the set of mappings from IOVA, the
 * addresses that devices use, to memory.
 */
struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

#define IOMMU_IOAS_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOC)

/**
 * struct iommu_iova_range - some consecutive IOVAs
 * @start: the first byte
 * @last: the last byte, which still belongs to the range
 */
struct iommu_iova_range {
	__aligned_u64 start;
	__aligned_u64 last;
};

/**
 * struct iommu_ioas_iova_ranges - the argument of IOMMU_IOAS_IOVA_RANGES
 * @size: sizeof(struct iommu_ioas_iova_ranges)
 * @ioas_id: the IOAS asked about
 * @num_iovas: in: how many entries the array has room for; out: how many
 *             ranges there are, also on EMSGSIZE
 * @__reserved: 0
 * @allowed_iovas: user address of an array of struct iommu_iova_range
 * @out_iova_alignment: a power of two, at most the CPU's page size. The IOVA
 *                      and the length of each mapping must be multiples of it
 *
 * Tells where mappings may be placed. An IOAS without devices has one range
 * that spans every 64-bit address and an alignment of 1; each attached device
 * takes away what its IOMMU cannot reach or firmware has reserved, and gives
 * it back when it is detached. Ask again after each of these.
 *
 * If the array is too short it is filled as far as it goes, @num_iovas says
 * how long it has to be, and the call ends with EMSGSIZE.
 */
struct iommu_ioas_iova_ranges {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
	__aligned_u64 out_iova_alignment;
};

#define IOMMU_IOAS_IOVA_RANGES _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_IOVA_RANGES)

/**
 * struct iommu_ioas_allow_iovas - the argument of IOMMU_IOAS_ALLOW_IOVAS
 * @size: sizeof(struct iommu_ioas_allow_iovas)
 * @ioas_id: the IOAS to change
 * @num_iovas: entries in the array; 0 lifts all earlier promises
 * @__reserved: 0
 * @allowed_iovas: user address of an array of struct iommu_iova_range
 *
 * Names the IOVAs that this IOAS promises to keep usable. The list replaces
 * the one before it. From then on a device that would take any of them away
 * is refused at attach (EADDRINUSE), and a mapping for which the kernel picks
 * the IOVA is placed inside the list.
 *
 * Errors: EADDRINUSE, one of the ranges is not usable now; EINVAL, a range
 * that does not end after its start, or two ranges that overlap.
 */
struct iommu_ioas_allow_iovas {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
};

#define IOMMU_IOAS_ALLOW_IOVAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOW_IOVAS)

/**
 * enum iommufd_ioas_map_flags - how MAP, MAP_FILE and COPY make a mapping
 * @IOMMU_IOAS_MAP_FIXED_IOVA: the caller chooses the IOVA; otherwise the
 *                             kernel does
 * @IOMMU_IOAS_MAP_WRITEABLE: devices may write to the memory
 * @IOMMU_IOAS_MAP_READABLE: devices may read the memory
 *
 * One of the last two is needed at least.
 */
enum iommufd_ioas_map_flags {
	IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,
	IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,
	IOMMU_IOAS_MAP_READABLE = 1 << 2,
};

/**
 * struct iommu_ioas_map - the argument of IOMMU_IOAS_MAP
 * @size: sizeof(struct iommu_ioas_map)
 * @flags: of enum iommufd_ioas_map_flags
 * @ioas_id: the IOAS to map into
 * @__reserved: 0
 * @user_va: the first byte of the caller's memory
 * @length: bytes, above 0
 * @iova: in: where the mapping begins, with IOMMU_IOAS_MAP_FIXED_IOVA; out:
 *        where it begins
 *
 * Makes [@user_va, @user_va + @length) of the calling process reachable for
 * devices at [@iova, @iova + @length). The pages are pinned: at once if the
 * IOAS has a page table, otherwise when it gets one. They stay those pages
 * whatever the process does with its address space later.
 *
 * Errors: EEXIST, some of the IOVA is mapped already; EINVAL, some of it is
 * reserved or out of reach of a device, or @iova or @length is not aligned;
 * ENOSPC, no room for an IOVA of the kernel's choice; EFAULT, no such memory,
 * or not writable as asked, or memory that cannot be pinned.
 */
struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 __reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

#define IOMMU_IOAS_MAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP)

/**
 * struct iommu_ioas_map_file - the argument of IOMMU_IOAS_MAP_FILE
 * @size: sizeof(struct iommu_ioas_map_file)
 * @flags: of enum iommufd_ioas_map_flags
 * @ioas_id: the IOAS to map into
 * @fd: a memfd, or a file of a shmem or hugetlbfs file system
 * @start: the first byte within the file
 * @length: bytes, above 0
 * @iova: as in struct iommu_ioas_map
 *
 * As IOMMU_IOAS_MAP, for memory that is named by a file instead of an address:
 * the process need not have it in its address space.
 *
 * Errors besides those of IOMMU_IOAS_MAP: EBADF, @fd is not open; EPERM,
 * IOMMU_IOAS_MAP_WRITEABLE for a file that the caller did not open for writing
 * or that is sealed against writes; EINVAL, another kind of file or a range
 * beyond its end.
 */
struct iommu_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};

#define IOMMU_IOAS_MAP_FILE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP_FILE)

/**
 * struct iommu_ioas_copy - the argument of IOMMU_IOAS_COPY
 * @size: sizeof(struct iommu_ioas_copy)
 * @flags: of enum iommufd_ioas_map_flags, for the new mapping
 * @dst_ioas_id: the IOAS to map into
 * @src_ioas_id: the IOAS that has the memory mapped; may be the same
 * @length: bytes, above 0
 * @dst_iova: in: where the new mapping begins, with IOMMU_IOAS_MAP_FIXED_IOVA;
 *            out: where it begins
 * @src_iova: where to begin in the source
 *
 * Maps memory that is mapped already, all of [@src_iova, @src_iova + @length),
 * a second time. The range may be part of a mapping or run over several that
 * touch. The memory stays pinned and charged once, until the last mapping goes.
 *
 * Errors: ENOENT, the source has a hole; EPERM, a writable copy of memory that
 * was mapped without IOMMU_IOAS_MAP_WRITEABLE; otherwise as IOMMU_IOAS_MAP.
 */
struct iommu_ioas_copy {
	__u32 size;
	__u32 flags;
	__u32 dst_ioas_id;
	__u32 src_ioas_id;
	__aligned_u64 length;
	__aligned_u64 dst_iova;
	__aligned_u64 src_iova;
};

#define IOMMU_IOAS_COPY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_COPY)

/**
 * struct iommu_ioas_unmap - the argument of IOMMU_IOAS_UNMAP
 * @size: sizeof(struct iommu_ioas_unmap)
 * @ioas_id: the IOAS to change
 * @iova: where to begin
 * @length: in: bytes, above 0; out: how many bytes were mapped there
 *
 * Removes every mapping inside [@iova, @iova + @length), and when it returns no
 * device reaches them. The pair (0, U64_MAX) stands for everything and succeeds
 * on an empty IOAS too.
 *
 * Errors: ENOENT, there is nothing in the range, or a mapping crosses one of
 * its ends (mappings are never cut).
 */
struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};

#define IOMMU_IOAS_UNMAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_UNMAP)

/**
 * struct iommu_ioas_change_process - the argument of IOMMU_IOAS_CHANGE_PROCESS
 * @size: sizeof(struct iommu_ioas_change_process)
 * @__reserved: 0
 *
 * The calling process takes over what every IOAS of this fd has charged, for
 * one that replaces itself or hands the fd to a successor. All mappings must
 * have come from IOMMU_IOAS_MAP_FILE, otherwise EINVAL. ENOMEM where the
 * caller's RLIMIT_MEMLOCK is too small. On error nothing has changed.
 */
struct iommu_ioas_change_process {
	__u32 size;
	__u32 __reserved;
};

#define IOMMU_IOAS_CHANGE_PROCESS \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_CHANGE_PROCESS)

/**
 * enum iommufd_option - what IOMMU_OPTION reads or changes
 * @IOMMU_OPTION_RLIMIT_MODE: whose RLIMIT_MEMLOCK pays. 0 (as opened): the
 *                            user's; 1: the process's. One for the fd, so
 *                            object_id is 0. A change needs CAP_SYS_RESOURCE
 *                            (EPERM) and an fd without objects (EBUSY)
 * @IOMMU_OPTION_HUGE_PAGES: 1 (as allocated): contiguous memory is mapped with
 *                           large IOMMU pages; 0: with the smallest that the
 *                           CPU has. object_id names the IOAS
 */
enum iommufd_option {
	IOMMU_OPTION_RLIMIT_MODE = 0,
	IOMMU_OPTION_HUGE_PAGES = 1,
};

/**
 * enum iommufd_option_ops - read or change
 * @IOMMU_OPTION_OP_SET: change the option to val64
 * @IOMMU_OPTION_OP_GET: read the option into val64
 */
enum iommufd_option_ops {
	IOMMU_OPTION_OP_SET = 0,
	IOMMU_OPTION_OP_GET = 1,
};

/**
 * struct iommu_option - the argument of IOMMU_OPTION
 * @size: sizeof(struct iommu_option)
 * @option_id: of enum iommufd_option
 * @op: of enum iommufd_option_ops
 * @__reserved: 0
 * @object_id: the object that has the option, or 0
 * @val64: the value, in for SET and out for GET; EINVAL if the option does not
 *         take this value
 */
struct iommu_option {
	__u32 size;
	__u32 option_id;
	__u16 op;
	__u16 __reserved;
	__u32 object_id;
	__aligned_u64 val64;
};

#define IOMMU_OPTION _IO(IOMMUFD_TYPE, IOMMUFD_CMD_OPTION)

/**
 * enum iommufd_vfio_ioas_op - what IOMMU_VFIO_IOAS does
 * @IOMMU_VFIO_IOAS_GET: tell the IOAS; ENODEV if there is none
 * @IOMMU_VFIO_IOAS_SET: use this IOAS
 * @IOMMU_VFIO_IOAS_CLEAR: use none
 */
enum iommufd_vfio_ioas_op {
	IOMMU_VFIO_IOAS_GET = 0,
	IOMMU_VFIO_IOAS_SET = 1,
	IOMMU_VFIO_IOAS_CLEAR = 2,
};

/**
 * struct iommu_vfio_ioas - the argument of IOMMU_VFIO_IOAS
 * @size: sizeof(struct iommu_vfio_ioas)
 * @ioas_id: in for SET, out for GET
 * @op: of enum iommufd_vfio_ioas_op
 * @__reserved: 0
 *
 * The ioctls of a VFIO container name no IOAS; on this fd they work on the one
 * chosen here. Neither SET nor CLEAR destroys the one chosen before.
 */
struct iommu_vfio_ioas {
	__u32 size;
	__u32 ioas_id;
	__u16 op;
	__u16 __reserved;
};

#define IOMMU_VFIO_IOAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VFIO_IOAS)

/**
 * enum iommufd_hwpt_alloc_flags - what a new page table must be able to do
 * @IOMMU_HWPT_ALLOC_NEST_PARENT: be the second stage under tables that a guest
 *                                writes
 * @IOMMU_HWPT_ALLOC_DIRTY_TRACKING: record what devices write; a device whose
 *                                   IOMMU cannot is refused at attach
 * @IOMMU_HWPT_FAULT_ID_VALID: report IO page faults to the queue fault_id
 * @IOMMU_HWPT_ALLOC_PASID: be attachable to a PASID
 */
enum iommufd_hwpt_alloc_flags {
	IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0,
	IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1,
	IOMMU_HWPT_FAULT_ID_VALID = 1 << 2,
	IOMMU_HWPT_ALLOC_PASID = 1 << 3,
};

/**
 * enum iommu_hwpt_vtd_s1_flags - attributes of an Intel first-stage table
 * @IOMMU_VTD_S1_SRE: requests with supervisor privilege are served
 * @IOMMU_VTD_S1_EAFE: the extended accessed bits are kept
 * @IOMMU_VTD_S1_WPE: write protection holds for supervisor requests too
 */
enum iommu_hwpt_vtd_s1_flags {
	IOMMU_VTD_S1_SRE = 1 << 0,
	IOMMU_VTD_S1_EAFE = 1 << 1,
	IOMMU_VTD_S1_WPE = 1 << 2,
};

/**
 * struct iommu_hwpt_vtd_s1 - an Intel first-stage table that a guest writes
 * @flags: of enum iommu_hwpt_vtd_s1_flags
 * @pgtbl_addr: guest physical address of its root
 * @addr_width: input address width, in bits
 * @__reserved: 0
 */
struct iommu_hwpt_vtd_s1 {
	__aligned_u64 flags;
	__aligned_u64 pgtbl_addr;
	__u32 addr_width;
	__u32 __reserved;
};

/**
 * enum iommu_hwpt_data_type - what data_uptr of IOMMU_HWPT_ALLOC points to
 * @IOMMU_HWPT_DATA_NONE: nothing: a page table that the kernel fills
 * @IOMMU_HWPT_DATA_VTD_S1: struct iommu_hwpt_vtd_s1
 */
enum iommu_hwpt_data_type {
	IOMMU_HWPT_DATA_NONE = 0,
	IOMMU_HWPT_DATA_VTD_S1 = 1,
};

/**
 * struct iommu_hwpt_alloc - the argument of IOMMU_HWPT_ALLOC
 * @size: sizeof(struct iommu_hwpt_alloc)
 * @flags: of enum iommufd_hwpt_alloc_flags
 * @dev_id: a bound device, for whose IOMMU the page table is made
 * @pt_id: the IOAS whose mappings it has; or the page table under it, for a
 *         nested one
 * @out_hwpt_id: id of the new page table
 * @__reserved: 0
 * @data_type: of enum iommu_hwpt_data_type
 * @data_len: bytes at @data_uptr, 0 with IOMMU_HWPT_DATA_NONE
 * @data_uptr: user address of the struct that @data_type names, or 0
 * @fault_id: a fault queue, with IOMMU_HWPT_FAULT_ID_VALID
 * @__reserved2: 0
 *
 * Makes a hardware page table (HWPT) to attach devices to. Attaching a device
 * to an IOAS makes one automatically; this command is for callers that want to
 * choose its abilities or to share it on purpose. A table over an IOAS always
 * holds exactly the IOAS's mappings, also those that are made later, and must
 * be destroyed by the caller.
 *
 * Errors: EOPNOTSUPP, an ability or a kind of table that this IOMMU, its
 * driver or this kernel does not have; EINVAL, @pt_id is neither an IOAS nor a
 * page table that can be nested on.
 */
struct iommu_hwpt_alloc {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 pt_id;
	__u32 out_hwpt_id;
	__u32 __reserved;
	__u32 data_type;
	__u32 data_len;
	__aligned_u64 data_uptr;
	__u32 fault_id;
	__u32 __reserved2;
};

#define IOMMU_HWPT_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_ALLOC)

/**
 * enum iommu_hw_info_vtd_flags - what a user of an Intel IOMMU has to know
 * @IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17: an erratum (Intel's document 772415,
 *                                         SPR17): no read-only mappings in a
 *                                         page table that is a nest parent
 */
enum iommu_hw_info_vtd_flags {
	IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17 = 1 << 0,
};

/**
 * struct iommu_hw_info_vtd - registers of an Intel IOMMU
 * @flags: of enum iommu_hw_info_vtd_flags
 * @__reserved: 0
 * @cap_reg: the capability register
 * @ecap_reg: the extended capability register
 *
 * The VT-d specification explains the bits of both.
 */
struct iommu_hw_info_vtd {
	__u32 flags;
	__u32 __reserved;
	__aligned_u64 cap_reg;
	__aligned_u64 ecap_reg;
};

/**
 * enum iommu_hw_info_type - what IOMMU_GET_HW_INFO wrote to data_uptr
 * @IOMMU_HW_INFO_TYPE_NONE: nothing, the driver tells no details
 * @IOMMU_HW_INFO_TYPE_DEFAULT: asked for: whatever the driver has
 * @IOMMU_HW_INFO_TYPE_INTEL_VTD: struct iommu_hw_info_vtd
 */
enum iommu_hw_info_type {
	IOMMU_HW_INFO_TYPE_NONE = 0,
	IOMMU_HW_INFO_TYPE_DEFAULT = 0,
	IOMMU_HW_INFO_TYPE_INTEL_VTD = 1,
};

/**
 * enum iommu_viommu_type - kinds of virtual IOMMUs
 * @IOMMU_VIOMMU_TYPE_DEFAULT: none in particular
 *
 * There is no command for them yet; newer kernels' own headers want the name.
 */
enum iommu_viommu_type {
	IOMMU_VIOMMU_TYPE_DEFAULT = 0,
};

/**
 * enum iommufd_hw_capabilities - what the IOMMU of a device can do
 * @IOMMU_HW_CAP_DIRTY_TRACKING: record the pages that devices write:
 *                               IOMMU_HWPT_SET_DIRTY_TRACKING and
 *                               IOMMU_HWPT_GET_DIRTY_BITMAP work
 * @IOMMU_HW_CAP_PCI_PASID_EXEC: the device may ask for execute permission;
 *                               means something only if it has PASIDs
 * @IOMMU_HW_CAP_PCI_PASID_PRIV: the device may ask with privilege; means
 *                               something only if it has PASIDs
 * @IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED: the device will not translate addresses by
 *                                      itself (ATS); kernels that can't tell leave
 *                                      it out
 */
enum iommufd_hw_capabilities {
	IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0,
	IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1,
	IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2,
	IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3,
};

/**
 * enum iommufd_hw_info_flags - how IOMMU_GET_HW_INFO is asked
 * @IOMMU_HW_INFO_FLAG_INPUT_TYPE: for the type in in_data_type
 */
enum iommufd_hw_info_flags {
	IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0,
};

/**
 * struct iommu_hw_info - the argument of IOMMU_GET_HW_INFO
 * @size: sizeof(struct iommu_hw_info)
 * @flags: of enum iommufd_hw_info_flags
 * @dev_id: a bound device
 * @data_len: in: bytes at @data_uptr, may be 0; out: bytes that the kernel has
 *            to tell
 * @data_uptr: user address of a buffer, filled as @out_data_type says
 * @in_data_type: of enum iommu_hw_info_type, with IOMMU_HW_INFO_FLAG_INPUT_TYPE;
 *                else not looked at
 * @out_data_type: of enum iommu_hw_info_type
 * @out_max_pasid_log2: how many bits a PASID of this device has, 0 for none
 * @__reserved: 0
 * @out_capabilities: of enum iommufd_hw_capabilities
 *
 * Tells what the IOMMU in front of a device is. The shorter of the user's
 * buffer and the kernel's data is copied, and the rest of the user's buffer is
 * set to zero.
 *
 * Errors: EOPNOTSUPP, the driver has nothing of type @in_data_type.
 */
struct iommu_hw_info {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 data_len;
	__aligned_u64 data_uptr;
	union {
		__u32 in_data_type;
		__u32 out_data_type;
	};
	__u8 out_max_pasid_log2;
	__u8 __reserved[3];
	__aligned_u64 out_capabilities;
};

#define IOMMU_GET_HW_INFO _IO(IOMMUFD_TYPE, IOMMUFD_CMD_GET_HW_INFO)

/**
 * enum iommufd_hwpt_set_dirty_tracking_flags - on or off
 * @IOMMU_HWPT_DIRTY_TRACKING_ENABLE: on; off without it
 */
enum iommufd_hwpt_set_dirty_tracking_flags {
	IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1,
};

/**
 * struct iommu_hwpt_set_dirty_tracking - the argument of
 *	IOMMU_HWPT_SET_DIRTY_TRACKING
 * @size: sizeof(struct iommu_hwpt_set_dirty_tracking)
 * @flags: of enum iommufd_hwpt_set_dirty_tracking_flags
 * @hwpt_id: a page table made with IOMMU_HWPT_ALLOC_DIRTY_TRACKING
 * @__reserved: 0
 *
 * Starts or ends the recording of what devices write. It starts with nothing
 * dirty.
 *
 * Errors: ENOENT, @hwpt_id is no page table; EOPNOTSUPP, it was not made with
 * IOMMU_HWPT_ALLOC_DIRTY_TRACKING.
 */
struct iommu_hwpt_set_dirty_tracking {
	__u32 size;
	__u32 flags;
	__u32 hwpt_id;
	__u32 __reserved;
};

#define IOMMU_HWPT_SET_DIRTY_TRACKING _IO(IOMMUFD_TYPE, \
					  IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING)

/**
 * enum iommufd_hwpt_get_dirty_bitmap_flags - how the recording is read
 * @IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR: leave it as it is, which is quicker
 *                                        when the range is unmapped next
 */
enum iommufd_hwpt_get_dirty_bitmap_flags {
	IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1,
};

/**
 * struct iommu_hwpt_get_dirty_bitmap - the argument of
 *	IOMMU_HWPT_GET_DIRTY_BITMAP
 * @size: sizeof(struct iommu_hwpt_get_dirty_bitmap)
 * @hwpt_id: a page table that records
 * @flags: of enum iommufd_hwpt_get_dirty_bitmap_flags
 * @__reserved: 0
 * @iova: where to begin, the byte that bit 0 stands for
 * @length: bytes, above 0
 * @page_size: bytes that one bit stands for, a power of two; @iova and @length
 *             are multiples of it
 * @data: user address of an array of __u64, (@length / @page_size) bits. Bit
 *        n % 64 of word n / 64 is set if a device wrote to the n-th page; a
 *        bit that is set already is never cleared
 *
 * Reads what was written since the last time and, without
 * IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR, starts anew. The IOMMU knows of IO pages
 * only: of a large one all is dirty or nothing. One that the range has a part of
 * is told, too, and stays dirty. Where nothing is mapped nothing is dirty.
 *
 * Errors: ENOENT, @hwpt_id is no page table; EOPNOTSUPP, it was not made with
 * IOMMU_HWPT_ALLOC_DIRTY_TRACKING; EINVAL, nothing is recorded now, or the range
 * is empty, or it or @page_size is not aligned; EOVERFLOW, the range wraps; EFAULT,
 * the bitmap can't be written: then nothing has started anew.
 */
struct iommu_hwpt_get_dirty_bitmap {
	__u32 size;
	__u32 hwpt_id;
	__u32 flags;
	__u32 __reserved;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 page_size;
	__aligned_u64 data;
};

#define IOMMU_HWPT_GET_DIRTY_BITMAP _IO(IOMMUFD_TYPE, \
					IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP)

/**
 * enum iommu_hwpt_invalidate_data_type - what an entry of
 *	IOMMU_HWPT_INVALIDATE is
 * @IOMMU_HWPT_INVALIDATE_DATA_VTD_S1: struct iommu_hwpt_vtd_s1_invalidate
 */
enum iommu_hwpt_invalidate_data_type {
	IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0,
};

/**
 * enum iommu_hwpt_vtd_s1_invalidate_flags - what an Intel IOMMU forgets
 * @IOMMU_VTD_INV_FLAGS_LEAF: the last level only; otherwise every level
 */
enum iommu_hwpt_vtd_s1_invalidate_flags {
	IOMMU_VTD_INV_FLAGS_LEAF = 1 << 0,
};

/**
 * struct iommu_hwpt_vtd_s1_invalidate - addresses whose translation an Intel
 *	IOMMU must forget
 * @addr: the first address, a multiple of 4096
 * @npages: how many pages of 4096 bytes; U64_MAX with an @addr of 0 for all
 * @flags: of enum iommu_hwpt_vtd_s1_invalidate_flags
 * @__reserved: 0
 *
 * The translation caches of devices (ATS) are covered by it.
 */
struct iommu_hwpt_vtd_s1_invalidate {
	__aligned_u64 addr;
	__aligned_u64 npages;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct iommu_hwpt_invalidate - the argument of IOMMU_HWPT_INVALIDATE
 * @size: sizeof(struct iommu_hwpt_invalidate)
 * @hwpt_id: a nested page table
 * @data_uptr: user address of an array of requests
 * @data_type: of enum iommu_hwpt_invalidate_data_type, for all of them
 * @entry_len: bytes from one request to the next
 * @entry_num: in: how many requests; out: how many were carried out. 0 only
 *             asks whether @data_type is served
 * @__reserved: 0
 *
 * For a guest that changed a page table it writes itself.
 *
 * Errors: EINVAL, @hwpt_id is not nested, @data_type is not served, or an array that
 * is empty in one way and not in another, has entries of more than a page, or more
 * than 2^19. @entry_num is written after an error, too.
 */
struct iommu_hwpt_invalidate {
	__u32 size;
	__u32 hwpt_id;
	__aligned_u64 data_uptr;
	__u32 data_type;
	__u32 entry_len;
	__u32 entry_num;
	__u32 __reserved;
};

#define IOMMU_HWPT_INVALIDATE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_INVALIDATE)

/**
 * enum iommu_hwpt_pgfault_flags - more about an IO page fault
 * @IOMMU_PGFAULT_FLAGS_PASID_VALID: the access had a PASID, in pasid
 * @IOMMU_PGFAULT_FLAGS_LAST_PAGE: the last fault of its group, the one to
 *                                 answer
 */
enum iommu_hwpt_pgfault_flags {
	IOMMU_PGFAULT_FLAGS_PASID_VALID		= (1 << 0),
	IOMMU_PGFAULT_FLAGS_LAST_PAGE		= (1 << 1),
};

/**
 * enum iommu_hwpt_pgfault_perm - what the device wanted to do
 * @IOMMU_PGFAULT_PERM_READ: read
 * @IOMMU_PGFAULT_PERM_WRITE: write
 * @IOMMU_PGFAULT_PERM_EXEC: execute, with a PASID
 * @IOMMU_PGFAULT_PERM_PRIV: any of them with privilege, with a PASID
 */
enum iommu_hwpt_pgfault_perm {
	IOMMU_PGFAULT_PERM_READ			= (1 << 0),
	IOMMU_PGFAULT_PERM_WRITE		= (1 << 1),
	IOMMU_PGFAULT_PERM_EXEC			= (1 << 2),
	IOMMU_PGFAULT_PERM_PRIV			= (1 << 3),
};

/**
 * struct iommu_hwpt_pgfault - one IO page fault, as read from a fault queue
 * @flags: of enum iommu_hwpt_pgfault_flags
 * @dev_id: the device
 * @pasid: the PASID, if @flags has IOMMU_PGFAULT_FLAGS_PASID_VALID
 * @grpid: the device's number for a group of faults that are answered together
 * @perm: of enum iommu_hwpt_pgfault_perm
 * @__reserved: 0
 * @addr: the IOVA
 * @length: how many bytes the device is going to use, 0 if it did not say
 * @cookie: the kernel's number for the group, to be given back in the answer
 */
struct iommu_hwpt_pgfault {
	__u32 flags;
	__u32 dev_id;
	__u32 pasid;
	__u32 grpid;
	__u32 perm;
	__u32 __reserved;
	__aligned_u64 addr;
	__u32 length;
	__u32 cookie;
};

/**
 * enum iommufd_page_response_code - the answer to an IO page fault
 * @IOMMUFD_PAGE_RESP_SUCCESS: the memory is there now, the device tries again
 * @IOMMUFD_PAGE_RESP_INVALID: there is nothing, the device gives up
 */
enum iommufd_page_response_code {
	IOMMUFD_PAGE_RESP_SUCCESS = 0,
	IOMMUFD_PAGE_RESP_INVALID = 1,
};

/**
 * struct iommu_hwpt_page_response - an answer, as written to a fault queue
 * @cookie: of the group that is answered
 * @code: of enum iommufd_page_response_code
 */
struct iommu_hwpt_page_response {
	__u32 cookie;
	__u32 code;
};

/**
 * struct iommu_fault_alloc - the argument of IOMMU_FAULT_QUEUE_ALLOC
 * @size: sizeof(struct iommu_fault_alloc)
 * @flags: 0
 * @out_fault_id: id of the new queue, for IOMMU_HWPT_ALLOC
 * @out_fault_fd: a new fd: read faults from it, write answers to it, poll it
 */
struct iommu_fault_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_fault_id;
	__u32 out_fault_fd;
};

#define IOMMU_FAULT_QUEUE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_FAULT_QUEUE_ALLOC)

#endif
