// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what a header's names stand for, see print.h.
 */
#include "print.h"
#include HEADER

int main(void)
{
#include LIST
	return 0;
}
