/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of level warning and above reach the harness; the rest is dropped before its arguments are
 * evaluated. */
#ifndef NOSPAN_LINUX_PRINTK_H
#define NOSPAN_LINUX_PRINTK_H

#include <linux/compiler.h>

#include "targets/linux/runtime.h"

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define KERN_EMERG ""
#define KERN_ALERT ""
#define KERN_CRIT ""
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_CONT ""

__attribute__((format(printf, 1, 2))) static inline void nospan_no_print(const char* format, ...) {}

#define NOSPAN_PRINT(...)                \
  do {                                   \
    if (0) nospan_no_print(__VA_ARGS__); \
  } while (0)
#define NOSPAN_WARNING(...) nospan_warn(__FILE__, NOSPAN_LINE, __VA_ARGS__)

#define printk(...) NOSPAN_PRINT(__VA_ARGS__)
#define printk_once(...) NOSPAN_PRINT(__VA_ARGS__)
#define no_printk(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_debug(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_devel(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_info(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_info_once(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_notice(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_cont(...) NOSPAN_PRINT(__VA_ARGS__)
#define pr_warn(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_warn_once(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_warn_ratelimited(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_err(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_err_once(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_err_ratelimited(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_crit(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_alert(...) NOSPAN_WARNING(__VA_ARGS__)
#define pr_emerg(...) NOSPAN_WARNING(__VA_ARGS__)

/* Nothing is suppressed: what runs must not depend on what ran before. */
#define printk_ratelimit() 1

#endif
