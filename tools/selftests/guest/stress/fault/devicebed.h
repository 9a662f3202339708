/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scenes on a device behind a real IOMMU, QEMU's edu: what it reaches, and what it
 * still reaches.
 */
#ifndef _GUEST_FAULT_DEVICEBED_H
#define _GUEST_FAULT_DEVICEBED_H

#include "bed.h"
#include "edubed.h"
#include "scene.h"

#define PIECE 64

/* Memory of single pages: so many IO page tables of 512 entries. */
#define TABLES 8
#define SMALL_SIZE (TABLES * HUGE)
#define LARGE_SIZE (32 * HUGE)

/* The device writes to pages of the range, and not a byte arrives. */
void check_unreachable(struct scene *scene);

/* There and back again, through the page that it has had from the start. */
bool old_works(struct edubed *bed);

/* What the device had before, it still has. */
void check_old_works(struct scene *scene);

/* On a file without objects: this is refused where there is any. */
void check_no_object(int fd);

int edu_teardown(void **state);

#endif
