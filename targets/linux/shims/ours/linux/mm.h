/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages as numbers (asm/page.h). Some trees get vmalloc through this header (6.1: kernel/iommu.c). */
#ifndef NOSPAN_LINUX_MM_H
#define NOSPAN_LINUX_MM_H

#include <asm/page.h>
#include <linux/align.h>
#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#define PAGE_ALIGN(address) ALIGN(address, PAGE_SIZE)
#define PAGE_ALIGN_DOWN(address) ALIGN_DOWN(address, PAGE_SIZE)
#define PAGE_ALIGNED(address) IS_ALIGNED((unsigned long)(address), PAGE_SIZE)
#define offset_in_page(address) ((unsigned long)(address) & ~PAGE_MASK)
#define page_address(page) page_to_virt(page)
#define lowmem_page_address(page) page_to_virt(page)

struct folio {
  struct page page;
};
struct vm_area_struct;
struct mm_struct;
extern struct page* folio_page(struct folio* folio, size_t n);
extern void SetPageDirty(struct page* page);
#define nth_page(page, n) ((page) + (n))

#endif
