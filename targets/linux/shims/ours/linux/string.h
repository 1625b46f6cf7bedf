/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memset() on the linear map is told to the environment instead of done: there is no memory behind guest
 * addresses. The rest is the compiler's and the C library's.
 */
#ifndef NOSPAN_LINUX_STRING_H
#define NOSPAN_LINUX_STRING_H

#include <asm/page_offset.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "targets/linux/runtime.h"

extern void* memset(void* to, int value, size_t size);
extern void* memcpy(void* to, const void* from, size_t size);
extern void* memmove(void* to, const void* from, size_t size);
extern int memcmp(const void* a, const void* b, size_t size);
extern size_t strlen(const char* text);
extern int strcmp(const char* a, const char* b);
extern int strncmp(const char* a, const char* b, size_t most);
extern int strncasecmp(const char* a, const char* b, size_t most);
extern char* strchr(const char* text, int character);
/* Declared, not defined: parsing and printing of bitmaps, which no entry point reaches. */
extern char* strnchrnul(const char* text, size_t most, int character);
extern ssize_t memory_read_from_buffer(void* to, size_t size, loff_t* at, const void* from, size_t available);

static __always_inline void* nospan_memset(void* to, int value, size_t size) {
  unsigned long address = (unsigned long)to;

  if (address >= PAGE_OFFSET && address < NOSPAN_LINEAR_END) {
    /* Another value than zero is not something the environment can record. */
    if (value) nospan_fail(4 /* NOSPAN_FAILURE_GLUE */, "memset of guest memory to 0x%x", value);
    nospan_zero(address & ~PAGE_OFFSET, size);
    return to;
  }
  return __builtin_memset(to, value, size);
}
#define memset(to, value, size) nospan_memset(to, value, size)

#endif
