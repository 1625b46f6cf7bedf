/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel configuration under test: what Kconfig would have written for a 64-bit little-endian pseries-like
 * machine, as far as the compiled files look. PAGE_SHIFT comes from the command line, as one tree is built for
 * both.
 */
#ifndef NOSPAN_AUTOCONF_H
#define NOSPAN_AUTOCONF_H

#define CONFIG_64BIT 1
#define CONFIG_PPC64 1
#define CONFIG_PPC_BOOK3S 1
#define CONFIG_PPC_BOOK3S_64 1
#define CONFIG_SMP 1
#define CONFIG_MMU 1
#define CONFIG_BUG 1
#define CONFIG_PCI 1
#define CONFIG_HAS_DMA 1
#define CONFIG_ARCH_DMA_ADDR_T_64BIT 1
#define CONFIG_PHYS_ADDR_T_64BIT 1
#define CONFIG_NEED_SG_DMA_LENGTH 1
#define CONFIG_NEED_DMA_MAP_STATE 1
#define CONFIG_IOMMU_API 1
#define CONFIG_CRASH_DUMP 1
#define CONFIG_NR_CPUS 2048
#define CONFIG_SPARSEMEM_VMEMMAP 1

#if NOSPAN_PAGE_SHIFT == 16
#define CONFIG_PPC_64K_PAGES 1
#define CONFIG_PAGE_SIZE_64KB 1
#elif NOSPAN_PAGE_SHIFT == 12
#define CONFIG_PPC_4K_PAGES 1
#define CONFIG_PAGE_SIZE_4KB 1
#else
#error "NOSPAN_PAGE_SHIFT must be 12 or 16"
#endif
#define CONFIG_PAGE_SHIFT NOSPAN_PAGE_SHIFT
#define CONFIG_PPC_PAGE_SHIFT NOSPAN_PAGE_SHIFT

#endif
