/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/types.h>
struct mm_struct;
extern bool mm_iommu_is_devmem(struct mm_struct* mm, unsigned long hpa, unsigned int page_shift,
                               unsigned long* size);
