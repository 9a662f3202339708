// SPDX-License-Identifier: GPL-2.0
/*
 * The demo's disk, see disk.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"
#include "fail.h"
#include "kmsg.h"
#include "report.h"
#include "sha256.h"

/* How much of the disk is in memory at a time. */
#define DATA_SIZE (16 << 20)

/* Memory that no DMA has reached has this in every byte. */
#define UNTOUCHED 0xa5

#define FAULT_LIMIT_MS 3000

/* What each page of enum nvme_buffer is, and what the controller may do. */
static const struct {
	uint32_t access;
	const char *what;
} disk_page[NVME_BUFFERS] = {
	[NVME_ADMIN_COMMANDS] = { MAP_R, "commands: set up, identify" },
	[NVME_ADMIN_ANSWERS] = { MAP_W, "answers to these" },
	[NVME_READ_COMMANDS] = { MAP_R, "commands: read blocks" },
	[NVME_READ_ANSWERS] = { MAP_W, "answers to these" },
	[NVME_IDENTITY] = { MAP_W, "the controller's description" },
	[NVME_PAGE_LIST] = { MAP_R, "where to put the blocks" },
};

void disk_choose(struct disk *disk, const char *name, bool take)
{
	char driver[64];
	int group, rc = 0;

	if (strcmp(name, "auto"))
		snprintf(disk->bdf, sizeof(disk->bdf), "%s", name);
	else
		rc = pci_find_class(PCI_CLASS_NVME, 0, disk->bdf);
	if (rc)
		fail(rc, "lspci -D", "no NVMe controller found");
	rc = pci_driver(disk->bdf, driver, sizeof(driver));
	if (rc)
		fail(rc, "lspci -D", "no PCI device %s", disk->bdf);
	if (driver[0] && strcmp(driver, "vfio-pci") && !take)
		fail(0, "unmount its file systems, then add --take",
		     "%s is in use by the driver %s", disk->bdf, driver);
	if (pci_group(disk->bdf, &group))
		fail(0, "turn it on in the firmware (VT-d, AMD-Vi)",
		     "there is no IOMMU for %s", disk->bdf);
	rc = pci_bind(disk->bdf, "vfio-pci");
	if (rc == -EACCES)
		fail(rc, "as root, \"Give a device to a program\" in the README",
		     "only root may give %s to vfio-pci", disk->bdf);
	if (rc)
		fail(rc, "modprobe vfio-pci", "vfio-pci does not take %s",
		     disk->bdf);
}

static void disk_bind(struct disk *disk, int iommufd, uint32_t ioas)
{
	const char *bdf = disk->bdf;
	char node[VFIO_NODE_MAX] = "";
	int rc;

	disk->dev = vfio_cdev_open(bdf);
	if (disk->dev == -ENOENT)
		fail(disk->dev, "modprobe vfio_cdev",
		     "%s has no character device", bdf);
	vfio_cdev_node(bdf, node);
	if (disk->dev < 0)
		fail_open(disk->dev, node);
	rc = vfio_bind(disk->dev, iommufd, NULL);
	if (rc == -EPERM)
		fail(rc, "dmesg | tail; give every device of its IOMMU group to vfio-pci",
		     "cannot bind %s to /dev/iommu", bdf);
	if (rc == -EBUSY)
		fail(rc, "end the program that uses it",
		     "cannot bind %s to /dev/iommu", bdf);
	if (rc)
		fail(rc, "dmesg | tail", "cannot bind %s to /dev/iommu", bdf);
	rc = vfio_attach(disk->dev, &ioas);
	if (rc)
		fail(rc, "dmesg | tail", "cannot attach %s to the IOAS", bdf);
}

static void disk_map_memory(struct disk *disk, int iommufd, uint32_t ioas)
{
	int i;

	for (i = 0; i < NVME_BUFFERS; i++) {
		struct memory *page = &disk->page[i];

		page->iommufd = iommufd;
		page->ioas = ioas;
		memory_map(page, NVME_PAGE, disk_page[i].access,
			   disk_page[i].what);
		disk->nvme.memory[i].va = page->va;
		disk->nvme.memory[i].iova = page->iova;
	}
	disk->data.iommufd = iommufd;
	disk->data.ioas = ioas;
	memory_map(&disk->data, DATA_SIZE, MAP_W, "the blocks: our data");
}

static void disk_start(struct disk *disk)
{
	int rc = vfio_bar_map(disk->dev, 0, &disk->bar);

	if (rc)
		fail(rc, "dmesg | tail", "cannot map the registers of %s",
		     disk->bdf);
	rc = vfio_enable(disk->dev, 1);
	if (rc)
		fail(rc, "dmesg | tail", "cannot enable %s", disk->bdf);
	disk->nvme.bar = disk->bar.base;
	rc = nvme_start(&disk->nvme);
	if (rc)
		fail(rc, "dmesg | tail", "the controller %s does not start",
		     disk->bdf);
	report_fact("disk", "%s, %s", disk->nvme.model,
		    report_size(disk->nvme.blocks * disk->nvme.block_size));
}

void disk_open(struct disk *disk, int iommufd, uint32_t ioas)
{
	char node[VFIO_NODE_MAX] = "";

	disk_bind(disk, iommufd, ioas);
	vfio_cdev_node(disk->bdf, node);
	report_fact("device", "%s = %s", disk->bdf, node);
	disk_map_memory(disk, iommufd, ioas);
	disk_start(disk);
}

void disk_close(struct disk *disk)
{
	nvme_stop(&disk->nvme);
	vfio_bar_unmap(&disk->bar);
	close(disk->dev);
}

/* Fills the data buffer, or what of it is needed, from @offset on. */
static int disk_fill(struct disk *disk, uint64_t offset, uint64_t bytes)
{
	uint64_t done = 0;
	int rc = 0;

	while (!rc && done < bytes) {
		uint64_t take = bytes - done;

		if (take > disk->nvme.max_bytes)
			take = disk->nvme.max_bytes;
		rc = nvme_read(&disk->nvme, offset + done, take,
			       disk->data.iova + done);
		done += take;
	}
	return rc;
}

static int disk_hash(struct disk *disk, uint64_t bytes, char *hex)
{
	struct sha256 sha;
	uint64_t done;
	int rc = 0;

	sha256_begin(&sha);
	for (done = 0; !rc && done < bytes; done += DATA_SIZE) {
		uint64_t take = bytes - done < DATA_SIZE ? bytes - done :
							   DATA_SIZE;

		memset(disk->data.va, UNTOUCHED, take);
		rc = disk_fill(disk, done, take);
		sha256_add(&sha, disk->data.va, take);
	}
	sha256_end(&sha, hex);
	return rc;
}

void disk_show_read(struct disk *disk, uint64_t bytes, const char *sha256)
{
	uint64_t size = disk->nvme.blocks * disk->nvme.block_size;
	uint64_t start = clock_ms();
	char hex[SHA256_HEX], how[80] = "";
	bool same;
	int rc;

	if (!bytes || bytes > size)
		bytes = size;
	rc = disk_hash(disk, bytes, hex);
	if (rc)
		snprintf(how, sizeof(how), "; %s, status 0x%x", strerror(-rc),
			 disk->nvme.status);
	report_result(!rc, "read", "read %s of the disk by DMA, in %.1f s%s",
		      report_size(bytes), (clock_ms() - start) / 1000.0, how);
	same = !sha256 || !strcasecmp(hex, sha256);
	report_result(!rc && same, "sha256", "SHA-256 %.16s...%s", hex,
		      !sha256 ? "" : same ? ", the same as on the host" :
					    ", NOT the same as on the host");
}

static bool is_untouched(const void *va, size_t size)
{
	const uint8_t *byte = va;

	while (size && *byte == UNTOUCHED) {
		byte++;
		size--;
	}
	return !size;
}

/* The first page of the disk to the start of the data buffer. */
static int disk_read_page(struct disk *disk)
{
	memset(disk->data.va, UNTOUCHED, NVME_PAGE);
	return nvme_read(&disk->nvme, 0, NVME_PAGE, disk->data.iova);
}

static void show_fault(int kmsg, uint64_t iova)
{
	char line[240] = "no line about it";
	int rc = kmsg_fault(kmsg, iova, FAULT_LIMIT_MS, line, sizeof(line));

	report_result(!rc, "fault", "the IOMMU reports it: %s", line);
}

void disk_show_blocked(struct disk *disk, int kmsg)
{
	unsigned long long iova = disk->data.iova;
	bool before, untouched, after;
	int rc;

	before = !disk_read_page(disk) && !is_untouched(disk->data.va, 512);
	if (memory_block(&disk->data))
		fail(0, "dmesg | tail", "cannot unmap the data buffer");
	rc = disk_read_page(disk);
	untouched = is_untouched(disk->data.va, NVME_PAGE);
	report_result(before && untouched, "blocked",
		      "unmapped 0x%llx, and the same read again: %s (%s)", iova,
		      untouched ? "not one byte arrived" :
				  "DATA ARRIVED in memory it may not reach",
		      rc ? strerror(-rc) : "the disk noticed nothing");
	if (kmsg >= 0)
		show_fault(kmsg, iova);
	after = !memory_unblock(&disk->data) && !disk_read_page(disk) &&
		!is_untouched(disk->data.va, 512);
	report_result(after, "again", "mapped again, and the same read %s",
		      after ? "works as before" : "DOES NOT WORK");
}
