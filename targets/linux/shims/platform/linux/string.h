/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies of strings come from the environment, like all memory (include/linux/string.h): declared. */
#include_next <linux/string.h>
#ifndef NOSPAN_PLATFORM_STRING_H
#define NOSPAN_PLATFORM_STRING_H
extern char* kstrdup(const char* text, gfp_t flags);
extern void* kmemdup(const void* from, size_t size, gfp_t flags);
#endif
