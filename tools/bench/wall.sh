#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: iommufd-bench by the clock; then which locks were taken meanwhile,
# and for how long, ours and the mm's, where the kernel counts that.

stat=/proc/sys/kernel/lock_stat
[ ! -e $stat ] || echo 1 >$stat
iommufd-bench --wall "$@" || exit
[ ! -e $stat ] || awk '
	/class name/ || /topo|tree_lock|mem->lock|account_lock|objects|map_lock|mmap_lock/ {
		print substr($0, 1, 240)
	}' /proc/lock_stat
