/* SPDX-License-Identifier: BSD-2-Clause */
/* BUG ends the call with a finding; WARN is passed on and execution goes on, as in the kernel. */
#ifndef NOSPAN_LINUX_BUG_H
#define NOSPAN_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>

#include "targets/linux/runtime.h"

#define BUG() nospan_bug(__FILE__, NOSPAN_LINE, "BUG()")
#define BUG_ON(condition)                                                   \
  do {                                                                      \
    if (unlikely(condition)) nospan_bug(__FILE__, NOSPAN_LINE, #condition); \
  } while (0)

#define WARN_ON(condition)                                                                   \
  ({                                                                                         \
    int nospan_warned = !!(condition);                                                       \
    if (unlikely(nospan_warned)) nospan_warn(__FILE__, NOSPAN_LINE, "WARN: %s", #condition); \
    unlikely(nospan_warned);                                                                 \
  })
#define WARN(condition, ...)                                                      \
  ({                                                                              \
    int nospan_warned = !!(condition);                                            \
    if (unlikely(nospan_warned)) nospan_warn(__FILE__, NOSPAN_LINE, __VA_ARGS__); \
    unlikely(nospan_warned);                                                      \
  })

/* "Once" would make a scenario's outcome depend on the scenarios before it. */
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN_ONCE(condition, ...) WARN(condition, __VA_ARGS__)
#define WARN_TAINT(condition, taint, ...) WARN(condition, __VA_ARGS__)
#define WARN_TAINT_ONCE(condition, taint, ...) WARN(condition, __VA_ARGS__)

/* Data corruption that CONFIG_BUG_ON_DATA_CORRUPTION would find (include/linux/list.h). */
#define CHECK_DATA_CORRUPTION(condition, ...) WARN(condition, __VA_ARGS__)

#endif
