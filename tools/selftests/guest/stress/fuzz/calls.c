// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that the fuzzer knows, see calls.h.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calls.h"
#include "compiler.h"
#include "iommufd.h"
#include "list.h"
#include "test.h"

const char * const fd_names[FD_KINDS] = {
	"iommu", "device", "access", "memory", "event", "container", "group",
};

#define INOUT(type, name, kind, limit, what) \
	{ offsetof(struct type, name), sizeof(((struct type *)0)->name), \
	  KIND_##kind, limit, what }

#define F(type, name, kind, limit) INOUT(type, name, kind, limit, 0)
#define OUT(type, name, what) INOUT(type, name, ZERO, 0, what)

#define T(name, kind, limit) F(iommu_test_cmd, name, kind, limit)
#define TOUT(name, what) OUT(iommu_test_cmd, name, what)

/* A test command, with its operation and what its id names. */
#define TEST(_op, how, id_kind, id_limit, ...) { \
	.name = "TEST_" #_op, .fd = FD_IOMMU, .nr = IOMMU_TEST_CMD, \
	.size = sizeof(struct iommu_test_cmd), how, \
	.fields = { T(op, CONST, IOMMU_TEST_OP_##_op), \
		    T(id, id_kind, id_limit), T(__reserved, ZERO, 0), \
		    __VA_ARGS__ } }

#define TEST_CALL(_op, id_kind, id_limit, ...) \
	TEST(_op, .builds = false, id_kind, id_limit, __VA_ARGS__)

#define TEST_BUILDS(_op, id_kind, id_limit, ...) \
	TEST(_op, .builds = true, id_kind, id_limit, __VA_ARGS__)

#define CALL(_nr, type, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .size = sizeof(struct type), \
	.fields = { __VA_ARGS__ } }

#define BUILDS(_nr, type, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .size = sizeof(struct type), \
	.builds = true, .fields = { __VA_ARGS__ } }

/* Named, as one command does two things. */
#define NESTS(_name, _nr, type, how, ...) { \
	.name = _name, .fd = FD_IOMMU, .nr = _nr, .size = sizeof(struct type), \
	.nests = true, how, .fields = { __VA_ARGS__ } }

#define HOPELESS(_nr, type, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .size = sizeof(struct type), \
	.hopeless = true, .fields = { __VA_ARGS__ } }

#define MAPS(_nr, type, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .size = sizeof(struct type), \
	.builds = true, .maps = true, .fields = { __VA_ARGS__ } }

/* Wants two edus of one group, on a bus of theirs, and one besides. */
#define RESETS(_nr, type, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .size = sizeof(struct type), \
	.edus = 3, .fields = { __VA_ARGS__ } }

/* Without a struct: a value at the most. */
#define VALUE(_nr, _fd, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .form = FORM_VALUE, \
	.fields = { { 0, 8, __VA_ARGS__ } } }

#define VALUE_BUILDS(_nr, _fd, _returns, ...) { \
	.name = #_nr, .fd = _fd, .nr = _nr, .form = FORM_VALUE, \
	.builds = true, .returns = _returns, \
	.fields = { { 0, 8, __VA_ARGS__ } } }

/* Files that speak the ABI of containers. */
#define FD_TYPE1 (FD_IOMMU | FD_CONTAINER)

#define PT (ID_IOAS | ID_HWPT | ID_NESTED)
#define MAP_ANY (MAP_RW | MAP_FIXED_IOVA)

/* With room behind the struct for what some calls want there. */
struct fuzz_feature {
	struct vfio_device_feature feature;
	uint64_t data[4];
};

struct fuzz_irqs {
	struct vfio_irq_set set;
	int32_t fds[4];
};

struct fuzz_reset_info {
	struct vfio_pci_hot_reset_info info;
	uint32_t devices[16];
};

struct fuzz_reset {
	struct vfio_pci_hot_reset reset;
	int32_t fds[4];
};

struct fuzz_info {
	struct vfio_iommu_type1_info info;
	uint64_t caps[30];
};

struct fuzz_unmap {
	struct vfio_iommu_type1_dma_unmap unmap;
	uint64_t data[3];
};

#define G(name, kind, limit) F(fuzz_feature, name, kind, limit)
#define Q(name, kind, limit) F(fuzz_irqs, name, kind, limit)
#define R(name, kind, limit) F(fuzz_reset, name, kind, limit)
#define U(name, kind, limit) F(fuzz_unmap, name, kind, limit)

const struct call calls[] = {
	CALL(IOMMU_DESTROY, iommu_destroy, FD_IOMMU,
	     F(iommu_destroy, id, ID, 15 | ID_NESTED)),
	BUILDS(IOMMU_IOAS_ALLOC, iommu_ioas_alloc, FD_IOMMU,
	       F(iommu_ioas_alloc, flags, ZERO, 0),
	       OUT(iommu_ioas_alloc, out_ioas_id, ID_IOAS)),
	CALL(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges, FD_IOMMU,
	     F(iommu_ioas_iova_ranges, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_iova_ranges, num_iovas, ENUM, 16),
	     F(iommu_ioas_iova_ranges, __reserved, ZERO, 0),
	     F(iommu_ioas_iova_ranges, allowed_iovas, DATA, 0),
	     OUT(iommu_ioas_iova_ranges, out_iova_alignment, 0)),
	CALL(IOMMU_IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas, FD_IOMMU,
	     F(iommu_ioas_allow_iovas, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_allow_iovas, num_iovas, ENUM, 4),
	     F(iommu_ioas_allow_iovas, __reserved, ZERO, 0),
	     F(iommu_ioas_allow_iovas, allowed_iovas, DATA, 0)),
	CALL(IOMMU_IOAS_CHANGE_PROCESS, iommu_ioas_change_process, FD_IOMMU,
	     F(iommu_ioas_change_process, __reserved, ZERO, 0)),
	MAPS(IOMMU_IOAS_MAP, iommu_ioas_map, FD_IOMMU,
	     F(iommu_ioas_map, flags, FLAGS, MAP_ANY),
	     F(iommu_ioas_map, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_map, __reserved, ZERO, 0),
	     F(iommu_ioas_map, user_va, MEM, 0),
	     F(iommu_ioas_map, length, LENGTH, 0),
	     F(iommu_ioas_map, iova, IOVA, 0)),
	CALL(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, FD_IOMMU,
	     F(iommu_ioas_map_file, flags, FLAGS, MAP_ANY),
	     F(iommu_ioas_map_file, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_map_file, fd, FD, FD_MEM),
	     F(iommu_ioas_map_file, start, LENGTH, 0),
	     F(iommu_ioas_map_file, length, LENGTH, 0),
	     F(iommu_ioas_map_file, iova, IOVA, 0)),
	BUILDS(IOMMU_IOAS_COPY, iommu_ioas_copy, FD_IOMMU,
	       F(iommu_ioas_copy, flags, FLAGS, MAP_ANY),
	       F(iommu_ioas_copy, dst_ioas_id, ID, ID_IOAS),
	       F(iommu_ioas_copy, src_ioas_id, ID, ID_IOAS),
	       F(iommu_ioas_copy, length, LENGTH, 0),
	       F(iommu_ioas_copy, dst_iova, IOVA, 0),
	       F(iommu_ioas_copy, src_iova, IOVA, 0)),
	CALL(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, FD_IOMMU,
	     F(iommu_ioas_unmap, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_unmap, iova, IOVA, 0),
	     F(iommu_ioas_unmap, length, LENGTH, 0)),
	BUILDS(IOMMU_IOAS_MAP_BULK, iommu_ioas_bulk, FD_IOMMU,
	       F(iommu_ioas_bulk, ioas_id, ID, ID_IOAS),
	       F(iommu_ioas_bulk, num, ENUM, BULK_MAX),
	       F(iommu_ioas_bulk, out_entry, ZERO, 0),
	       F(iommu_ioas_bulk, entries, MAPS, 0)),
	CALL(IOMMU_IOAS_UNMAP_BULK, iommu_ioas_bulk, FD_IOMMU,
	     F(iommu_ioas_bulk, ioas_id, ID, ID_IOAS),
	     F(iommu_ioas_bulk, num, ENUM, BULK_MAX),
	     F(iommu_ioas_bulk, out_entry, ZERO, 0),
	     F(iommu_ioas_bulk, entries, UNMAPS, 0)),
	CALL(IOMMU_LIST_OBJECTS, iommu_list, FD_IOMMU,
	     F(iommu_list, flags, ZERO, 0),
	     F(iommu_list, ioas_id, ZERO, 0),
	     F(iommu_list, entry_size, CONST, sizeof(struct iommu_object_entry)),
	     F(iommu_list, num, ENUM, BULK_MAX),
	     F(iommu_list, out_more, ZERO, 0),
	     F(iommu_list, next, ENUM, 64),
	     F(iommu_list, entries, DATA, 0)),
	CALL(IOMMU_IOAS_LIST_AREAS, iommu_list, FD_IOMMU,
	     F(iommu_list, flags, FLAGS, IOMMU_LIST_LARGE),
	     F(iommu_list, ioas_id, ID, ID_IOAS),
	     F(iommu_list, entry_size, CONST, sizeof(struct iommu_area_entry)),
	     F(iommu_list, num, ENUM, BULK_MAX),
	     F(iommu_list, out_more, ZERO, 0),
	     F(iommu_list, next, IOVA, 0),
	     F(iommu_list, entries, DATA, 0)),
	CALL(IOMMU_OPTION, iommu_option, FD_IOMMU,
	     F(iommu_option, option_id, ENUM, 1),
	     F(iommu_option, op, ENUM, 1),
	     F(iommu_option, __reserved, ZERO, 0),
	     F(iommu_option, object_id, ID, ID_IOAS),
	     F(iommu_option, val64, ENUM, 1)),
	CALL(IOMMU_VFIO_IOAS, iommu_vfio_ioas, FD_IOMMU,
	     F(iommu_vfio_ioas, ioas_id, ID, ID_IOAS),
	     F(iommu_vfio_ioas, op, ENUM, 2)),
	BUILDS(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, FD_IOMMU,
	       F(iommu_hwpt_alloc, flags, FLAGS,
		 IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING |
		 IOMMU_HWPT_ALLOC_PASID),
	       F(iommu_hwpt_alloc, dev_id, ID, ID_DEVICE),
	       F(iommu_hwpt_alloc, pt_id, ID, ID_IOAS),
	       OUT(iommu_hwpt_alloc, out_hwpt_id, ID_HWPT),
	       F(iommu_hwpt_alloc, __reserved, ZERO, 0),
	       F(iommu_hwpt_alloc, data_type, ZERO, 0),
	       F(iommu_hwpt_alloc, data_len, ZERO, 0),
	       F(iommu_hwpt_alloc, data_uptr, ZERO, 0),
	       F(iommu_hwpt_alloc, fault_id, ZERO, 0),
	       F(iommu_hwpt_alloc, __reserved2, ZERO, 0)),
	NESTS("IOMMU_HWPT_ALLOC of a nested one", IOMMU_HWPT_ALLOC,
	      iommu_hwpt_alloc, .builds = true,
	      F(iommu_hwpt_alloc, flags, FLAGS, IOMMU_HWPT_ALLOC_PASID),
	      F(iommu_hwpt_alloc, dev_id, ID, ID_DEVICE),
	      F(iommu_hwpt_alloc, pt_id, ID, ID_HWPT),
	      OUT(iommu_hwpt_alloc, out_hwpt_id, ID_NESTED),
	      F(iommu_hwpt_alloc, __reserved, ZERO, 0),
	      F(iommu_hwpt_alloc, data_type, CONST, IOMMU_HWPT_DATA_SELFTEST),
	      F(iommu_hwpt_alloc, data_len, CONST,
		sizeof(struct iommu_hwpt_selftest)),
	      F(iommu_hwpt_alloc, data_uptr, FORGETS, 0),
	      F(iommu_hwpt_alloc, fault_id, ZERO, 0),
	      F(iommu_hwpt_alloc, __reserved2, ZERO, 0)),
	NESTS("IOMMU_HWPT_INVALIDATE", IOMMU_HWPT_INVALIDATE,
	      iommu_hwpt_invalidate, .builds = false,
	      F(iommu_hwpt_invalidate, hwpt_id, ID, ID_NESTED),
	      F(iommu_hwpt_invalidate, data_uptr, FORGETS, 0),
	      F(iommu_hwpt_invalidate, data_type, CONST,
		IOMMU_HWPT_INVALIDATE_DATA_SELFTEST),
	      F(iommu_hwpt_invalidate, entry_len, CONST,
		sizeof(struct iommu_hwpt_invalidate_selftest)),
	      F(iommu_hwpt_invalidate, entry_num, ENUM, BULK_MAX),
	      F(iommu_hwpt_invalidate, __reserved, ZERO, 0)),
	CALL(IOMMU_GET_HW_INFO, iommu_hw_info, FD_IOMMU,
	     F(iommu_hw_info, flags, FLAGS, IOMMU_HW_INFO_FLAG_INPUT_TYPE),
	     F(iommu_hw_info, dev_id, ID, ID_DEVICE),
	     F(iommu_hw_info, data_len, ENUM, 64),
	     F(iommu_hw_info, data_uptr, DATA, 0),
	     F(iommu_hw_info, out_data_type, ZERO, 0),
	     F(iommu_hw_info, __reserved, ZERO, 0),
	     F(iommu_hw_info, out_capabilities, ZERO, 0)),
	NESTS("IOMMU_HWPT_SET_DIRTY_TRACKING", IOMMU_HWPT_SET_DIRTY_TRACKING,
	      iommu_hwpt_set_dirty_tracking, .builds = true,
	      F(iommu_hwpt_set_dirty_tracking, flags, FLAGS,
		IOMMU_HWPT_DIRTY_TRACKING_ENABLE),
	      F(iommu_hwpt_set_dirty_tracking, hwpt_id, ID, ID_HWPT),
	      F(iommu_hwpt_set_dirty_tracking, __reserved, ZERO, 0)),
	NESTS("IOMMU_HWPT_GET_DIRTY_BITMAP", IOMMU_HWPT_GET_DIRTY_BITMAP,
	      iommu_hwpt_get_dirty_bitmap, .builds = false,
	      F(iommu_hwpt_get_dirty_bitmap, hwpt_id, ID, ID_HWPT),
	      F(iommu_hwpt_get_dirty_bitmap, flags, FLAGS,
		IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR),
	      F(iommu_hwpt_get_dirty_bitmap, __reserved, ZERO, 0),
	      F(iommu_hwpt_get_dirty_bitmap, iova, IOVA, 0),
	      F(iommu_hwpt_get_dirty_bitmap, length, LENGTH, 0),
	      F(iommu_hwpt_get_dirty_bitmap, page_size, CONST, 4096),
	      F(iommu_hwpt_get_dirty_bitmap, data, DATA, 0)),

	TEST_CALL(ADD_RESERVED, ID, ID_IOAS,
		  T(add_reserved.start, EDGE, 0),
		  T(add_reserved.length, LENGTH, 0)),
	TEST_BUILDS(MOCK_DOMAIN, ID, PT,
		    TOUT(mock_domain.out_stdev_id, ID_STDEV),
		    TOUT(mock_domain.out_hwpt_id, ID_HWPT),
		    TOUT(mock_domain.out_idev_id, ID_DEVICE)),
	TEST_CALL(MOCK_DOMAIN_FLAGS, ID, PT,
		  TOUT(mock_domain.out_stdev_id, ID_STDEV),
		  TOUT(mock_domain.out_hwpt_id, ID_HWPT),
		  TOUT(mock_domain.out_idev_id, ID_DEVICE),
		  T(mock_domain.dev_flags, FLAGS, 7)),
	TEST_CALL(MOCK_DOMAIN_REPLACE, ID, ID_STDEV,
		  T(mock_domain_replace.pt_id, ID, PT)),
	TEST_CALL(MD_CHECK_MAP, ID, ID_HWPT,
		  T(check_map.iova, IOVA, 0),
		  T(check_map.length, LENGTH, 0),
		  T(check_map.uptr, MEM, 0)),
	TEST_CALL(MD_CHECK_REFS, ZERO, 0,
		  T(check_refs.length, LENGTH, 0),
		  T(check_refs.uptr, MEM, 0),
		  T(check_refs.refs, ENUM, 2)),
	TEST_BUILDS(CREATE_ACCESS, ID, ID_IOAS,
		    TOUT(create_access.out_access_fd, -FD_ACCESS),
		    T(create_access.flags, FLAGS, ACCESS_PINS)),
	TEST_BUILDS(ACCESS_PAGES, FD, FD_ACCESS,
		    T(access_pages.flags, FLAGS, MOCK_FLAGS_ACCESS_WRITE |
					       MOCK_FLAGS_ACCESS_SYZ),
		    TOUT(access_pages.out_access_pages_id, ID_PIN),
		    T(access_pages.iova, IOVA, 0),
		    T(access_pages.length, LENGTH, 0),
		    T(access_pages.uptr, ZERO, 0)),
	TEST_CALL(DESTROY_ACCESS_PAGES, FD, FD_ACCESS,
		  T(destroy_access_pages.access_pages_id, ID, ID_PIN)),
	TEST_CALL(ACCESS_RW, FD, FD_ACCESS,
		  T(access_rw.iova, IOVA, 0),
		  T(access_rw.length, ENUM, 9000),
		  T(access_rw.uptr, DATA, 0),
		  T(access_rw.flags, FLAGS, MOCK_ACCESS_RW_WRITE |
					    MOCK_ACCESS_RW_SLOW_PATH |
					    MOCK_FLAGS_ACCESS_SYZ)),
	TEST_BUILDS(MD_TRACK, ID, ID_HWPT, T(md_track.enable, ENUM, 1)),
	TEST_CALL(MD_ENTRY, ID, ID_HWPT, T(md_entry.iova, IOVA, 0)),
	TEST_CALL(DIRTY, ID, ID_HWPT,
		  T(dirty.flags, ZERO, 0),
		  T(dirty.iova, IOVA, 0),
		  T(dirty.length, LENGTH, 0),
		  T(dirty.page_size, CONST, MOCK_PAGE),
		  T(dirty.uptr, DATA, 0)),
	TEST(MD_CHECK_IOTLB, .nests = true, ID, ID_NESTED,
	     T(check_iotlb.id, ENUM, 4), T(check_iotlb.iotlb, ZERO, 0)),
	TEST_CALL(DEV_CHECK_CACHE, ID, ID_DEVICE,
		  T(check_dev_cache.id, ENUM, 4),
		  T(check_dev_cache.cache, CONST,
		    IOMMU_TEST_DEV_CACHE_DEFAULT)),
	TEST(PASID_ATTACH, .nests = true, ID, ID_STDEV,
	     T(pasid_attach.pasid, ENUM, 2),
	     T(pasid_attach.pt_id, ID, ID_HWPT | ID_NESTED)),
	TEST(PASID_REPLACE, .nests = true, ID, ID_STDEV,
	     T(pasid_attach.pasid, ENUM, 2),
	     T(pasid_attach.pt_id, ID, ID_HWPT | ID_NESTED)),
	TEST_CALL(PASID_DETACH, ID, ID_STDEV, T(pasid_detach.pasid, ENUM, 2)),
	TEST_CALL(PASID_CHECK_HWPT, ID, ID_STDEV,
		  T(pasid_check.pasid, ENUM, 2),
		  T(pasid_check.hwpt_id, ZERO, 0)),
	TEST_CALL(SET_TEMP_MEMORY_LIMIT, ZERO, 0,
		  T(memory_limit.limit, ENUM, 65536)),
	TEST_CALL(ACCESS_REPLACE_IOAS, FD, FD_ACCESS,
		  T(access_replace_ioas.ioas_id, ID, ID_IOAS)),

	BUILDS(VFIO_DEVICE_BIND_IOMMUFD, vfio_cdev_bind_iommufd, FD_DEVICE,
	       F(vfio_cdev_bind_iommufd, flags, ZERO, 0),
	       F(vfio_cdev_bind_iommufd, iommufd, FD, FD_IOMMU),
	       OUT(vfio_cdev_bind_iommufd, out_devid, ID_DEVICE),
	       F(vfio_cdev_bind_iommufd, token_uuid_ptr, ZERO, 0)),
	BUILDS(VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_cdev_attach_iommufd_pt,
	       FD_DEVICE,
	       F(vfio_cdev_attach_iommufd_pt, flags, FLAGS,
		 VFIO_DEVICE_ATTACH_PASID),
	       INOUT(vfio_cdev_attach_iommufd_pt, pt_id, ID, PT, ID_HWPT),
	       F(vfio_cdev_attach_iommufd_pt, pasid, ENUM, 2)),
	CALL(VFIO_DEVICE_DETACH_IOMMUFD_PT, vfio_cdev_detach_iommufd_pt,
	     FD_DEVICE,
	     F(vfio_cdev_detach_iommufd_pt, flags, FLAGS,
	       VFIO_DEVICE_DETACH_PASID),
	     F(vfio_cdev_detach_iommufd_pt, pasid, ENUM, 2)),
	CALL(VFIO_DEVICE_FEATURE, fuzz_feature, FD_DEVICE,
	     G(feature.flags, FLAGS, VFIO_DEVICE_FEATURE_GET |
				     VFIO_DEVICE_FEATURE_SET |
				     VFIO_DEVICE_FEATURE_PROBE | 15),
	     G(data[0], ENUM, 8), G(data[1], LENGTH, 0), G(data[2], DATA, 0)),
	CALL(VFIO_DEVICE_GET_INFO, vfio_device_info, FD_DEVICE,
	     F(vfio_device_info, flags, ZERO, 0)),
	CALL(VFIO_DEVICE_GET_REGION_INFO, vfio_region_info, FD_DEVICE,
	     F(vfio_region_info, flags, ZERO, 0),
	     F(vfio_region_info, index, ENUM, 9)),
	CALL(VFIO_DEVICE_GET_IRQ_INFO, vfio_irq_info, FD_DEVICE,
	     F(vfio_irq_info, flags, ZERO, 0),
	     F(vfio_irq_info, index, ENUM, 5)),
	CALL(VFIO_DEVICE_SET_IRQS, fuzz_irqs, FD_DEVICE,
	     Q(set.flags, PAIR, 0), Q(set.index, ENUM, 4),
	     Q(set.start, ZERO, 0), Q(set.count, ENUM, 1),
	     Q(fds[0], FD, FD_EVENT), Q(fds[1], FD, FD_EVENT)),
	RESETS(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, fuzz_reset_info, FD_DEVICE,
	       F(fuzz_reset_info, info.count, ZERO, 0)),
	RESETS(VFIO_DEVICE_PCI_HOT_RESET, fuzz_reset, FD_DEVICE,
	       R(reset.flags, ZERO, 0), R(reset.count, ENUM, 1),
	       R(fds[0], FD, FD_GROUP)),
	{ .name = "VFIO_DEVICE_RESET", .fd = FD_DEVICE,
	  .nr = VFIO_DEVICE_RESET, .hopeless = true },

	VALUE(VFIO_GET_API_VERSION, FD_TYPE1, KIND_ZERO),
	VALUE(VFIO_CHECK_EXTENSION, FD_TYPE1, KIND_ENUM, 12),
	VALUE_BUILDS(VFIO_SET_IOMMU, FD_TYPE1, 0, KIND_ENUM, 4),
	CALL(VFIO_IOMMU_GET_INFO, fuzz_info, FD_TYPE1,
	     F(fuzz_info, info.flags, ZERO, 0)),
	MAPS(VFIO_IOMMU_MAP_DMA, vfio_iommu_type1_dma_map, FD_TYPE1,
	     F(vfio_iommu_type1_dma_map, flags, FLAGS,
	       VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE),
	     F(vfio_iommu_type1_dma_map, vaddr, MEM, 0),
	     F(vfio_iommu_type1_dma_map, iova, IOVA, 0),
	     F(vfio_iommu_type1_dma_map, size, LENGTH, 0)),
	CALL(VFIO_IOMMU_UNMAP_DMA, fuzz_unmap, FD_TYPE1,
	     U(unmap.flags, ZERO, 0), U(unmap.iova, IOVA, 0),
	     U(unmap.size, LENGTH, 0)),
	{ .name = "VFIO_IOMMU_UNMAP_DMA of all", .fd = FD_TYPE1,
	  .nr = VFIO_IOMMU_UNMAP_DMA, .size = sizeof(struct fuzz_unmap),
	  .fields = { U(unmap.flags, CONST, VFIO_DMA_UNMAP_FLAG_ALL) } },
	HOPELESS(VFIO_IOMMU_DIRTY_PAGES, fuzz_unmap, FD_TYPE1,
		 U(unmap.flags, FLAGS, 7)),

	{ .name = "VFIO_GROUP_SET_CONTAINER", .fd = FD_GROUP,
	  .nr = VFIO_GROUP_SET_CONTAINER, .form = FORM_PLAIN,
	  .size = sizeof(int), .builds = true,
	  .fields = { { 0, 4, KIND_FD, FD_CONTAINER } } },
	VALUE(VFIO_GROUP_UNSET_CONTAINER, FD_GROUP, KIND_ZERO),
	CALL(VFIO_GROUP_GET_STATUS, vfio_group_status, FD_GROUP,
	     F(vfio_group_status, flags, ZERO, 0)),
	VALUE_BUILDS(VFIO_GROUP_GET_DEVICE_FD, FD_GROUP, FD_DEVICE, KIND_NAME),
};

const unsigned int calls_count = ARRAY_SIZE(calls);

_Static_assert(ARRAY_SIZE(calls) <= CALLS_MAX, "room for what is counted");
