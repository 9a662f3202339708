// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pins of an access, as the driver of a mediated device would remember them:
 * each by an id, and all that are in a range.
 *
 * pins->lock guards them; it is held while iommufd pins and unpins.
 */
#include <linux/iommufd.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "selftest/call.h"
#include "selftest/check.h"
#include "selftest/pins.h"

struct test_pin {
	struct list_head node;	/* in test_pins.list */
	unsigned long iova;
	unsigned long length;
	u32 id;
};

static void pin_drop(struct test_pins *pins, struct iommufd_access *access,
		     struct test_pin *pin)
{
	lockdep_assert_held(&pins->lock);

	list_del(&pin->node);
	iommufd_access_unpin_pages(access, pin->iova, pin->length);
	kfree(pin);
}

static int pages_check(unsigned long address, struct page **pages,
		       unsigned long npages)
{
	int rc = 0;

	for (; npages && !rc; npages--, address += PAGE_SIZE) {
		rc = test_check_page(address, *pages++);
		cond_resched();
	}
	return rc;
}

static int pin_add(struct test_pins *pins, struct test_call *call,
		   unsigned long iova, unsigned long length)
{
	struct test_pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	int rc;

	lockdep_assert_held(&pins->lock);

	if (!pin)
		return -ENOMEM;
	pin->iova = iova;
	pin->length = length;
	pin->id = pins->next_id++;
	call->cmd.access_pages.out_access_pages_id = pin->id;
	rc = test_respond(call);
	if (rc)
		kfree(pin);
	else
		list_add_tail(&pin->node, &pins->list);
	return rc;
}

/**
 * test_pins_init - there are none
 * @pins: the pins
 */
void test_pins_init(struct test_pins *pins)
{
	mutex_init(&pins->lock);
	INIT_LIST_HEAD(&pins->list);
}

/**
 * test_pins_take - pin pages and say so to user space
 * @pins: the pins of @access
 * @access: the access
 * @call: ACCESS_PAGES
 * @iova: the first
 * @pages: room for @npages pages
 * @npages: how many lie in the range that @call has the length of
 *
 * Return: 0; -EBADE where they are not the pages that @call names; -ENOMEM,
 * -EFAULT; what iommufd_access_pin_pages() returns.
 */
int test_pins_take(struct test_pins *pins, struct iommufd_access *access,
		   struct test_call *call, unsigned long iova,
		   struct page **pages, unsigned long npages)
{
	bool write = call->cmd.access_pages.flags & MOCK_FLAGS_ACCESS_WRITE;
	unsigned long length = call->cmd.access_pages.length;
	unsigned long address = call->cmd.access_pages.uptr;
	int rc;

	mutex_lock(&pins->lock);
	rc = iommufd_access_pin_pages(access, iova, length, pages,
				      write ? IOMMUFD_ACCESS_RW_WRITE :
					      IOMMUFD_ACCESS_RW_READ);
	if (rc)
		goto out;
	if (address)
		rc = pages_check(address, pages, npages);
	if (!rc)
		rc = pin_add(pins, call, iova, length);
	if (rc)
		iommufd_access_unpin_pages(access, iova, length);
out:
	mutex_unlock(&pins->lock);
	return rc;
}

/**
 * test_pins_drop - unpin what has an id
 * @pins: the pins of @access
 * @access: the access
 * @id: the id
 *
 * Return: 0 or -ENOENT.
 */
int test_pins_drop(struct test_pins *pins, struct iommufd_access *access,
		   u32 id)
{
	struct test_pin *pin;
	int rc = -ENOENT;

	mutex_lock(&pins->lock);
	list_for_each_entry(pin, &pins->list, node) {
		if (pin->id == id) {
			pin_drop(pins, access, pin);
			rc = 0;
			break;
		}
	}
	mutex_unlock(&pins->lock);
	return rc;
}

/**
 * test_pins_drop_range - unpin all that overlaps a range
 * @pins: the pins of @access
 * @access: the access
 * @iova: its first IOVA
 * @length: bytes, not 0
 */
void test_pins_drop_range(struct test_pins *pins, struct iommufd_access *access,
			  unsigned long iova, unsigned long length)
{
	unsigned long last = iova + length - 1;
	struct test_pin *pin, *next;

	mutex_lock(&pins->lock);
	list_for_each_entry_safe(pin, next, &pins->list, node)
		if (pin->iova <= last && pin->iova + pin->length - 1 >= iova)
			pin_drop(pins, access, pin);
	mutex_unlock(&pins->lock);
}
