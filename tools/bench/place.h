/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are mapped.
 */
#ifndef _BENCH_PLACE_H
#define _BENCH_PLACE_H

/* Memory as a whole, single pages, and copies of them. */
#define IOVA_SMALL 0x200000000UL
#define IOVA_COPIES 0x300000000UL
#define IOVA_LARGE 0x400000000UL

#endif
