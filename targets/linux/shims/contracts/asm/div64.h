/* SPDX-License-Identifier: BSD-2-Clause */
#include <asm-generic/div64.h>
