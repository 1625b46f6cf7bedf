/* SPDX-License-Identifier: BSD-2-Clause */
/* The collection header: the tree's leaf headers, whatever this version has of them. */
#ifndef NOSPAN_LINUX_KERNEL_H
#define NOSPAN_LINUX_KERNEL_H

#include <asm/byteorder.h>
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/limits.h>
#include <linux/linkage.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/stdarg.h>
#include <linux/stddef.h>
#include <linux/typecheck.h>
#include <linux/types.h>
#if __has_include(<linux/array_size.h>)
#include <linux/array_size.h>
#else
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define might_sleep() ((void)0)
#define upper_32_bits(n) ((u32)((u64)(n) >> 32))
#define lower_32_bits(n) ((u32)(n))

/* Declared, not defined: no entry point formats or parses. */
extern int hex_to_bin(unsigned char character);
extern int sprintf(char* to, const char* format, ...);
extern int snprintf(char* to, size_t size, const char* format, ...);
extern int scnprintf(char* to, size_t size, const char* format, ...);
extern int sscanf(const char* from, const char* format, ...);
extern char* kasprintf(gfp_t flags, const char* format, ...);

#endif
