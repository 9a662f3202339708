// SPDX-License-Identifier: GPL-2.0
/*
 * DMA with PASIDs: two parts of one device's DMA go through page tables of two IOASes.
 * Needs an edu that has PASIDs (scripts/vm --iommu vtd-pasid); elsewhere it only sees that
 * it is told that there are none. PASID_MUST=1: that is a failure.
 */
#include <sys/ioctl.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "vfio.h"

#define PIECE 1024
#define PASID 5

struct parts {
	struct edubed *bed;
	uint32_t plain;	/* what DMA without a PASID goes through */
	uint32_t ioas[2], hwpt[2];
	uint8_t *mem[2];	/* at FREE_IOVA of each of the IOASes */
};

static int try_table(struct edubed *bed, uint32_t ioas, uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, IOMMU_HWPT_ALLOC_PASID,
				  bed->edu.devid, ioas, hwpt);
}

static int attach_pasid(struct parts *parts, uint32_t pasid, uint32_t pt)
{
	return vfio_attach_pasid(parts->bed->edu.dev, pasid, pt);
}

static void detach_pasid(struct parts *parts, uint32_t pasid)
{
	assert_int_equal(vfio_detach_pasid(parts->bed->edu.dev, pasid), 0);
}

/* False where the device has no PASIDs, and all calls say so. */
static bool begin(struct parts *parts, void **state)
{
	struct edubed *bed = *state;
	uint64_t capabilities = 0, iova = FREE_IOVA;
	unsigned int bits = 0, i;
	int rc;

	*parts = (struct parts){ .bed = bed };
	assert_int_equal(iommufd_pasid_bits(bed->fd, bed->edu.devid, &bits,
					    &capabilities), 0);
	if (!bits) {
		assert_false(env_number("PASID_MUST", 0));
		assert_int_equal(capabilities & (IOMMU_HW_CAP_PCI_PASID_EXEC |
						 IOMMU_HW_CAP_PCI_PASID_PRIV),
				 0);
		/* A page table may be made for other devices. */
		rc = try_table(bed, bed->ioas, &parts->plain);
		assert_true(!rc || rc == -EOPNOTSUPP);
		if (!rc)
			assert_int_equal(attach_pasid(parts, PASID,
						      parts->plain), -EINVAL);
		assert_int_equal(attach_pasid(parts, PASID, bed->hwpt),
				 -EINVAL);
		detach_pasid(parts, PASID);
		return false;
	}
	assert_int_equal(try_table(bed, bed->ioas, &parts->plain), 0);
	assert_int_equal(attach(bed, parts->plain), 0);
	for (i = 0; i < 2; i++) {
		parts->ioas[i] = new_ioas(bed->fd);
		parts->mem[i] = pages(PAGE);
		assert_int_equal(iommufd_map(bed->fd, parts->ioas[i],
					     MAP_RW | MAP_FIXED_IOVA,
					     parts->mem[i], PAGE, &iova), 0);
		assert_int_equal(try_table(bed, parts->ioas[i],
					   &parts->hwpt[i]), 0);
	}
	return true;
}

static void end(struct parts *parts)
{
	munmap(parts->mem[0], PAGE);
	munmap(parts->mem[1], PAGE);
}

/* The edu's buffer gets bytes that it had never before, without a PASID. */
static void fill_buffer(struct parts *parts)
{
	struct edubed *bed = parts->bed;

	edu_set_pasid(&bed->edu, EDU_NO_PASID);
	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
}

/* Does DMA of @pasid reach memory @n, and nothing else? */
static bool reaches(struct parts *parts, uint32_t pasid, unsigned int n)
{
	struct edubed *bed = parts->bed;
	unsigned int i;

	fill_buffer(parts);
	for (i = 0; i < 2; i++)
		memset(parts->mem[i], 0, PIECE);
	edu_set_pasid(&bed->edu, pasid);
	assert_int_equal(edu_store(&bed->edu, FREE_IOVA, 0, PIECE), 0);
	edu_set_pasid(&bed->edu, EDU_NO_PASID);
	for (i = 0; i < 2; i++) {
		if (i == n && memcmp(parts->mem[i], bed->scratch, PIECE))
			return false;
		if (i != n && parts->mem[i][0])
			return false;
	}
	return true;
}

/* Memory 0 and 1 are all that there is. */
#define NOTHING 2

static void test_two_memories(void **state)
{
	struct parts parts;

	if (!begin(&parts, state))
		return;
	assert_true(reaches(&parts, PASID, NOTHING));
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), 0);
	assert_int_equal(attach_pasid(&parts, PASID + 1, parts.hwpt[1]), 0);
	assert_true(reaches(&parts, PASID, 0));
	assert_true(reaches(&parts, PASID + 1, 1));
	assert_true(reaches(&parts, PASID + 2, NOTHING));
	/* What has no PASID is where it was. */
	assert_true(reaches(&parts, EDU_NO_PASID, NOTHING));
	assert_true(dma_writes(parts.bed, SCRATCH_IOVA, parts.bed->scratch,
			       PIECE));
	detach_pasid(&parts, PASID);
	assert_true(reaches(&parts, PASID, NOTHING));
	assert_true(reaches(&parts, PASID + 1, 1));
	end(&parts);
}

/* A second attach moves it; what is unmapped is out of reach at once. */
static void test_moves(void **state)
{
	struct parts parts;

	if (!begin(&parts, state))
		return;
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), 0);
	assert_true(reaches(&parts, PASID, 0));
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[1]), 0);
	assert_true(reaches(&parts, PASID, 1));
	assert_int_equal(iommufd_destroy(parts.bed->fd, parts.hwpt[0]), 0);
	assert_int_equal(iommufd_destroy(parts.bed->fd, parts.hwpt[1]), -EBUSY);
	assert_int_equal(iommufd_unmap(parts.bed->fd, parts.ioas[1], FREE_IOVA,
				       PAGE, NULL), 0);
	assert_true(reaches(&parts, PASID, NOTHING));
	end(&parts);
}

/*
 * It goes on when all other DMA of the device changes. When that is detached some kernels
 * have to block the PASID, too: then it is attached anew, as if for the first time.
 */
static void test_beside_others(void **state)
{
	struct parts parts;

	if (!begin(&parts, state))
		return;
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), 0);
	/* Made for an IOAS, and so not for PASIDs. */
	assert_int_equal(attach(parts.bed, parts.bed->ioas), -EINVAL);
	assert_int_equal(attach(parts.bed, parts.hwpt[1]), 0);
	assert_int_equal(attach(parts.bed, parts.plain), 0);
	assert_true(reaches(&parts, PASID, 0));
	assert_int_equal(vfio_detach(parts.bed->edu.dev), 0);
	assert_int_equal(attach(parts.bed, parts.plain), 0);
	if (!reaches(&parts, PASID, 0)) {
		assert_true(reaches(&parts, PASID, NOTHING));
		assert_int_equal(iommufd_destroy(parts.bed->fd, parts.hwpt[1]),
				 0);
		assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), 0);
		assert_true(reaches(&parts, PASID, 0));
	}
	detach_pasid(&parts, PASID);
	assert_int_equal(attach(parts.bed, parts.bed->ioas), 0);
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), -EINVAL);
	assert_true(reaches(&parts, PASID, NOTHING));
	end(&parts);
}

/* Nobody detaches: the next who opens the device finds nothing of it. */
static void test_close(void **state)
{
	struct edubed *bed = *state;
	struct parts parts, next;

	if (!begin(&parts, state))
		return;
	assert_int_equal(attach_pasid(&parts, PASID, parts.hwpt[0]), 0);
	assert_int_equal(attach_pasid(&parts, PASID + 1, parts.hwpt[1]), 0);
	assert_true(reaches(&parts, PASID, 0));
	edu_close(&bed->edu);
	assert_int_equal(iommufd_destroy(bed->fd, parts.hwpt[0]), 0);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_true(begin(&next, state));
	next.mem[0] = parts.mem[0];
	next.mem[1] = parts.mem[1];
	assert_true(reaches(&next, PASID, NOTHING));
	assert_true(reaches(&next, PASID + 1, NOTHING));
	end(&parts);
}

static int call(struct edubed *bed, unsigned long cmd, void *arg)
{
	return ioctl(bed->edu.dev, cmd, arg) < 0 ? -errno : 0;
}

static void test_refused(void **state)
{
	struct edubed *bed = *state;
	struct vfio_device_attach_iommufd_pt arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_ATTACH_PASID,
		.pasid = PASID, .pt_id = bed->ioas,
	};
	struct vfio_device_detach_iommufd_pt back = {
		.argsz = sizeof(back), .flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = PASID,
	};
	uint8_t *end_of_page = (uint8_t *)pages(2 * PAGE) + PAGE;
	struct parts parts;
	unsigned int bit;

	munmap(end_of_page, PAGE);
	/* The struct of before. */
	arg.argsz = 12;
	assert_int_equal(call(bed, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg),
			 -EINVAL);
	back.argsz = 8;
	assert_int_equal(call(bed, VFIO_DEVICE_DETACH_IOMMUFD_PT, &back),
			 -EINVAL);
	arg.argsz = sizeof(arg);
	back.argsz = sizeof(back);
	/* The PASID is where there is no memory. */
	memcpy(end_of_page - 12, &arg, 12);
	assert_int_equal(call(bed, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			      end_of_page - 12), -EFAULT);
	memcpy(end_of_page - 8, &back, 8);
	assert_int_equal(call(bed, VFIO_DEVICE_DETACH_IOMMUFD_PT,
			      end_of_page - 8), -EFAULT);
	for (bit = 1; bit < 32; bit++) {
		arg.flags = 1 | 1U << bit;
		back.flags = arg.flags;
		assert_int_equal(call(bed, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg),
				 -EINVAL);
		assert_int_equal(call(bed, VFIO_DEVICE_DETACH_IOMMUFD_PT,
				      &back), -EINVAL);
	}
	munmap(end_of_page - PAGE, PAGE);
	if (!begin(&parts, state))
		return;
	assert_int_equal(attach_pasid(&parts, 0, parts.hwpt[0]), -EINVAL);
	assert_int_equal(attach_pasid(&parts, UINT32_MAX, parts.hwpt[0]),
			 -EINVAL);
	assert_int_equal(attach_pasid(&parts, PASID, parts.ioas[0]), -EINVAL);
	assert_int_equal(attach_pasid(&parts, PASID, bed->edu.devid), -EINVAL);
	assert_int_equal(attach_pasid(&parts, PASID, NO_ID), -ENOENT);
	detach_pasid(&parts, 0);
	detach_pasid(&parts, UINT32_MAX);
	/* What the device had before is still there. */
	assert_true(reaches(&parts, PASID, NOTHING));
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	end(&parts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_two_memories),
	TEST(test_moves),
	TEST(test_beside_others),
	TEST(test_close),
	TEST(test_refused),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
