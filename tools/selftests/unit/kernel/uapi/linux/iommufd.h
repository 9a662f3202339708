/* SPDX-License-Identifier: GPL-2.0 */
/* The modules' own, by the name that they have for it. */
#include <linux/iommufd.h>
