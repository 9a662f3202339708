/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on demand.
 */
#ifndef __SELFTEST_FAULT_SESSION_H
#define __SELFTEST_FAULT_SESSION_H

struct dentry;

void fault_start(struct dentry *directory);

#endif /* __SELFTEST_FAULT_SESSION_H */
