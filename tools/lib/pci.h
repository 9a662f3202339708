/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI devices by sysfs: find one, see its driver, give it to another.
 *
 * A device is named by its full address, "0000:00:02.0". All functions return
 * 0, or a negative errno.
 */
#ifndef _LIB_PCI_H
#define _LIB_PCI_H

#include <stddef.h>
#include <stdint.h>

#define PCI_NAME_MAX 16
#define PCI_CLASS_NVME 0x010802

/* The n-th (from 0) device with these ids or this class; -ENODEV if none. */
int pci_find_id(uint16_t vendor, uint16_t device, int n, char *bdf);
int pci_find_class(uint32_t class, int n, char *bdf);

/* The name of the driver; -ENODEV if no such device, "" if no driver. */
int pci_driver(const char *bdf, char *name, size_t room);

/* Takes the device from its driver and gives it to @driver, which is loaded. */
int pci_bind(const char *bdf, const char *driver);

/* Takes the device from its driver; it then has none. */
int pci_unbind(const char *bdf);

/*
 * Its memory decoding, by the kernel's own file of its configuration: no driver is
 * asked or told.
 */
int pci_decode(const char *bdf, int on);

/* The number of its IOMMU group; -ENOENT if no IOMMU stands before it. */
int pci_group(const char *bdf, int *group);

/*
 * First and last IOVA of the window where its interrupts go, in which nothing can
 * be mapped; -ENOENT if there is none.
 */
int pci_msi_window(const char *bdf, uint64_t *first, uint64_t *last);

#endif
