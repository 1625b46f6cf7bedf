/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the linear map lies: arch/powerpc, CONFIG_PAGE_OFFSET of 64-bit Book3S, and its extent below the
 * vmemmap. */
#ifndef NOSPAN_ASM_PAGE_OFFSET_H
#define NOSPAN_ASM_PAGE_OFFSET_H
#define PAGE_OFFSET 0xc000000000000000UL
#define NOSPAN_LINEAR_END 0xd000000000000000UL
#endif
