/* SPDX-License-Identifier: BSD-2-Clause */
/* 64 bytes: what environment.allocate() aligns to. powerpc has 128; only the padding of struct iommu_pool
 * differs. */
#ifndef NOSPAN_ASM_CACHE_H
#define NOSPAN_ASM_CACHE_H
#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#endif
