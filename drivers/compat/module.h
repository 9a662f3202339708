/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module says of itself to the kernel's build.
 */
#ifndef __COMPAT_MODULE_H
#define __COMPAT_MODULE_H

#include <linux/module.h>

/* What the kernel exports to those who name @ns; no string on older ones. */
#ifdef HAVE_IMPORT_NS_STRING
#define COMPAT_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define COMPAT_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

#endif /* __COMPAT_MODULE_H */
