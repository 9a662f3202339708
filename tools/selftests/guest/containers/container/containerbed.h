/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of legacy containers begin with: a container with the group of an edu.
 */
#ifndef _GUEST_CONTAINER_CONTAINERBED_H
#define _GUEST_CONTAINER_CONTAINERBED_H

#include <stdbool.h>

#include "edubed.h"

/* Where tests map; nothing is there between them. */
#define AT 0x20000000UL

struct containerbed {
	struct edubed edu;	/* without an iommufd */
	int container;
	int group;
};

void find_edu(int n, char *bdf);
void find_nvme(char *bdf);
int new_container(void);
int new_group(const char *bdf);

/* Of the two backends, only the stock one gives mappings new user addresses. */
bool is_ours(int container);

struct containerbed *bed_open(unsigned long type);
int setup(void **state);
int setup_v1(void **state);
int teardown(void **state);

#endif
