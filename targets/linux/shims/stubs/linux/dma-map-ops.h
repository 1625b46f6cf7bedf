/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations vector is what the caller of the tested functions holds; they themselves do not look at it. */
#include <linux/dma-mapping.h>
struct dma_map_ops;
