// SPDX-License-Identifier: GPL-2.0
/*
 * iommufd-bench: what map and unmap cost, for each contender, with a device
 * attached, on the same memory, in one boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/random.h>

#include "buffer.h"
#include "contender.h"
#include "edu.h"
#include "fail.h"
#include "file.h"
#include "measure.h"
#include "module.h"
#include "report.h"
#include "wall.h"

static const char usage[] =
	"usage: iommufd-bench [OPTION...] CONTENDER...\n"
	"\n"
	"Maps and unmaps memory for devices through each contender, and prints what that\n"
	"costs in ticks of the processor's time stamp counter, a line each. scripts/bench\n"
	"runs it in a guest where each instruction is one tick, and makes a table of it.\n"
	"Three of QEMU's edu devices, in a group each, are taken from their driver.\n"
	"\n"
	"  floor      pin, map, unmap, unpin and nothing else: bench_floor.ko\n"
	"  iommufd    /dev/iommu\n"
	"  mainline   /dev/iommu of a kernel that has its own\n"
	"  type1      the stock vfio_iommu_type1\n"
	"  container  vfio_iommufd\n"
	"\n"
	"  --quick    less memory, fewer calls\n"
	"  --weigh    what the kernel keeps for what is mapped, not what calls cost\n"
	"  --wall N   by the clock: up to N threads at once, and DMA\n"
	"  --help     this\n"
	"\n"
	"Needs root, an IOMMU and 2 GiB of memory, 5 for --wall without --quick.\n"
	"exit: 0 done; 1 a call that was measured failed; 2 wrong usage;\n"
	"      3 something is missing\n";

static const struct contender * const contenders[] = {
	&contender_floor,
	&contender_iommufd,
	&contender_mainline,
	&contender_type1,
	&contender_container,
};

/* Memory of each kind; a part of it is enough to see a change. */
#define SIZE (256UL << 20)
#define QUICK_SIZE (32UL << 20)
#define WALL_SIZE (4UL << 30)
#define WALL_QUICK_SIZE SIZE

char devices[DEVICES][PCI_NAME_MAX];

static void need(const char *name)
{
	int rc = module_load(name, NULL);

	if (rc)
		fail(EXIT_SETUP, rc, "cannot load %s", name);
}

static void take_devices(void)
{
	int i, rc;

	need("vfio-pci");
	for (i = 0; i < DEVICES; i++) {
		rc = pci_find_id(EDU_VENDOR, EDU_DEVICE, i, devices[i]);
		if (rc)
			fail(EXIT_SETUP, rc, "no edu number %d", i);
		rc = pci_bind(devices[i], "vfio-pci");
		if (rc)
			fail(EXIT_SETUP, rc, "cannot give %s to vfio-pci",
			     devices[i]);
	}
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

/*
 * What the kernel still does after a boot is not counted with what is measured:
 * nobody else runs unless we sleep, which run_settle() does.
 */
static void run_alone(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	int rc = file_write("/proc/sys/kernel/sched_rt_runtime_us", "-1");

	if (!rc && sched_setscheduler(0, SCHED_FIFO, &first))
		rc = -errno;
	if (rc)
		fail(EXIT_SETUP, rc, "cannot run alone");
}

static void make_buffer(struct buffer *buffer)
{
	int rc = buffer_make(buffer);

	if (rc == -ENOTSUP)
		fail(EXIT_SETUP, 0, "%s: %zu pages in %zu pieces",
		     buffer->name, buffer_pages(), buffer->runs);
	if (rc)
		fail(EXIT_SETUP, rc, "%s", buffer->name);
	report_progress("%s: %zu pages in %zu pieces", buffer->name,
			buffer_pages(), buffer->runs);
}

static void make_buffers(void)
{
	struct buffer *buffer;
	int rc = buffer_reserve_huge();

	if (rc)
		fail(EXIT_SETUP, rc, "cannot reserve huge pages");
	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		make_buffer(buffer);
}

static const struct contender *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(contenders); i++)
		if (!strcmp(contenders[i]->name, name))
			return contenders[i];
	fail(EXIT_USAGE, 0, "no contender %s; see --help", name);
}

/**
 * struct mode - what is measured
 * @quick: less memory, fewer calls
 * @weigh: memory, and not calls
 * @threads: by the clock, with up to so many threads; 0 for not
 */
struct mode {
	bool quick;
	bool weigh;
	unsigned int threads;
};

static size_t mode_size(const struct mode *mode)
{
	if (mode->threads)
		return mode->quick ? WALL_QUICK_SIZE : WALL_SIZE;
	return mode->quick ? QUICK_SIZE : SIZE;
}

static void bench(const struct contender *contender, const struct mode *mode)
{
	if (contender->module)
		need(contender->module);
	if (mode->threads) {
		wall_threads(contender, mode->threads);
		if (contender->device)
			wall_dma(contender);
		return;
	}
	if (mode->weigh) {
		weigh(contender);
		return;
	}
	if (contender->access)
		need("bench_access");
	measure(contender, mode->quick);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "weigh", no_argument, NULL, 'm' },
		{ "wall", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct mode mode = {};
	int i, option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'q':
			mode.quick = true;
			break;
		case 'm':
			mode.weigh = true;
			break;
		case 'w':
			mode.threads = atoi(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		fail(EXIT_USAGE, 0, "which contender? see --help");
	for (i = optind; i < argc; i++)
		find(argv[i]);
	buffer_size = mode_size(&mode);
	take_devices();
	seed_random();
	if (mode.threads) {
		make_buffer(buffer_scattered);
	} else {
		make_buffers();
		run_alone();
	}
	for (i = optind; i < argc; i++)
		bench(find(argv[i]), &mode);
	report_print();
	return 0;
}
