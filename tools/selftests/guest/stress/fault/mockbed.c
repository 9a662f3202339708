// SPDX-License-Identifier: GPL-2.0
/*
 * Scenes on the mock IOMMU, see mockbed.h.
 */
#include "bed.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "scene.h"
#include "test.h"

int mockbed_setup(void **state)
{
	struct mockbed *mockbed = calloc(1, sizeof(*mockbed));
	struct edubed *bed = &mockbed->bed;

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->scratch = pages(PAGE);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mockbed->mock), 0);
	bed->hwpt = mockbed->mock.hwpt;
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, mockbed->mock.idev,
					    bed->ioas, &mockbed->second.hwpt),
			 0);
	assert_int_equal(test_mock(bed->fd, mockbed->second.hwpt, 0,
				   &mockbed->second), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	bed->pinned = status_kb("VmPin");
	*state = mockbed;
	return 0;
}

int mockbed_teardown(void **state)
{
	struct mockbed *mockbed = *state;

	close(mockbed->bed.fd);
	munmap(mockbed->bed.scratch, PAGE);
	free(mockbed);
	return 0;
}

void scene_watch(struct scene *scene, struct mockbed *mockbed, uint8_t *mem,
		 size_t length)
{
	scene->bed = &mockbed->bed;
	scene->mem = mem;
	scene->length = length;
	scene->iova = FREE_IOVA;
	scene->hwpts[0] = mockbed->mock.hwpt;
	scene->hwpts[1] = mockbed->second.hwpt;
}

struct mockbed *mock_of(struct scene *scene)
{
	return (struct mockbed *)scene->bed;
}

uint32_t new_lazy_ioas(struct scene *scene)
{
	uint32_t ioas = new_ioas(scene->bed->fd);
	size_t half = scene->length / 2;
	uint64_t iova;
	int i;

	for (i = 0; i < 2; i++) {
		iova = scene->iova + i * half;
		assert_int_equal(iommufd_map(scene->bed->fd, ioas,
					     MAP_RW | MAP_FIXED_IOVA,
					     scene->mem + i * half, half,
					     &iova), 0);
	}
	return ioas;
}

void undo_mock(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), 0);
}
