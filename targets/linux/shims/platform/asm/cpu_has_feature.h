/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which generation of POWER this is (arch/powerpc/include/asm/cpu_has_feature.h and cputable.h): the prover's
 * to choose. The numbers are ours; only this function looks at them.
 */
#ifndef NOSPAN_ASM_CPU_HAS_FEATURE_H
#define NOSPAN_ASM_CPU_HAS_FEATURE_H
#include <linux/types.h>
#define CPU_FTR_ARCH_207S 0x1UL
#define CPU_FTR_ARCH_300 0x2UL
extern bool cpu_has_feature(unsigned long feature);
#endif
