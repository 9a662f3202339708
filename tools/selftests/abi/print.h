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

#define SIZEOF_FIELD(type, field) sizeof(((struct type *)NULL)->field)
#define OFFSET_END(type, field) \
	(offsetof(struct type, field) + SIZEOF_FIELD(type, field))

#define NUMBER(name) printf("%s %#llx\n", #name, (unsigned long long)(name))
#define FIELD(type, field) \
	printf("struct %s.%s at %zu, %zu bytes\n", #type, #field, \
	       offsetof(struct type, field), SIZEOF_FIELD(type, field))
#define END(type, field) \
	printf("struct %s, fields end at %zu\n", #type, OFFSET_END(type, field))
#ifdef GROWN
/* Ours is of a later version: it begins with the other's fields. */
#define SIZE(type) do { } while (0)
#else
#define SIZE(type) printf("struct %s, %zu bytes\n", #type, sizeof(struct type))
#endif

#endif
