/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages come from the environment, which decides whether there are any. Flags and node make no difference. */
#ifndef NOSPAN_LINUX_GFP_H
#define NOSPAN_LINUX_GFP_H

#include <asm/page.h>
#include <linux/types.h>

#include "targets/linux/runtime.h"

#define GFP_KERNEL ((gfp_t)0x1)
#define GFP_ATOMIC ((gfp_t)0x2)
#define GFP_NOWAIT ((gfp_t)0x4)
#define __GFP_ZERO ((gfp_t)0x100)
#define __GFP_NOWARN ((gfp_t)0x200)
#define __GFP_COMP ((gfp_t)0x400)

#define NUMA_NO_NODE (-1)

static inline struct page* alloc_pages_node(int node, gfp_t flags, unsigned int order) {
  unsigned long address;

  if (nospan_allocate_pages(order, &address)) return 0;
  if (flags & __GFP_ZERO) nospan_zero(address, PAGE_SIZE << order);
  return phys_to_page(address);
}
#define alloc_pages(flags, order) alloc_pages_node(NUMA_NO_NODE, flags, order)

static inline unsigned long __get_free_pages(gfp_t flags, unsigned int order) {
  struct page* page = alloc_pages_node(NUMA_NO_NODE, flags, order);

  return page ? (unsigned long)page_to_virt(page) : 0;
}

#define __get_free_page(flags) __get_free_pages(flags, 0)

static inline void free_pages(unsigned long address, unsigned int order) {
  nospan_free_pages(__pa(address), order);
}
static inline void __free_pages(struct page* page, unsigned int order) {
  nospan_free_pages(page_to_phys(page), order);
}

#endif
