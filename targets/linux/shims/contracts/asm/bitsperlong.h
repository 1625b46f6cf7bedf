/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NOSPAN_ASM_BITSPERLONG_H
#define NOSPAN_ASM_BITSPERLONG_H
#define __BITS_PER_LONG 64
#include <asm-generic/bitsperlong.h>
#endif
