// SPDX-License-Identifier: GPL-2.0
/*
 * What clients of /dev/iommu do, in their order: cloud-hypervisor; libvirt and
 * KubeVirt, where a privileged process opens all and a VMM without rights gets
 * the files by a socket; a driver of NVMe in user space. Needs the edu device
 * and an NVMe.
 */
#include <linux/vfio.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "kvm.h"
#include "memory.h"
#include "mmio.h"
#include "module.h"
#include "p2pbed.h"
#include "pci.h"
#include "user.h"
#include "vfio.h"

#define PIECE 1024

/* ---- cloud-hypervisor ---- */

/* The machine's memory: below and above 4 GiB; and what is plugged in later. */
#define RAM_SIZE (8 * HUGE)
#define RAM_LOW 0UL
#define RAM_HIGH 0x100000000UL
#define RAM_PLUGGED (RAM_HIGH + RAM_SIZE)

/* Where registers are in the machine. */
#define BAR_EDU 0xc0000000UL
#define BAR_DISK 0xd0000000UL
#define BAR_MOVED (RAM_PLUGGED + HUGE * 64)

/* How often it is started. */
#define STARTS 10

struct vmm {
	struct edubed bed;
	struct p2p_device disk;
	int kvm;
	int machine;
	int vfio;
	uint8_t *ram;
	uint8_t *plugged;
};

/* VMMs back a machine's memory by a file. */
static uint8_t *shared_ram(size_t size)
{
	int fd = memfd_create("ram", MFD_CLOEXEC);
	uint8_t *ram;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	ram = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(ram, MAP_FAILED);
	close(fd);
	return ram;
}

/* Where the kernel has no KVM, as some of those for tests, without it. */
static void machine_create(struct vmm *vmm)
{
	vmm->kvm = kvm_open();
	if (vmm->kvm < 0)
		return;
	vmm->machine = kvm_machine(vmm->kvm);
	assert_true(vmm->machine >= 0);
	vmm->vfio = kvm_vfio(vmm->machine);
	assert_true(vmm->vfio >= 0);
}

static void machine_destroy(struct vmm *vmm)
{
	if (vmm->kvm < 0)
		return;
	close(vmm->vfio);
	close(vmm->machine);
	close(vmm->kvm);
}

/* KVM is told of the file before it is bound. */
static void device_add(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;
	int dev;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bed->edu.bdf),
			 0);
	assert_int_equal(pci_bind(bed->edu.bdf, "vfio-pci"), 0);
	dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(dev >= 0);
	if (vmm->kvm >= 0)
		assert_int_equal(kvm_file_add(vmm->vfio, &dev), 0);
	bed->fd = new_fd();
	assert_int_equal(vfio_bind(dev, bed->fd, &bed->edu.devid), 0);
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(edu_open_device(&bed->edu, dev), 0);
}

static void device_remove(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;

	if (vmm->kvm >= 0)
		assert_int_equal(kvm_file_del(vmm->vfio, &bed->edu.dev), 0);
	edu_close(&bed->edu);
	close(bed->fd);
}

/* Tells whether it can be reset, too. */
static bool check_info(int dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	assert_int_equal(iommufd_call(dev, VFIO_DEVICE_GET_INFO, &info), 0);
	assert_true(info.flags & VFIO_DEVICE_FLAGS_PCI);
	assert_true(info.num_regions > VFIO_PCI_CONFIG_REGION_INDEX);
	assert_true(info.num_irqs > VFIO_PCI_MSIX_IRQ_INDEX);
	for (; region.index <= VFIO_PCI_CONFIG_REGION_INDEX; region.index++)
		assert_int_equal(iommufd_call(dev, VFIO_DEVICE_GET_REGION_INFO,
					      &region), 0);
	for (; irq.index <= VFIO_PCI_MSIX_IRQ_INDEX; irq.index++)
		assert_int_equal(iommufd_call(dev, VFIO_DEVICE_GET_IRQ_INFO,
					      &irq), 0);
	return info.flags & VFIO_DEVICE_FLAGS_RESET;
}

/* An interrupt of the device comes out of the file that it was given. */
static void check_interrupt(struct edu *edu)
{
	struct pollfd event = {
		.fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN,
	};
	uint64_t count = 0;

	assert_int_equal(vfio_msi_on(edu->dev, event.fd), 0);
	assert_int_equal(poll(&event, 1, 0), 0);
	edu_interrupt(edu);
	assert_int_equal(poll(&event, 1, 5000), 1);
	assert_int_equal(read(event.fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);
	edu_acknowledge(edu);
	assert_int_equal(vfio_msi_off(edu->dev), 0);
	close(event.fd);
}

/*
 * With vfio_p2p_dma=on, as it is by default: each region is mapped at the address
 * that it has in the machine, and nothing is done when the machine turns decoding off
 * and on.
 */
static void bars_add(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;
	uint64_t before = pinned(bed);

	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, vmm->disk.bdf), 0);
	p2p_device_open(&vmm->disk, false, bed->fd);
	map_at(bed, BAR_EDU, MAP_RW, bed->edu.bar.base, bed->edu.bar.size);
	map_at(bed, BAR_DISK, MAP_RW, vmm->disk.bar.base, vmm->disk.bar.size);
	assert_int_equal(pinned(bed), before);
}

static void bars_remove(struct vmm *vmm)
{
	unmap(&vmm->bed, BAR_DISK, vmm->disk.bar.size);
	unmap(&vmm->bed, BAR_EDU, vmm->bed.edu.bar.size);
	p2p_device_close(&vmm->disk);
}

/* One device reads another; also where the machine has moved it to. */
static void check_bars(struct vmm *vmm)
{
	struct p2p_device *disk = &vmm->disk;
	struct edubed *bed = &vmm->bed;
	uint64_t cap = mmio_read64(disk->bar.base, 0);

	assert_true(cap && ~cap);
	assert_true(dma_reads(bed, BAR_DISK, &cap, sizeof(cap)));
	assert_int_equal(vfio_decode(disk->dev, 0), 0);
	assert_false(dma_reads(bed, BAR_DISK, &cap, sizeof(cap)));
	unmap(bed, BAR_DISK, disk->bar.size);
	map_at(bed, BAR_MOVED, MAP_RW, disk->bar.base, disk->bar.size);
	assert_int_equal(vfio_decode(disk->dev, 1), 0);
	assert_true(dma_reads(bed, BAR_MOVED, &cap, sizeof(cap)));
	assert_false(dma_reads(bed, BAR_DISK, &cap, sizeof(cap)));
	unmap(bed, BAR_MOVED, disk->bar.size);
	map_at(bed, BAR_DISK, MAP_RW, disk->bar.base, disk->bar.size);
}

static void ram_add(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;

	bed->pinned = status_kb("VmPin");
	map_at(bed, RAM_LOW, MAP_RW, vmm->ram, RAM_SIZE);
	map_at(bed, RAM_HIGH, MAP_RW, vmm->ram + RAM_SIZE, RAM_SIZE);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(pinned(bed), 2 * RAM_SIZE + PAGE);
}

static void ram_remove(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;

	unmap(bed, SCRATCH_IOVA, PAGE);
	unmap(bed, RAM_HIGH, RAM_SIZE);
	unmap(bed, RAM_LOW, RAM_SIZE);
	assert_int_equal(pinned(bed), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

/* What is mapped and unmapped in whole regions, with the device at work. */
static void check_plug(struct vmm *vmm)
{
	struct edubed *bed = &vmm->bed;
	uint8_t *last = vmm->plugged + RAM_SIZE - PAGE;

	map_at(bed, RAM_PLUGGED, MAP_RW, vmm->plugged, RAM_SIZE);
	assert_true(dma_writes(bed, RAM_PLUGGED + RAM_SIZE - PAGE, last,
			       PIECE));
	unmap(bed, RAM_PLUGGED, RAM_SIZE);
	assert_true(dma_write_blocked(bed, RAM_PLUGGED + RAM_SIZE - PAGE, last,
				      PIECE));
	fill(vmm->ram, PIECE);
	assert_true(dma_reads(bed, RAM_LOW, vmm->ram, PIECE));
	assert_true(dma_writes(bed, RAM_HIGH, vmm->ram + RAM_SIZE, PIECE));
}

static void test_cloud_hypervisor(void **state)
{
	struct vmm vmm = {
		.ram = shared_ram(2 * RAM_SIZE),
		.plugged = shared_ram(RAM_SIZE),
		.bed.scratch = pages(PAGE),
	};
	uint64_t before = status_kb("VmPin");
	bool resets;
	int i;

	for (i = 0; i < STARTS; i++) {
		machine_create(&vmm);
		device_add(&vmm);
		resets = check_info(vmm.bed.edu.dev);
		ram_add(&vmm);
		bars_add(&vmm);
		if (resets)
			assert_int_equal(vfio_reset(vmm.bed.edu.dev), 0);
		assert_int_equal(vfio_enable(vmm.bed.edu.dev, 1), 0);
		check_interrupt(&vmm.bed.edu);
		/* Each question takes the device some time. */
		if (!i || i == STARTS - 1) {
			check_plug(&vmm);
			check_bars(&vmm);
		}
		bars_remove(&vmm);
		ram_remove(&vmm);
		device_remove(&vmm);
		machine_destroy(&vmm);
		assert_int_equal(status_kb("VmPin"), before);
	}
	munmap(vmm.ram, 2 * RAM_SIZE);
	munmap(vmm.plugged, RAM_SIZE);
	munmap(vmm.bed.scratch, PAGE);
}

/* ---- libvirt, KubeVirt: files that are handed over ---- */

#define LIMIT (64 * PAGE)

enum { IOMMUFD, DEVICE, FILES };

/**
 * struct user_vmm - a VMM without rights
 * @socket: its end of the way to whoever opens the files
 * @bdf: its device
 * @edu: that is an edu
 * @by_process: what is pinned counts for the process, not for its user
 * @want: what it gets when it maps as much as one may pin
 */
struct user_vmm {
	int socket;
	char bdf[PCI_NAME_MAX];
	bool edu;
	bool by_process;
	int want;
};

union control {
	char room[CMSG_SPACE(FILES * sizeof(int))];
	struct cmsghdr align;
};

static bool files_send(int socket, const int *files)
{
	union control control = {};
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(FILES * sizeof(int));
	memcpy(CMSG_DATA(header), files, FILES * sizeof(int));
	return sendmsg(socket, &message, 0) == 1;
}

static bool files_receive(int socket, int *files)
{
	union control control;
	char room;
	struct iovec byte = { .iov_base = &room, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_len != CMSG_LEN(FILES * sizeof(int)))
		return false;
	memcpy(files, CMSG_DATA(header), FILES * sizeof(int));
	return true;
}

/* One side tells the other to go on. */
static bool tell(int socket)
{
	return write(socket, "", 1) == 1;
}

static bool listen_to(int socket)
{
	char byte;

	return read(socket, &byte, 1) == 1;
}

/* Half of what is mapped at @iova into the other, by the device. */
static void check_user_dma(struct edu *edu, uint64_t iova, uint8_t *mem)
{
	fill(mem, PIECE);
	check(!edu_load(edu, iova, 0, PIECE));
	check(!edu_store(edu, iova + LIMIT / 2, 0, PIECE));
	check(!memcmp(mem, mem + LIMIT / 2, PIECE));
}

static void check_user_limit(struct user_vmm *vmm, int fd, uint32_t ioas,
			     uint8_t *mem)
{
	uint64_t iova, locked = 0;

	check(iommufd_map(fd, ioas, MAP_RW, mem + LIMIT, PAGE, &iova) ==
	      -ENOMEM);
	check(!file_read_kb("/proc/self/status", "VmLck", &locked));
	check(locked * 1024 == (vmm->by_process ? LIMIT : 0));
}

/* Of its own right it could open neither of the files, nor say who pays. */
static void check_rights(struct user_vmm *vmm, int fd)
{
	uint64_t mode = !vmm->by_process;

	check(iommufd_open() == -EACCES);
	check(vfio_cdev_open(vmm->bdf) == -EACCES);
	check(iommufd_option_set(fd, IOMMU_OPTION_RLIMIT_MODE, 0, mode) ==
	      -EPERM);
	check(!iommufd_option_get(fd, IOMMU_OPTION_RLIMIT_MODE, 0, &mode));
	check(mode == vmm->by_process);
}

static void user_vmm_run(void *arg)
{
	struct user_vmm *vmm = arg;
	uint8_t *mem = mmap(NULL, LIMIT + PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int files[FILES];
	uint64_t iova = 0;
	struct edu edu;
	uint32_t ioas, pt;

	check(files_receive(vmm->socket, files));
	check_rights(vmm, files[IOMMUFD]);
	check(!vfio_bind(files[DEVICE], files[IOMMUFD], NULL));
	check(!iommufd_ioas_alloc(files[IOMMUFD], &ioas));
	pt = ioas;
	check(!vfio_attach(files[DEVICE], &pt));
	check(mem != MAP_FAILED);
	check(iommufd_map(files[IOMMUFD], ioas, MAP_RW, mem, LIMIT, &iova) ==
	      vmm->want);
	if (!vmm->want)
		check_user_limit(vmm, files[IOMMUFD], ioas, mem);
	if (!vmm->want && vmm->edu) {
		check(!edu_open_device(&edu, files[DEVICE]));
		check_user_dma(&edu, iova, mem);
	}
	check(tell(vmm->socket));
	check(listen_to(vmm->socket));
	if (!vmm->want)
		check(!iommufd_unmap(files[IOMMUFD], ioas, iova, LIMIT, NULL));
}

/* The privileged side: has nothing open any more when the VMM works. */
static void files_hand_over(struct user_vmm *vmm, int socket)
{
	const int files[FILES] = { new_fd(), vfio_cdev_open(vmm->bdf) };

	assert_true(files[DEVICE] >= 0);
	assert_int_equal(iommufd_option_set(files[IOMMUFD],
					    IOMMU_OPTION_RLIMIT_MODE, 0,
					    vmm->by_process), 0);
	assert_true(files_send(socket, files));
	close(files[IOMMUFD]);
	close(files[DEVICE]);
}

/* Returns when it has mapped its memory; @socket: our end, for end_vmm(). */
static pid_t start_vmm(struct user_vmm *vmm, int *socket)
{
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    ends), 0);
	*socket = ends[0];
	vmm->socket = ends[1];
	child = start_child(user_vmm_run, vmm, LIMIT);
	close(ends[1]);
	files_hand_over(vmm, ends[0]);
	if (!listen_to(ends[0])) {
		end_child(child);
		fail_msg("the VMM of %s has gone", vmm->bdf);
	}
	return child;
}

static void end_vmm(pid_t child, int socket)
{
	assert_true(tell(socket));
	end_child(child);
	close(socket);
}

/* Two VMMs of one user: each has the limit to itself, or both share it. */
static void hand_over(bool by_process)
{
	struct user_vmm one = { .edu = true, .by_process = by_process };
	struct user_vmm other = {
		.by_process = by_process, .want = by_process ? 0 : -ENOMEM,
	};
	uint64_t before = status_kb("VmPin");
	int sockets[2];
	pid_t children[2];

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, one.bdf), 0);
	assert_int_equal(pci_bind(one.bdf, "vfio-pci"), 0);
	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, other.bdf), 0);
	assert_int_equal(pci_bind(other.bdf, "vfio-pci"), 0);
	children[0] = start_vmm(&one, &sockets[0]);
	children[1] = start_vmm(&other, &sockets[1]);
	/* Nothing of it is on our account. */
	assert_int_equal(status_kb("VmPin"), before);
	assert_int_equal(status_kb("VmLck"), 0);
	end_vmm(children[1], sockets[1]);
	end_vmm(children[0], sockets[0]);
}

static void test_handed_over(void **state)
{
	hand_over(true);
	/* All has been paid back: it works again. */
	hand_over(true);
}

static void test_handed_over_by_user(void **state)
{
	hand_over(false);
	hand_over(false);
}

/* ---- a driver of NVMe in user space ---- */

#define QUEUES 8

/* They look for this very name before they open the device. */
static void test_driver_name(void **state)
{
	struct edubed *bed = *state;
	char name[32];

	assert_int_equal(pci_driver(bed->edu.bdf, name, sizeof(name)), 0);
	assert_string_equal(name, "vfio-pci");
}

static bool overlap(uint64_t one, uint64_t other)
{
	return one < other + PAGE && other < one + PAGE;
}

/* Queues: a page each, at addresses that the kernel chooses. */
static void test_queues(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(QUEUES * PAGE);
	uint64_t iova[QUEUES];
	unsigned int i, j;

	for (i = 0; i < QUEUES; i++) {
		iova[i] = map(bed, MAP_RW, mem + i * PAGE, PAGE);
		assert_int_equal(iova[i] % PAGE, 0);
		assert_false(overlap(iova[i], SCRATCH_IOVA));
		for (j = 0; j < i; j++)
			assert_false(overlap(iova[i], iova[j]));
	}
	assert_int_equal(pinned(bed), QUEUES * PAGE);
	fill(mem, QUEUES * PAGE);
	assert_true(dma_reads(bed, iova[QUEUES - 1], mem + (QUEUES - 1) * PAGE,
			      PIECE));
	assert_true(dma_writes(bed, iova[0], mem, PIECE));
	munmap(mem, QUEUES * PAGE);
}

/* The pool of buffers: a file of huge pages, at an address of the kernel's. */
static void test_pool(void **state)
{
	struct edubed *bed = *state;
	int file = memfd_create("pool", MFD_CLOEXEC | MFD_HUGETLB);
	uint64_t pool = 0, part = 0, unmapped = 0;
	uint8_t *mem;

	if (file < 0 || ftruncate(file, 2 * HUGE))
		skip();
	mem = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (mem == MAP_FAILED)
		skip();
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_RW, file, 0,
					  2 * HUGE, &pool), 0);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_RW, file,
					  HUGE + PAGE, PAGE, &part), 0);
	/* So that the IOMMU may use huge pages as well. */
	assert_int_equal(pool % HUGE, 0);
	assert_true(part + PAGE <= pool || part >= pool + 2 * HUGE);
	assert_true(dma_writes(bed, pool + HUGE + PAGE, mem + HUGE + PAGE,
			       PIECE));
	assert_true(dma_reads(bed, part, mem + HUGE + PAGE, PIECE));

	/* The end of the driver: everything at once. */
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, 0, UINT64_MAX,
				       &unmapped), 0);
	assert_int_equal(unmapped, 2 * HUGE + PAGE + PAGE);
	assert_int_equal(status_kb("VmPin"), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	assert_true(dma_write_blocked(bed, pool, mem, PIECE));
	assert_true(dma_write_blocked(bed, part, mem + HUGE + PAGE, PIECE));
	munmap(mem, 2 * HUGE);
	close(file);
}

#define with_bed(test) \
	cmocka_unit_test_setup_teardown(test, edubed_setup, edubed_teardown)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_cloud_hypervisor),
	cmocka_unit_test(test_handed_over),
	cmocka_unit_test(test_handed_over_by_user),
	with_bed(test_driver_name),
	with_bed(test_queues),
	with_bed(test_pool),
};

int main(void)
{
	if (bed_load())
		return 1;
	/* Not every kernel has it. */
	if (module_load("kvm_amd", NULL))
		module_load("kvm_intel", NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
