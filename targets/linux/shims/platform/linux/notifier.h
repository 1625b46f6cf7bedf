/* SPDX-License-Identifier: BSD-2-Clause */
/* Chains of callbacks (include/linux/notifier.h): what a callback is, and what it may return. */
#ifndef NOSPAN_LINUX_NOTIFIER_H
#define NOSPAN_LINUX_NOTIFIER_H
#define NOTIFY_DONE 0x0000
#define NOTIFY_OK 0x0001
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_BAD (NOTIFY_STOP_MASK | 0x0002)
struct notifier_block {
  int (*notifier_call)(struct notifier_block* block, unsigned long action, void* data);
  struct notifier_block* next;
  int priority;
};

/* What buses tell (include/linux/device/bus.h). Nobody does here: numbers as in 6.1, newer ones count from 0.
 */
#define BUS_NOTIFY_ADD_DEVICE 1
#define BUS_NOTIFY_DEL_DEVICE 2
struct bus_type;
extern int bus_register_notifier(const struct bus_type* bus, struct notifier_block* block);
#endif
