/* SPDX-License-Identifier: BSD-2-Clause */
/* Host bridges: only code for pseries and powernv, which is not compiled, looks inside. */
#include <linux/pci.h>
struct pci_controller;
struct pci_controller_ops;
struct iommu_table; /* arch/powerpc/include/asm/iommu.h names it first as a parameter, and counts on this */
