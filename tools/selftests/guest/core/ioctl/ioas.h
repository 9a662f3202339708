/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IOAS_ALLOC, IOAS_IOVA_RANGES and IOAS_ALLOW_IOVAS.
 */
#ifndef _GUEST_IOCTL_IOAS_H
#define _GUEST_IOCTL_IOAS_H

#include "bed.h"

void test_alloc_flags(void **state);
void test_alloc_read_only_argument(void **state);
void test_alloc_many(void **state);

void test_ranges(void **state);
void test_ranges_array_too_short(void **state);
void test_ranges_refused(void **state);

void allow(struct bed *bed, uint64_t start, uint64_t last);
void test_allow_places(void **state);
void test_allow_replaces(void **state);
void test_allow_many(void **state);
void test_allow_refused(void **state);
void test_allow_array_faults(void **state);

#endif
