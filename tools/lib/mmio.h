/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of a device that are mapped into the process, and memory that the
 * device reads and writes meanwhile. Each call is one access of that width.
 */
#ifndef _LIB_MMIO_H
#define _LIB_MMIO_H

#include <endian.h>
#include <stdint.h>

/* What the device wrote to memory before it changed this is seen after it. */
static inline uint32_t mmio_read32(const void *base, unsigned int offset)
{
	const uint32_t *reg = (const uint32_t *)((const char *)base + offset);
	uint32_t value = le32toh(__atomic_load_n(reg, __ATOMIC_RELAXED));

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return value;
}

/* What was written to memory before this is seen by the device after it. */
static inline void mmio_write32(void *base, unsigned int offset, uint32_t value)
{
	uint32_t *reg = (uint32_t *)((char *)base + offset);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(reg, htole32(value), __ATOMIC_RELAXED);
}

static inline uint64_t mmio_read64(const void *base, unsigned int offset)
{
	const uint64_t *reg = (const uint64_t *)((const char *)base + offset);
	uint64_t value = le64toh(__atomic_load_n(reg, __ATOMIC_RELAXED));

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return value;
}

static inline void mmio_write64(void *base, unsigned int offset, uint64_t value)
{
	uint64_t *reg = (uint64_t *)((char *)base + offset);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(reg, htole64(value), __ATOMIC_RELAXED);
}

#endif
