// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what a header's names stand for, see print.h.
 */
#include "print.h"
#include HEADER
#ifdef RENAMED
/* Not before: the system's own header may have these names, too. */
#include RENAMED
#endif

int main(void)
{
#include LIST
	return 0;
}
