/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt handlers occur in prototypes only. */
#ifndef NOSPAN_LINUX_INTERRUPT_H
#define NOSPAN_LINUX_INTERRUPT_H
#include <linux/irqreturn.h>
typedef irqreturn_t (*irq_handler_t)(int, void*);
#endif
