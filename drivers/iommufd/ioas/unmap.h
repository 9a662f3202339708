/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UNMAP.
 */
#ifndef __IOMMUFD_IOAS_UNMAP_H
#define __IOMMUFD_IOAS_UNMAP_H

struct ioas;
struct iommu_unmap_entry;

/* Called with topo held; an error ends the UNMAP, with nothing changed. */
typedef int (*unmap_answer_fn)(void *arg, unsigned long bytes);

int ioas_unmap(struct ioas *ioas, unsigned long first, unsigned long last,
	       unmap_answer_fn answer, void *arg);
int ioas_unmap_part(struct ioas *ioas, unsigned long first, unsigned long last,
		    unmap_answer_fn answer, void *arg);
int ioas_unmap_bulk(struct ioas *ioas, const struct iommu_unmap_entry *entries,
		    unsigned int num, unsigned int *failed);
void ioas_clear(struct ioas *ioas);

#endif /* __IOMMUFD_IOAS_UNMAP_H */
