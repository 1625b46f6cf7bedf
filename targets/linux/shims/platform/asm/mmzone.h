/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Must agree with arch/powerpc/include/asm/book3s/64/hash-4k.h and hash-64k.h: how many bits an address of real
 * memory has at most, which is what a window for direct mapping must cover.
 */
#ifndef NOSPAN_ASM_MMZONE_H
#define NOSPAN_ASM_MMZONE_H
#include <asm/page.h>
#define MAX_PHYSMEM_BITS (PAGE_SHIFT == 16 ? 51 : 46)
extern u64 memory_hotplug_max(void);
#endif
