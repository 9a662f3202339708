/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a mock IOMMU and its devices become known to the kernel.
 */
#ifndef __COMPAT_MOCK_H
#define __COMPAT_MOCK_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/xarray.h>

/* The row of a domain's ops that only older kernels have. */
#ifdef HAVE_DOMAIN_DETACH_DEV
#define COMPAT_MOCK_DETACH(fn) .detach_dev = fn,
#else
#define COMPAT_MOCK_DETACH(...)
#endif

/* The row attach_dev also gets what the device had before, on newer kernels. */
#ifdef HAVE_ATTACH_FROM_DOMAIN
#define COMPAT_MOCK_ATTACH_ARGS \
	struct iommu_domain *domain, struct device *dev, \
	struct iommu_domain *old
#else
#define COMPAT_MOCK_ATTACH_ARGS \
	struct iommu_domain *domain, struct device *dev
#endif

/* The row set_dev_pasid of a domain's ops, which older kernels have not. */
#ifdef HAVE_ATTACH_HANDLE
#define COMPAT_MOCK_PASID(fn) .set_dev_pasid = fn,
#else
#define COMPAT_MOCK_PASID(...)
#endif

/* How many bits a PASID of a mock device has. */
#define COMPAT_MOCK_PASID_BITS 20

/* The row of a nested domain's ops, which older kernels have not. */
#ifdef HAVE_CACHE_INVALIDATE_USER
#define COMPAT_MOCK_INVALIDATE .cache_invalidate_user = compat_mock_invalidate,
int compat_mock_invalidate(struct iommu_domain *domain,
			   struct iommu_user_data_array *array);
#else
#define COMPAT_MOCK_INVALIDATE
#endif

/* For the row iotlb_sync_map, which may fail on newer kernels. */
#ifdef HAVE_SYNC_MAP_ERROR
int compat_mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			 size_t size);
#else
void compat_mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size);
#endif

/**
 * struct compat_mock_data - a struct that user space writes for the driver
 * @type: by which user space names it
 * @size: of it, at most COMPAT_MOCK_DATA
 * @min_size: of its first version
 */
struct compat_mock_data {
	u32 type;
	size_t size;
	size_t min_size;
};

#define COMPAT_MOCK_DATA 16

/**
 * struct compat_mock_driver - the driver of a mock IOMMU
 * @name: of the IOMMU in sysfs
 * @sync_map: the iotlb_sync_map of its domains
 * @alloc: a domain that pages, with huge pages or without, in which devices can mark what
 *	they write or can't, or NULL
 * @track: devices shall do so, or no longer
 * @read_dirty: the size of the page of an IOVA, and whether it is marked; the mark may be
 *	taken away
 * @nested_data: what @alloc_nested takes
 * @alloc_nested: a domain over one of @alloc, or NULL
 * @entry_data: what @invalidate takes
 * @invalidate: forget something of a domain of @alloc_nested; 0 or -errno
 * @blocked: the domain through which nothing can be reached; a PASID gets it, too
 * @hw_info: what the hardware tells of itself
 * @hw_info_size: its size
 * @hw_info_type: its type, as of enum iommu_hw_info_type
 */
struct compat_mock_driver {
	const char *name;
	void (*sync_map)(struct iommu_domain *domain, unsigned long iova,
			 size_t size);
	struct iommu_domain *(*alloc)(bool huge, bool marks);
	void (*track)(struct iommu_domain *domain, bool enable);
	size_t (*read_dirty)(struct iommu_domain *domain, unsigned long iova,
			     bool clear, bool *dirty);
	struct compat_mock_data nested_data;
	struct iommu_domain *(*alloc_nested)(struct iommu_domain *parent,
					     const void *data);
	struct compat_mock_data entry_data;
	int (*invalidate)(struct iommu_domain *domain, const void *entry);
	struct iommu_domain *blocked;
	const void *hw_info;
	size_t hw_info_size;
	u32 hw_info_type;
};

/**
 * struct compat_mock_device - a device behind it, alone in a group
 * @dev: the device; this struct is its drvdata
 * @domain: for the driver
 * @huge: its domains have huge pages
 * @exposed: its interrupts are not isolated
 * @unmarked: it can't mark what it writes
 * @has_pasids: it has PASIDs, where the kernel knows of them
 * @pasids: for the driver
 * @pasid_sets: for the driver
 */
struct compat_mock_device {
	struct device *dev;
	struct iommu_domain *domain;
	bool huge;
	bool exposed;
	bool unmarked;
	bool has_pasids;
	struct xarray pasids;
	unsigned int pasid_sets;
};

/**
 * compat_mock_is_device - is a device behind the mock IOMMU
 * @dev: a device behind an IOMMU
 */
bool compat_mock_is_device(struct device *dev);

/**
 * compat_mock_start - let there be a mock IOMMU
 * @driver: its driver, valid until compat_mock_stop()
 *
 * Return: 0 or -errno.
 */
int compat_mock_start(const struct compat_mock_driver *driver);

/** compat_mock_stop - undo compat_mock_start(); no device is left */
void compat_mock_stop(void);

/**
 * compat_mock_device_add - let there be a device behind the mock IOMMU
 * @mock: the device, with its huge, exposed, unmarked and has_pasids set
 * @id: its number
 *
 * Return: 0 or -errno.
 */
int compat_mock_device_add(struct compat_mock_device *mock, int id);

/**
 * compat_mock_device_remove - undo compat_mock_device_add()
 * @mock: the device
 */
void compat_mock_device_remove(struct compat_mock_device *mock);

#endif /* __COMPAT_MOCK_H */
