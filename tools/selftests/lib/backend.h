/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests in which containers lose their type while ioctls run on them: the
 * kernel's own backend goes on with what it has freed then, so it must not be
 * there.
 */
#ifndef _GUEST_BACKEND_H
#define _GUEST_BACKEND_H

/* With all modules loaded, until backend_both(); 0, or a negative errno. */
int backend_only_ours(void);

/* By itself: libkmod loads the other with everything that needs vfio.ko. */
int backend_insert(void);

/* Not by libkmod either, which would tell of each attempt. */
int backend_remove(void);

/* As other tests have them: ours is the last. */
int backend_both(void);

#endif
