/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Open files of processes that are of interest here, found by /proc.
 */
#ifndef _IOMMUCTL_HOLDER_H
#define _IOMMUCTL_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum holder_kind {
	HOLDER_CONTEXT,		/* /dev/iommu */
	HOLDER_DEVICE,		/* /dev/vfio/devices/vfioN */
	HOLDER_GROUP,		/* /dev/vfio/N */
	HOLDER_CONTAINER,	/* /dev/vfio/vfio */
};

/**
 * struct holder - an open file
 * @kind: of what
 * @number: N of a device or a group
 * @pid: who has it
 * @fd: as which descriptor
 * @command: the name of the process
 */
struct holder {
	enum holder_kind kind;
	unsigned int number;
	pid_t pid;
	int fd;
	char command[32];
};

/**
 * struct holders - all that were found
 * @list: @count of them, by pid and descriptor
 * @count: how many
 * @unseen: there are processes whose files the caller may not see
 */
struct holders {
	struct holder *list;
	unsigned int count;
	bool unseen;
};

/*
 * Is it an open file of /dev/iommu, and not what a process has put there in a mount
 * namespace of its own? No file system is asked: that may be a program, which lets wait.
 */
bool holder_is_context(pid_t pid, int fd);

/* Of all processes, or of one; the latter is an error where it can't be seen. */
int holders_find(struct holders *holders, pid_t pid);
void holders_free(struct holders *holders);

/* "qemu[123], ...": who has this device or group. "" where that is nobody. */
void holders_name(const struct holders *holders, enum holder_kind kind,
		  unsigned int number, char *text, size_t room);

#endif
