/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Must agree with arch/powerpc/include/asm/page.h: PAGE_MASK is an int there, which matters for how it extends,
 * and the linear map is or-ed on and masked off.
 */
#ifndef NOSPAN_ASM_PAGE_H
#define NOSPAN_ASM_PAGE_H

#include <asm/asm-const.h>
#include <asm/page_offset.h>
#include <linux/types.h>

#define PAGE_SHIFT NOSPAN_PAGE_SHIFT
#define PAGE_SIZE (ASM_CONST(1) << PAGE_SHIFT)
#define PAGE_MASK (~((1 << PAGE_SHIFT) - 1))

#define __va(x) ((void*)(unsigned long)((phys_addr_t)(x) | PAGE_OFFSET))
#define __pa(x) ((unsigned long)(x) & 0x0fffffffffffffffUL)

/*
 * A struct page * is a number, never dereferenced: the vmemmap has no memory. 64 bytes per page, as in the
 * kernel, so that page + 1 is the next page and the low bits are free for the flags that
 * include/linux/scatterlist.h keeps there.
 */
struct page {
  unsigned char unused[64];
};
#define NOSPAN_VMEMMAP 0xf000000000000000UL
#define NOSPAN_STRUCT_PAGE_SHIFT 6
_Static_assert(sizeof(struct page) == 1u << NOSPAN_STRUCT_PAGE_SHIFT, "page + 1 is the next page");
#define pfn_to_page(pfn) ((struct page*)(NOSPAN_VMEMMAP + ((unsigned long)(pfn) << NOSPAN_STRUCT_PAGE_SHIFT)))
#define page_to_pfn(page) (((unsigned long)(page) - NOSPAN_VMEMMAP) >> NOSPAN_STRUCT_PAGE_SHIFT)
#define page_to_phys(page) ((phys_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define phys_to_page(phys) pfn_to_page((phys) >> PAGE_SHIFT)
#define virt_to_pfn(address) (__pa(address) >> PAGE_SHIFT)
#define virt_to_page(address) pfn_to_page(virt_to_pfn(address))
#define virt_addr_valid(address) \
  ((unsigned long)(address) >= PAGE_OFFSET && (unsigned long)(address) < NOSPAN_LINEAR_END)
#define pfn_valid(pfn) 1
#define page_to_virt(page) __va(page_to_phys(page))

#include <asm-generic/getorder.h>

#endif
