/* SPDX-License-Identifier: BSD-2-Clause */
/* IOMMU groups: declared, not defined; reaching one is a link error. */
#ifndef NOSPAN_LINUX_IOMMU_H
#define NOSPAN_LINUX_IOMMU_H
#include <linux/device.h>
#include <linux/types.h>
struct iommu_group;
struct iommu_device {
  int unused;
};
extern struct iommu_group* iommu_group_alloc(void);
extern void iommu_group_set_iommudata(struct iommu_group* group, void* data, void (*release)(void* data));
extern int iommu_group_set_name(struct iommu_group* group, const char* name);
extern int iommu_group_id(struct iommu_group* group);
extern int iommu_group_add_device(struct iommu_group* group, struct device* dev);
extern void iommu_group_remove_device(struct device* dev);
extern int iommu_probe_device(struct device* dev);
#endif
