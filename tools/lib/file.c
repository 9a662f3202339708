// SPDX-License-Identifier: GPL-2.0
/*
 * Small files of /sys and /proc, see file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

int file_read(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, room - 1);
	if (got < 0)
		got = -errno;
	close(fd);
	if (got < 0)
		return got;
	if (got && text[got - 1] == '\n')
		got--;
	text[got] = '\0';
	return got;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int file_read_u64(const char *path, uint64_t *value)
{
	char text[64], *end;
	int rc = file_read(path, text, sizeof(text));

	if (rc < 0)
		return rc;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || end == text ? -EINVAL : 0;
}

int file_read_kb(const char *path, const char *name, uint64_t *kb)
{
	size_t length = strlen(name);
	FILE *file = fopen(path, "re");
	char line[256];
	int rc = -ENOENT;

	if (!file)
		return -errno;
	while (rc && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		*kb = strtoull(line + length + 1, NULL, 10);
		rc = 0;
	}
	fclose(file);
	return rc;
}
