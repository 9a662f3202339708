// SPDX-License-Identifier: GPL-2.0
/*
 * After all sweeps: each call in the code of the modules has failed once, or there is
 * a reason why it can't.
 */
#include "bed.h"
#include "compiler.h"
#include "excuse.h"
#include "faults.h"

/**
 * struct excuse - a call of the modules that is never reached here
 * @caller: the function that calls, NULL: any
 * @callee: what it calls, NULL: anything
 * @reason: why it is not
 * @holds: on which kernels, NULL: on all
 */
struct excuse {
	const char *caller;
	const char *callee;
	const char *reason;
	bool (*holds)(void);
};

#define NO_MARKS "6.1 can't tell what devices have written", kernel_is_6_1
#define NO_PASIDS "6.1 has no PASIDs", kernel_is_6_1

static const struct excuse excuses[] = {
	{ NULL, "iommu_get_msi_cookie",
	  "only where interrupts are DMA that the IOMMU translates: ARM", NULL },
	{ NULL, "iommu_map",
	  "only for IOMMU drivers that have no map_pages", NULL },
	{ "readings_wait", "prepare_to_wait_event",
	  "only while what devices have written is being read", NULL },
	{ NULL, "prepare_to_wait_event",
	  "only where the owner of an access does not drop its pins", NULL },
	{ "compat_domain_alloc", "iommu_paging_domain_alloc",
	  "only where a driver makes no page tables for user space by itself: ARM", NULL },
	{ "tables_charge", NULL,
	  "only where nobody is charged for IO page tables: manner uncharged", NULL },
	{ "leaf_create", NULL, "the same", NULL },
	{ "hwpt_attach", "down_write_killable",
	  "only where the kernel can't replace a page table in one step", NULL },
	{ "vfio_bind_attach", "__put_user_4",
	  "only after the ATTACH of a PASID, which no edu of a released QEMU has", NULL },
	{ "joined_attach_", NULL,
	  "only for the group of a real device: test_joined has a mediated one", NULL },
	{ "bitmap_part_pin", NULL, NO_MARKS },
	{ "hwpt_track", NULL, NO_MARKS },
	{ "ioas_check_dirty", NULL, NO_MARKS },
	{ "ioas_read_dirty", NULL, NO_MARKS },
	{ "ioas_track_dirty", NULL, NO_MARKS },
	{ "pasid_attach", NULL, NO_PASIDS },
	{ "hwpt_change_begin", NULL, NO_PASIDS },
};

static const char *find_excuse(const char *caller, const char *callee)
{
	const struct excuse *excuse;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(excuses); i++) {
		excuse = &excuses[i];
		if (excuse->callee && strcmp(callee, excuse->callee))
			continue;
		if (excuse->holds && !excuse->holds())
			continue;
		if (!excuse->caller ||
		    !strncmp(caller, excuse->caller, strlen(excuse->caller)))
			return excuse->reason;
	}
	return NULL;
}

/* Each call in the code of the modules has failed, or can't. */
void test_all_calls(void **state)
{
	char caller[128], module[64], callee[64];
	unsigned int all = 0, reached = 0, failed = 0, forgotten = 0;
	unsigned long passes, faults;
	FILE *file = fopen(SELFTEST_FAULTS "sites", "re");
	const char *reason;

	assert_non_null(file);
	while (fscanf(file, "%127s %63s %63s %lu %lu", caller, module, callee,
		      &passes, &faults) == 5) {
		all++;
		reached += !!passes;
		failed += !!faults;
		if (faults)
			continue;
		reason = passes ? NULL : find_excuse(caller, callee);
		print_message("%s %s, calling %s: passed %lu times, did not fail: %s\n",
			      caller, module, callee, passes,
			      reason ? reason : "NO REASON");
		forgotten += !reason;
	}
	fclose(file);
	print_message("%u calls in the code, %u reached, %u failed\n", all,
		      reached, failed);
	assert_true(all > 0);
	assert_int_equal(forgotten, 0);
}
