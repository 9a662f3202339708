/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be known of this host by looking.
 */
#ifndef _IOMMUCTL_HOST_H
#define _IOMMUCTL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Of the running kernel. */
const char *host_release(void);

/* "x86_64", "aarch64". */
const char *host_machine(void);

bool module_is_loaded(const char *name);

/* Of one that is loaded; "" where it does not say. */
void module_version(const char *name, char *version, size_t room);

/* Where modprobe would take it from, for the running kernel; false: from nowhere. */
bool module_file(const char *name, char *path, size_t room);

/* When a file was changed last; 0: there is none. */
time_t file_time(const char *path);

/* Does the firmware want signed modules? */
bool host_is_secure(void);

/* Has a module's file a signature? One that is compressed is taken to have one. */
bool module_is_signed(const char *path);

/* "vfio_iommufd", "vfio_iommu_type1": who serves new containers; or NULL. */
const char *container_backend(void);

/* IOMMUs, by name, with a space between; their number. */
unsigned int iommus_name(char *text, size_t room);

/* Whether interrupts of devices are isolated; true where that can't be known. */
bool interrupts_are_remapped(void);

#endif
