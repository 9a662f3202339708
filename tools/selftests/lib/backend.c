// SPDX-License-Identifier: GPL-2.0
/*
 * Which backend of VFIO serves containers, see backend.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend.h"
#include "module.h"

int backend_only_ours(void)
{
	return module_loaded("vfio_iommu_type1") == 1 ?
	       module_unload("vfio_iommu_type1") : 0;
}

int backend_insert(void)
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

int backend_remove(void)
{
	return syscall(SYS_delete_module, "vfio_iommufd", O_NONBLOCK) ?
	       -errno : 0;
}

int backend_both(void)
{
	int rc = backend_remove();

	if (!rc)
		rc = module_load("vfio_iommu_type1", NULL);
	return rc ? rc : backend_insert();
}
