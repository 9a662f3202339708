/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of the torture on what uses IO address spaces: mock devices, page
 * tables, accesses, QEMU's edus.
 */
#ifndef _GUEST_TORTURE_DEVICE_H
#define _GUEST_TORTURE_DEVICE_H

#include "world.h"

int op_mock(struct thread *t);
int op_mock_destroy(struct thread *t);
int op_mock_replace(struct thread *t);
int op_hwpt_alloc(struct thread *t);
int op_hwpt_nest(struct thread *t);
int op_invalidate(struct thread *t);
int op_track(struct thread *t);
int op_dirty(struct thread *t);
int op_hwpt_destroy(struct thread *t);
int op_hw_info(struct thread *t);
int op_pasid_attach(struct thread *t);
int op_pasid_replace(struct thread *t);
int op_pasid_detach(struct thread *t);

int op_access(struct thread *t);
int op_access_close(struct thread *t);
int op_access_pin(struct thread *t);
int op_access_unpin(struct thread *t);
int op_access_rw(struct thread *t);
int op_access_replace(struct thread *t);

int op_dev_open(struct thread *t);
int op_dev_bind(struct thread *t);
int op_dev_bind_late(struct thread *t);
int op_dev_attach(struct thread *t);
int op_dev_detach(struct thread *t);
int op_dev_attach_pasid(struct thread *t);
int op_dev_detach_pasid(struct thread *t);
int op_dev_dma(struct thread *t);
int op_dev_close(struct thread *t);

#endif
