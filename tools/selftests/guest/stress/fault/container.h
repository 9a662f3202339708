/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of container.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_CONTAINER_H
#define _GUEST_FAULT_CONTAINER_H

int type1_setup(void **state);
void test_ioas_get(void **state);
void test_ioas_set(void **state);
void test_type1_info(void **state);
void test_extension(void **state);
void test_set_iommu(void **state);
void test_map_dma(void **state);
void test_map_mmio(void **state);
void test_unmap_dma(void **state);
void test_unmap_part(void **state);
void test_without_ioas(void **state);
void test_container(void **state);
void test_joined(void **state);

#endif
