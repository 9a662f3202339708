/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's header, see ../kernel.h.
 */
#include "../kernel.h"
