// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of the torture on IO address spaces and what is mapped there.
 */
#include "bed.h"
#include "compiler.h"
#include "iommufd.h"
#include "map.h"
#include "world.h"

int op_ioas_alloc(struct thread *t)
{
	uint32_t *place, ioas;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	place = &kept->ioas[choose(t, KEPT)];
	if (load(*place))
		return SKIP;
	rc = iommufd_ioas_alloc(fd, &ioas);
	if (!rc && !put_id(place, ioas))
		iommufd_destroy(fd, ioas);
	return rc;
}

int destroy_some(int fd, uint32_t *place)
{
	uint32_t id = take(*place, 0);
	int rc;

	if (!id)
		return SKIP;
	rc = iommufd_destroy(fd, id);
	if (rc == -EBUSY)
		put_id(place, id);
	return rc;
}

int op_ioas_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->ioas[choose(t, KEPT)]);
}

int map_some(struct thread *t, int fd, uint32_t ioas)
{
	uint64_t length = some_length(t), iova = slot_iova(t);

	return iommufd_map(fd, ioas, some_prot(t) | MAP_FIXED_IOVA,
			   some_name(t, some_mem(t, length)), length, &iova);
}

int op_map(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return map_some(t, fd, some(t, kept->ioas));
}

int op_map_shared(struct thread *t)
{
	uint64_t length = some_length(t), iova = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint8_t *va = torture->shared +
		      choose(t, (SHARED_SIZE - length) / PAGE + 1) * PAGE;

	return iommufd_map(fd, some(t, kept->ioas), MAP_RW | MAP_FIXED_IOVA,
			   some_name(t, va), length, &iova);
}

int op_map_file(struct thread *t)
{
	uint64_t length = some_length(t), iova = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_map_file(fd, some(t, kept->ioas),
				some_prot(t) | MAP_FIXED_IOVA, t->world->memfd,
				choose(t, (MEM_SIZE - length) / PAGE + 1) *
				PAGE, length, &iova);
}

/* On both sides of CALL_END; in one piece, if it is a part of the giant page. */
int op_map_across(struct thread *t)
{
	uint64_t length = 4 * some_length(t), iova = CALL_END - length / 2;
	bool giant = torture->giant >= 0;
	uint64_t room = (giant ? GIANT_SIZE : MEM_SIZE) - length;
	uint64_t start = choose(t, room / PAGE + 1) * PAGE;
	struct kept *kept;
	int fd = some_file(t, &kept);

	/* Large IO pages. */
	if (choose(t, 2))
		start -= start % MEM_SIZE;
	return iommufd_map_file(fd, some(t, kept->ioas),
				some_prot(t) | MAP_FIXED_IOVA,
				giant ? torture->giant : t->world->memfd,
				start, length, &iova);
}

/* Where the kernel chooses. */
int op_map_anywhere(struct thread *t)
{
	uint64_t length = some_length(t), iova;
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_map(fd, some(t, kept->ioas), MAP_RW,
			   some_name(t, some_mem(t, length)), length, &iova);
}

int op_unmap(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_unmap(fd, some(t, kept->ioas), slot_iova(t),
			     SLOT_SIZE * (1 + choose(t, 3)), NULL);
}

int op_unmap_all(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_unmap_all(fd, some(t, kept->ioas), NULL);
}

int op_copy(struct thread *t)
{
	uint64_t to = slot_iova(t);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_copy(fd, some_prot(t) | MAP_FIXED_IOVA,
			    some(t, kept->ioas), &to, some(t, kept->ioas),
			    part_iova(t), part_length(t));
}

/* One range covers all slots, more are beside them. */
int op_allow(struct thread *t)
{
	struct iommu_iova_range range[4];
	unsigned int n = choose(t, 5), i;
	struct kept *kept;
	int fd = some_file(t, &kept);

	for (i = 0; i < n; i++) {
		range[i].start = SLOT_IOVA + i * 64 * HUGE;
		range[i].last = range[i].start +
				(1 + choose(t, 64)) * HUGE - 1;
	}
	return iommufd_allow(fd, some(t, kept->ioas), range, n);
}

int op_change_process(struct thread *t)
{
	struct kept *kept;

	return iommufd_change_process(some_file(t, &kept));
}

int op_ranges(struct thread *t)
{
	struct iommu_iova_range range[16];
	uint32_t num = ARRAY_SIZE(range);
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_ranges(fd, some(t, kept->ioas), range, &num, NULL);
}

int op_huge_pages(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return iommufd_option_set(fd, IOMMU_OPTION_HUGE_PAGES,
				  some(t, kept->ioas), choose(t, 2));
}
