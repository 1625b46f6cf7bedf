/* SPDX-License-Identifier: BSD-2-Clause */
/* IOMMU groups and domains (include/linux/iommu.h) as the platforms use them: declared. */
#include_next <linux/iommu.h>
/* Sources count on these to come with this one. */
#include <linux/mutex.h>
#include <linux/rculist.h>
#ifndef NOSPAN_PLATFORM_IOMMU_H
#define NOSPAN_PLATFORM_IOMMU_H
extern struct iommu_group* iommu_group_get(struct device* dev);
extern struct iommu_group* iommu_group_ref_get(struct iommu_group* group);
extern void iommu_group_put(struct iommu_group* group);
extern void* iommu_group_get_iommudata(struct iommu_group* group);
extern int iommu_group_for_each_dev(struct iommu_group* group, void* data,
                                    int (*function)(struct device* dev, void* data));
#endif
