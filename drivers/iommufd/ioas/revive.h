/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of devices that are there again.
 */
#ifndef __IOMMUFD_IOAS_REVIVE_H
#define __IOMMUFD_IOAS_REVIVE_H

void revive_init(void);
void revive_exit(void);

#endif /* __IOMMUFD_IOAS_REVIVE_H */
