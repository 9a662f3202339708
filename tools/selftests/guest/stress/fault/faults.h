/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What makes calls fail: the faults of iommufd_selftest.ko, which let any call of our
 * modules into the kernel fail, on every kernel; and those of the kernel itself, which
 * let any allocation fail, where it was built with fault injection.
 */
#ifndef _GUEST_FAULT_FAULTS_H
#define _GUEST_FAULT_FAULTS_H

#include <stdbool.h>

#define SELFTEST_FAULTS "/sys/kernel/debug/iommufd_selftest/"

/**
 * struct faults - what makes calls fail
 * @name: for the log
 * @nth: its file, -1: there is none here
 * @sparing: not every fault is tried, unless the run may be long
 */
struct faults {
	const char *name;
	int nth;
	bool sparing;
};

extern struct faults of_calls;
extern struct faults of_kernel;

/* Those that sweeps are made with now. */
extern struct faults *faults;

/* Memory of the process itself fails only where a test asks for that. */
void fail_user_pages(bool fail);

/* What sleeps and is small fails, or not. */
void fail_small(bool fail);

/* Each takes its time to be there, so that one of them is at a time. */
bool use_calls(void);

bool use_kernel(void);
void arm(unsigned int n);

/* How many more faults there would have to be; 0: it has come. */
unsigned int disarm(void);

#endif
