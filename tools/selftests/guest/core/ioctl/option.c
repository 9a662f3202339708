// SPDX-License-Identifier: GPL-2.0
/*
 * OPTION; HWPT_ALLOC and GET_HW_INFO, as far as they go without a device.
 */
#include <sys/wait.h>

#include "bed.h"
#include "iommufd.h"
#include "option.h"
#include "picture.h"

/* ---- OPTION ---- */

static struct iommu_option option_argument(uint32_t option, uint16_t op,
					   uint32_t object)
{
	return (struct iommu_option){
		.size = sizeof(struct iommu_option),
		.option_id = option,
		.op = op,
		.object_id = object,
	};
}

void test_option_huge_pages(void **state)
{
	struct bed *bed = *state;
	uint64_t value = 7;
	uint32_t option = IOMMU_OPTION_HUGE_PAGES;

	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 1);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 0), 0);
	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 0);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 1), 0);
	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 1);
}

void test_option_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_option arg;

	arg = option_argument(2, IOMMU_OPTION_OP_GET, bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(UINT32_MAX, IOMMU_OPTION_OP_GET, 0);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_HUGE_PAGES, 2, bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_RLIMIT_MODE, 2, 0);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
			      bed->ioas);
	arg.val64 = 2;
	refused(bed, EINVAL, IOMMU_OPTION, &arg);
	arg.val64 = UINT64_MAX;
	refused(bed, EINVAL, IOMMU_OPTION, &arg);
	arg.val64 = 1;
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_GET,
			      bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
}

void test_option_rlimit_mode(void **state)
{
	uint32_t option = IOMMU_OPTION_RLIMIT_MODE, ioas;
	int fd = new_fd();
	uint64_t value = 7;

	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(iommufd_option_set(fd, option, 0, 2), -EINVAL);
	assert_int_equal(iommufd_option_set(fd, option, 0, 1), 0);
	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 1);
	ioas = new_ioas(fd);
	assert_int_equal(iommufd_option_set(fd, option, 0, 0), -EBUSY);
	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	assert_int_equal(iommufd_option_set(fd, option, 0, 0), 0);
	close(fd);
}

/* In a child, as a process cannot get its privilege back. */
void test_option_rlimit_mode_unprivileged(void **state)
{
	uint32_t option = IOMMU_OPTION_RLIMIT_MODE;
	int fd = new_fd(), status;
	uint64_t value;
	pid_t child;

	child = fork();
	if (!child) {
		if (setuid(1000))
			_exit(1);
		_exit(iommufd_option_set(fd, option, 0, 1) != -EPERM ||
		      iommufd_option_get(fd, option, 0, &value) || value);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
}

/* ---- HWPT_ALLOC and GET_HW_INFO, as far as they go without a device ---- */

void test_hwpt_alloc_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = NO_ID, .pt_id = bed->ioas,
	};

	refused(bed, ENOENT, IOMMU_HWPT_ALLOC, &arg);
	/* An IOAS is no device. */
	arg.dev_id = bed->ioas;
	refused(bed, ENOENT, IOMMU_HWPT_ALLOC, &arg);
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_HWPT_ALLOC, &arg);
	arg.__reserved = 0;
	/* Data without a type, and a type without data. */
	arg.data_len = 8;
	refused(bed, EINVAL, IOMMU_HWPT_ALLOC, &arg);
	arg.data_len = 0;
	arg.data_type = IOMMU_HWPT_DATA_VTD_S1;
	refused(bed, EINVAL, IOMMU_HWPT_ALLOC, &arg);
}

void test_hw_info_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_hw_info arg = { .size = sizeof(arg), .dev_id = NO_ID };
	int i;

	refused(bed, ENOENT, IOMMU_GET_HW_INFO, &arg);
	arg.dev_id = bed->ioas;
	refused(bed, ENOENT, IOMMU_GET_HW_INFO, &arg);
	for (i = 0; i < 3; i++) {
		arg.__reserved[i] = 1;
		refused(bed, EOPNOTSUPP, IOMMU_GET_HW_INFO, &arg);
		arg.__reserved[i] = 0;
	}
	arg.flags = 1U << 31;
	refused(bed, EOPNOTSUPP, IOMMU_GET_HW_INFO, &arg);
}
