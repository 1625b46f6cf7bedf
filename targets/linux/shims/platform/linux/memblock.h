/* SPDX-License-Identifier: BSD-2-Clause */
/* Which memory the machine has: declared, the prover decides what it is. */
#ifndef NOSPAN_LINUX_MEMBLOCK_H
#define NOSPAN_LINUX_MEMBLOCK_H
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/types.h>
extern phys_addr_t memblock_phys_mem_size(void);
extern phys_addr_t memblock_start_of_DRAM(void);
extern phys_addr_t memblock_end_of_DRAM(void);
extern void* memblock_alloc(phys_addr_t size, phys_addr_t align);
#endif
