/* SPDX-License-Identifier: BSD-2-Clause */
/* No interrupts arrive; that they are on again when a call ends is checked (runtime.h). */
#ifndef NOSPAN_LINUX_IRQFLAGS_H
#define NOSPAN_LINUX_IRQFLAGS_H

#include <linux/typecheck.h>

#include "targets/linux/runtime.h"

#define local_irq_save(flags)                        \
  do {                                               \
    typecheck(unsigned long, flags);                 \
    (flags) = (unsigned long)nospan_thread.irqs_off; \
    nospan_thread.irqs_off = 1;                      \
  } while (0)
#define local_irq_restore(flags)           \
  do {                                     \
    typecheck(unsigned long, flags);       \
    nospan_thread.irqs_off = (int)(flags); \
  } while (0)
#define local_irq_disable() ((void)(nospan_thread.irqs_off = 1))
#define local_irq_enable() ((void)(nospan_thread.irqs_off = 0))
#define irqs_disabled() (nospan_thread.irqs_off != 0)

#endif
