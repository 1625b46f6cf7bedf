/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Must agree with arch/powerpc/include/asm/bitops.h: which operations are atomic, and that the bit number of
 * the atomic ones is an int. The non-atomic ones are the tree's generic ones, so that a missing lock shows.
 */
#ifndef NOSPAN_ASM_BITOPS_H
#define NOSPAN_ASM_BITOPS_H

#include <asm/barrier.h>
#include <linux/compiler.h>

#include "targets/linux/runtime.h"

/* A reserved range is set bit by bit while the table is made: up to a million atomic instructions that guard
 * against nobody. */
static inline void arch_set_bit(int number, volatile unsigned long* map) {
  if (nospan_thread.making)
    map[BIT_WORD(number)] |= BIT_MASK(number);
  else
    __atomic_fetch_or(map + BIT_WORD(number), BIT_MASK(number), __ATOMIC_RELAXED);
}
static inline void arch_clear_bit(int number, volatile unsigned long* map) {
  __atomic_fetch_and(map + BIT_WORD(number), ~BIT_MASK(number), __ATOMIC_RELAXED);
}
static inline void arch_change_bit(int number, volatile unsigned long* map) {
  __atomic_fetch_xor(map + BIT_WORD(number), BIT_MASK(number), __ATOMIC_RELAXED);
}
static inline int arch_test_and_set_bit(unsigned long number, volatile unsigned long* map) {
  return (__atomic_fetch_or(map + BIT_WORD(number), BIT_MASK(number), __ATOMIC_SEQ_CST) & BIT_MASK(number)) !=
         0;
}
static inline int arch_test_and_clear_bit(unsigned long number, volatile unsigned long* map) {
  return (__atomic_fetch_and(map + BIT_WORD(number), ~BIT_MASK(number), __ATOMIC_SEQ_CST) & BIT_MASK(number)) !=
         0;
}
static inline int arch_test_and_change_bit(unsigned long number, volatile unsigned long* map) {
  return (__atomic_fetch_xor(map + BIT_WORD(number), BIT_MASK(number), __ATOMIC_SEQ_CST) & BIT_MASK(number)) !=
         0;
}

#include <asm-generic/bitops/non-atomic.h>

/* cntlzd and cntlzw count the bits of their operand for zero: fls(0) and fls64(0) are 0. */
static __always_inline int fls(unsigned int x) { return x ? 32 - __builtin_clz(x) : 0; }
static __always_inline int fls64(__u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }
#define __ilog2(x) ilog2(x)

static inline unsigned int __arch_hweight8(unsigned int x) { return __builtin_popcount(x & 0xff); }
static inline unsigned int __arch_hweight16(unsigned int x) { return __builtin_popcount(x & 0xffff); }
static inline unsigned int __arch_hweight32(unsigned int x) { return __builtin_popcount(x); }
static inline unsigned long __arch_hweight64(__u64 x) { return __builtin_popcountll(x); }

#include <asm-generic/bitops/builtin-__ffs.h>
#include <asm-generic/bitops/builtin-__fls.h>
#include <asm-generic/bitops/builtin-ffs.h>
#include <asm-generic/bitops/const_hweight.h>
#include <asm-generic/bitops/ffz.h>
#include <asm-generic/bitops/instrumented-atomic.h>
#include <asm-generic/bitops/le.h>

#endif
