// SPDX-License-Identifier: GPL-2.0
/*
 * The test command of iommufd_selftest.ko, see test.h.
 */
#include "iommufd.h"
#include "test.h"

static int call(int fd, uint32_t op, uint32_t id, struct iommu_test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	cmd->id = id;
	return iommufd_call(fd, IOMMU_TEST_CMD, cmd);
}

int test_add_reserved(int fd, uint32_t ioas, uint64_t start, uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.add_reserved = { .start = start, .length = length },
	};

	return call(fd, IOMMU_TEST_OP_ADD_RESERVED, ioas, &cmd);
}

int test_memory_limit(int fd, uint32_t limit)
{
	struct iommu_test_cmd cmd = { .memory_limit = { .limit = limit } };

	return call(fd, IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT, 0, &cmd);
}

int test_check_refs(int fd, const void *va, uint64_t length, uint32_t refs)
{
	struct iommu_test_cmd cmd = {
		.check_refs = {
			.length = length, .uptr = (uintptr_t)va, .refs = refs,
		},
	};

	return call(fd, IOMMU_TEST_OP_MD_CHECK_REFS, 0, &cmd);
}

int test_access_create(int fd, uint32_t ioas, uint32_t flags, int *access)
{
	struct iommu_test_cmd cmd = { .create_access = { .flags = flags } };
	int rc = call(fd, IOMMU_TEST_OP_CREATE_ACCESS, ioas, &cmd);

	if (!rc)
		*access = cmd.create_access.out_access_fd;
	return rc;
}

int test_access_replace(int fd, int access, uint32_t ioas)
{
	struct iommu_test_cmd cmd = {
		.access_replace_ioas = { .ioas_id = ioas },
	};

	return call(fd, IOMMU_TEST_OP_ACCESS_REPLACE_IOAS, access, &cmd);
}

int test_access_pin(int fd, int access, uint32_t flags, uint64_t iova,
		    uint64_t length, const void *va, uint32_t *pin)
{
	struct iommu_test_cmd cmd = {
		.access_pages = {
			.flags = flags, .iova = iova, .length = length,
			.uptr = (uintptr_t)va,
		},
	};
	int rc = call(fd, IOMMU_TEST_OP_ACCESS_PAGES, access, &cmd);

	if (!rc && pin)
		*pin = cmd.access_pages.out_access_pages_id;
	return rc;
}

int test_access_unpin(int fd, int access, uint32_t pin)
{
	struct iommu_test_cmd cmd = {
		.destroy_access_pages = { .access_pages_id = pin },
	};

	return call(fd, IOMMU_TEST_OP_DESTROY_ACCESS_PAGES, access, &cmd);
}

int test_access_read(int fd, int access, uint64_t iova, void *data,
		     uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.access_rw = {
			.iova = iova, .length = length,
			.uptr = (uintptr_t)data,
		},
	};

	return call(fd, IOMMU_TEST_OP_ACCESS_RW, access, &cmd);
}

int test_access_write(int fd, int access, uint64_t iova, const void *data,
		      uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.access_rw = {
			.iova = iova, .length = length,
			.uptr = (uintptr_t)data,
			.flags = MOCK_ACCESS_RW_WRITE,
		},
	};

	return call(fd, IOMMU_TEST_OP_ACCESS_RW, access, &cmd);
}

int test_mock(int fd, uint32_t pt, uint32_t flags, struct test_mock *mock)
{
	struct iommu_test_cmd cmd = { .mock_domain = { .dev_flags = flags } };
	int rc = call(fd, flags ? IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS :
				  IOMMU_TEST_OP_MOCK_DOMAIN, pt, &cmd);

	if (!rc && mock) {
		mock->stdev = cmd.mock_domain.out_stdev_id;
		mock->hwpt = cmd.mock_domain.out_hwpt_id;
		mock->idev = cmd.mock_domain.out_idev_id;
	}
	return rc;
}

int test_mock_replace(int fd, uint32_t stdev, uint32_t *pt)
{
	struct iommu_test_cmd cmd = { .mock_domain_replace = { .pt_id = *pt } };
	int rc = call(fd, IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE, stdev, &cmd);

	if (!rc)
		*pt = cmd.mock_domain_replace.pt_id;
	return rc;
}

int test_check_map(int fd, uint32_t hwpt, uint64_t iova, const void *va,
		   uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.check_map = {
			.iova = iova, .length = length, .uptr = (uintptr_t)va,
		},
	};

	return call(fd, IOMMU_TEST_OP_MD_CHECK_MAP, hwpt, &cmd);
}

int test_entry(int fd, uint32_t hwpt, uint64_t iova, uint32_t *flags)
{
	struct iommu_test_cmd cmd = { .md_entry = { .iova = iova } };
	int rc = call(fd, IOMMU_TEST_OP_MD_ENTRY, hwpt, &cmd);

	if (!rc)
		*flags = cmd.md_entry.out_flags;
	return rc;
}

int test_track(int fd, uint32_t hwpt, uint32_t enable)
{
	struct iommu_test_cmd cmd = { .md_track = { .enable = enable } };

	return call(fd, IOMMU_TEST_OP_MD_TRACK, hwpt, &cmd);
}

int test_taken(int fd, uint32_t hwpt, uint64_t *counted, uint64_t *taken)
{
	struct iommu_test_cmd cmd = {};
	int rc = call(fd, IOMMU_TEST_OP_MD_TAKEN, hwpt, &cmd);

	if (!rc) {
		*counted = cmd.md_taken.out_counted;
		*taken = cmd.md_taken.out_taken;
	}
	return rc;
}

int test_dirty(int fd, uint32_t hwpt, uint64_t iova, uint64_t length,
	       uint64_t page_size, const void *bitmap, uint64_t *count)
{
	struct iommu_test_cmd cmd = {
		.dirty = {
			.iova = iova, .length = length,
			.page_size = page_size, .uptr = (uintptr_t)bitmap,
		},
	};
	int rc = call(fd, IOMMU_TEST_OP_DIRTY, hwpt, &cmd);

	if (!rc && count)
		*count = cmd.dirty.out_nr_dirty;
	return rc;
}

int test_check_iotlb(int fd, uint32_t hwpt, uint32_t id, uint32_t iotlb)
{
	struct iommu_test_cmd cmd = {
		.check_iotlb = { .id = id, .iotlb = iotlb },
	};

	return call(fd, IOMMU_TEST_OP_MD_CHECK_IOTLB, hwpt, &cmd);
}

int test_check_cache(int fd, uint32_t idev, uint32_t id, uint32_t cache)
{
	struct iommu_test_cmd cmd = {
		.check_dev_cache = { .id = id, .cache = cache },
	};

	return call(fd, IOMMU_TEST_OP_DEV_CHECK_CACHE, idev, &cmd);
}

static int call_pasid(int fd, uint32_t op, uint32_t stdev, uint32_t pasid,
		      uint32_t pt)
{
	struct iommu_test_cmd cmd = {
		.pasid_attach = { .pasid = pasid, .pt_id = pt },
	};

	return call(fd, op, stdev, &cmd);
}

int test_pasid_attach(int fd, uint32_t stdev, uint32_t pasid, uint32_t pt)
{
	return call_pasid(fd, IOMMU_TEST_OP_PASID_ATTACH, stdev, pasid, pt);
}

int test_pasid_replace(int fd, uint32_t stdev, uint32_t pasid, uint32_t pt)
{
	return call_pasid(fd, IOMMU_TEST_OP_PASID_REPLACE, stdev, pasid, pt);
}

int test_pasid_detach(int fd, uint32_t stdev, uint32_t pasid)
{
	struct iommu_test_cmd cmd = { .pasid_detach = { .pasid = pasid } };

	return call(fd, IOMMU_TEST_OP_PASID_DETACH, stdev, &cmd);
}

int test_pasid_check(int fd, uint32_t stdev, uint32_t pasid, uint32_t hwpt)
{
	struct iommu_test_cmd cmd = {
		.pasid_check = { .pasid = pasid, .hwpt_id = hwpt },
	};

	return call(fd, IOMMU_TEST_OP_PASID_CHECK_HWPT, stdev, &cmd);
}
