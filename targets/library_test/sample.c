/* SPDX-License-Identifier: BSD-2-Clause */
/* A target that does nothing, and, with SAMPLE_* defined, is wrong in one way. For library_test.cc. */
#include "targets/target.h"

#ifndef SAMPLE_ABI
#define SAMPLE_ABI NOSPAN_TARGET_ABI
#endif
#ifndef SAMPLE_MAP_SG
#define SAMPLE_MAP_SG map_sg
#endif
#ifndef SAMPLE_VERSION
#define SAMPLE_VERSION "7"
#endif
#ifndef SAMPLE_SHIFTS
#define SAMPLE_SHIFTS (UINT64_C(1) << 12)
#endif
#ifndef SAMPLE_ENTRY
#define SAMPLE_ENTRY nospan_target_entry
#endif
#ifndef SAMPLE_RESULT
#define SAMPLE_RESULT &target
#endif

#ifdef SAMPLE_NEEDS_UNKNOWN_SYMBOL
extern int nospan_no_such_symbol(void);
#endif

static void* create(const struct nospan_environment* environment,
                    const struct nospan_configuration* configuration) {
  (void)environment;
  (void)configuration;
#ifdef SAMPLE_NEEDS_UNKNOWN_SYMBOL
  if (nospan_no_such_symbol()) return (void*)configuration;
#endif
  return NULL;
}
static void destroy(void* table) { (void)table; }
static uint64_t map_page(void* table, const struct nospan_map_request* request) {
  (void)table;
  (void)request;
  return NOSPAN_MAPPING_ERROR;
}
static void unmap_page(void* table, uint64_t dma_address, uint64_t size, uint32_t direction,
                       uint64_t attributes, uint32_t cpu) {
  (void)table;
  (void)dma_address;
  (void)size;
  (void)direction;
  (void)attributes;
  (void)cpu;
}
__attribute__((unused)) static int map_sg(void* table, struct nospan_segment* list, uint32_t count,
                                          uint32_t direction, uint64_t attributes, uint32_t cpu) {
  (void)table;
  (void)list;
  (void)count;
  (void)direction;
  (void)attributes;
  (void)cpu;
  return -22;
}
static void unmap_sg(void* table, struct nospan_segment* list, uint32_t count, uint32_t direction,
                     uint64_t attributes, uint32_t cpu) {
  (void)table;
  (void)list;
  (void)count;
  (void)direction;
  (void)attributes;
  (void)cpu;
}
static int alloc_coherent(void* table, uint64_t size, uint32_t cpu, uint64_t* guest_address,
                          uint64_t* dma_address) {
  (void)table;
  (void)size;
  (void)cpu;
  (void)guest_address;
  (void)dma_address;
  return -22;
}
static void free_coherent(void* table, uint64_t size, uint64_t guest_address, uint64_t dma_address,
                          uint32_t cpu) {
  (void)table;
  (void)size;
  (void)guest_address;
  (void)dma_address;
  (void)cpu;
}
static int in_use(void* table) {
  (void)table;
  return 0;
}
static void read_allocation(void* table, uint64_t first, uint64_t count, uint64_t* words) {
  (void)table;
  (void)first;
  (void)count;
  (void)words;
}
static uint32_t pools(void* table, struct nospan_pool* list, uint32_t most) {
  (void)table;
  (void)list;
  (void)most;
  return 0;
}

/* The optional functions at the end are NULL: that is allowed. */
static const struct nospan_target target = {
    .abi = SAMPLE_ABI,
    .name = "sample",
    .version = SAMPLE_VERSION,
    .system_page_shifts = SAMPLE_SHIFTS,
    .create = create,
    .destroy = destroy,
    .map_page = map_page,
    .unmap_page = unmap_page,
    .map_sg = SAMPLE_MAP_SG,
    .unmap_sg = unmap_sg,
    .alloc_coherent = alloc_coherent,
    .free_coherent = free_coherent,
    .in_use = in_use,
    .read_allocation = read_allocation,
    .pools = pools,
};

const struct nospan_target* SAMPLE_ENTRY(void);
const struct nospan_target* SAMPLE_ENTRY(void) {
  const struct nospan_target* result = SAMPLE_RESULT;
  return &target == result ? result : NULL;
}
