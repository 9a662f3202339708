/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas of registers, and the domains that they are in.
 */
#ifndef __IOMMUFD_IOAS_REGISTERS_H
#define __IOMMUFD_IOAS_REGISTERS_H

struct area;
struct domain;

int registers_enter(struct area *area, struct domain **domains,
		    unsigned int ndomains);
void registers_leave(struct area *area, const struct domain *domain);
void registers_pause(struct area *area, const struct domain *domain);
void registers_resume(struct area *area, const struct domain *domain);

#endif /* __IOMMUFD_IOAS_REGISTERS_H */
