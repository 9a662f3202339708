/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SHA-256, as FIPS 180-4 defines it.
 */
#ifndef _DEMO_SHA256_H
#define _DEMO_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65

struct sha256 {
	uint32_t hash[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);

/* The result in hexadecimal, terminated. */
void sha256_end(struct sha256 *sha, char hex[SHA256_HEX]);

#endif
