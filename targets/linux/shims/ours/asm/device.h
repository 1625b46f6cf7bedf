/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of arch/powerpc/include/asm/device.h that mapping code uses. */
#ifndef NOSPAN_ASM_DEVICE_H
#define NOSPAN_ASM_DEVICE_H

#include <linux/types.h>

struct dev_archdata {
  void* iommu_table_base;
  bool iommu_bypass;
};

#endif
