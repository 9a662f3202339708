/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What scenes on the mock IOMMU of iommufd_selftest.ko begin with: an IOAS with two
 * page tables, which show what they translate.
 */
#ifndef _GUEST_FAULT_MOCKBED_H
#define _GUEST_FAULT_MOCKBED_H

#include "bed.h"
#include "edubed.h"
#include "scene.h"
#include "test.h"

#define MOCK_SIZE (64 * PAGE)

/**
 * struct mockbed - an IOAS with two page tables
 * @bed: the IOAS; its hwpt is the first
 * @mock: the first device
 * @second: the second device, with a page table of its own
 */
struct mockbed {
	struct edubed bed;
	struct test_mock mock;
	struct test_mock second;
};

int mockbed_setup(void **state);
int mockbed_teardown(void **state);

/* Memory that the call concerns, and both page tables. */
void scene_watch(struct scene *scene, struct mockbed *mockbed, uint8_t *mem,
		 size_t length);

struct mockbed *mock_of(struct scene *scene);

/* An IOAS without a page table, where nothing is pinned yet: two mappings. */
uint32_t new_lazy_ioas(struct scene *scene);

/* Destroys what the call has made: scene->id. */
void undo_mock(struct scene *scene);

#endif
