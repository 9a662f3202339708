// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle of the torture: one thread's memory, on a file of its own, where
 * all is as it should be whatever others do.
 */
#include "bed.h"
#include "iommufd.h"
#include "test.h"
#include "verify.h"
#include "world.h"

static int verify_mapped(struct thread *t, int fd, uint32_t ioas, uint32_t hwpt)
{
	uint64_t iova = SLOT_IOVA;
	uint8_t seen[64];
	int access, rc;

	rc = test_access_create(fd, ioas, 0, &access);
	if (rc)
		return rc;
	memset(t->own + PAGE, choose(t, 256), sizeof(seen));
	rc = iommufd_map(fd, ioas, MAP_RW | MAP_FIXED_IOVA, t->own, OWN_SIZE,
			 &iova);
	if (!rc)
		rc = test_check_map(fd, hwpt, iova, t->own, OWN_SIZE);
	if (!rc)
		rc = test_check_refs(fd, t->own, OWN_SIZE, 1);
	if (!rc)
		rc = test_access_read(fd, access, iova + PAGE, seen,
				      sizeof(seen));
	if (!rc && memcmp(seen, t->own + PAGE, sizeof(seen)))
		rc = -EILSEQ;
	if (!rc)
		rc = iommufd_unmap(fd, ioas, iova, OWN_SIZE, NULL);
	close(access);
	return rc;
}

int op_verify(struct thread *t)
{
	struct test_mock mock;
	int fd = iommufd_open(), rc;
	uint32_t ioas;

	if (fd < 0)
		return fd;
	rc = iommufd_ioas_alloc(fd, &ioas);
	if (!rc)
		rc = test_mock(fd, ioas, 0, &mock);
	if (!rc)
		rc = verify_mapped(t, fd, ioas, mock.hwpt);
	close(fd);
	if (!rc)
		rc = test_check_refs(t->world->fd[0], t->own, OWN_SIZE, 0);
	return rc;
}
