/* SPDX-License-Identifier: BSD-2-Clause */
#include <arch/powerpc/include/asm/udbg.h>
