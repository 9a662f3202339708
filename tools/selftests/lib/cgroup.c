// SPDX-License-Identifier: GPL-2.0
/*
 * Memory cgroups, see cgroup.h.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "user.h"

#define PATH_ROOM 128

static int write_in(const char *path, const char *name, const char *text)
{
	char file[PATH_ROOM];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	return file_write(file, text);
}

int cgroup_make(const char *path, const char *max)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return write_in(path, "memory.max", max);
}

void cgroup_forbid_swap(const char *path)
{
	write_in(path, "memory.swap.max", "0");
}

void cgroup_remove(const char *path)
{
	int i;

	for (i = 0; i < 100 && rmdir(path); i++)
		usleep(20000);
}

void cgroup_enter(const char *path)
{
	check(!write_in(path, "cgroup.procs", "0"));
}

void cgroup_enter_immortal(const char *path)
{
	check(!mlockall(MCL_CURRENT | MCL_FUTURE));
	check(!file_write("/proc/self/oom_score_adj", "-1000"));
	cgroup_enter(path);
}
