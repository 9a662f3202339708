// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/iommu as a program of 32 bits calls it: by the kernel's entry for such
 * programs, which any program may take, with pointers of 32 bits. That the structs are
 * the same for both is seen where the test is built (abi/check).
 */
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "bed.h"
#include "compiler.h"
#include "iommufd.h"

#if defined(__x86_64__)
#define NR32_IOCTL 54

static int ioctl32(int fd, uint32_t nr, uint32_t arg)
{
	long rc = NR32_IOCTL;

	/* Older kernels leave nothing in the registers that such programs lack. */
	asm volatile("int $0x80"
		     : "+a" (rc)
		     : "b" (fd), "c" (nr), "d" (arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)rc;
}

/* Where a program of 32 bits can have it. */
static void *low_pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	assert_true(mem != MAP_FAILED);
	assert_true((uintptr_t)mem + size <= UINT32_MAX);
	return mem;
}

static int call32(struct bed *bed, uint32_t nr, void *arg)
{
	return ioctl32(bed->fd, nr, (uint32_t)(uintptr_t)arg);
}

static void test_commands(void **state)
{
	struct bed *bed = *state;
	struct {
		struct iommu_ioas_alloc alloc;
		struct iommu_ioas_map map;
		struct iommu_ioas_iova_ranges ranges;
		struct iommu_iova_range range[4];
		struct iommu_ioas_unmap unmap;
		struct iommu_destroy destroy;
	} *arg = low_pages(2 * PAGE);
	uint8_t *mem = (uint8_t *)arg + PAGE;

	arg->alloc.size = sizeof(arg->alloc);
	assert_int_equal(call32(bed, IOMMU_IOAS_ALLOC, &arg->alloc), 0);
	arg->map = (struct iommu_ioas_map){
		.size = sizeof(arg->map), .flags = MAP_RW | MAP_FIXED_IOVA,
		.ioas_id = arg->alloc.out_ioas_id,
		.user_va = (uintptr_t)mem, .length = PAGE,
		/* Above what such a program itself could have. */
		.iova = 0x700000000000UL,
	};
	assert_int_equal(call32(bed, IOMMU_IOAS_MAP, &arg->map), 0);
	assert_int_equal(call32(bed, IOMMU_IOAS_MAP, &arg->map), -EEXIST);
	arg->ranges = (struct iommu_ioas_iova_ranges){
		.size = sizeof(arg->ranges), .num_iovas = ARRAY_SIZE(arg->range),
		.ioas_id = arg->alloc.out_ioas_id,
		.allowed_iovas = (uintptr_t)arg->range,
	};
	assert_int_equal(call32(bed, IOMMU_IOAS_IOVA_RANGES, &arg->ranges), 0);
	assert_int_equal(arg->ranges.num_iovas, 1);
	assert_true(arg->range[0].last > UINT32_MAX);
	arg->unmap = (struct iommu_ioas_unmap){
		.size = sizeof(arg->unmap), .ioas_id = arg->alloc.out_ioas_id,
		.iova = arg->map.iova, .length = PAGE,
	};
	assert_int_equal(call32(bed, IOMMU_IOAS_UNMAP, &arg->unmap), 0);
	assert_int_equal(arg->unmap.length, PAGE);
	arg->destroy = (struct iommu_destroy){
		.size = sizeof(arg->destroy), .id = arg->alloc.out_ioas_id,
	};
	assert_int_equal(call32(bed, IOMMU_DESTROY, &arg->destroy), 0);
	assert_int_equal(call32(bed, IOMMU_DESTROY, &arg->destroy), -ENOENT);
	munmap(arg, 2 * PAGE);
}

/* Its ioctls have a pointer, or a number, which is none. */
static void test_container_ioctls(void **state)
{
	struct bed *bed = *state;
	struct {
		struct vfio_iommu_type1_dma_map map;
		struct vfio_iommu_type1_dma_unmap unmap;
	} *arg = low_pages(2 * PAGE);
	uint8_t *mem = (uint8_t *)arg + PAGE;

	assert_int_equal(iommufd_vfio_ioas(bed->fd, IOMMU_VFIO_IOAS_SET,
					   &bed->ioas), 0);
	assert_int_equal(ioctl32(bed->fd, VFIO_GET_API_VERSION, 0),
			 VFIO_API_VERSION);
	assert_int_equal(ioctl32(bed->fd, VFIO_CHECK_EXTENSION,
				 VFIO_TYPE1v2_IOMMU), 1);
	assert_int_equal(ioctl32(bed->fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
			 0);
	arg->map = (struct vfio_iommu_type1_dma_map){
		.argsz = sizeof(arg->map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem, .iova = FREE_IOVA, .size = PAGE,
	};
	assert_int_equal(call32(bed, VFIO_IOMMU_MAP_DMA, &arg->map), 0);
	arg->unmap = (struct vfio_iommu_type1_dma_unmap){
		.argsz = sizeof(arg->unmap), .iova = FREE_IOVA, .size = PAGE,
	};
	assert_int_equal(call32(bed, VFIO_IOMMU_UNMAP_DMA, &arg->unmap), 0);
	assert_int_equal(arg->unmap.size, PAGE);
	munmap(arg, 2 * PAGE);
}

/* Of what the entry hands over no more than 32 bits count, in both. */
static void test_errors(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_alloc *alloc = low_pages(PAGE);

	assert_int_equal(call32(bed, _IO(IOMMUFD_TYPE, 0xff), alloc), -ENOTTY);
	assert_int_equal(call32(bed, IOMMU_IOAS_ALLOC, NULL), -EFAULT);
	assert_int_equal(ioctl32(bed->fd, IOMMU_IOAS_ALLOC, UINT32_MAX),
			 -EFAULT);
	alloc->size = sizeof(*alloc) - 1;
	assert_int_equal(call32(bed, IOMMU_IOAS_ALLOC, alloc), -EINVAL);
	alloc->size = sizeof(*alloc);
	alloc->flags = 1;
	assert_int_equal(call32(bed, IOMMU_IOAS_ALLOC, alloc), -EOPNOTSUPP);
	munmap(alloc, PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, \
						   bed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_commands),
	TEST(test_container_ioctls),
	TEST(test_errors),
};

static bool has_entry(void)
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		ioctl32(-1, 0, 0);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && !status;
}

int main(void)
{
	struct utsname kernel;

	/* Our debug kernels are built without the entry; Debian's have it. */
	if (!uname(&kernel) && !strstr(kernel.release, "-amd64") &&
	    !has_entry()) {
		printf("this kernel has no entry for programs of 32 bits: skipped\n");
		return 0;
	}
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	printf("no 32-bit entry for programs of 64 bits on this processor: skipped\n");
	return 0;
}
#endif
