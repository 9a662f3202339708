// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/iommu: one function for each command, see iommufd.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommufd.h"

int iommufd_open(void)
{
	int fd = open(IOMMUFD_NODE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int iommufd_call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

int iommufd_destroy(int fd, uint32_t id)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = id };

	return iommufd_call(fd, IOMMU_DESTROY, &arg);
}

int iommufd_ioas_alloc(int fd, uint32_t *ioas)
{
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	int rc = iommufd_call(fd, IOMMU_IOAS_ALLOC, &arg);

	if (!rc)
		*ioas = arg.out_ioas_id;
	return rc;
}

int iommufd_map(int fd, uint32_t ioas, uint32_t flags, const void *va,
		uint64_t length, uint64_t *iova)
{
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioas_id = ioas,
		.user_va = (uintptr_t)va,
		.length = length,
		.iova = flags & MAP_FIXED_IOVA ? *iova : 0,
	};
	int rc = iommufd_call(fd, IOMMU_IOAS_MAP, &arg);

	if (!rc)
		*iova = arg.iova;
	return rc;
}

int iommufd_map_file(int fd, uint32_t ioas, uint32_t flags, int file,
		     uint64_t start, uint64_t length, uint64_t *iova)
{
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioas_id = ioas,
		.fd = file,
		.start = start,
		.length = length,
		.iova = flags & MAP_FIXED_IOVA ? *iova : 0,
	};
	int rc = iommufd_call(fd, IOMMU_IOAS_MAP_FILE, &arg);

	if (!rc)
		*iova = arg.iova;
	return rc;
}

int iommufd_copy(int fd, uint32_t flags, uint32_t dst_ioas, uint64_t *dst_iova,
		 uint32_t src_ioas, uint64_t src_iova, uint64_t length)
{
	struct iommu_ioas_copy arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dst_ioas_id = dst_ioas,
		.src_ioas_id = src_ioas,
		.length = length,
		.dst_iova = flags & MAP_FIXED_IOVA ? *dst_iova : 0,
		.src_iova = src_iova,
	};
	int rc = iommufd_call(fd, IOMMU_IOAS_COPY, &arg);

	if (!rc)
		*dst_iova = arg.dst_iova;
	return rc;
}

int iommufd_unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
		  uint64_t *unmapped)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.iova = iova,
		.length = length,
	};
	int rc = iommufd_call(fd, IOMMU_IOAS_UNMAP, &arg);

	if (!rc && unmapped)
		*unmapped = arg.length;
	return rc;
}

int iommufd_unmap_all(int fd, uint32_t ioas, uint64_t *unmapped)
{
	return iommufd_unmap(fd, ioas, 0, UINT64_MAX, unmapped);
}

static int bulk(int fd, unsigned long nr, uint32_t ioas, const void *entries,
		uint32_t num, uint32_t *entry)
{
	struct iommu_ioas_bulk cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .num = num,
		.entries = (uintptr_t)entries, .out_entry = ~0U,
	};
	int rc = iommufd_call(fd, nr, &cmd);

	if (entry)
		*entry = cmd.out_entry;
	return rc;
}

int iommufd_map_bulk(int fd, uint32_t ioas,
		     const struct iommu_map_entry *entries, uint32_t num,
		     uint32_t *entry)
{
	return bulk(fd, IOMMU_IOAS_MAP_BULK, ioas, entries, num, entry);
}

int iommufd_unmap_bulk(int fd, uint32_t ioas,
		       const struct iommu_unmap_entry *entries, uint32_t num,
		       uint32_t *entry)
{
	return bulk(fd, IOMMU_IOAS_UNMAP_BULK, ioas, entries, num, entry);
}

/* @num is updated on success and on -EMSGSIZE. */
int iommufd_ranges(int fd, uint32_t ioas, struct iommu_iova_range *ranges,
		   uint32_t *num, uint64_t *alignment)
{
	struct iommu_ioas_iova_ranges arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.num_iovas = *num,
		.allowed_iovas = (uintptr_t)ranges,
	};
	int rc = iommufd_call(fd, IOMMU_IOAS_IOVA_RANGES, &arg);

	if (rc && rc != -EMSGSIZE)
		return rc;
	*num = arg.num_iovas;
	if (alignment)
		*alignment = arg.out_iova_alignment;
	return rc;
}

int iommufd_allow(int fd, uint32_t ioas, const struct iommu_iova_range *ranges,
		  uint32_t num)
{
	struct iommu_ioas_allow_iovas arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.num_iovas = num,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return iommufd_call(fd, IOMMU_IOAS_ALLOW_IOVAS, &arg);
}

int iommufd_option_get(int fd, uint32_t option, uint32_t object, uint64_t *val)
{
	struct iommu_option arg = {
		.size = sizeof(arg),
		.option_id = option,
		.op = IOMMU_OPTION_OP_GET,
		.object_id = object,
	};
	int rc = iommufd_call(fd, IOMMU_OPTION, &arg);

	if (!rc)
		*val = arg.val64;
	return rc;
}

int iommufd_option_set(int fd, uint32_t option, uint32_t object, uint64_t val)
{
	struct iommu_option arg = {
		.size = sizeof(arg),
		.option_id = option,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = object,
		.val64 = val,
	};

	return iommufd_call(fd, IOMMU_OPTION, &arg);
}

int iommufd_change_process(int fd)
{
	struct iommu_ioas_change_process arg = { .size = sizeof(arg) };

	return iommufd_call(fd, IOMMU_IOAS_CHANGE_PROCESS, &arg);
}

int iommufd_vfio_ioas(int fd, uint16_t op, uint32_t *ioas)
{
	struct iommu_vfio_ioas arg = {
		.size = sizeof(arg),
		.ioas_id = op == IOMMU_VFIO_IOAS_SET ? *ioas : 0,
		.op = op,
	};
	int rc = iommufd_call(fd, IOMMU_VFIO_IOAS, &arg);

	if (!rc && op == IOMMU_VFIO_IOAS_GET)
		*ioas = arg.ioas_id;
	return rc;
}

int iommufd_hwpt_alloc(int fd, uint32_t flags, uint32_t dev, uint32_t pt,
		       uint32_t *hwpt)
{
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dev_id = dev,
		.pt_id = pt,
	};
	int rc = iommufd_call(fd, IOMMU_HWPT_ALLOC, &arg);

	if (!rc)
		*hwpt = arg.out_hwpt_id;
	return rc;
}

int iommufd_hwpt_nested(int fd, uint32_t dev, uint32_t parent, uint32_t type,
			const void *data, uint32_t length, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg),
		.dev_id = dev,
		.pt_id = parent,
		.data_type = type,
		.data_len = length,
		.data_uptr = (uintptr_t)data,
	};
	int rc = iommufd_call(fd, IOMMU_HWPT_ALLOC, &arg);

	if (!rc)
		*hwpt = arg.out_hwpt_id;
	return rc;
}

int iommufd_invalidate(int fd, uint32_t hwpt, uint32_t type,
		       const void *entries, uint32_t length, uint32_t *num)
{
	struct iommu_hwpt_invalidate arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)entries,
		.data_type = type,
		.entry_len = length,
		.entry_num = *num,
	};
	int rc = iommufd_call(fd, IOMMU_HWPT_INVALIDATE, &arg);

	*num = arg.entry_num;
	return rc;
}

static int hw_info(int fd, uint32_t flags, uint32_t asked, uint32_t dev,
		   void *data, uint32_t *length, uint32_t *type,
		   uint64_t *capabilities)
{
	struct iommu_hw_info arg = {
		.size = sizeof(arg),
		.flags = flags,
		.in_data_type = asked,
		.dev_id = dev,
		.data_len = length ? *length : 0,
		.data_uptr = (uintptr_t)data,
	};
	int rc = iommufd_call(fd, IOMMU_GET_HW_INFO, &arg);

	if (rc)
		return rc;
	if (length)
		*length = arg.data_len;
	if (type)
		*type = arg.out_data_type;
	if (capabilities)
		*capabilities = arg.out_capabilities;
	return 0;
}

int iommufd_pasid_bits(int fd, uint32_t dev, unsigned int *bits,
		       uint64_t *capabilities)
{
	struct iommu_hw_info arg = { .size = sizeof(arg), .dev_id = dev };
	int rc = iommufd_call(fd, IOMMU_GET_HW_INFO, &arg);

	if (rc)
		return rc;
	*bits = arg.out_max_pasid_log2;
	*capabilities = arg.out_capabilities;
	return 0;
}

int iommufd_set_dirty(int fd, uint32_t hwpt, bool enable)
{
	struct iommu_hwpt_set_dirty_tracking arg = {
		.size = sizeof(arg),
		.flags = enable ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt,
	};

	return iommufd_call(fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &arg);
}

int iommufd_get_dirty(int fd, uint32_t hwpt, uint32_t flags, uint64_t iova,
		      uint64_t length, uint64_t page_size, void *bitmap)
{
	struct iommu_hwpt_get_dirty_bitmap arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.flags = flags,
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.data = (uintptr_t)bitmap,
	};

	return iommufd_call(fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &arg);
}

/* @length: in the room at @data, out what the kernel has to tell. */
int iommufd_hw_info(int fd, uint32_t dev, void *data, uint32_t *length,
		    uint32_t *type, uint64_t *capabilities)
{
	return hw_info(fd, 0, 0, dev, data, length, type, capabilities);
}

int iommufd_hw_info_of(int fd, uint32_t asked, uint32_t dev, void *data,
		       uint32_t *length, uint32_t *type)
{
	return hw_info(fd, IOMMU_HW_INFO_FLAG_INPUT_TYPE, asked, dev, data,
		       length, type, NULL);
}
