// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in BIND and ATTACH of a mediated device, that of vfio_emulated.ko.
 */
#include "bed.h"
#include "edubed.h"
#include "emulated.h"
#include "iommufd.h"
#include "mediated.h"
#include "module.h"
#include "scene.h"
#include "sweep.h"
#include "vfio.h"
#include "vfiobed.h"

int mediated_setup(void **state)
{
	struct edubed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->edu.dev = emulated_cdev();
	*state = bed;
	return 0;
}

int mediated_teardown(void **state)
{
	vfiobed_free(*state);
	assert_int_equal(module_unload(EMULATED_NAME), 0);
	return 0;
}

static int call_mediated_bind(struct scene *scene)
{
	return vfio_bind(scene->bed->edu.dev, scene->bed->fd, &scene->id);
}

static void undo_mediated_bind(struct scene *scene)
{
	close(scene->bed->edu.dev);
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), -ENOENT);
	scene->bed->edu.dev = emulated_cdev();
}

/* Not bound; and the group is there for others. */
static void inspect_mediated_bind(struct scene *scene)
{
	assert_int_equal(pin(scene->bed->edu.dev, BED_IOVA, PAGE), -EINVAL);
	close(emulated_group());
}

void test_mediated_bind(void **state)
{
	struct scene scene = {
		.name = "BIND of a mediated device", .bed = *state,
		.quick = true, .error = has_reset() ? 0 : -EOPNOTSUPP,
		.call = call_mediated_bind, .undo = undo_mediated_bind,
		.inspect = inspect_mediated_bind,
	};

	sweep(&scene);
}

static int call_mediated_attach(struct scene *scene)
{
	uint32_t pt = scene->bed->ioas;

	return vfio_attach(scene->bed->edu.dev, &pt);
}

static void undo_mediated_attach(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
}

static void inspect_mediated_attach(struct scene *scene)
{
	assert_int_equal(pin(scene->bed->edu.dev, BED_IOVA, PAGE), -ENOENT);
}

void test_mediated_attach(void **state)
{
	struct scene scene = {
		.name = "ATTACH of a mediated device", .bed = *state,
		.quick = true, .call = call_mediated_attach,
		.undo = undo_mediated_attach,
		.inspect = inspect_mediated_attach,
	};

	if (!has_reset())
		skip();
	assert_int_equal(call_mediated_bind(&scene), 0);
	sweep(&scene);
}
