// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel modules by libkmod, see module.h.
 */
#include <errno.h>
#include <stddef.h>
#include <libkmod.h>

#include "module.h"

int module_load(const char *name, const char *options)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL, *item;
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = kmod_module_new_from_lookup(ctx, name, &list);
	if (!rc && !list)
		rc = -ENOENT;
	kmod_list_foreach(item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		if (!rc)
			rc = kmod_module_probe_insert_module(mod, 0, options,
							     NULL, NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return rc;
}

int module_unload(const char *name)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_module *mod;
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = kmod_module_new_from_name(ctx, name, &mod);
	if (!rc) {
		rc = kmod_module_remove_module(mod, 0);
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
	return rc;
}

int module_loaded(const char *name)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_module *mod;
	int state = -ENOMEM;

	if (!ctx)
		return state;
	state = kmod_module_new_from_name(ctx, name, &mod);
	if (!state) {
		state = kmod_module_get_initstate(mod);
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
	return state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN;
}
