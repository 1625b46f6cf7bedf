/* SPDX-License-Identifier: BSD-2-Clause */
/* A range of bus addresses (include/linux/ioport.h). */
#ifndef NOSPAN_LINUX_IOPORT_H
#define NOSPAN_LINUX_IOPORT_H
#include <linux/types.h>
struct resource {
  resource_size_t start;
  resource_size_t end;
  const char* name;
  unsigned long flags;
  unsigned long desc;
  struct resource *parent, *sibling, *child;
};
#define IORESOURCE_MEM 0x00000200
#define IORESOURCE_PREFETCH 0x00002000
#define IORESOURCE_MEM_64 0x00100000
static inline resource_size_t resource_size(const struct resource* resource) {
  return resource->end - resource->start + 1;
}
#endif
