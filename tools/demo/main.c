// SPDX-License-Identifier: GPL-2.0
/*
 * iommufd-demo: reads an NVMe disk from user space through /dev/iommu, and
 * shows that its DMA reaches what was mapped and nothing else.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "disk.h"
#include "edu.h"
#include "fail.h"
#include "iommufd.h"
#include "kmsg.h"
#include "report.h"

static const char usage[] =
	"usage: iommufd-demo [OPTION...] [auto | PCI-ADDRESS]\n"
	"\n"
	"Takes an NVMe disk, drives it from user space through /dev/iommu, reads it\n"
	"by DMA (nothing is written to it), and shows that DMA to memory that was\n"
	"not mapped is blocked. With 'auto', the first NVMe controller.\n"
	"\n"
	"  --bytes N      read the first N bytes (by default the whole disk)\n"
	"  --sha256 HEX   what their SHA-256 has to be\n"
	"  --take         take the disk from the driver that has it now. What is\n"
	"                 mounted from it is lost: unmount it before\n"
	"  --silent       the IOMMU is known to report nothing of what it blocks\n"
	"  --json         print one JSON object\n"
	"  --help         this\n"
	"\n"
	"Needs an IOMMU, and: modprobe -a vfio-pci vfio_cdev\n"
	"As another user than root also: the disk given to vfio-pci by root, access\n"
	"to /dev/iommu and to the disk's node in /dev/vfio/devices, and 20 MiB of\n"
	"locked memory (ulimit -l 20480)\n"
	"exit: 0 all as it should be; 1 something was not; 2 wrong usage;\n"
	"      3 something is missing, said in one line with the next step\n";

struct options {
	const char *name;
	const char *sha256;
	uint64_t bytes;
	bool take;
	bool silent;
	bool json;
};

static void usage_error(const char *text)
{
	fprintf(stderr, "iommufd-demo: %s; see --help\n", text);
	exit(EXIT_USAGE);
}

static uint64_t parse_bytes(const char *text)
{
	char *end;
	uint64_t bytes = strtoull(text, &end, 0);

	if (!bytes || *end || bytes % NVME_PAGE)
		usage_error("--bytes wants a multiple of 4096");
	return bytes;
}

static void parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "bytes", required_argument, NULL, 'b' },
		{ "sha256", required_argument, NULL, 's' },
		{ "take", no_argument, NULL, 't' },
		{ "silent", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'b':
			options->bytes = parse_bytes(optarg);
			break;
		case 's':
			options->sha256 = optarg;
			break;
		case 't':
			options->take = true;
			break;
		case 'q':
			options->silent = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind != argc - 1)
		usage_error("say which device: 'auto' or a PCI address");
	options->name = argv[optind];
}

static int open_iommufd(void)
{
	int fd = iommufd_open();

	if (fd == -ENOENT)
		fail(fd, "modprobe vfio_cdev", "no " IOMMUFD_NODE);
	if (fd < 0)
		fail_open(fd, IOMMUFD_NODE);
	return fd;
}

/* The edu copies one of our pages to another; then to one that is unmapped. */
static void show_edu(struct edu *edu, struct memory *from, struct memory *to)
{
	const unsigned int size = 2048;
	bool moved, blocked;
	int rc;

	memset(from->va, 0x5a, size);
	memset(to->va, 0, size);
	rc = edu_load(edu, from->iova, 0, size);
	if (!rc)
		rc = edu_store(edu, to->iova, 0, size);
	moved = !rc && !memcmp(from->va, to->va, size);
	report_result(moved, "edu", "edu: %u bytes copied by DMA from 0x%llx to 0x%llx",
		      size, (unsigned long long)from->iova,
		      (unsigned long long)to->iova);
	memset(to->va, 0, size);
	if (memory_block(to))
		fail(0, "dmesg | tail", "cannot unmap the edu's page");
	rc = edu_store(edu, to->iova, 0, size);
	blocked = !rc && !memcmp(to->va, (char *)to->va + size, size);
	report_result(blocked, "edu-blocked", "edu: unmapped 0x%llx, and the same again: %s",
		      (unsigned long long)to->iova,
		      blocked ? "not one byte arrived" : "DATA ARRIVED");
}

/* Low addresses, as an edu may have few address lines, that are still free. */
static void map_edu(struct memory *mem, int iommufd, uint32_t ioas,
		    uint64_t iova, uint32_t access, const char *what)
{
	mem->iommufd = iommufd;
	mem->ioas = ioas;
	mem->iova = iova;
	memory_map(mem, 4096, access | MAP_FIXED_IOVA, what);
}

/* 1 if there is one. */
static int open_edu(struct edu *edu, int iommufd, uint32_t ioas)
{
	int rc = edu_open(edu, 0, iommufd);

	if (rc == -ENODEV)
		return 0;
	if (!rc)
		rc = vfio_attach(edu->dev, &ioas);
	if (rc)
		fail(rc, "dmesg | tail", "cannot use the edu %s", edu->bdf);
	report_fact("edu", "%s, QEMU's teaching device", edu->bdf);
	return 1;
}

static void describe_kernel(void)
{
	struct utsname name;

	uname(&name);
	report_fact("kernel", "%s", name.release);
}

static void show(const struct options *options)
{
	struct memory edu_from, edu_to;
	struct disk disk = { };
	struct edu edu;
	uint32_t ioas;
	int iommufd, kmsg, have_edu, rc;

	disk_choose(&disk, options->name, options->take);
	iommufd = open_iommufd();
	rc = iommufd_ioas_alloc(iommufd, &ioas);
	if (rc)
		fail(rc, "dmesg | tail", "cannot make an IO address space");
	kmsg = kmsg_open();
	disk_open(&disk, iommufd, ioas);
	have_edu = open_edu(&edu, iommufd, ioas);
	if (have_edu) {
		map_edu(&edu_from, iommufd, ioas, 0x4000000, MAP_R,
			"edu: to copy from");
		map_edu(&edu_to, iommufd, ioas, 0x4001000, MAP_W,
			"edu: to copy to");
	}
	report_table("What the devices can reach, and nothing else:");
	disk_show_read(&disk, options->bytes, options->sha256);
	disk_show_blocked(&disk, options->silent ? -1 : kmsg);
	if (have_edu) {
		show_edu(&edu, &edu_from, &edu_to);
		edu_close(&edu);
	}
	disk_close(&disk);
	close(kmsg);
	close(iommufd);
}

int main(int argc, char **argv)
{
	struct options options = { };

	parse(&options, argc, argv);
	report_begin(options.json);
	describe_kernel();
	show(&options);
	return report_end();
}
