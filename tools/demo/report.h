/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the demo has to say, as text while it runs or as one JSON object at its
 * end: the table of mappings, one result for each thing shown, the verdict.
 */
#ifndef _DEMO_REPORT_H
#define _DEMO_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

#define REPORT_MAPPINGS 16
#define REPORT_RESULTS 8

void report_begin(bool json);

/* A fact about the device or the kernel, "disk: QEMU NVMe Ctrl, 64 MiB". */
void __printf(2, 3) report_fact(const char *name, const char *format, ...);

/* Where memory was mapped; @access is MAP_R, MAP_W or both, of iommufd.h. */
void report_mapping(uint64_t iova, uint64_t length, uint32_t access,
		    const void *va, const char *what);
void report_table(const char *title);

/* Something shown, and whether it came out as it should. */
void __printf(3, 4)
report_result(bool good, const char *name, const char *format, ...);

/* 0 if every result was good, 1 if not. */
int report_end(void);

/* "64 MiB", "4 KiB" */
const char *report_size(uint64_t bytes);

#endif
