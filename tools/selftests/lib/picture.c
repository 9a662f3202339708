// SPDX-License-Identifier: GPL-2.0
/*
 * What user space can see of an IOAS, see picture.h.
 */
#include "bed.h"
#include "iommufd.h"
#include "picture.h"

int is_mapped(int fd, uint32_t ioas, uint64_t iova)
{
	uint32_t scratch = new_ioas(fd);
	uint64_t where;
	int rc = iommufd_copy(fd, MAP_R, scratch, &where, ioas, iova, PAGE);

	assert_int_equal(iommufd_destroy(fd, scratch), 0);
	assert_true(!rc || rc == -ENOENT);
	return !rc;
}

bool is_joined(int fd, uint32_t ioas, uint64_t at)
{
	return is_mapped(fd, ioas, at) &&
	       iommufd_unmap(fd, ioas, at, UINT64_MAX - at, NULL) == -ENOENT;
}

/* Both ends of the bed's mapping, one page more, and where tests map. */
static const uint64_t picture_probe[PICTURE_PROBES] = {
	BED_IOVA - PAGE, BED_IOVA, BED_IOVA + BED_SIZE - PAGE,
	BED_IOVA + BED_SIZE, 0, PAGE, FREE_IOVA, FREE_IOVA + BED_SIZE,
};

void picture_take(struct bed *bed, struct picture *picture)
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

void refused_at(struct bed *bed, int error, unsigned long cmd, void *arg,
		size_t size, const char *file, int line)
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
