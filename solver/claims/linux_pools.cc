// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_pools.h"

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_table.h"

namespace nospan::solver {

using reports::Expected;

Expected<Pools> Pools::of(const Program& program) {
  auto large = program.offset_of("iommu_table", "large_pool");
  auto first = program.offset_of("iommu_table", "pools");
  auto all = program.member_size("iommu_table", "pools");
  auto one = program.size_of("iommu_pool");
  auto first_entry = program.offset_of("iommu_pool", "start");
  auto end = program.offset_of("iommu_pool", "end");
  auto hint = program.offset_of("iommu_pool", "hint");
  auto lock = program.offset_of("iommu_pool", "lock");
  for (const auto* part : {&large, &first, &all, &one, &first_entry, &end, &hint, &lock}) {
    if (!*part) return tl::unexpected(part->error());
  }
  Pools result{{*large}, *first_entry, *end, *hint, *lock};
  for (uint64_t at = *first; at < *first + *all; at += *one) result.start.push_back(at);
  return result;
}

Term Pools::is_pool(const Term& offset, const Term& count) const {
  Term result = Term::boolean(false);
  for (std::size_t i = 0; i < start.size(); ++i) {
    result = result | ((offset == word(start[i])) & is_used(i, count));
  }
  return result;
}

bool Pools::is_member(uint64_t offset, uint64_t member) const {
  for (const uint64_t at : start) {
    if (offset == at + member) return true;
  }
  return false;
}

namespace {

Expected<Instance> get_pool(const Setting& setting) {
  Executor executor(setting.program);
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  auto pools = Pools::of(setting.program);
  if (!pools) return tl::unexpected(pools.error());
  add_environment(executor);
  const Term entry = free_word("entry");
  Instance instance;
  instance.claim = "alloc";
  instance.function = "get_pool";
  instance.target = setting.target;
  instance.words = "an entry of the window has a pool of the table: no BUG, no index outside pools";
  instance.examples = allocation_examples(setting.system_page_shift);
  instance.assumptions = table->assumptions;
  instance.domain = table->domain;
  instance.domain.push_back(less(entry, table->entries));
  instance.inputs = table->inputs;
  instance.inputs.push_back({"entry", entry});
  auto paths = executor.run("get_pool", table->state, {table->table, Value::number(entry)}, instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = contract_cases(*paths);
  for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
  instance.cases.push_back(on_return("a pool of the table", *paths, [&](const Path& path) {
    return Term::boolean(path.result->object == table->table.object) &
           pools->is_pool(path.result->bits, free_word("pools"));
  }));
  instance.witnesses = returning(*paths, [&](const Path&) { return less(entry, table->large_pool_start); });
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> linux_get_pool(const Setting& setting) {
  auto pool = get_pool(setting);
  if (!pool) return tl::unexpected(pool.error());
  return std::vector<Instance>{std::move(*pool)};
}

}  // namespace nospan::solver
