// SPDX-License-Identifier: GPL-2.0
/*
 * What several scenes do, see scene.h.
 */
#include "bed.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "scene.h"

/* ---- memory ---- */

uint8_t *scattered(size_t size)
{
	uint8_t *mem = aligned_pages(size);
	size_t pages = size / PAGE, i;

	madvise(mem, size, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		mem[i * 1237 % pages * PAGE] = 1;
	return mem;
}

uint8_t *adjacent(size_t size)
{
	uint8_t *mem = aligned_pages(size);

	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	madvise(mem, size, MADV_HUGEPAGE);
	memset(mem, 1, size);
	return mem;
}

/* ---- what several scenes do ---- */

int call_map(struct scene *scene)
{
	return iommufd_map(scene->bed->fd, scene->bed->ioas,
			   MAP_RW | MAP_FIXED_IOVA, scene->mem, scene->length,
			   &scene->iova);
}

void undo_map(struct scene *scene)
{
	unmap(scene->bed, scene->iova, scene->length);
}

int destroy_or_redo(struct scene *scene, uint32_t id)
{
	int rc = iommufd_destroy(scene->bed->fd, id);

	if (rc == -EINTR && iommufd_destroy(scene->bed->fd, id) == -ENOENT)
		scene->undo(scene);
	return rc;
}

void undo_nothing(struct scene *scene)
{
}
