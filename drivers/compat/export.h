/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers that the driver of a VFIO device has exported as a dma-buf.
 */
#ifndef __COMPAT_EXPORT_H
#define __COMPAT_EXPORT_H

#include <linux/err.h>
#include <linux/types.h>

struct compat_export;

#ifdef HAVE_VFIO_DMABUF
int compat_export_init(void);
void compat_export_exit(void);
struct compat_export *compat_export_get(int fd, void (*changed)(void *data),
					void *data);
void compat_export_put(struct compat_export *export);
void compat_export_lock(struct compat_export *export);
bool compat_export_trylock(struct compat_export *export);
void compat_export_unlock(struct compat_export *export);
size_t compat_export_size(const struct compat_export *export);
int compat_export_find(struct compat_export *export, phys_addr_t *paddr,
		       size_t *length);
#else
/*
 * Older drivers export none: nothing but the end of a mapping tells there when registers
 * must not be reached, and a dma-buf has none.
 */
static inline int compat_export_init(void)
{
	return 0;
}

static inline void compat_export_exit(void)
{
}

static inline struct compat_export *
compat_export_get(int fd, void (*changed)(void *data), void *data)
{
	return ERR_PTR(-EINVAL);
}

static inline void compat_export_put(struct compat_export *export)
{
}

static inline void compat_export_lock(struct compat_export *export)
{
}

static inline bool compat_export_trylock(struct compat_export *export)
{
	return true;
}

static inline void compat_export_unlock(struct compat_export *export)
{
}

static inline size_t compat_export_size(const struct compat_export *export)
{
	return 0;
}

static inline int compat_export_find(struct compat_export *export,
				     phys_addr_t *paddr, size_t *length)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* __COMPAT_EXPORT_H */
