/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine overrides (arch/powerpc/include/asm/machdep.h): the members that DMA set-up fills in. */
#ifndef NOSPAN_ASM_MACHDEP_H
#define NOSPAN_ASM_MACHDEP_H
#include <linux/init.h>
#include <linux/types.h>
struct machdep_calls {
  int (*tce_reset)(void);
};
extern struct machdep_calls ppc_md;
/* An initcall that is run on one kind of machine only. */
#define machine_arch_initcall(machine, function) arch_initcall(function)
#define machine_subsys_initcall_sync(machine, function) subsys_initcall(function)
#define machine_is(machine) 1
#endif
