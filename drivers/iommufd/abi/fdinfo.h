/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc/PID/fdinfo/FD has of a context.
 */
#ifndef __IOMMUFD_ABI_FDINFO_H
#define __IOMMUFD_ABI_FDINFO_H

struct file;
struct seq_file;

void fdinfo_show(struct seq_file *seq, struct file *file);

#endif /* __IOMMUFD_ABI_FDINFO_H */
