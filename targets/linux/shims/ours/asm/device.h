/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of arch/powerpc/include/asm/device.h that mapping code and platforms use. */
#ifndef NOSPAN_ASM_DEVICE_H
#define NOSPAN_ASM_DEVICE_H

#include <linux/types.h>

struct dev_archdata {
  void* iommu_table_base;
  bool iommu_bypass;
  dma_addr_t dma_offset; /* of direct mapping, instead of a table (platforms only) */
};

#endif
