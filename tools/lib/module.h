/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel modules by libkmod: load by name with all that they need and their
 * softdeps, unload, see whether one is there. 0 or a negative errno.
 */
#ifndef _LIB_MODULE_H
#define _LIB_MODULE_H

int module_load(const char *name, const char *options);
int module_unload(const char *name);

/* 1 if loaded (or built in), 0 if not. */
int module_loaded(const char *name);

#endif
