/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NOSPAN_LINUX_VMALLOC_H
#define NOSPAN_LINUX_VMALLOC_H

#include "targets/linux/runtime.h"

#define vmalloc(size) nospan_allocate(size)
#define vzalloc(size) nospan_allocate(size)
#define vmalloc_node(size, node) nospan_allocate(size)
#define vzalloc_node(size, node) nospan_allocate(size)
#define vfree(memory) nospan_release(memory)
#define is_vmalloc_addr(address) 0

#endif
