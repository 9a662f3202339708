/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest's tests begin with: the modules, an fd of /dev/iommu, an IOAS
 * with one mapping; and the check that a refused call has changed nothing.
 *
 * A test includes this once; everything is static.
 */
#ifndef _GUEST_BED_H
#define _GUEST_BED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"

#define PAGE 4096UL
#define HUGE (2UL << 20)

/* No id of an object: too large for a file with a few of them. */
#define NO_ID 0x7fffffff

/* Where the bed's one mapping is: four pages, readable and writable. */
#define BED_IOVA 0x10000000UL
#define BED_SIZE (4 * PAGE)

/* Where tests may map besides; nothing is mapped there between them. */
#define FREE_IOVA 0x20000000UL

struct bed {
	int fd;
	uint32_t ioas;
	uint8_t *mem;
};

static inline void *pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

/*
 * An address with a tag in its top byte. arm64 takes no notice of that, so it is
 * another name for the same memory; on amd64 (whose kernels here are built
 * without LAM) there is nothing.
 */
static inline void *tagged(const void *va, uint8_t tag)
{
	return (void *)((uintptr_t)va | (uintptr_t)tag << 56);
}

static inline bool tags_are_ignored(void)
{
#ifdef __aarch64__
	return true;
#else
	return false;
#endif
}

/* An address where there is nothing, and after it nothing for @size bytes. */
static inline void *no_pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

/* Let there be some huge pages for MAP_HUGETLB. */
static inline void reserve_hugetlb(unsigned int count)
{
	uint64_t have = 0;
	char text[16];

	assert_int_equal(file_read_u64("/proc/sys/vm/nr_hugepages", &have), 0);
	snprintf(text, sizeof(text), "%u", count);
	if (have < count)
		assert_int_equal(file_write("/proc/sys/vm/nr_hugepages", text),
				 0);
}

/*
 * A kernel with an iommufd of its own is tested as well, to compare.
 * TEST_FILTER='test_map*' leaves out all other tests of a program.
 */
static inline int bed_load(void)
{
	const char *filter = getenv("TEST_FILTER");
	int rc = 0;

	if (filter)
		cmocka_set_test_filter(filter);
	if (access(IOMMUFD_NODE, F_OK))
		rc = module_load("vfio_cdev", NULL);
	if (!rc)
		rc = module_load("vfio-pci", NULL);
	if (rc)
		print_error("cannot load the modules: %s\n", strerror(-rc));
	return rc;
}

/* From the top down; what is not loaded is no error. */
static inline int bed_unload(void)
{
	static const char * const names[] = {
		"iommufd_selftest", "vfio_pci", "vfio_pci_core", "vfio_cdev",
		"vfio_iommufd", "iommufd",
	};
	unsigned int i;
	int rc = 0;

	for (i = 0; i < sizeof(names) / sizeof(*names) && !rc; i++)
		if (module_loaded(names[i]) == 1)
			rc = module_unload(names[i]);
	return rc;
}

/* With iommufd.ko loaded anew, with these options or NULL. */
static inline int bed_reload(const char *options)
{
	int rc = bed_unload();

	if (!rc)
		rc = module_load("iommufd", options);
	if (!rc)
		return bed_load();
	print_error("cannot load iommufd anew: %s\n", strerror(-rc));
	return rc;
}

/* What tests can't find out otherwise: some things came after it. */
static inline bool kernel_is_6_1(void)
{
	struct utsname kernel;

	assert_int_equal(uname(&kernel), 0);
	return !strncmp(kernel.release, "6.1.", 4);
}

/* Which is slow. */
static inline bool kernel_has_kasan(void)
{
	return !system("grep -q ' kasan_' /proc/kallsyms");
}

/* RACE_SECONDS, or what is usual, or with TEST_LONG more. */
static inline uint64_t race_seconds(uint64_t usual, uint64_t longer)
{
	const char *seconds = getenv("RACE_SECONDS");
	const char *text = getenv("TEST_LONG");

	if (seconds)
		return strtoul(seconds, NULL, 0);
	return text && text[0] ? longer : usual;
}

static inline uint32_t new_ioas(int fd)
{
	uint32_t ioas = 0;

	assert_int_equal(iommufd_ioas_alloc(fd, &ioas), 0);
	assert_int_not_equal(ioas, 0);
	return ioas;
}

static inline int new_fd(void)
{
	int fd = iommufd_open();

	assert_true(fd >= 0);
	return fd;
}

static inline int bed_setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	uint64_t iova = BED_IOVA;

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->mem = pages(BED_SIZE);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem,
				     BED_SIZE, &iova), 0);
	*state = bed;
	return 0;
}

static inline int bed_teardown(void **state)
{
	struct bed *bed = *state;

	close(bed->fd);
	munmap(bed->mem, BED_SIZE);
	free(bed);
	return 0;
}

/* ---- what user space can see of an IOAS ---- */

#define PICTURE_RANGES 16
#define PICTURE_PROBES 8

struct picture {
	struct iommu_iova_range ranges[PICTURE_RANGES];
	uint32_t num_ranges;
	uint64_t alignment;
	int mapped[PICTURE_PROBES];
	uint64_t vm_pin;
	uint64_t vm_lck;
	uint64_t huge_pages;
	uint64_t rlimit_mode;
};

/* Whether something is mapped at @iova, without touching it. */
static inline int is_mapped(int fd, uint32_t ioas, uint64_t iova)
{
	uint32_t scratch = new_ioas(fd);
	uint64_t where;
	int rc = iommufd_copy(fd, MAP_R, scratch, &where, ioas, iova, PAGE);

	assert_int_equal(iommufd_destroy(fd, scratch), 0);
	assert_true(!rc || rc == -ENOENT);
	return !rc;
}

/*
 * Whether what is mapped on both sides of @at is one area. If it is not, what
 * lies behind is unmapped: for tests that fail then.
 */
static inline bool is_joined(int fd, uint32_t ioas, uint64_t at)
{
	return is_mapped(fd, ioas, at) &&
	       iommufd_unmap(fd, ioas, at, UINT64_MAX - at, NULL) == -ENOENT;
}

static inline uint64_t status_kb(const char *name)
{
	uint64_t kb = 0;

	assert_int_equal(file_read_kb("/proc/self/status", name, &kb), 0);
	return kb;
}

/* Both ends of the bed's mapping, one page more, and where tests map. */
static const uint64_t picture_probe[PICTURE_PROBES] = {
	BED_IOVA - PAGE, BED_IOVA, BED_IOVA + BED_SIZE - PAGE,
	BED_IOVA + BED_SIZE, 0, PAGE, FREE_IOVA, FREE_IOVA + BED_SIZE,
};

static inline void picture_take(struct bed *bed, struct picture *picture)
{
	int i;

	memset(picture, 0, sizeof(*picture));
	picture->num_ranges = PICTURE_RANGES;
	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, picture->ranges,
					&picture->num_ranges,
					&picture->alignment), 0);
	for (i = 0; i < PICTURE_PROBES; i++)
		picture->mapped[i] = is_mapped(bed->fd, bed->ioas,
					       picture_probe[i]);
	picture->vm_pin = status_kb("VmPin");
	picture->vm_lck = status_kb("VmLck");
	assert_int_equal(iommufd_option_get(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, &picture->huge_pages),
			 0);
	assert_int_equal(iommufd_option_get(bed->fd, IOMMU_OPTION_RLIMIT_MODE,
					    0, &picture->rlimit_mode), 0);
}

/*
 * Makes the call, expects this errno, and that neither the argument nor
 * anything that user space can see is different afterwards.
 */
static inline void refused_at(struct bed *bed, int error, unsigned long cmd,
			      void *arg, size_t size, const char *file,
			      int line)
{
	struct picture before, after;
	uint8_t *copy = malloc(size);
	int rc;

	memcpy(copy, arg, size);
	picture_take(bed, &before);
	rc = iommufd_call(bed->fd, cmd, arg);
	if (rc != -error)
		fail_msg("%s:%d: returned %d (%s), not %s", file, line, rc,
			 strerror(-rc), strerror(error));
	picture_take(bed, &after);
	if (memcmp(&before, &after, sizeof(before)))
		fail_msg("%s:%d: refused, but changed something", file, line);
	if (memcmp(copy, arg, size))
		fail_msg("%s:%d: refused, but wrote its argument", file, line);
	free(copy);
}

#define refused(bed, error, cmd, arg) \
	refused_at(bed, error, cmd, arg, sizeof(*(arg)), __FILE__, __LINE__)

#endif
