// SPDX-License-Identifier: BSD-2-Clause
// The C interface in front of Mapper: NULL tables and types, nothing else.
#include "targets/builtin/builtin.h"

#include "targets/builtin/checks.h"
#include "targets/builtin/mapper.h"
#include "targets/builtin/types.h"

namespace nospan::builtin {
namespace {

Mapper* mapper_of(void* table) { return static_cast<Mapper*>(table); }

void* create(const nospan_environment* environment, const nospan_configuration* configuration) {
  return Mapper::create(environment, configuration);
}

void destroy(void* table) {
  if (table != nullptr) mapper_of(table)->destroy();
}

uint64_t map_page(void* table, const nospan_map_request* request) {
  return table != nullptr ? mapper_of(table)->map_page(*request) : NOSPAN_MAPPING_ERROR;
}

void unmap_page(void* table, uint64_t dma_address, uint64_t size, uint32_t /*direction*/,
                uint64_t /*attributes*/, uint32_t /*cpu*/) {
  if (table != nullptr) mapper_of(table)->unmap_page(dma_address, size);
}

int map_sg(void* table, nospan_segment* list, uint32_t count, uint32_t direction, uint64_t /*attributes*/,
           uint32_t cpu) {
  return table != nullptr ? mapper_of(table)->map_list(list, count, direction, cpu) : kErrorInvalid;
}

void unmap_sg(void* table, nospan_segment* list, uint32_t count, uint32_t /*direction*/,
              uint64_t /*attributes*/, uint32_t /*cpu*/) {
  if (table != nullptr) mapper_of(table)->unmap_list(list, count);
}

int alloc_coherent(void* table, uint64_t size, uint32_t cpu, uint64_t* guest_address, uint64_t* dma_address) {
  if (table == nullptr) return kErrorInvalid;
  return mapper_of(table)->allocate_coherent(size, cpu, guest_address, dma_address);
}

void free_coherent(void* table, uint64_t size, uint64_t guest_address, uint64_t dma_address, uint32_t /*cpu*/) {
  if (table != nullptr) mapper_of(table)->free_coherent(size, guest_address, dma_address);
}

int in_use(void* table) { return table != nullptr && mapper_of(table)->in_use() ? 1 : 0; }

void read_allocation(void* table, uint64_t first, uint64_t count, uint64_t* words) {
  mapper_of(table)->space().read(first, count, words);
}

// Regions are where a CPU looks first, not where it has to stay: there is one pool, the window.
uint32_t pools(void* table, nospan_pool* pools, uint32_t most) {
  if (most > 0) pools[0] = nospan_pool{0, mapper_of(table)->entries()};
  return 1;
}

// In target.h's order, which designated initializers check.
constexpr nospan_target kTarget = {
    .abi = NOSPAN_TARGET_ABI,
    .flags = NOSPAN_TARGET_CONCURRENT,
    .name = "builtin",
    .version = "0.1.0",
    .system_page_shifts = (uint64_t{1} << 12) | (uint64_t{1} << 16),
    .create = create,
    .destroy = destroy,
    .map_page = map_page,
    .unmap_page = unmap_page,
    .map_sg = map_sg,
    .unmap_sg = unmap_sg,
    .alloc_coherent = alloc_coherent,
    .free_coherent = free_coherent,
    .in_use = in_use,
    .read_allocation = read_allocation,
    .pools = pools,
    .check_ioba = check_ioba,
    .check_gpa = check_gpa,
    .tce_direction = tce_direction,
    .direction_permissions = direction_permissions,
};

}  // namespace
}  // namespace nospan::builtin

extern "C" const nospan_target* nospan_builtin_target(void) { return &nospan::builtin::kTarget; }
