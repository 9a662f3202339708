/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains, accesses and reservations an IOAS has.
 */
#ifndef __IOMMUFD_IOAS_TOPO_H
#define __IOMMUFD_IOAS_TOPO_H

#include <linux/types.h>

struct domain;
struct ioas;
struct iommufd_access;
struct rb_root_cached;

int ioas_reserve(struct ioas *ioas, unsigned long first, unsigned long last,
		 const void *owner);
void ioas_unreserve(struct ioas *ioas, const void *owner);
int ioas_set_allowed(struct ioas *ioas, struct rb_root_cached *allowed);
int ioas_add_domain(struct ioas *ioas, struct domain *domain);
void ioas_pause_registers(struct ioas *ioas, const struct domain *domain);
void ioas_resume_registers(struct ioas *ioas, const struct domain *domain);
void ioas_remove_domain(struct ioas *ioas, struct domain *domain);
int ioas_set_small_pages(struct ioas *ioas, bool small);
unsigned long ioas_page_sizes(struct ioas *ioas);
unsigned long ioas_maps_left(struct ioas *ioas);
int ioas_add_access(struct ioas *ioas, struct iommufd_access *access);
void ioas_remove_access(struct ioas *ioas, struct iommufd_access *access);

#endif /* __IOMMUFD_IOAS_TOPO_H */
