# SPDX-License-Identifier: GPL-2.0
# What the target kernel tree has, found by looking at its headers: a version
# number does not show the backports of a stable series.
#
# $(call have,HEADER,REGEX,NAME) gives -DHAVE_NAME when the header below
# include/ matches.  Only drivers/compat may test a HAVE_.

finds = $(shell grep -qsE '$(2)' $(srctree)/include/$(1) && echo y)
have = $(if $(finds),-DHAVE_$(3))

# $(call need,HEADER,REGEX,NAME) gives the header and the name when it does not
# match: what each target has, in one form or another, and other kernels may not.
need = $(if $(finds),,$(1): $(3);)

lacks := \
	$(call need,linux/iommu.h,^struct iommu_domain_ops .,struct iommu_domain_ops) \
	$(call need,linux/iommu.h,[*]iommu(_paging)?_domain_alloc.(const )?struct,iommu_paging_domain_alloc) \
	$(call need,linux/iommu.h,int iommu_group_claim_dma_owner.struct,iommu_group_claim_dma_owner) \
	$(call need,linux/iommu.h,int iommu_get_group_resv_regions,iommu_get_group_resv_regions) \
	$(call need,linux/iommu.h,int iommu_get_msi_cookie,iommu_get_msi_cookie) \
	$(call need,linux/iommu.h,bool device_iommu_capable,device_iommu_capable) \
	$(call need,linux/iommu.h,size_t iommu_unmap_fast,iommu_unmap_fast) \
	$(call need,linux/vfio.h,^struct vfio_device_set .,struct vfio_device_set) \
	$(call need,linux/vfio.h,[*]_vfio_alloc_device,_vfio_alloc_device) \
	$(call need,linux/vfio.h,bool vfio_file_is_(group|valid),vfio_file_is_valid) \
	$(call need,linux/vfio.h,bool vfio_file_has_dev,vfio_file_has_dev) \
	$(call need,linux/vfio.h,bool vfio_file_enforced_coherent,vfio_file_enforced_coherent) \
	$(call need,linux/vfio.h,void vfio_file_set_kvm,vfio_file_set_kvm) \
	$(call need,linux/vfio.h,int vfio_pin_pages.struct vfio_device,vfio_pin_pages) \
	$(call need,linux/mm.h,long pin_user_pages_remote,pin_user_pages_remote) \
	$(call need,linux/mm.h,void unpin_user_page_range_dirty_lock,unpin_user_page_range_dirty_lock) \
	$(call need,linux/mm.h,int __account_locked_vm,__account_locked_vm) \
	$(call need,linux/mm.h,int follow_(pfnmap_start|pte|pfn).,follow_pfnmap_start) \
	$(call need,linux/mmu_notifier.h,int mmu_interval_notifier_insert.,mmu_interval_notifier_insert) \
	$(call need,linux/ftrace.h,FTRACE_OPS_FL_PERMANENT,FTRACE_OPS_FL_PERMANENT)

$(if $(strip $(lacks)),$(error this kernel lacks $(strip $(lacks)) use a kernel that has it))

# For the Makefile above, which asks for no more than the line before.
fits:

# vfio
ccflags-y += $(call have,linux/vfio.h,struct inode \*inode;,VFIO_DEVICE_INODE)
ccflags-y += $(call have,linux/vfio.h,void vfio_free_device.struct vfio_device,VFIO_FREE_DEVICE)
ccflags-y += $(call have,linux/device/class.h,[*]add_dev.*struct class_interface [*],CLASS_INTERFACE_SELF)
ccflags-y += $(call have,linux/device.h,[*]uevent..const struct device,TYPE_UEVENT_CONST)
ccflags-y += $(call have,linux/kernfs.h,__rcu [*]__parent,KERNFS_PARENT_RCU)
ccflags-y += $(call have,linux/vfio.h,bool vfio_file_is_valid,VFIO_FILE_IS_VALID)
ccflags-y += $(call have,linux/vfio.h,[*]migration_get_data_size,MIG_DATA_SIZE)
ccflags-y += $(call have,linux/vfio.h,u8 precopy_info_v2;,PRECOPY_INFO_V2)
ccflags-y += $(call have,linux/vfio.h,[*]get_region_info_caps,REGION_INFO_CAPS)
ccflags-y += $(call have,linux/vfio.h,[*]match_token_uuid,MATCH_TOKEN_UUID)
ccflags-y += $(call have,linux/iova_bitmap.h,^static inline void iova_bitmap_set,IOVA_BITMAP_STUB)

# The header has it, whether or not the kernel does.
ccflags-y += $(if $(CONFIG_VFIO_PCI_DMABUF),$(call have,linux/vfio_pci_core.h,int vfio_pci_dma_buf_iommufd_map,VFIO_DMABUF))

# ftrace
ccflags-y += $(call have,linux/ftrace.h,ftrace_regs_set_instruction_pointer,FTRACE_REGS_ARGUMENT)

# mm
ccflags-y += $(call have,linux/mm.h,^long memfd_pin_folios,MEMFD_PIN_FOLIOS)
ccflags-y += $(call have,linux/mm_types.h,FOLL_LONGTERM = ,GUP_READ_UNSHARES)
ccflags-y += $(call have,linux/mm.h,struct vm_area_struct [*][*]vmas. int [*]locked,GUP_REMOTE_VMAS)
ccflags-y += $(call have,linux/mm.h,^int follow_pfnmap_start,FOLLOW_PFNMAP)
ccflags-y += $(call have,linux/pagemap.h,pgoff_t hugetlb_basepage_index,HUGETLB_UNIT_INDEX)

# iommu
ccflags-y += $(call have,linux/iommu.h,[*]iommu_paging_domain_alloc.struct device,PAGING_DOMAIN_ALLOC)
ccflags-y += $(call have,linux/iommu.h,[*]domain_alloc_user..,DOMAIN_ALLOC_USER)
ccflags-y += $(call have,linux/iommu.h,[*]iommu_paging_domain_alloc_flags.struct device,PAGING_DOMAIN_ALLOC_FLAGS)
ccflags-y += $(call have,linux/iommu.h,[*]domain_alloc_nested..,DOMAIN_ALLOC_NESTED)
ccflags-y += $(call have,linux/iommu.h,int .[*]cache_invalidate_user,CACHE_INVALIDATE_USER)
ccflags-y += $(call have,linux/iommu.h,^struct iommu_dirty_ops .,DIRTY_OPS)
ccflags-y += $(call have,linux/generic_pt/iommu.h,[*]iommupt_from_domain,GENERIC_PT)
ccflags-y += $(call have,linux/iommu.h,enum iommu_hw_info_type [*]type,HW_INFO_TYPE_ENUM)
ccflags-y += $(call have,linux/iommu.h,IOMMU_CAP_ENFORCE_CACHE_COHERENCY,CAP_ENFORCE_COHERENCY)
ccflags-y += $(call have,linux/iommu.h,IOMMU_CAP_PCI_ATS_SUPPORTED,CAP_ATS)
ccflags-y += $(call have,linux/iommu.h,bool iommu_group_has_isolated_msi,GROUP_ISOLATED_MSI)
ccflags-y += $(call have,linux/iommu.h,int .[*]iotlb_sync_map,SYNC_MAP_ERROR)
ccflags-y += $(call have,linux/iommu.h,void [*].[*]hw_info..struct device,HW_INFO)
ccflags-y += $(call have,linux/iommu.h,^struct iommu_attach_handle,ATTACH_HANDLE)
ccflags-y += $(call have,linux/iommu.h,^enum iommu_domain_cookie_type .,DOMAIN_COOKIE_TYPE)
ccflags-y += $(call have,linux/iommu.h,^struct iommu_pages_list .,PAGES_LIST)
ccflags-y += $(call have,linux/iommu.h,u8 table_levels_bitmap;,GATHER_LEVELS)
ccflags-y += $(call have,linux/iommu.h,int iommu_map_atomic,IOMMU_MAP_ATOMIC)
ccflags-y += $(call have,linux/iommu.h,void .[*]detach_dev,DOMAIN_DETACH_DEV)
ccflags-y += $(call have,linux/iommu.h,void .[*]remove_dev_pasid,REMOVE_DEV_PASID)
ccflags-y += $(call have,linux/iommu.h,^\s+struct iommu_domain [*]old.;,ATTACH_FROM_DOMAIN)
ccflags-y += $(call have,linux/device/bus.h,struct iommu_ops [*]iommu_ops,BUS_IOMMU_OPS)

# modules
ccflags-y += $(call have,linux/module.h,MODULE_INFO.import_ns. ns.$$,IMPORT_NS_STRING)
ccflags-y += $(call have,linux/module.h,struct module_memory .,MODULE_MEMORY)
