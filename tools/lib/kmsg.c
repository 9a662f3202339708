// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log, see kmsg.h. Each read of /dev/kmsg gives one record:
 * "priority,sequence,microseconds,flags;text\n" and then lines that begin with
 * a space.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "kmsg.h"

#define KMSG_RECORD 2048
#define PAGE 4096

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

int kmsg_mark(const char *text)
{
	return file_write("/dev/kmsg", text);
}

/* Whether a number in @text is in the same page as @iova. */
static int has_address(const char *text, uint64_t iova)
{
	while ((text = strstr(text, "0x"))) {
		if ((strtoull(text, NULL, 16) ^ iova) < PAGE)
			return 1;
		text += 2;
	}
	return 0;
}

static int kmsg_is_fault(const char *text, uint64_t iova)
{
	static const char * const vendor[] = {
		"fault addr", "IO_PAGE_FAULT", "arm-smmu-v3", "page fault from",
		NULL,
	};
	int i;

	for (i = 0; vendor[i]; i++)
		if (strstr(text, vendor[i]))
			return !iova || has_address(text, iova);
	return 0;
}

/*
 * The next record's text, without newline; empty where the kernel has thrown
 * away what we had not read yet. 0 at the end of the log.
 */
static int kmsg_next(int kmsg, char *record, char **text)
{
	ssize_t got = read(kmsg, record, KMSG_RECORD - 1);

	if (got < 0 && errno != EPIPE)
		return 0;
	record[got < 0 ? 0 : got] = '\0';
	*text = strchr(record, ';');
	*text = *text ? *text + 1 : record;
	(*text)[strcspn(*text, "\n")] = '\0';
	return 1;
}

int kmsg_has(int kmsg, const char *words)
{
	char record[KMSG_RECORD] = "";
	char *text = record;

	while (kmsg_next(kmsg, record, &text))
		if (strstr(text, words))
			return 1;
	return 0;
}

int kmsg_count(int kmsg, const char *words)
{
	char record[KMSG_RECORD] = "";
	char *text = record;
	int count = 0;

	while (kmsg_next(kmsg, record, &text))
		count += !!strstr(text, words);
	return count;
}

int kmsg_fault(int kmsg, uint64_t iova, unsigned int limit_ms, char *line,
	       size_t room)
{
	uint64_t end = clock_ms() + limit_ms;
	char record[KMSG_RECORD] = "";
	char *text = record;

	do {
		while (kmsg_next(kmsg, record, &text)) {
			if (!kmsg_is_fault(text, iova))
				continue;
			snprintf(line, room, "%s", text);
			return 0;
		}
		clock_pause_us(2000);
	} while (clock_ms() < end);
	return -ETIMEDOUT;
}

int kmsg_complaint(int kmsg, char *line, size_t room)
{
	static const char * const start[] = { "WARNING: ", "BUG: ", NULL };
	char record[KMSG_RECORD] = "";
	char *text = record;
	int i;

	while (kmsg_next(kmsg, record, &text)) {
		for (i = 0; start[i]; i++) {
			if (strncmp(text, start[i], strlen(start[i])))
				continue;
			snprintf(line, room, "%s", text);
			return 1;
		}
	}
	return 0;
}
