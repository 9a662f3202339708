/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays for the pins of a mem: one process, or two while one takes over from the
 * other.  mem->lock is held.
 */
#ifndef __IOMMUFD_MEMORY_PAYER_H
#define __IOMMUFD_MEMORY_PAYER_H

#include <linux/compiler.h>

#include "iommufd/memory/account.h"
#include "iommufd/memory/memory.h"

/**
 * mem_charge - charge who pays for a mem
 * @mem: the mem; its lock is held
 * @npages: how many pages are about to be pinned
 *
 * Return: as account_charge().
 */
static inline int mem_charge(struct mem *mem, unsigned long npages)
{
	int rc = account_charge(mem->account, npages);

	if (rc || likely(!mem->heir))
		return rc;
	rc = account_charge_too(mem->heir, mem->account, npages);
	if (rc)
		account_uncharge(mem->account, npages);
	return rc;
}

/**
 * mem_uncharge - undo mem_charge()
 * @mem: the mem; its lock is held
 * @npages: how many pages
 */
static inline void mem_uncharge(struct mem *mem, unsigned long npages)
{
	if (unlikely(mem->heir))
		account_uncharge_too(mem->heir, mem->account, npages);
	account_uncharge(mem->account, npages);
}

#endif /* __IOMMUFD_MEMORY_PAYER_H */
