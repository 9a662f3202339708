// SPDX-License-Identifier: GPL-2.0
/*
 * edu-copy: a page into QEMU's edu device and out again, both ways by DMA.
 *
 * Without arguments it gives the device physical addresses, as is right where
 * no IOMMU stands before it. With --iommufd it gives IOVAs that it has mapped,
 * and looks whether what was unmapped is out of reach; with --forever as well it
 * unmaps nothing, and copies until it is killed.
 *
 * exit: 0 the bytes are right; 1 they are not, or something failed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "compiler.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"

#define PAGE 4096UL
#define LENGTH EDU_TRANSFER_MAX

/* Of an entry of /proc/self/pagemap: bits 0 to 54 are the frame. */
#define FRAME_MASK ((1ULL << 55) - 1)

/* Two pages, and what the device calls them. */
struct pages {
	uint8_t *from;
	uint8_t *to;
	uint64_t from_address;
	uint64_t to_address;
};

static __noreturn void fail(const char *what, int rc)
{
	fprintf(stderr, "edu-copy: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static uint8_t *page_get(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

	if (page == MAP_FAILED)
		fail("no memory", -errno);
	return page;
}

static void pages_fill(struct pages *pages)
{
	size_t i;

	for (i = 0; i < PAGE; i++)
		pages->from[i] = i * 7 + i / 256 + 1;
	memset(pages->to, 0, PAGE);
}

static uint64_t physical(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * 8) !=
	    sizeof(entry) || !(entry & FRAME_MASK))
		fail("cannot read /proc/self/pagemap", errno ? -errno : -EPERM);
	close(fd);
	return (entry & FRAME_MASK) * PAGE;
}

/* By sysfs, as for a device that has no driver. */
static int edu_open_sysfs(struct edu *edu)
{
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	char path[128];
	int fd, rc;

	rc = pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, edu->bdf);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable",
		 edu->bdf);
	rc = file_write(path, "1");
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config",
		 edu->bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (pwrite(fd, &command, sizeof(command), PCI_COMMAND) < 0)
		return -errno;
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0",
		 edu->bdf);
	edu->dev = open(path, O_RDWR | O_CLOEXEC);
	edu->bar.size = 1 << 20;
	edu->bar.base = mmap(NULL, edu->bar.size, PROT_READ | PROT_WRITE,
			     MAP_SHARED, edu->dev, 0);
	return edu->bar.base == MAP_FAILED ? -errno : 0;
}

static void transfer(struct edu *edu, const struct pages *pages)
{
	int rc = edu_load(edu, pages->from_address, 0, LENGTH);

	if (!rc)
		rc = edu_store(edu, pages->to_address, 0, LENGTH);
	if (rc)
		fail("the device does not copy", rc);
}

static void expect_copied(struct edu *edu, struct pages *pages)
{
	pages_fill(pages);
	transfer(edu, pages);
	if (memcmp(pages->from, pages->to, LENGTH))
		fail("the copy is not the original", -EIO);
}

static void copy_physical(struct edu *edu, struct pages *pages)
{
	int rc = edu_open_sysfs(edu);

	if (rc)
		fail("cannot open the edu", rc);
	pages->from_address = physical(pages->from);
	pages->to_address = physical(pages->to);
	expect_copied(edu, pages);
}

static void expect_blocked(struct edu *edu, struct pages *pages)
{
	size_t i;

	pages_fill(pages);
	transfer(edu, pages);
	for (i = 0; i < PAGE; i++) {
		if (pages->to[i])
			fail("what was unmapped is in reach", -EIO);
	}
}

static void map_page(int iommufd, uint32_t ioas, void *page, uint64_t *iova)
{
	int rc = iommufd_map(iommufd, ioas, MAP_RW | MAP_FIXED_IOVA, page, PAGE,
			     iova);

	if (rc)
		fail("cannot map", rc);
}

static __noreturn void copy_forever(struct edu *edu, struct pages *pages)
{
	puts("edu-copy: copies");
	fflush(stdout);
	while (true)
		expect_copied(edu, pages);
}

static void copy_iommufd(struct edu *edu, struct pages *pages, bool forever)
{
	int iommufd = iommufd_open();
	uint32_t ioas, pt;
	int rc;

	rc = edu_open(edu, 0, iommufd);
	if (!rc)
		rc = iommufd_ioas_alloc(iommufd, &ioas);
	if (!rc) {
		pt = ioas;
		rc = vfio_attach(edu->dev, &pt);
	}
	if (rc)
		fail("cannot attach the edu", rc);
	pages->from_address = 0x8000000;
	pages->to_address = 0x8001000;
	map_page(iommufd, ioas, pages->from, &pages->from_address);
	map_page(iommufd, ioas, pages->to, &pages->to_address);
	expect_copied(edu, pages);
	if (forever)
		copy_forever(edu, pages);
	rc = iommufd_unmap(iommufd, ioas, pages->to_address, PAGE, NULL);
	if (rc)
		fail("cannot unmap", rc);
	expect_blocked(edu, pages);
	close(iommufd);
}

int main(int argc, char **argv)
{
	struct pages pages = { .from = page_get(), .to = page_get() };
	struct edu edu = { };

	if (argc == 1) {
		copy_physical(&edu, &pages);
	} else if (argc == 2 && !strcmp(argv[1], "--iommufd")) {
		copy_iommufd(&edu, &pages, false);
	} else if (argc == 3 && !strcmp(argv[1], "--iommufd") &&
		   !strcmp(argv[2], "--forever")) {
		copy_iommufd(&edu, &pages, true);
	} else {
		fprintf(stderr, "usage: edu-copy [--iommufd [--forever]]\n");
		return 1;
	}
	edu_close(&edu);
	puts("edu-copy: all bytes are right");
	return 0;
}
