/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NOSPAN_ASM_IO_H
#define NOSPAN_ASM_IO_H

#include <asm/barrier.h>
#include <asm/page.h>

#define virt_to_phys(address) __pa(address)
#define phys_to_virt(address) __va(address)

#endif
