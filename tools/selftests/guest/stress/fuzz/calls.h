/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzer knows of the calls that it makes: the fields of each struct,
 * what belongs into them, and what comes back.
 */
#ifndef _GUEST_FUZZ_CALLS_H
#define _GUEST_FUZZ_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* What belongs into a field, with @limit of struct field. */
enum kind {
	KIND_END,
	KIND_ZERO,	/* reserved, or only written by the kernel */
	KIND_FLAGS,	/* any bits of the limit */
	KIND_ENUM,	/* 0 to the limit, inclusive */
	KIND_CONST,	/* the limit itself */
	KIND_PAIR,	/* one of the lower three bits, and one of the next */
	KIND_ID,	/* of one of the kinds of ids in the limit */
	KIND_IOVA,
	KIND_EDGE,	/* an IOVA where nothing else is mapped */
	KIND_LENGTH,
	KIND_MEM,	/* the address of memory that may be mapped */
	KIND_DATA,	/* the address of an array or a buffer */
	KIND_MAPS,	/* the address of what is to be mapped, a struct for each */
	KIND_UNMAPS,	/* the same, unmapped */
	KIND_FORGETS,	/* the address of what a nested page table is to forget */
	KIND_NAME,	/* the address of a device's name */
	KIND_FD,	/* of one of the kinds of files in the limit */
};

/* Kinds of ids, and of files. */
#define ID_IOAS 1
#define ID_HWPT 2
#define ID_DEVICE 4
#define ID_STDEV 8
#define ID_PIN 16
#define ID_NESTED 32
#define ID_KINDS 6

#define FD_IOMMU 1
#define FD_DEVICE 2
#define FD_ACCESS 4
#define FD_MEM 8
#define FD_EVENT 16
#define FD_CONTAINER 32
#define FD_GROUP 64
#define FD_KINDS 7

extern const char * const fd_names[FD_KINDS];

/* What an ioctl is given. */
enum form {
	FORM_SIZED,	/* a struct that begins with its size */
	FORM_PLAIN,	/* one that does not */
	FORM_VALUE,	/* the value of the first field, or nothing */
};

/**
 * struct field - of a struct
 * @learn: the kernel leaves an id (by ID_*) or a file (-FD_*) here; 0: not
 */
struct field {
	uint16_t offset;
	uint16_t size;
	enum kind kind;
	uint64_t limit;
	int learn;
};

#define FIELDS_MAX 12

/* Entries of an array of KIND_MAPS, KIND_UNMAPS and KIND_FORGETS. */
#define BULK_MAX 4

/* No more calls than that are known. */
#define CALLS_MAX 80

/**
 * struct call - an ioctl
 * @name: for people
 * @fd: kinds of files that have it
 * @nr: its number
 * @form: of its argument
 * @size: of its struct; 0: no struct
 * @builds: others need what it makes
 * @maps: fields say what has been mapped where
 * @returns: the kind of the file that it returns; 0: none
 * @hopeless: nothing can succeed here, whatever is in the struct
 * @nests: the kernel has to know nested page tables, or PASIDs, for it to succeed, or to
 *	read what devices write
 * @edus: so many there have to be for it to succeed
 * @fields: all but that with the size
 */
struct call {
	const char *name;
	int fd;
	unsigned long nr;
	enum form form;
	unsigned int size;
	bool builds;
	bool maps;
	int returns;
	bool hopeless;
	bool nests;
	int edus;
	struct field fields[FIELDS_MAX];
};

extern const struct call calls[];
extern const unsigned int calls_count;

#endif
