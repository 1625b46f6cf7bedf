// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_calls.h"

#include <fmt/format.h>

#include "solver/claims/builtin_buffer.h"

namespace nospan::solver::mapper_calls {

using reports::Expected;
using Kind = Event::Kind;

const std::vector<std::string> kSpaceClaims = {"contract/Mapper::place", "contract/Mapper::preferred_shift",
                                               "contract/direction_permissions", "contract/Buffer::from",
                                               "contract/EntrySpace::is_ordinary", "alloc/EntrySpace::give_back"};

Expected<std::unique_ptr<Stage>> Stage::make(const Setting& setting, const Term& pages) {
  auto stage = std::make_unique<Stage>(setting.program);
  auto table = BuiltinTable::make(stage->executor);
  if (!table) return tl::unexpected(table.error());
  stage->table = std::move(*table);
  add_environment(stage->executor, stage->table, pages);
  add_buffer(stage->executor, stage->table);
  add_space(stage->executor, stage->table);
  add_place(stage->executor, stage->table);
  return stage;
}

Instance base_of(const Setting& setting, const BuiltinTable& table, std::string function) {
  Instance base;
  base.function = std::move(function);
  base.target = setting.target;
  base.assumptions = table.assumptions;
  base.domain = table.domain;
  base.inputs = table.inputs;
  base.preferences = {table.first_index == word(0),
                      table.entries == word(64),
                      less_equal(table.entries, word(4194304)),
                      table.segment_boundary == word(~uint64_t{0}),
                      table.reserved_begin_slot == table.end_slot,
                      table.max_segment_size == Term::bits(32, 65536),
                      table.system_page_shift == word(setting.system_page_shift)};
  return base;
}

void add_paths(Instance& instance, const std::vector<Path>& paths) {
  instance.paths = paths.size();
  instance.incomplete = incompleteness(paths);
}

Assumption buffer_assumption() {
  return {"buffer", "the buffer has at least one byte and lies in the first 2^56 bytes of memory",
          "design section 6: what a scenario can tell"};
}

void add_terms(std::vector<Term>& to, const std::vector<Term>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::vector<Term> conditions_before(const Path& path, std::size_t given) {
  return {path.conditions.begin(), path.conditions.begin() + static_cast<std::ptrdiff_t>(given)};
}

void add_witness(Instance& instance, const BuiltinTable& table, std::vector<Term> witness) {
  add_terms(witness, {table.page_shift == word(16), table.system_page_shift == word(16),
                      table.origin == word(64), table.first_slot == word(0), table.entries == word(64),
                      table.segment_boundary == word(~uint64_t{0}), table.dma_mask == word(~uint64_t{0}),
                      table.coherent_mask == word(~uint64_t{0}), table.reserved_begin_slot == table.end_slot,
                      free_word("page") == word(0), free_word("offset") == word(0),
                      free_word("size") == word(1), free_word("first") == word(0), free_word("last") == word(0),
                      free_word("address") == word(64 << 16), free_word("last_address") == word(64 << 16),
                      Term::free_bits(32, "direction") == Term::bits(32, 0)});
  instance.witnesses.push_back(std::move(witness));
}

Instance tce(const MapCall& call, const BuiltinTable& table, const Term& permissions) {
  Instance instance = call.base;
  instance.claim = "tce";
  instance.words = "every TCE carries its page of the buffer and the permissions of the direction";
  const Term i = free_word("i");
  const Term first_page = shift_right(call.first, call.page_shift);
  for (const Path& path : call.paths) {
    for (const Event& event : path.events) {
      if (event.kind != Kind::kSet) continue;
      std::vector<Term> given = conditions_before(path, event.given);
      given.push_back(less(i, event.arguments[1]));
      const Term page = first_page + i;
      // In page numbers, which solvers add without carries from below.
      const Term low_bits = shift_left(word(1), call.page_shift) - word(1);
      const Term right = (event.arguments[3] == permissions) & ((event.arguments[2] & low_bits) == word(0)) &
                         ((shift_right(event.arguments[2], call.page_shift) + i) == page) &
                         less_equal(page, shift_right(call.last, call.page_shift));
      instance.cases.push_back({fmt::format("TCE i set at {}", event.place), std::move(given), right,
                                split_page_shift(call.page_shift)});
    }
    if (path.end == Path::End::kReturned && !path.events.empty()) {
      add_witness(instance, table, path.conditions);
    }
  }
  instance.rests_on = call.exact_rests_on;
  return instance;
}

void add_device_limits(Instance& handle, const MapCall& call, const BuiltinTable& table, const Term& mask) {
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    std::vector<Term> given = path.conditions;
    const Term address = call.handle(path);
    given.push_back(address != call.failure);
    const Term last = address + (call.last - call.first);
    const Term outside = ~table.segment_boundary;
    handle.cases.push_back({"the DMA address within the mask", given,
                            less_equal(address, last) & less_equal(last, mask),
                            split_page_shift(call.page_shift)});
    handle.cases.push_back({"the DMA addresses in one segment", given, (address & outside) == (last & outside),
                            split_page_shift(call.page_shift)});
  }
  handle.words += ", and keeps the device's mask and segment boundary";
}

Mapping::Mapping(const BuiltinTable& table, const Term& first_address, const Term& last_address)
    : address(first_address),
      last(last_address),
      index(shift_right(address, table.page_shift)),
      count(pages_touched(address, last, table.page_shift)) {}

std::vector<Term> Mapping::domain(const BuiltinTable& table) const {
  return {less_equal(address, last), asked_of_give_back(table, index, count)};
}

std::vector<const Event*> all_of_kind(const Path& path, Kind kind, std::size_t from) {
  std::vector<const Event*> result;
  for (std::size_t i = from; i < path.events.size(); ++i) {
    if (path.events[i].kind == kind) result.push_back(&path.events[i]);
  }
  return result;
}

Instance inverse(Instance base, const std::vector<Path>& paths, const BuiltinTable& table,
                 const Mapping& mapping) {
  Instance instance = std::move(base);
  instance.claim = "inverse";
  instance.words =
      "given what map returned: clears exactly what was set, then frees exactly what was allocated";
  instance.rests_on = {"contract/Buffer::from", "contract/EntrySpace::is_ordinary", "alloc/EntrySpace::give_back"};
  add_paths(instance, paths);
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto clears = all_of_kind(path, Kind::kClear);
    const auto frees = all_of_kind(path, Kind::kGiveBack);
    Term right = Term::boolean(false);
    if (clears.size() == 1 && frees.size() == 1 && all_of_kind(path, Kind::kSet).empty() &&
        all_of_kind(path, Kind::kTake, 1).empty()) {
      bool seen = false;
      for (const Event* event = clears[0]; event < frees[0]; ++event)
        seen = seen || event->kind == Kind::kFlush;
      right = Term::boolean(seen) & (clears[0]->arguments[0] == mapping.index) &
              (clears[0]->arguments[1] == mapping.count) &
              (frees[0]->arguments[0] == mapping.index - table.origin - table.first_slot) &
              (frees[0]->arguments[1] == mapping.count);
      add_witness(instance, table, path.conditions);
    }
    instance.cases.push_back(
        {"a path that returns", path.conditions, right, split_page_shift(table.page_shift)});
  }
  return instance;
}

// Safety and what contracts ask of their callers: without it their answers mean nothing.
std::vector<Case> all_safety_cases(const std::vector<Path>& paths, const BuiltinTable& table) {
  std::vector<Case> cases = all_obligation_cases(paths);
  for (Case& question : cases) {
    if (question.name.starts_with("contract")) question.splits = split_page_shift(table.page_shift);
  }
  return cases;
}

Instance safe_of(Instance base, const std::vector<Path>& paths, const BuiltinTable& table) {
  Instance instance = std::move(base);
  instance.claim = "safe";
  instance.words = "no undefined behaviour, overflow or access out of bounds, whatever the arguments";
  instance.rests_on = kSpaceClaims;
  add_paths(instance, paths);
  instance.cases = all_safety_cases(paths, table);
  for (const Path& path : paths) {
    if (path.end == Path::End::kReturned && !path.events.empty()) add_witness(instance, table, path.conditions);
  }
  return instance;
}

void add_numbers(std::vector<Instance>& instances, const BuiltinTable& table) {
  for (Instance& instance : instances) {
    std::vector<std::vector<Term>> witnesses;
    std::swap(witnesses, instance.witnesses);
    for (std::vector<Term>& witness : witnesses) add_witness(instance, table, std::move(witness));
  }
}

Instance* find(std::vector<Instance>& instances, std::string_view claim) {
  for (Instance& instance : instances) {
    if (instance.claim == claim) return &instance;
  }
  return nullptr;
}

}  // namespace nospan::solver::mapper_calls
