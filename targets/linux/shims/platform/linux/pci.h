/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI devices and buses as far as the platforms' DMA set-up looks (include/linux/pci.h). */
#ifndef NOSPAN_PLATFORM_PCI_H
#define NOSPAN_PLATFORM_PCI_H
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/notifier.h>
struct pci_bus;
struct pci_dev {
  struct pci_bus* bus;
  unsigned int devfn;
  unsigned short vendor;
  unsigned short device;
  struct device dev;
  unsigned int is_virtfn;
};
struct pci_bus {
  struct list_head node;
  struct pci_bus* parent;
  struct list_head children;
  struct list_head devices;
  struct pci_dev* self;
  void* sysdata;
  unsigned char number;
  struct device dev;
};
struct dma_map_ops;
struct pci_ops;
#define PCI_SRIOV_NUM_BARS 6
struct pci_host_bridge;
#define to_pci_dev(device) container_of(device, struct pci_dev, dev)
#define PCI_DEVFN(slot, function) ((((slot) & 0x1f) << 3) | ((function) & 0x07))
#define PCI_SLOT(devfn) (((devfn) >> 3) & 0x1f)
#define PCI_FUNC(devfn) ((devfn) & 0x07)
extern const struct bus_type pci_bus_type;
extern const char* pci_name(const struct pci_dev* dev);
extern int pci_domain_nr(struct pci_bus* bus);
extern bool pci_is_root_bus(struct pci_bus* bus);
extern struct device_node* pci_bus_to_OF_node(struct pci_bus* bus);
extern struct device_node* pci_device_to_OF_node(const struct pci_dev* dev);
extern void set_pci_dma_ops(const struct dma_map_ops* operations);
#endif
