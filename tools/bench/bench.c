// SPDX-License-Identifier: GPL-2.0
/*
 * iommufd-bench: what map and unmap cost, for each contender, with a device
 * attached, on the same memory, in one boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/random.h>

#include "buffer.h"
#include "contender.h"
#include "edu.h"
#include "fail.h"
#include "measure.h"
#include "report.h"

static const char usage[] =
	"usage: iommufd-bench [OPTION...] [PCI-ADDRESS]\n"
	"\n"
	"Maps and unmaps memory for a device through /dev/iommu and through the stock\n"
	"vfio_iommu_type1, and prints what that costs in ticks of the processor's time\n"
	"stamp counter. scripts/bench runs it in a guest where each instruction is one\n"
	"tick. The device, by default QEMU's edu, is taken from its driver.\n"
	"\n"
	"  --bed TEXT   said about the machine in the output\n"
	"  --json       print one JSON object\n"
	"  --help       this\n"
	"\n"
	"Needs root, an IOMMU, 1 GiB of memory, and: modprobe vfio-pci vfio_iommu_type1\n"
	"exit: 0 done; 1 a call that was measured failed; 2 wrong usage;\n"
	"      3 something is missing\n";

/* Columns of the table; the first is compared with each of the others. */
static const struct contender * const contenders[] = {
	&contender_iommufd,
	&contender_type1,
};

static void take_device(char *bdf, const char *wanted)
{
	int rc = 0;

	if (wanted)
		snprintf(bdf, PCI_NAME_MAX, "%s", wanted);
	else
		rc = pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf);
	if (rc)
		fail(EXIT_SETUP, rc, "no edu; say which device");
	rc = pci_bind(bdf, "vfio-pci");
	if (rc)
		fail(EXIT_SETUP, rc, "cannot give %s to vfio-pci", bdf);
}

/*
 * A guest that was just booted has little entropy. Until there is more, each
 * of the random numbers that slabs are made with costs a hash.
 */
static void seed_random(void)
{
	static const struct {
		struct rand_pool_info info;
		unsigned int data[8];
	} seed = {
		.info = {
			.entropy_count = sizeof(seed.data) * CHAR_BIT,
			.buf_size = sizeof(seed.data),
		},
	};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed))
		fail(EXIT_SETUP, -errno, "cannot seed /dev/random");
	close(fd);
}

static void make_buffers(void)
{
	struct buffer *buffer;
	int rc = buffer_reserve_huge();

	if (rc)
		fail(EXIT_SETUP, rc, "cannot reserve huge pages");
	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++) {
		rc = buffer_make(buffer);
		if (rc == -ENOTSUP)
			fail(EXIT_SETUP, 0, "%s: %zu pages in %zu pieces",
			     buffer->name, BUFFER_PAGES, buffer->runs);
		if (rc)
			fail(EXIT_SETUP, rc, "%s", buffer->name);
		report_progress("%s: %zu pages in %zu pieces", buffer->name,
				BUFFER_PAGES, buffer->runs);
	}
}

static void bench(const char *wanted)
{
	char bdf[PCI_NAME_MAX];
	unsigned int i;

	take_device(bdf, wanted);
	seed_random();
	make_buffers();
	for (i = 0; i < ARRAY_SIZE(contenders); i++)
		measure(contenders[i], i, bdf);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "bed", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *bed = "";
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'b':
			bed = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc - 1)
		fail(EXIT_USAGE, 0, "one device at most; see --help");
	bench(argv[optind]);
	report_print(json, bed);
	return 0;
}
