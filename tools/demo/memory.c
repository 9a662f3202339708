// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the demo that devices reach, see memory.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "memory.h"
#include "report.h"

#define HUGE_PAGE (2 << 20)

void memory_map(struct memory *mem, size_t size, uint32_t access,
		const char *what)
{
	int rc;

	mem->size = size;
	mem->access = access;
	mem->va = aligned_alloc(size < HUGE_PAGE ? 4096 : HUGE_PAGE, size);
	if (!mem->va)
		fail(-ENOMEM, "free some memory", "%s", what);
	memset(mem->va, 0, size);
	rc = iommufd_map(mem->iommufd, mem->ioas, access, mem->va, size,
			 &mem->iova);
	if (rc == -ENOMEM)
		fail(rc, "ulimit -l unlimited (for a user: /etc/security/limits.d)",
		     "cannot map the %s", what);
	if (rc)
		fail(rc, "dmesg | tail", "cannot map the %s", what);
	report_mapping(mem->iova, size, access, mem->va, what);
}

int memory_block(struct memory *mem)
{
	return iommufd_unmap(mem->iommufd, mem->ioas, mem->iova, mem->size,
			     NULL);
}

int memory_unblock(struct memory *mem)
{
	return iommufd_map(mem->iommufd, mem->ioas,
			   mem->access | MAP_FIXED_IOVA, mem->va, mem->size,
			   &mem->iova);
}
