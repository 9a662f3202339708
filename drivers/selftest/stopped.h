/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ftrace that has stopped.
 */
#ifndef __SELFTEST_STOPPED_H
#define __SELFTEST_STOPPED_H

struct dentry;

void stopped_start(struct dentry *directory);
void stopped_stop(void);

#endif /* __SELFTEST_STOPPED_H */
