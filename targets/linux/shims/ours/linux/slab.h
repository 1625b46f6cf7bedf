/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel memory comes zeroed from the environment, which guards its end. */
#ifndef NOSPAN_LINUX_SLAB_H
#define NOSPAN_LINUX_SLAB_H

#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>

#define kmalloc(size, flags) nospan_allocate(size)
#define kzalloc(size, flags) nospan_allocate(size)
#define kmalloc_node(size, flags, node) nospan_allocate(size)
#define kzalloc_node(size, flags, node) nospan_allocate(size)
#define kvmalloc(size, flags) nospan_allocate(size)
#define kvzalloc(size, flags) nospan_allocate(size)

static inline void* kmalloc_array(size_t count, size_t size, gfp_t flags) {
  size_t bytes;

  return __builtin_mul_overflow(count, size, &bytes) ? 0 : nospan_allocate(bytes);
}
#define kcalloc(count, size, flags) kmalloc_array(count, size, flags)
#define kmalloc_array_node(count, size, flags, node) kmalloc_array(count, size, flags)
#define kcalloc_node(count, size, flags, node) kmalloc_array(count, size, flags)
#define kvmalloc_array(count, size, flags) kmalloc_array(count, size, flags)
#define kvcalloc(count, size, flags) kmalloc_array(count, size, flags)

#define kfree(memory) nospan_release(memory)
#define kvfree(memory) nospan_release(memory)

#endif
