/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine of KVM, as far as VFIO goes: the files of devices that it is told.
 *
 * All return 0 (the first three: an fd), or a negative errno.
 */
#ifndef _LIB_KVM_H
#define _LIB_KVM_H

#include <stdint.h>

int kvm_open(void);
int kvm_machine(int kvm);

/* What a machine is told of files by. */
int kvm_vfio(int machine);

int kvm_file_add(int vfio, const int32_t *fd);
int kvm_file_del(int vfio, const int32_t *fd);

#endif
