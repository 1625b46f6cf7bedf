// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_calls.h"

#include <fmt/format.h>

#include "solver/claims/builtin_buffer.h"
#include "solver/claims/steps.h"
#include "solver/slice.h"

namespace nospan::solver {

using reports::Expected;

const std::vector<std::string> kSpaceClaims = {
    "contract/Mapper::place", "contract/Mapper::preferred_shift", "contract/direction_permissions",
    "contract/Buffer::from",  "contract/EntrySpace::is_ordinary", "alloc/EntrySpace::give_back"};

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

void add_witness(Instance& instance, const BuiltinTable& table, std::vector<Term> witness) {
  add_terms(
      witness,
      {table.page_shift == word(16), table.system_page_shift == word(16), table.origin == word(64),
       table.first_slot == word(0), table.entries == word(64), table.segment_boundary == word(~uint64_t{0}),
       table.dma_mask == word(~uint64_t{0}), table.coherent_mask == word(~uint64_t{0}),
       table.reserved_begin_slot == table.end_slot, free_word("page") == word(0),
       free_word("offset") == word(0), free_word("size") == word(1), free_word("first") == word(0),
       free_word("last") == word(65535), free_word("address") == word(64 << 16),
       free_word("last_address") == word(64 << 16), Term::free_bits(32, "direction") == Term::bits(32, 0)});
  instance.witnesses.push_back(std::move(witness));
}

Instance tce(const MapCall& call, const BuiltinTable& table, const Term& permissions) {
  Instance instance = call.base;
  instance.claim = "tce";
  instance.words = "every TCE carries its page of the buffer and the permissions of the direction";
  // `exact` says what set gets: page_start(first), for pages_touched(first, last) TCEs.
  instance.rests_on = {"exact/" + call.base.function};
  const Term i = free_word("i");
  const Term first_page = shift_right(call.first, call.page_shift);
  const Term last_page = shift_right(call.last, call.page_shift);
  // In page numbers, which solvers add without carries from below.
  Steps steps(instance.cases, instance.domain);
  const Term in_order = less_equal(first_page, last_page);
  steps.show("the pages of the buffer are in order", in_order, instance.domain,
             split_page_shift(call.page_shift));
  instance.cases.push_back({"TCE i carries a page of the buffer",
                            {in_order, less(i, last_page - first_page + word(1))},
                            less_equal(first_page, first_page + i) & less_equal(first_page + i, last_page),
                            {}});
  const Term low_bits = shift_left(word(1), call.page_shift) - word(1);
  const Term start = page_start(call.first, call.page_shift);
  instance.cases.push_back(
      {"the first TCE's page",
       {},
       ((start & low_bits) == word(0)) & (shift_right(start, call.page_shift) == first_page),
       split_page_shift(call.page_shift)});
  for (const Path& path : call.paths) {
    for (const Event& event : path.events) {
      if (event.kind != Event::Kind::kSet) continue;
      add_case(instance.cases, {fmt::format("permissions at {}", event.place),
                                conditions_before(path, event.given),
                                event.arguments[3] == permissions,
                                {}});
    }
    if (path.end == Path::End::kReturned && !path.events.empty()) {
      add_witness(instance, table, path.conditions);
    }
  }
  return instance;
}

void add_device_limits(Instance& handle, const MapCall& call, const BuiltinTable& table, const Term& mask) {
  const Term more = call.last - call.first;
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    const Term address = call.handle(path);
    if (address.same(call.failure)) continue;
    std::vector<Term> given = path.conditions;
    given.push_back(address != call.failure);
    const Term last = address + more;
    const Term outside = ~table.segment_boundary;
    const Term in_mask = less_equal(address, last) & less_equal(last, mask);
    const Term in_segment = (address & outside) == (last & outside);
    const auto slot = path.ghosts.find(kPlacedSlot);
    if (slot == path.ghosts.end()) {
      handle.cases.push_back({"the DMA address of something that was placed", given, Term::boolean(false), {}});
      continue;
    }
    // It is what place() promises of the buffer's first and last byte.
    Steps steps(handle.cases, given);
    const PlaceRequest placed{path.ghosts.at(std::string(kPlacedOffset)),
                              path.ghosts.at(std::string(kPlacedLastOffset)),
                              word(0),
                              mask,
                              Term::bits(32, 0),
                              Term::bits(32, 0)};
    const std::vector<Term> known = {bytes_of_place(table, placed, slot->second),
                                     placed.last_offset == placed.offset + more};
    steps.show("the DMA address within the mask", in_mask, known);
    steps.show("the DMA addresses in one segment", in_segment, known);
  }
  handle.words += ", and keeps the device's mask and segment boundary";
}

Mapping::Mapping(const BuiltinTable& table, const Term& first_address, const Term& last_address)
    : address(first_address),
      last(last_address),
      index(shift_right(address, table.page_shift)),
      count(free_word("count")) {}

Term Mapping::counted(const BuiltinTable& table) const {
  return count == pages_touched(address, last, table.page_shift);
}

std::vector<Term> Mapping::domain(const BuiltinTable& table) const {
  return {less_equal(address, last), counted(table), asked_of_give_back(table, index, count)};
}

std::vector<const Event*> all_of_kind(const Path& path, Event::Kind kind, std::size_t from) {
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
  instance.rests_on = {"contract/Buffer::from", "contract/EntrySpace::is_ordinary",
                       "alloc/EntrySpace::give_back"};
  add_paths(instance, paths);
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto clears = all_of_kind(path, Event::Kind::kClear);
    const auto frees = all_of_kind(path, Event::Kind::kGiveBack);
    Term right = Term::boolean(false);
    if (clears.size() == 1 && frees.size() == 1 && all_of_kind(path, Event::Kind::kSet).empty() &&
        all_of_kind(path, Event::Kind::kTake, 1).empty()) {
      bool seen = false;
      for (const Event* event = clears[0]; event < frees[0]; ++event)
        seen = seen || event->kind == Event::Kind::kFlush;
      right = Term::boolean(seen) & (clears[0]->arguments[0] == mapping.index) &
              (clears[0]->arguments[1] == mapping.count) &
              (frees[0]->arguments[0] == mapping.index - table.origin - table.first_slot) &
              (frees[0]->arguments[1] == mapping.count);
      std::vector<Term> witness = path.conditions;
      add_terms(witness, mapping.domain(table));
      add_witness(instance, table, std::move(witness));
    }
    std::vector<Term> known = path.conditions;
    add_terms(known, mapping.domain(table));
    Steps steps(instance.cases, known);
    const BufferTerms buffer = BufferTerms::of_call(0);
    if (!free_names(all_of(path.conditions)).contains(*free_names(buffer.entries).begin())) {
      // There is no buffer: but a mapping has bytes.
      steps.show("a path without entries", right, steps.without({mapping.count}));
      continue;
    }
    // How many entries they are is what matters of first and last address.
    const Term mapped = mapping.counted(table);
    const Term in_buffer =
        buffer.entries ==
        pages_touched(mapping.address, mapping.address + (mapping.size() - word(1)), table.page_shift);
    steps.show("how many entries", buffer.entries == mapping.count, {mapped, in_buffer});
    steps.show("a path that returns", right,
               steps.without({buffer.base, buffer.offset, buffer.last_offset, mapping.last}));
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

}  // namespace nospan::solver
