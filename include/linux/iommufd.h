/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In-kernel interface of iommufd.
 *
 * Two kinds of kernel users exist.  A *device* does DMA by itself, through the
 * hardware IOMMU: its driver binds it to an iommufd context and attaches it to
 * a page table or an IO address space.  An *access* has no hardware behind it
 * (a mediated device, say): it pins, reads and writes the memory behind IOVAs
 * from the CPU.
 *
 * Every function may sleep, and none may be called with a spinlock held.
 */
#ifndef __LINUX_IOMMUFD_H
#define __LINUX_IOMMUFD_H

#include <linux/fs.h>
#include <linux/types.h>

struct device;
struct file;
struct iommu_group;
struct iommufd_access;
struct iommufd_ctx;
struct iommufd_device;
struct module;
struct page;

/*
 * The node: /dev/iommu exists while at least one user is registered.  One of them may say
 * which files are of devices: registers that are mapped of these may be reached by other
 * devices, as long as they are mapped.
 */
int iommufd_user_register(const struct file_operations *device_files);
void iommufd_user_unregister(const struct file_operations *device_files);

/* A call has ended that may have turned a device on. */
void iommufd_revive(void);

/* The context: one open file of /dev/iommu. */
struct iommufd_ctx *iommufd_ctx_from_file(struct file *file);
struct iommufd_ctx *iommufd_ctx_from_fd(int fd);
void iommufd_ctx_get(struct iommufd_ctx *ictx);
void iommufd_ctx_put(struct iommufd_ctx *ictx);
bool iommufd_ctx_has_group(struct iommufd_ctx *ictx, struct iommu_group *group);

/*
 * VFIO containers: a context that user space has no file of, the ABI that it
 * speaks to it, and groups of devices whose DMA the caller owns.
 */
struct iommufd_ctx *iommufd_type1_create(unsigned long type, bool any_pfnmap,
					 u32 *ioas_id);
long iommufd_type1_ioctl(struct iommufd_ctx *ictx, unsigned int nr,
			 unsigned long arg);
int iommufd_type1_ioas(struct iommufd_ctx *ictx, u32 *id);

/*
 * A file of /dev/iommu as the container of groups.  What vfio.ko's containers are told
 * as their type; no type of any backend.
 */
#define IOMMUFD_JOIN_TYPE 0x494f4d4dUL

/**
 * struct iommufd_join - what vfio_cdev.ko does for it
 * @open: opens a container
 * @close: called for each that @open has opened, before its file is dropped
 * @attach: attaches the groups that VFIO_SET_IOMMU has given to the backend; all or none
 */
struct iommufd_join {
	struct file *(*open)(void);
	void (*close)(void);
	int (*attach)(struct iommufd_ctx *ictx);
};

bool iommufd_is_file(const struct file *file);
struct file *iommufd_type1_join(struct iommufd_ctx *ictx,
				const struct iommufd_join *join);
struct iommufd_ctx *iommufd_join_context(bool take);

struct iommufd_device *iommufd_group_bind(struct iommufd_ctx *ictx,
					  struct iommu_group *iommu);

/*
 * Devices that do DMA.  Some mark parts of their DMA with a number, a PASID, and each such
 * part can be attached to a page table of its own.
 */
#define IOMMUFD_NO_PASID 0

struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx,
					   struct device *dev, u32 *id);
void iommufd_device_unbind(struct iommufd_device *idev);
int iommufd_device_attach(struct iommufd_device *idev, u32 pasid, u32 *pt_id);
int iommufd_device_replace(struct iommufd_device *idev, u32 pasid, u32 *pt_id);
void iommufd_device_detach(struct iommufd_device *idev, u32 pasid);
struct iommufd_ctx *iommufd_device_to_ictx(struct iommufd_device *idev);
u32 iommufd_device_to_id(struct iommufd_device *idev);
bool iommufd_can_enforce_coherency(struct device *dev);

/**
 * struct iommufd_access_ops - what the owner of an access provides
 * @needs_pin_pages: the owner calls iommufd_access_pin_pages(); @unmap is
 *	then required
 * @unmap: IOVAs are about to go away.  The owner must drop every pin that
 *	overlaps [@iova, @iova + @length), by iommufd_access_unpin_pages(),
 *	before it returns, and wait for a thread of its own that is just
 *	about to drop one.  @length is in bytes; the range is that of
 *	one mapping.  Called with no lock of iommufd held,
 *	may sleep, may be called from several threads.
 */
struct iommufd_access_ops {
	u8 needs_pin_pages : 1;
	void (*unmap)(void *data, unsigned long iova, unsigned long length);
};

/**
 * enum - flags of iommufd_access_pin_pages() and iommufd_access_rw()
 * @IOMMUFD_ACCESS_RW_READ: memory is read
 * @IOMMUFD_ACCESS_RW_WRITE: memory is written; the mapping must be writable
 * @IOMMUFD_ACCESS_RW_KTHREAD: accepted and not needed: memory is always
 *	reached through its pinned pages, never through current->mm
 * @__IOMMUFD_ACCESS_RW_SLOW_PATH: for tests: never reuse pinned pages
 */
enum {
	IOMMUFD_ACCESS_RW_READ = 0,
	IOMMUFD_ACCESS_RW_WRITE = 1 << 0,
	IOMMUFD_ACCESS_RW_KTHREAD = 1 << 1,
	__IOMMUFD_ACCESS_RW_SLOW_PATH = 1 << 2,
};

struct iommufd_access *
iommufd_access_create(struct iommufd_ctx *ictx,
		      const struct iommufd_access_ops *ops, void *data,
		      u32 *id);
void iommufd_access_destroy(struct iommufd_access *access);
int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id);
int iommufd_access_replace(struct iommufd_access *access, u32 ioas_id);
void iommufd_access_detach(struct iommufd_access *access);
int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova,
			     unsigned long length, struct page **out_pages,
			     unsigned int flags);
void iommufd_access_unpin_pages(struct iommufd_access *access,
				unsigned long iova, unsigned long length);
int iommufd_access_rw(struct iommufd_access *access, unsigned long iova,
		      void *data, size_t len, unsigned int flags);

#endif /* __LINUX_IOMMUFD_H */
