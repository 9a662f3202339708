/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that migrates.
 */
#ifndef __SELFTEST_EDU_MIGRATION_H
#define __SELFTEST_EDU_MIGRATION_H

struct edu;

void edu_migration_init(struct edu *edu);
void edu_migration_end(struct edu *edu);

#endif /* __SELFTEST_EDU_MIGRATION_H */
