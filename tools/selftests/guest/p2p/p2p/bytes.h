/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of bytes.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_BYTES_H
#define _GUEST_P2P_BYTES_H

/* For cmocka: an edu and its own IOAS. */
int two_setup(void **state);
int two_teardown(void **state);

void test_write(void **state);
void test_dma_buf(void **state);
void test_edu_reads(void **state);
void test_edu_is_read(void **state);
void test_nvme_memory(void **state);
void test_large_bar(void **state);

#endif
