/* SPDX-License-Identifier: BSD-2-Clause */
/* Bus addresses in the device tree: only ranges of memory windows are asked for. */
#ifndef NOSPAN_LINUX_OF_ADDRESS_H
#define NOSPAN_LINUX_OF_ADDRESS_H
#include <linux/of.h>
struct of_range {
  u64 bus_addr;
  u64 cpu_addr;
  u64 size;
};
#endif
