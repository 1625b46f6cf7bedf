/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU's own page and registers, for inline functions about idle CPUs in asm/plpar_wrappers.h: never executed.
 */
#ifndef NOSPAN_ASM_PACA_H
#define NOSPAN_ASM_PACA_H
#define MSR_EE 0x8000UL
extern unsigned long mfmsr(void);
extern void __hard_irq_enable(void);
#endif
