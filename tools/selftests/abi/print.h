/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program that prints what a header's names stand for. LIST is the file that
 * abi/list wrote, HEADER the header, and only the latter differs between the
 * two programs that are compared.
 */
#ifndef _ABI_PRINT_H
#define _ABI_PRINT_H

#include <stddef.h>
#include <stdio.h>

#define NUMBER(name) printf("%s %#llx\n", #name, (unsigned long long)(name))
#define FIELD(type, field, bytes) \
	printf("struct %s.%s at %zu, %zu bytes\n", #type, #field, \
	       offsetof(struct type, field), bytes)
#define END(type, field, bytes) \
	printf("struct %s, fields end at %zu\n", #type, \
	       offsetof(struct type, field) + (bytes))
#ifdef GROWN
/* Ours is of a later version: it begins with the other's fields. */
#define SIZE(type) do { } while (0)
#else
#define SIZE(type) printf("struct %s, %zu bytes\n", #type, sizeof(struct type))
#endif

#endif
