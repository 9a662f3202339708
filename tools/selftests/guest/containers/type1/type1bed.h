/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of the ABI of containers on a file of /dev/iommu begin with.
 */
#ifndef _GUEST_TYPE1_TYPE1BED_H
#define _GUEST_TYPE1_TYPE1BED_H

#include <stdint.h>

#include "edubed.h"

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"

/* Where tests map; nothing is there between them. */
#define AT 0x20000000UL

int set_ioas(int fd, uint32_t ioas);
int get_ioas(int fd);
int setup(void **state);

/* Version 1 wants an IOAS without mappings. */
int setup_v1(void **state);

uint64_t huge_pages(struct edubed *bed);

#endif
