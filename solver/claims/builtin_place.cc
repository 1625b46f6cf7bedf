// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_place.h"

#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/claims/filler.h"
#include "solver/claims/steps.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

// Shows bytes_of_place(): from the entries that were taken to the bytes in them.
void add_bytes_of_place(std::vector<Case>& cases, const Path& path, const BuiltinTable& table,
                        const PlaceRequest& request, const Term& slot) {
  const auto splits = split_page_shift(table.page_shift);
  const Term& shift = table.page_shift;
  const PlacedBytes bytes = PlacedBytes::of(table, request.offset, request.last_offset, request.entries, slot);
  const auto& [first, last, index, last_index] = bytes;
  const Term page = shift_left(index, shift);
  const Term& boundary = path.ghosts.at(std::string(kTakenBoundary));
  const Term below = boundary - word(1);
  std::vector<Term> known = path.conditions;
  add_terms(known, conjuncts(asked_of_place(table, request)));
  Steps steps(cases, known);

  const Term in_mask = less_equal(page, first) & less_equal(first, last) & less_equal(last, request.mask) &
                       (first != word(~uint64_t{0}));
  steps.show("below the mask", in_mask,
             steps.without({request.entries, table.segment_boundary, request.alignment_shift,
                            request.preferred_shift, table.entries}),
             splits);
  // Where a boundary is that of IOMMU pages: the pages of first and last byte are between the same two.
  const Term is_power = (boundary & below) == word(0);
  const Term same_stretch = implies(boundary != word(0), (index & ~below) == (last_index & ~below));
  steps.show(
      "pages in one boundary", same_stretch,
      {in_one_boundary(index, request.entries, boundary), is_power, less_equal(word(1), request.entries)});
  const Term their_pages = bytes.are_in_entries(shift);
  steps.show("pages of first and last byte", their_pages,
             steps.without({table.segment_boundary, request.alignment_shift, request.preferred_shift,
                            table.entries, request.mask}),
             splits);
  const Term outside = ~table.segment_boundary;
  const Term in_segment = (first & outside) == (last & outside);
  steps.show("bytes in one segment of pages", implies(boundary != word(0), in_segment),
             {same_stretch, their_pages}, splits);
  steps.show("bytes in one segment", in_segment,
             steps.without({request.entries, request.alignment_shift, request.preferred_shift, table.entries}),
             splits);
}

}  // namespace

Expected<std::vector<Instance>> builtin_place(const Setting& setting) {
  // Many conditions are looked at before entries are taken; what they lead to is the same.
  Limits limits;
  limits.join_paths = true;
  Executor executor(setting.program, limits);
  auto made = BuiltinTable::make(executor);
  if (!made) return tl::unexpected(made.error());
  BuiltinTable& table = *made;
  add_space(executor, table);
  std::vector<Instance> instances;

  // Mapper::place(), with any buffer and placement that it can be asked for.
  Filler filler(setting.program, table.state.memory);
  const ObjectId buffer = filler.add("buffer", "Buffer");
  const ObjectId placement = filler.add("placement", "Placement");
  if (filler.error()) return tl::unexpected(*filler.error());
  const ObjectId start = table.state.memory.add(Object("start", word(8), Object::Initial::kFree));
  const std::vector<Value> arguments = {table.mapper, Value::pointer(buffer), Value::pointer(placement),
                                        Value::pointer(start)};
  auto request = read_place_request(setting.program, table.state, Call{"", arguments, "", 0, false});
  if (!request) return tl::unexpected(request.error());
  Instance place = base_of(setting, table, "Mapper::place");
  place.claim = "contract";
  place.words = "a place that is found lies in the window, under the mask, in one segment, and is aligned";
  place.rests_on = {"alloc/EntrySpace::take"};
  place.domain.push_back(asked_of_place(table, *request));
  place.inputs.insert(
      place.inputs.end(),
      {{"offset", request->offset}, {"last_offset", request->last_offset}, {"mask", request->mask}});
  auto paths = executor.run("nospan::builtin::Mapper::place", table.state, arguments, place.domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(place, *paths);
  place.cases = all_safety_cases(*paths, table);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto taken = all_of_kind(path, Event::Kind::kTake);
    std::vector<Term> given = path.conditions;
    if (taken.empty()) {
      place.cases.push_back({"nothing found", given, !path.result->bits, {}});
      continue;
    }
    Memory memory = path.memory;
    const Term slot = taken[0]->arguments[0] + table.first_slot;
    add_witness(place, table, given);
    place.cases.push_back({"where it is",
                           given,
                           path.result->bits & (taken[0]->arguments[1] == request->entries) &
                               Term::boolean(taken.size() == 1) &
                               (memory.change(start).load(word(0), 8)->bits == table.origin + slot),
                           {}});
    place.cases.push_back({"which entries were found", given, entries_of_place(table, *request, slot), {}});
    add_bytes_of_place(place.cases, path, table, *request, slot);
  }
  instances.push_back(std::move(place));

  const Term direction = Term::free_bits(32, "direction");
  Instance permissions = base_of(setting, table, "direction_permissions");
  permissions.claim = "contract";
  permissions.words = "to the device: read; from the device: write; both: both; anything else: none";
  auto choices =
      executor.run("nospan::builtin::direction_permissions", table.state, {Value::number(direction)});
  if (!choices) return tl::unexpected(choices.error());
  add_paths(permissions, *choices);
  for (const Path& path : *choices) {
    if (path.end != Path::End::kReturned) continue;
    permissions.cases.push_back(
        {"a direction", path.conditions, path.result->bits == permissions_of(direction), {}});
    add_witness(permissions, table, path.conditions);
  }
  instances.push_back(std::move(permissions));

  Instance preferred = base_of(setting, table, "Mapper::preferred_shift");
  preferred.claim = "contract";
  preferred.words = "a shift of at most 63 bits, without undefined behaviour";
  auto shifts = executor.run(
      "nospan::builtin::Mapper::preferred_shift", table.state,
      {table.mapper, Value::number(free_word("address")), Value::number(free_word("size"))}, table.domain);
  if (!shifts) return tl::unexpected(shifts.error());
  add_paths(preferred, *shifts);
  preferred.cases = safety_cases(*shifts);
  for (const Path& path : *shifts) {
    if (path.end != Path::End::kReturned) continue;
    preferred.cases.push_back(
        {"a path that returns", path.conditions, less(path.result->bits, Term::bits(32, 64)), {}});
    add_witness(preferred, table, path.conditions);
  }
  instances.push_back(std::move(preferred));
  return instances;
}

}  // namespace nospan::solver
