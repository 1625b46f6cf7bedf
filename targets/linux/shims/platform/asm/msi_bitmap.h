/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of devices (arch/powerpc/include/asm/msi_bitmap.h): a member of structures. */
#ifndef NOSPAN_ASM_MSI_BITMAP_H
#define NOSPAN_ASM_MSI_BITMAP_H
#include <linux/of.h>
#include <linux/spinlock_types.h>
struct msi_bitmap {
  struct device_node* of_node;
  unsigned long* bitmap;
  spinlock_t lock;
  unsigned int irq_count;
};
struct irq_chip {
  const char* name;
};
#endif
