/* SPDX-License-Identifier: BSD-2-Clause */
#include <arch/powerpc/include/asm/ppc-pci.h>
