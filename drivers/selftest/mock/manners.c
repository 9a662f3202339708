// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manners of the mock IOMMU.  By default it behaves as well as a driver can.
 * The parameter manners makes it behave as drivers do that are less easy to live
 * with, in one way or in several; iommufd is told, as it knows real drivers.
 *
 * No lock: all is set before the mock is there.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "compat/iommu.h"
#include "iommufd/abi/test.h"
#include "selftest/abi.h"
#include "selftest/mock/manners.h"

static struct compat_iommu_driver introduction = {
	.prefix = MOCK_NAME,
	.traits = {
		.settled = true,
		.truthful = true,
		.parallel = true,
		.charged = true,
		.size = MOCK_DOMAIN_SIZE,
	},
};

const struct compat_iommu_traits *const mock_traits = &introduction.traits;

bool mock_indivisible;

/*
 * A manner may have more than one row.  What is @untold can't be guessed by who is
 * not told: all do not have it.
 */
static const struct {
	const char *name;
	bool *setting;
	bool value;
	bool untold;
} manner_table[] = {
	{ "unsettled", &introduction.traits.settled, false },
	{ "untruthful", &introduction.traits.truthful, false },
	{ "serial", &introduction.traits.parallel, false },
	{ "uncharged", &introduction.traits.charged, false },
	{ "by_call", &introduction.traits.charged, false, true },
	{ "by_call", &introduction.traits.by_call, true, true },
	{ "merges", &introduction.traits.merges, true },
	{ "indivisible", &introduction.traits.merges, true },
	{ "indivisible", &mock_indivisible, true },
};

static char *manners[ARRAY_SIZE(manner_table)];
static unsigned int manners_count;
module_param_array(manners, charp, &manners_count, 0444);
MODULE_PARM_DESC(manners,
		 "Of the mock IOMMU, a list: unsettled, untruthful, serial, uncharged, by_call, merges, indivisible; or all but by_call: all, and iommufd is not told");

/* iommufd is not told how the mock behaves. */
static bool untold;

/* Take a word of the list, which may be all of them: then nobody is told. */
static int manner_take(const char *word)
{
	bool every = !strcmp(word, "all"), known = every;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(manner_table); i++) {
		if (every ? manner_table[i].untold :
			    strcmp(word, manner_table[i].name))
			continue;
		*manner_table[i].setting = manner_table[i].value;
		known = true;
	}
	untold |= every;
	if (known)
		return 0;
	pr_err("iommufd_selftest: manners=%s: unknown; see modinfo\n", word);
	return -EINVAL;
}

/**
 * mock_manners_start - take what the parameter says
 *
 * Return: 0, or -EINVAL for manners that there are not.
 */
int mock_manners_start(void)
{
	unsigned int i;
	int rc;

	for (i = 0; i < manners_count; i++) {
		rc = manner_take(manners[i]);
		if (rc)
			return rc;
	}
	return 0;
}

/**
 * mock_manners_tell - let iommufd know how the mock behaves
 *
 * Of a driver that it does not know it expects all manners.
 */
void mock_manners_tell(void)
{
	if (!untold)
		iommufd_test_introduce(&introduction);
}

/** mock_manners_forget - undo mock_manners_tell() */
void mock_manners_forget(void)
{
	iommufd_test_introduce(NULL);
}
