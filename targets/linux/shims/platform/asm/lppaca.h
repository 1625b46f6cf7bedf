/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU shares with the hypervisor: named by functions about idle CPUs, never executed. */
#ifndef NOSPAN_ASM_LPPACA_H
#define NOSPAN_ASM_LPPACA_H
#include <linux/types.h>
struct lppaca {
  u8 cede_latency_hint;
};
extern struct lppaca* get_lppaca(void);
#endif
