/* SPDX-License-Identifier: BSD-2-Clause */
/* The mapping code meets PCI devices only where VFIO groups are made, which no entry point reaches. */
#ifndef NOSPAN_LINUX_PCI_H
#define NOSPAN_LINUX_PCI_H
#include <linux/device.h>
#include <linux/dma-mapping.h>
struct pci_dev;
struct pci_bus;
extern struct pci_dev* to_pci_dev(struct device* dev);
#endif
