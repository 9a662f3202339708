// SPDX-License-Identifier: GPL-2.0
/*
 * What can be known of this host, see host.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "file.h"
#include "host.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SIGNATURE "~Module signature appended~\n"

static const struct utsname *host_name(void)
{
	static struct utsname name;

	uname(&name);
	return &name;
}

const char *host_release(void)
{
	return host_name()->release;
}

const char *host_machine(void)
{
	return host_name()->machine;
}

bool module_is_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return !access(path, F_OK);
}

void module_version(const char *name, char *version, size_t room)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/version", name);
	if (file_read(path, version, room) < 0)
		version[0] = '\0';
}

/* Is @path, up to its end, the file of this module? Names have _ or -. */
static bool is_module(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t i;

	base = base ? base + 1 : path;
	for (i = 0; name[i]; i++)
		if (base[i] != name[i] && !(base[i] == '-' && name[i] == '_'))
			return false;
	return !strncmp(base + i, ".ko", 3);
}

bool module_file(const char *name, char *path, size_t room)
{
	char list[PATH_MAX], *line = NULL, *end;
	bool found = false;
	size_t size = 0;
	FILE *file;

	snprintf(list, sizeof(list), "/lib/modules/%s/modules.dep", host_release());
	file = fopen(list, "r");
	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0) {
		end = strchr(line, ':');
		if (!end)
			continue;
		*end = '\0';
		if (!is_module(line, name))
			continue;
		snprintf(path, room, "/lib/modules/%s/%s", host_release(), line);
		found = true;
	}
	free(line);
	fclose(file);
	return found;
}

time_t file_time(const char *path)
{
	struct stat stat_of;

	return stat(path, &stat_of) ? 0 : stat_of.st_mtime;
}

bool host_is_secure(void)
{
	unsigned char data[5] = { 0 };
	int fd = open(SECURE_BOOT, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, data, sizeof(data));
	close(fd);
	return got == sizeof(data) && data[4] == 1;
}

bool module_is_signed(const char *path)
{
	char end[sizeof(SIGNATURE)] = "";
	const char *dot = strrchr(path, '.');
	bool is_signed;
	FILE *file;

	if (dot && strcmp(dot, ".ko"))
		return true;
	file = fopen(path, "r");
	if (!file)
		return false;
	is_signed = !fseek(file, -(long)strlen(SIGNATURE), SEEK_END) &&
		    fread(end, 1, strlen(SIGNATURE), file) == strlen(SIGNATURE) &&
		    !strcmp(end, SIGNATURE);
	fclose(file);
	return is_signed;
}

/* The module that was loaded last stands first in /proc/modules. */
const char *container_backend(void)
{
	static const char * const backends[] = { "vfio_iommufd ", "vfio_iommu_type1 " };
	const char *found = NULL;
	char line[512];
	FILE *file = fopen("/proc/modules", "r");

	if (!file)
		return NULL;
	while (!found && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, backends[0], strlen(backends[0])))
			found = "vfio_iommufd";
		if (!strncmp(line, backends[1], strlen(backends[1])))
			found = "vfio_iommu_type1";
	}
	fclose(file);
	return found;
}

unsigned int iommus_name(char *text, size_t room)
{
	DIR *dir = opendir("/sys/class/iommu");
	struct dirent *entry;
	unsigned int n = 0;
	size_t at = 0;

	text[0] = '\0';
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (at < room)
			at += snprintf(text + at, room - at, "%s%s", n ? " " : "",
				       entry->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

bool interrupts_are_remapped(void)
{
	bool found = false, asked = false;
	char line[1024];
	FILE *file = fopen("/proc/interrupts", "r");

	if (!file)
		return true;
	/* The chip of an interrupt that is remapped has IR- in its name: IR-PCI-MSI. */
	while (!found && fgets(line, sizeof(line), file)) {
		asked |= strstr(line, "IO-APIC") || strstr(line, "PCI-MSI");
		found = strstr(line, " IR-");
	}
	fclose(file);
	/* Such chips are those of Intel and AMD. */
	return found || !asked || !strcmp(host_machine(), "aarch64");
}
