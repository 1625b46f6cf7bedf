// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_table.h"

#include <fmt/format.h>

#include "solver/claims/filler.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// As in targets/builtin/entry_space.h: what create() refuses is no table.
constexpr uint64_t kMostEntries = uint64_t{1} << 37;
constexpr uint64_t kHintStride = 8;
constexpr unsigned kMostRegions = 16;
constexpr unsigned kLeastRegionShift = 8;  // kLeastRegionWords in entry_space.cc
// No IOMMU page is smaller than 2^12 bytes, so that no TCE index needs more bits.
constexpr uint64_t kMostIndices = uint64_t{1} << 52;

Term narrow(const Term& term) { return truncate(term, 32); }

// 2^n - 1 for the smallest 2^n that is at least `value`, of 1 to 16.
Term mask_for(const Term& value) {
  Term result = word(kMostRegions - 1);
  for (uint64_t power = kMostRegions / 2; power > 0; power /= 2) {
    result = choose(less_equal(value, word(power)), word(power - 1), result);
  }
  return result;
}

// A slot that was found, or what is left in its place when none was. No slot needs more than 39 bits.
Term found_slot(bool found, unsigned number) {
  return found ? zero_extend(Term::free_bits(39, fmt::format("slot#{}", number)), 64)
               : free_word(fmt::format("nowhere#{}", number));
}

}  // namespace

Expected<BuiltinTable> BuiltinTable::make(Executor& executor) {
  BuiltinTable table;
  table.page_shift = free_word("page_shift");
  table.system_page_shift = free_word("system_page_shift");
  // As few bits as the domain leaves to each: what is zero anyway, solvers need not find out.
  const auto narrow_free = [](unsigned width, const char* name) {
    return zero_extend(Term::free_bits(width, name), 64);
  };
  table.entries = narrow_free(38, "entries");
  table.dma_mask = free_word("dma_mask");
  table.coherent_mask = free_word("coherent_mask");
  table.segment_boundary = free_word("segment_boundary");
  table.max_segment_size = Term::free_bits(32, "max_segment_size");
  table.boundary_entries = shift_right(table.segment_boundary + word(1), table.page_shift);
  // The first index as a sum, so that solvers see at once what a slot is.
  table.origin = zero_extend(concatenate(Term::free_bits(46, "origin_word"), Term::bits(6, 0)), 64);
  table.first_slot = zero_extend(Term::free_bits(6, "first_slot"), 64);
  table.first_index = table.origin + table.first_slot;
  table.end_slot = table.first_slot + table.entries;
  table.lowest_slot = table.first_slot + choose(table.first_index == word(0), word(1), word(0));
  table.reserved_begin_slot = narrow_free(39, "reserved_begin_slot");
  table.reserved_end_slot = narrow_free(39, "reserved_end_slot");
  table.words = shift_right(table.end_slot + word(63), word(6));
  const Term region_shift = narrow_free(6, "region_shift");
  const Term region_count = shift_right(table.words - word(1), region_shift) + word(1);
  const Term region_words = shift_left(word(1), region_shift);
  const Term group_words = shift_right(shift_right(region_words, word(6)) + word(63), word(6));
  const Term groups = shift_right(table.words + word(63), word(6));
  table.region_shift = narrow(region_shift);
  table.region_count = narrow(region_count);

  Memory& memory = table.state.memory;
  Filler filler(executor.program(), memory);
  const ObjectId mapper = filler.add("mapper", "Mapper");
  const ObjectId environment = filler.add("environment", "nospan_environment");
  table.mapper = Value::pointer(mapper);
  const auto space = executor.program().offset_of("Mapper", "space_");
  if (!space) return tl::unexpected(space.error());
  table.space = Value::pointer(mapper, word(*space));
  const auto region_bytes = executor.program().size_of("Region");
  if (!region_bytes) return tl::unexpected(region_bytes.error());
  const auto words = [&](const char* name, const Term& count) {
    return memory.add(Object::of_words(name, shift_left(count, word(3)), Term::free_map(name)));
  };
  table.bits = words("bits", table.words);
  table.word_hints = words("word_hints", groups * word(kHintStride));
  table.group_hints = words("group_hints", region_count * group_words * word(kHintStride));
  table.regions = words("regions", region_count * word(*region_bytes / 8));

  filler.set(mapper, "Mapper", "environment_", Value::pointer(environment));
  for (const auto& [member, value] : {std::pair{"page_shift_", table.page_shift},
                                      {"system_page_shift_", table.system_page_shift},
                                      {"dma_mask_", table.dma_mask},
                                      {"coherent_mask_", table.coherent_mask},
                                      {"segment_boundary_", table.segment_boundary},
                                      {"boundary_entries_", table.boundary_entries},
                                      {"first_index_", table.first_index},
                                      {"entries_", table.entries},
                                      {"max_segment_size_", table.max_segment_size},
                                      {"merge_", zero_extend(Term::free_boolean("merge"), 8)},
                                      {"space_.origin_", table.origin},
                                      {"space_.first_slot_", table.first_slot},
                                      {"space_.end_slot_", table.end_slot},
                                      {"space_.lowest_slot_", table.lowest_slot},
                                      {"space_.reserved_begin_slot_", table.reserved_begin_slot},
                                      {"space_.reserved_end_slot_", table.reserved_end_slot},
                                      {"space_.words_", table.words},
                                      {"space_.group_words_", group_words},
                                      {"space_.region_shift_", region_shift},
                                      {"space_.region_count_", region_count},
                                      {"space_.home_mask_", mask_for(region_count)},
                                      {"space_.shared_", zero_extend(Term::free_boolean("shared"), 8)}}) {
    filler.set(mapper, "Mapper", member, value);
  }
  filler.set(mapper, "Mapper", "space_.bits_", Value::pointer(table.bits));
  filler.set(mapper, "Mapper", "space_.word_hints_", Value::pointer(table.word_hints));
  filler.set(mapper, "Mapper", "space_.group_hints_", Value::pointer(table.group_hints));
  filler.set(mapper, "Mapper", "space_.regions_", Value::pointer(table.regions));
  for (const char* function :
       {"put_tces", "clear_tces", "flush", "allocate_pages", "free_pages", "zero", "warn"}) {
    filler.set(environment, "nospan_environment", function,
               executor.function_pointer(table.state, fmt::format("environment->{}", function)));
  }
  if (filler.error()) return tl::unexpected(*filler.error());

  const Term& shift = table.page_shift;
  table.domain = {
      less_equal(word(12), shift),
      less_equal(shift, word(34)),
      (table.system_page_shift == word(12)) | (table.system_page_shift == word(16)),
      less_equal(word(1), table.entries),
      less_equal(table.entries, word(kMostEntries)),
      less(table.end_slot - word(1), shift_right(word(~uint64_t{0}), shift)),
      less_equal(table.origin, shift_right(word(~uint64_t{0}), shift) - (table.end_slot - word(1))),
      (table.segment_boundary & (table.segment_boundary + word(1))) == word(0),
      less_equal(table.first_slot, table.reserved_begin_slot),
      // Nothing reserved: both at the end.
      less(table.reserved_begin_slot, table.reserved_end_slot) | (table.reserved_begin_slot == table.end_slot),
      less_equal(table.reserved_begin_slot, table.reserved_end_slot),
      less_equal(table.reserved_end_slot, table.end_slot),
  };
  table.region_domain = {
      less_equal(word(kLeastRegionShift), region_shift),
      less_equal(region_shift, word(32)),
      less_equal(region_count, word(kMostRegions)),
  };
  table.assumptions = {
      {"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB", "targets/target.h, struct nospan_configuration"},
      {"window-on-the-bus", "the window's entries have DMA addresses of at most 64 bits", "LoPAR, DMA windows"},
      {"window-entries", "a window has 1 to 2^37 entries",
       "targets/builtin/entry_space.cc, create() refuses others"},
      {"space-as-created",
       "sizes and reserved ranges are what create() computes; what cannot be handed out is marked, and what "
       "regions remember lies in them, as take() and give_back() keep it; other bits and hints anything",
       "targets/builtin/entry_space.cc, EntrySpace::create()"},
      {"one-thread",
       "a lock is free when it is asked for, and what it guards is not changed by others while it is held",
       "targets/builtin/spin_lock.h; checked with threads by builtin_concurrency_test"},
  };
  table.inputs = {{"page_shift", shift},
                  {"system_page_shift", table.system_page_shift},
                  {"first_index", table.first_index},
                  {"entries", table.entries},
                  {"segment_boundary", table.segment_boundary},
                  {"max_segment_size", table.max_segment_size}};
  return table;
}

Expected<Term> read_member(const Program& program, State& state, const Value& pointer, std::string_view type,
                           std::string_view member) {
  auto offset = program.offset_of(type, member);
  if (!offset) return tl::unexpected(offset.error());
  auto size = program.member_size(type, member);
  if (!size) return tl::unexpected(size.error());
  return state.memory.change(pointer.object)
      .load(pointer.bits + word(*offset), static_cast<unsigned>(*size))
      .map([](const Value& value) { return value.bits; });
}

void add_environment(Executor& executor, const BuiltinTable& table, const Term& pages) {
  using Kind = Event::Kind;
  // The first argument of each is the environment's context.
  executor.add(
      "environment->put_tces", simple([count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
        const Term result = Term::free_bits(32, fmt::format("put_result#{}", count++));
        const Term& tce = call.arguments[3].bits;
        state.happened(
            Kind::kSet,
            {call.arguments[1].bits, call.arguments[2].bits, tce & word(~uint64_t{3}), tce & word(3), result},
            call.place);
        return Value::number(result);
      }));
  executor.add("environment->clear_tces", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kClear, {call.arguments[1].bits, call.arguments[2].bits}, call.place);
                 return Value{};
               }));
  executor.add("environment->flush", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kFlush, {}, call.place);
                 return Value{};
               }));
  executor.add("environment->warn", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kWarn, {}, call.place);
                 return Value{};
               }));
  executor.add("environment->zero", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kZero, {call.arguments[1].bits, call.arguments[2].bits}, call.place);
                 return Value{};
               }));
  executor.add("environment->free_pages", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Kind::kFreePages,
                                {zero_extend(call.arguments[2].bits, 64), call.arguments[1].bits}, call.place);
                 return Value{};
               }));
  executor.add("environment->allocate_pages",
               [pages, shift = table.system_page_shift](State state,
                                                        const Call& call) -> Expected<std::vector<Outcome>> {
                 std::vector<Outcome> outcomes;
                 State failed = state;
                 const Term error = Term::free_bits(32, "allocation_error");
                 failed.assume(error != Term::bits(32, 0));
                 outcomes.push_back({std::move(failed), Value::number(error)});
                 const Term order = zero_extend(call.arguments[1].bits, 64);
                 state.require(Obligation::Kind::kContract, less(order + shift, word(64)),
                               "an order that an address can have", call.place);
                 // Aligned to their size, and so not past the end of memory.
                 state.assume(less_equal(order + shift, word(56)) & less(pages, word(uint64_t{1} << 56)));
                 state.assume((pages & (shift_left(word(1), order + shift) - word(1))) == word(0));
                 const Value& to = call.arguments[2];
                 if (auto done = state.memory.change(to.object).store(to.bits, 8, Value::number(pages));
                     !done) {
                   return tl::unexpected(done.error());
                 }
                 state.happened(Kind::kAllocatePages, {order, pages}, call.place);
                 outcomes.push_back({std::move(state), Value::number(Term::bits(32, 0))});
                 return outcomes;
               });
}

Expected<SpaceRequest> read_request(const Program& program, State& state, const Value& request) {
  SpaceRequest result;
  for (const auto& [member, to] : {std::pair{"entries", &result.entries},
                                   {"last_start", &result.last_start},
                                   {"boundary", &result.boundary},
                                   {"alignment_shift", &result.alignment_shift}}) {
    auto value = read_member(program, state, request, "SpaceRequest", member);
    if (!value) return tl::unexpected(value.error());
    *to = *value;
  }
  return result;
}

Term asked_of_take(const SpaceRequest& request) {
  return less(request.alignment_shift, Term::bits(32, 64)) &
         ((request.boundary & (request.boundary - word(1))) == word(0)) &
         less_equal(request.boundary, word(kMostIndices)) & less(request.last_start, word(kMostIndices));
}

Term in_one_boundary(const Term& index, const Term& entries, const Term& boundary) {
  return (boundary == word(0)) | less_equal((index & (boundary - word(1))) + entries, boundary);
}

Term ordinary_run(const BuiltinTable& table, const Term& slot, const Term& count) {
  return less_equal(table.lowest_slot, slot) & less(slot, table.end_slot) & less_equal(word(1), count) &
         less_equal(count, table.end_slot - slot) &
         (less_equal(slot + count, table.reserved_begin_slot) | less_equal(table.reserved_end_slot, slot));
}

Term promised_by_take(const BuiltinTable& table, const SpaceRequest& request, const Term& slot) {
  const Term index = table.origin + slot;
  const Term low_bits = shift_left(word(1), zero_extend(request.alignment_shift, 64)) - word(1);
  return asked_of_give_back(table, index, request.entries) & less_equal(index, request.last_start) &
         ((index & low_bits) == word(0)) & in_one_boundary(index, request.entries, request.boundary);
}

Term asked_of_give_back(const BuiltinTable& table, const Term& index, const Term& count) {
  return less_equal(table.origin, index) & ordinary_run(table, index - table.origin, count);
}

void add_space(Executor& executor, const BuiltinTable& table) {
  const Program& program = executor.program();
  executor.add(
      "nospan::builtin::EntrySpace::take",
      [table, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto request = read_request(program, state, call.arguments[1]);
        if (!request) return tl::unexpected(request.error());
        state.require(Obligation::Kind::kContract, asked_of_take(*request), "what take() can be asked for",
                      call.place);
        const Value& start = call.arguments[3];
        const unsigned number = count++;
        std::vector<Outcome> outcomes;
        for (const bool found : {false, true}) {
          State after = state;
          // What take() leaves in *start when it finds nothing is anything.
          const Term slot = found_slot(found, number);
          const Term index = table.origin + slot;
          if (auto done = after.memory.change(start.object).store(start.bits, 8, Value::number(index)); !done) {
            return tl::unexpected(done.error());
          }
          if (found) {
            after.learn(promised_by_take(table, *request, slot));
            after.ghosts[std::string(kTakenLastStart)] = request->last_start;
            after.ghosts[std::string(kTakenBoundary)] = request->boundary;
            after.happened(Event::Kind::kTake, {slot - table.first_slot, request->entries}, call.place);
          }
          outcomes.push_back({std::move(after), Value::number(Term::boolean(found))});
        }
        return outcomes;
      });
  executor.add("nospan::builtin::EntrySpace::give_back",
               [table](State state, const Call& call) -> Expected<std::vector<Outcome>> {
                 const Term& index = call.arguments[1].bits;
                 const Term& entries = call.arguments[2].bits;
                 state.require(Obligation::Kind::kContract, asked_of_give_back(table, index, entries),
                               "entries that can be given back", call.place);
                 const Term entry = index - table.origin - table.first_slot;
                 // Taken by this very run and not touched since.
                 Term known = Term::boolean(false);
                 for (const Event& event : state.events) {
                   const Term same = (event.arguments.size() >= 2)
                                         ? (event.arguments[0] == entry) & (event.arguments[1] == entries)
                                         : Term::boolean(false);
                   if (event.kind == Event::Kind::kTake) known = known | same;
                   if (event.kind == Event::Kind::kGiveBack) {
                     known = known & (less_equal(event.arguments[0] + event.arguments[1], entry) |
                                      less_equal(entry + entries, event.arguments[0]));
                   }
                 }
                 std::vector<Outcome> outcomes;
                 State refused = state;
                 refused.assume(!known);
                 if (!refused.impossible())
                   outcomes.push_back({std::move(refused), Value::number(Term::boolean(false))});
                 state.happened(Event::Kind::kGiveBack, {entry, entries}, call.place);
                 outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
                 return outcomes;
               });
}

Expected<PlaceRequest> read_place_request(const Program& program, State& state, const Call& call) {
  PlaceRequest result;
  const Value& buffer = call.arguments[1];
  const Value& placement = call.arguments[2];
  struct Member {
    const Value& object;
    const char* type;
    const char* name;
    Term& to;
  };
  for (const Member& member : {Member{buffer, "Buffer", "offset", result.offset},
                               Member{buffer, "Buffer", "last_offset", result.last_offset},
                               Member{buffer, "Buffer", "entries", result.entries},
                               Member{placement, "Placement", "mask", result.mask},
                               Member{placement, "Placement", "alignment_shift", result.alignment_shift},
                               Member{placement, "Placement", "preferred_shift", result.preferred_shift}}) {
    auto value = read_member(program, state, member.object, member.type, member.name);
    if (!value) return tl::unexpected(value.error());
    member.to = *value;
  }
  return result;
}

Term asked_of_place(const BuiltinTable& table, const PlaceRequest& request) {
  return less_equal(request.offset, request.last_offset) &
         (shift_right(request.offset, table.page_shift) == word(0)) &
         (request.entries == shift_right(request.last_offset, table.page_shift) + word(1)) &
         less_equal(request.alignment_shift, request.preferred_shift) &
         less(request.preferred_shift, Term::bits(32, 64));
}

Term entries_of_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot) {
  const SpaceRequest taken{request.entries, table.origin + slot, word(0), request.alignment_shift};
  return promised_by_take(table, taken, slot);
}

PlacedBytes PlacedBytes::of(const BuiltinTable& table, const Term& offset, const Term& last_offset,
                            const Term& entries, const Term& slot) {
  const Term index = table.origin + slot;
  const Term page = shift_left(index, table.page_shift);
  return {page + offset, page + last_offset, index, index + (entries - word(1))};
}

Term PlacedBytes::are_in_entries(const Term& page_shift) const {
  return (shift_right(first, page_shift) == index) & (shift_right(last, page_shift) == last_index);
}

Term bytes_of_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot) {
  const auto [first, last, index, last_index] =
      PlacedBytes::of(table, request.offset, request.last_offset, request.entries, slot);
  const Term outside = ~table.segment_boundary;
  return less_equal(shift_left(index, table.page_shift), first) & less_equal(first, last) &
         less_equal(last, request.mask) & (first != word(~uint64_t{0})) &
         ((first & outside) == (last & outside));
}

Term promised_by_place(const BuiltinTable& table, const PlaceRequest& request, const Term& slot) {
  return entries_of_place(table, request, slot) & bytes_of_place(table, request, slot);
}

Term permissions_of(const Term& direction) {
  const auto is = [&](uint64_t value) { return direction == Term::bits(32, value); };
  return choose(is(0), word(3), choose(is(1), word(1), choose(is(2), word(2), word(0))));
}

Contract place_contract(const Program& program, const BuiltinTable& table) {
  return
      [table, &program, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto request = read_place_request(program, state, call);
        if (!request) return tl::unexpected(request.error());
        state.require(Obligation::Kind::kContract, asked_of_place(table, *request),
                      "what place() can be asked for", call.place);
        const Value& start = call.arguments[3];
        const unsigned number = count++;
        std::vector<Outcome> outcomes;
        for (const bool found : {false, true}) {
          State after = state;
          const Term slot = found_slot(found, number);
          if (auto done =
                  after.memory.change(start.object).store(start.bits, 8, Value::number(table.origin + slot));
              !done) {
            return tl::unexpected(done.error());
          }
          if (found) {
            after.learn(promised_by_place(table, *request, slot));
            after.ghosts[std::string(kPlacedSlot)] = slot;
            after.ghosts[std::string(kPlacedOffset)] = request->offset;
            after.ghosts[std::string(kPlacedLastOffset)] = request->last_offset;
            after.happened(Event::Kind::kTake, {slot - table.first_slot, request->entries}, call.place);
          }
          outcomes.push_back({std::move(after), Value::number(Term::boolean(found))});
        }
        return outcomes;
      };
}

void add_place(Executor& executor, const BuiltinTable& table) {
  executor.add("nospan::builtin::direction_permissions",
               simple([](State&, const Call& call) -> Expected<Value> {
                 return Value::number(permissions_of(call.arguments[0].bits));
               }));
  executor.add("nospan::builtin::Mapper::preferred_shift",
               simple([count = 0u](State& state, const Call&) mutable -> Expected<Value> {
                 const Term shift = Term::free_bits(32, fmt::format("preferred_shift#{}", count++));
                 state.assume(less(shift, Term::bits(32, 64)));
                 return Value::number(shift);
               }));
  executor.add("nospan::builtin::Mapper::place", place_contract(executor.program(), table));
}

}  // namespace nospan::solver
