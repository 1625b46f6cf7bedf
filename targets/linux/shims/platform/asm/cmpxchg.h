/* SPDX-License-Identifier: BSD-2-Clause */
/* Exchanges are fully ordered, as in arch/powerpc/include/asm/cmpxchg.h. cmpxchg() tells what was there before.
 */
#ifndef NOSPAN_ASM_CMPXCHG_H
#define NOSPAN_ASM_CMPXCHG_H
#define xchg(place, value) __atomic_exchange_n((place), (value), __ATOMIC_SEQ_CST)
#define cmpxchg(place, old, new)                                                                           \
  ({                                                                                                       \
    __typeof__(*(place)) nospan_found = (old);                                                             \
    __atomic_compare_exchange_n((place), &nospan_found, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    nospan_found;                                                                                          \
  })
#endif
