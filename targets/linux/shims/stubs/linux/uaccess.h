/* SPDX-License-Identifier: BSD-2-Clause */
/* User memory: declared, not defined; reaching it is a link error. */
#ifndef NOSPAN_LINUX_UACCESS_H
#define NOSPAN_LINUX_UACCESS_H
#include <linux/types.h>
extern void* memdup_user_nul(const void* from, size_t size);
#endif
