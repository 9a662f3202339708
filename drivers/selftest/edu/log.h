/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log of DMA.
 */
#ifndef __SELFTEST_EDU_LOG_H
#define __SELFTEST_EDU_LOG_H

struct edu;

void edu_log_init(struct edu *edu);
void edu_log_end(struct edu *edu);

#endif /* __SELFTEST_EDU_LOG_H */
