/* SPDX-License-Identifier: BSD-2-Clause */
/* A device as far as DMA mapping looks: its masks, its segment limits, its architecture's part. */
#ifndef NOSPAN_LINUX_DEVICE_H
#define NOSPAN_LINUX_DEVICE_H

#include <asm/device.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/types.h>

struct device_node;
struct iommu_group;

/* What a driver sets with dma_set_max_seg_size() and dma_set_seg_boundary() (include/linux/dma-mapping.h). */
struct device_dma_parameters {
  unsigned int max_segment_size;
  unsigned int min_align_mask;
  unsigned long segment_boundary_mask;
};

struct device {
  struct device* parent;
  u64* dma_mask;
  u64 coherent_dma_mask;
  u64 bus_dma_limit;
  struct device_dma_parameters* dma_parms;
  struct dev_archdata archdata;
  struct iommu_group* iommu_group;
  bool dma_skip_sync;
  bool dma_iommu;
  bool dma_ops_bypass;
  struct device_node* of_node; /* for the platforms: NULL in the library */
};

extern bool device_is_registered(struct device* dev);
extern bool device_iommu_mapped(struct device* dev);
extern const char* dev_name(const struct device* dev);
extern void* devm_kmalloc_array(struct device* dev, size_t count, size_t size, gfp_t flags);
extern void* devm_kcalloc(struct device* dev, size_t count, size_t size, gfp_t flags);
extern int devm_add_action_or_reset(struct device* dev, void (*action)(void*), void* data);

#define dev_dbg(dev, ...) NOSPAN_PRINT(__VA_ARGS__)
#define dev_info(dev, ...) NOSPAN_PRINT(__VA_ARGS__)
#define dev_notice(dev, ...) NOSPAN_PRINT(__VA_ARGS__)
#define dev_warn(dev, ...) NOSPAN_WARNING(__VA_ARGS__)
#define dev_err(dev, ...) NOSPAN_WARNING(__VA_ARGS__)
#define dev_warn_once(dev, ...) NOSPAN_WARNING(__VA_ARGS__)
#define dev_WARN_ONCE(dev, condition, ...) WARN(condition, __VA_ARGS__)

#endif
