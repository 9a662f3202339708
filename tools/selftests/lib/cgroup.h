/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory cgroups of tests, by their path.
 */
#ifndef _GUEST_CGROUP_H
#define _GUEST_CGROUP_H

/* It may be there already. @max: bytes, or "max". 0, or a negative errno. */
int cgroup_make(const char *path, const char *max);

/* With room to swap there is no end. Kernels without swap have no such limit. */
void cgroup_forbid_swap(const char *path);

/* Once who was there has gone, which may take a moment. */
void cgroup_remove(const char *path);

/* For a child; it ends where that fails. */
void cgroup_enter(const char *path);

/*
 * The same, and not to be killed when it is full; with all of the process's own
 * pages, as a page fault that finds no memory tries for ever.
 */
void cgroup_enter_immortal(const char *path);

#endif
