/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas of registers, and the domains that they are in.
 */
#ifndef __IOMMUFD_IOAS_REGISTERS_H
#define __IOMMUFD_IOAS_REGISTERS_H

#include <linux/types.h>

struct area;
struct dirty_read;
struct domain;

int registers_enter(struct area *area, struct domain **domains,
		    unsigned int ndomains);
void registers_leave(struct area *area, const struct domain *domain);
void registers_pause(struct area *area, const struct domain *domain);
void registers_resume(struct area *area, const struct domain *domain);
int registers_read_dirty(struct area *area, struct dirty_read *read,
			 unsigned long first, unsigned long last, bool whole);

#endif /* __IOMMUFD_IOAS_REGISTERS_H */
