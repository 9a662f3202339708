// SPDX-License-Identifier: GPL-2.0
/*
 * Open files of processes, see holder.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "holder.h"

bool holder_is_context(pid_t pid, int fd)
{
	unsigned int major, minor;
	char path[64], text[32];
	struct statx file;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return file_read("/sys/class/misc/iommu/dev", text, sizeof(text)) > 0 &&
	       sscanf(text, "%u:%u", &major, &minor) == 2 &&
	       !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &file) &&
	       S_ISCHR(file.stx_mode) && file.stx_rdev_major == major &&
	       file.stx_rdev_minor == minor;
}

/* What a descriptor leads to, where that is of interest. */
static bool target_is(const char *target, struct holder *holder)
{
	char end;

	if (!strcmp(target, "/dev/iommu"))
		holder->kind = HOLDER_CONTEXT;
	else if (!strcmp(target, "/dev/vfio/vfio"))
		holder->kind = HOLDER_CONTAINER;
	else if (sscanf(target, "/dev/vfio/devices/vfio%u%c", &holder->number,
			&end) == 1)
		holder->kind = HOLDER_DEVICE;
	else if (sscanf(target, "/dev/vfio/%u%c", &holder->number, &end) == 1)
		holder->kind = HOLDER_GROUP;
	else
		return false;
	return true;
}

static int holders_add(struct holders *holders, const struct holder *holder)
{
	struct holder *list;

	/* In steps of 64. */
	if (holders->count % 64 == 0) {
		list = realloc(holders->list,
			       (holders->count + 64) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		holders->list = list;
	}
	holders->list[holders->count++] = *holder;
	return 0;
}

static void read_command(struct holder *holder)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", holder->pid);
	if (file_read(path, holder->command, sizeof(holder->command)) < 0)
		holder->command[0] = '?';
}

/* One that ends meanwhile has no files. */
static int process_look(struct holders *holders, pid_t pid)
{
	struct holder holder = { .pid = pid };
	struct dirent *entry;
	char path[64], target[64];
	DIR *dir;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!rc && (entry = readdir(dir))) {
		ssize_t got = readlinkat(dirfd(dir), entry->d_name, target,
					 sizeof(target) - 1);

		if (got < 0)
			continue;
		target[got] = '\0';
		if (!target_is(target, &holder))
			continue;
		holder.fd = atoi(entry->d_name);
		if (holder.kind == HOLDER_CONTEXT &&
		    !holder_is_context(pid, holder.fd))
			continue;
		if (!holder.command[0])
			read_command(&holder);
		rc = holders_add(holders, &holder);
	}
	closedir(dir);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return x->pid != y->pid ? (x->pid > y->pid) - (x->pid < y->pid) :
				  x->fd - y->fd;
}

static int all_look(struct holders *holders)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int rc = 0;

	if (!dir)
		return -errno;
	while (rc != -ENOMEM && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0)
			continue;
		rc = process_look(holders, pid);
		if (rc == -EACCES)
			holders->unseen = true;
	}
	closedir(dir);
	return rc == -ENOMEM ? rc : 0;
}

int holders_find(struct holders *holders, pid_t pid)
{
	int rc;

	*holders = (struct holders){};
	rc = pid ? process_look(holders, pid) : all_look(holders);
	if (holders->count)
		qsort(holders->list, holders->count, sizeof(*holders->list),
		      by_place);
	return rc;
}

void holders_free(struct holders *holders)
{
	free(holders->list);
}

void holders_name(const struct holders *holders, enum holder_kind kind,
		  unsigned int number, char *text, size_t room)
{
	unsigned int i;
	size_t at = 0;

	text[0] = '\0';
	for (i = 0; i < holders->count && at < room; i++) {
		const struct holder *holder = &holders->list[i];

		if (holder->kind != kind || holder->number != number)
			continue;
		at += snprintf(text + at, room - at, "%s%s[%d]", at ? ", " : "",
			       holder->command, holder->pid);
	}
}
