/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets target.h be read beside kernel headers: the kernel has the fixed-width types, under its own definitions.
 */
#ifndef NOSPAN_STDINT_H
#define NOSPAN_STDINT_H
#include <linux/types.h>
#define UINT64_C(x) x##ULL
#define UINT64_MAX UINT64_C(0xffffffffffffffff)
#endif
