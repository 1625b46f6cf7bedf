/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory hotplug tells those who registered (include/linux/memory.h); nothing here does so. */
#ifndef NOSPAN_LINUX_MEMORY_H
#define NOSPAN_LINUX_MEMORY_H
#include <linux/mutex.h>
#include <linux/notifier.h>
#define MEM_ONLINE (1 << 0)
#define MEM_GOING_OFFLINE (1 << 1)
#define MEM_OFFLINE (1 << 2)
#define MEM_GOING_ONLINE (1 << 3)
#define MEM_CANCEL_ONLINE (1 << 4)
#define MEM_CANCEL_OFFLINE (1 << 5)
struct memory_notify {
  unsigned long start_pfn;
  unsigned long nr_pages;
};
extern int register_memory_notifier(struct notifier_block* block);
extern int walk_system_ram_range(unsigned long start_pfn, unsigned long pages, void* argument,
                                 int (*function)(unsigned long, unsigned long, void*));
#endif
