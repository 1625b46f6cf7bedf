// SPDX-License-Identifier: BSD-2-Clause
// The pools of a table of the Linux kernel, and get_pool(), which finds that of an entry.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_POOLS_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_POOLS_H

#include <cstdint>
#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"
#include "solver/program.h"
#include "solver/term.h"

namespace nospan::solver {

// Members of a table's pools, as offsets in bytes in struct iommu_table.
struct Pools {
  std::vector<uint64_t> start;  // of struct iommu_pool: the large one, then the others
  uint64_t first_entry = 0;     // in struct iommu_pool
  uint64_t end = 0;
  uint64_t hint = 0;
  uint64_t lock = 0;

  static reports::Expected<Pools> of(const Program& program);

  // A pointer into the table points to one of its `count` pools.
  Term is_pool(const Term& offset, const Term& count) const;
  // Whether the pool with that index in `start` is one of the table's.
  Term is_used(std::size_t index, const Term& count) const {
    return index == 0 ? Term::boolean(true) : less(word(index - 1), count);
  }
  bool is_hint(uint64_t offset) const { return is_member(offset, hint); }
  bool is_lock(uint64_t offset) const { return is_member(offset, lock); }

 private:
  bool is_member(uint64_t offset, uint64_t member) const;
};

// alloc/get_pool.
reports::Expected<std::vector<Instance>> linux_get_pool(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_POOLS_H
