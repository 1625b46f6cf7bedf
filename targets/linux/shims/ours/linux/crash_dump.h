/* SPDX-License-Identifier: BSD-2-Clause */
/* A table may be created as in a crash kernel: configuration.inherited. */
#ifndef NOSPAN_LINUX_CRASH_DUMP_H
#define NOSPAN_LINUX_CRASH_DUMP_H

#include <linux/types.h>

#include "targets/linux/runtime.h"

static inline bool is_kdump_kernel(void) { return nospan_thread.crash_kernel; }

#endif
