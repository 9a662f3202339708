/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an access has pinned.
 */
#ifndef __SELFTEST_PINS_H
#define __SELFTEST_PINS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct iommufd_access;
struct page;
struct test_call;

/**
 * struct test_pins - the pins of an access
 * @lock: guards the rest.  Held over pinning, so that who drops a range finds every
 *	pin
 * @list: of struct test_pin
 * @next_id: of the next pin
 */
struct test_pins {
	struct mutex lock;	/* outside of all locks of iommufd */
	struct list_head list;
	u32 next_id;
};

void test_pins_init(struct test_pins *pins);
int test_pins_take(struct test_pins *pins, struct iommufd_access *access,
		   struct test_call *call, unsigned long iova,
		   struct page **pages, unsigned long npages);
int test_pins_drop(struct test_pins *pins, struct iommufd_access *access,
		   u32 id);
void test_pins_drop_range(struct test_pins *pins, struct iommufd_access *access,
			  unsigned long iova, unsigned long length);

#endif /* __SELFTEST_PINS_H */
