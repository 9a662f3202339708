/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests in which containers lose their type while ioctls run on them: the
 * kernel's own backend goes on with what it has freed then, so it must not be
 * there.
 */
#ifndef _GUEST_BACKEND_H
#define _GUEST_BACKEND_H

#include <fcntl.h>
#include <sys/syscall.h>

#include "bed.h"

/* With all modules loaded, until backend_both(); 0, or a negative errno. */
static inline int backend_only_ours(void)
{
	return module_loaded("vfio_iommu_type1") == 1 ?
	       module_unload("vfio_iommu_type1") : 0;
}

/* By itself: libkmod loads the other with everything that needs vfio.ko. */
static inline int backend_insert(void)
{
	struct utsname kernel;
	char path[256];
	int fd, rc;

	if (uname(&kernel))
		return -errno;
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/vfio_iommufd.ko",
		 kernel.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return rc;
}

/* Not by libkmod either, which would tell of each attempt. */
static inline int backend_remove(void)
{
	return syscall(SYS_delete_module, "vfio_iommufd", O_NONBLOCK) ?
	       -errno : 0;
}

/* As other tests have them: ours is the last. */
static inline int backend_both(void)
{
	int rc = backend_remove();

	if (!rc)
		rc = module_load("vfio_iommu_type1", NULL);
	return rc ? rc : backend_insert();
}

#endif
