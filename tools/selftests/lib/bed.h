/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest's tests begin with: cmocka and the headers of libc that nearly
 * all of them want; the modules, an fd of /dev/iommu, an IOAS with one mapping.
 */
#ifndef _GUEST_BED_H
#define _GUEST_BED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define PAGE 4096UL
#define HUGE (2UL << 20)

/* No id of an object: too large for a file with a few of them. */
#define NO_ID 0x7fffffff

/* Where the bed's one mapping is: four pages, readable and writable. */
#define BED_IOVA 0x10000000UL
#define BED_SIZE (4 * PAGE)

/* Where tests may map besides; nothing is mapped there between them. */
#define FREE_IOVA 0x20000000UL

struct bed {
	int fd;
	uint32_t ioas;
	uint8_t *mem;
};

/*
 * A kernel with an iommufd of its own is tested as well, to compare.
 * TEST_FILTER='test_map*' leaves out all other tests of a program.
 */
int bed_load(void);

/* From the top down; what is not loaded is no error. */
int bed_unload(void);

/* With iommufd.ko loaded anew, with these options or NULL. */
int bed_reload(const char *options);

/* What tests can't find out otherwise: some things came after it. */
bool kernel_is_6_1(void);

/* Which is slow. */
bool kernel_has_kasan(void);

/* RACE_SECONDS, or what is usual, or with TEST_LONG more. */
uint64_t race_seconds(uint64_t usual, uint64_t longer);

/* A new one each; the test fails where there is none. */
uint32_t new_ioas(int fd);
int new_fd(void);

/* For cmocka: @state is a struct bed. */
int bed_setup(void **state);
int bed_teardown(void **state);

/* Of /proc/self/status, such as "VmPin", in kB. */
uint64_t status_kb(const char *name);

#endif
