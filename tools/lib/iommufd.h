/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/iommu: one function for each command.
 *
 * All return 0, or a negative errno; iommufd_open() returns the fd. Pointers
 * that take a result may be NULL where the result is not wanted.
 */
#ifndef _LIB_IOMMUFD_H
#define _LIB_IOMMUFD_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/iommufd.h>
#include <linux/iommufd_bulk.h>

#define IOMMUFD_NODE "/dev/iommu"

/* MAP flags in short: read, write, both; FIXED where the caller has an IOVA. */
#define MAP_R IOMMU_IOAS_MAP_READABLE
#define MAP_W IOMMU_IOAS_MAP_WRITEABLE
#define MAP_RW (MAP_R | MAP_W)
#define MAP_FIXED_IOVA IOMMU_IOAS_MAP_FIXED_IOVA

int iommufd_open(void);
int iommufd_call(int fd, unsigned long cmd, void *arg);

int iommufd_destroy(int fd, uint32_t id);
int iommufd_ioas_alloc(int fd, uint32_t *ioas);

int iommufd_map(int fd, uint32_t ioas, uint32_t flags, const void *va,
		uint64_t length, uint64_t *iova);
int iommufd_map_file(int fd, uint32_t ioas, uint32_t flags, int file,
		     uint64_t start, uint64_t length, uint64_t *iova);
int iommufd_copy(int fd, uint32_t flags, uint32_t dst_ioas, uint64_t *dst_iova,
		 uint32_t src_ioas, uint64_t src_iova, uint64_t length);
int iommufd_unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
		  uint64_t *unmapped);
int iommufd_unmap_all(int fd, uint32_t ioas, uint64_t *unmapped);

/* @entry: out, also on error: which entry that is about. */
int iommufd_map_bulk(int fd, uint32_t ioas,
		     const struct iommu_map_entry *entries, uint32_t num,
		     uint32_t *entry);
int iommufd_unmap_bulk(int fd, uint32_t ioas,
		       const struct iommu_unmap_entry *entries, uint32_t num,
		       uint32_t *entry);

int iommufd_ranges(int fd, uint32_t ioas, struct iommu_iova_range *ranges,
		   uint32_t *num, uint64_t *alignment);
int iommufd_allow(int fd, uint32_t ioas, const struct iommu_iova_range *ranges,
		  uint32_t num);

int iommufd_option_get(int fd, uint32_t option, uint32_t object, uint64_t *val);
int iommufd_option_set(int fd, uint32_t option, uint32_t object, uint64_t val);
int iommufd_change_process(int fd);
int iommufd_vfio_ioas(int fd, uint16_t op, uint32_t *ioas);

int iommufd_hwpt_alloc(int fd, uint32_t flags, uint32_t dev, uint32_t pt,
		       uint32_t *hwpt);

/* A table that the caller writes, over @parent; @data says where it is. */
int iommufd_hwpt_nested(int fd, uint32_t dev, uint32_t parent, uint32_t type,
			const void *data, uint32_t length, uint32_t *hwpt);

/* @num: in how many entries of @length bytes, out how many were done, always. */
int iommufd_invalidate(int fd, uint32_t hwpt, uint32_t type,
		       const void *entries, uint32_t length, uint32_t *num);

/* How many bits a PASID of the device has. */
int iommufd_pasid_bits(int fd, uint32_t dev, unsigned int *bits,
		       uint64_t *capabilities);

int iommufd_set_dirty(int fd, uint32_t hwpt, bool enable);

/* @bitmap: a bit for each @page_size bytes. */
int iommufd_get_dirty(int fd, uint32_t hwpt, uint32_t flags, uint64_t iova,
		      uint64_t length, uint64_t page_size, void *bitmap);

int iommufd_hw_info(int fd, uint32_t dev, void *data, uint32_t *length,
		    uint32_t *type, uint64_t *capabilities);

/* The same, where @asked has to be the type. */
int iommufd_hw_info_of(int fd, uint32_t asked, uint32_t dev, void *data,
		       uint32_t *length, uint32_t *type);

#endif
