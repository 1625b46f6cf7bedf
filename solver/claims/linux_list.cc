// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "solver/claims/filler.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;
using SharedLinuxList = std::shared_ptr<const LinuxList>;

constexpr uint64_t kEndOfList = 2;  // SG_END, include/linux/scatterlist.h

std::string named(const char* what, const Term& at) {
  const auto constant = at.constant();
  return constant ? fmt::format("{}[{}]", what, *constant) : what;
}

}  // namespace

ListElement LinuxList::element(const Term& at) const {
  if (!fixed) return {addresses(at), lengths(at)};
  return {free_word(named("address", at)), Term::free_bits(32, named("length", at))};
}

Term LinuxList::set_result(const Term& at) const { return Term::free_bits(32, named("set_result", at)); }

Term LinuxList::seen_at(const Term& first, const ListElement& element) const {
  const Term low_bits = shift_left(word(1), table.page_shift) - word(1);
  return shift_left(first, table.page_shift) | (element.address & low_bits);
}

Term LinuxList::dma_address(const Memory& memory, const Term& at) const {
  if (const Records* records = memory.at(object).records()) return records->content(dma_address_at)(at);
  auto value = memory.at(object).load(at * word(stride) + word(dma_address_at), 8);
  return value ? memory.number(*value) : Term{};
}

Term LinuxList::dma_length(const Memory& memory, const Term& at) const {
  if (const Records* records = memory.at(object).records()) return records->content(dma_length_at)(at);
  auto value = memory.at(object).load(at * word(stride) + word(dma_length_at), 4);
  return value ? value->bits : Term{};
}

Expected<std::shared_ptr<LinuxList>> LinuxList::make(Executor& executor, unsigned system_page_shift,
                                                     std::optional<unsigned> fixed) {
  auto list = std::make_shared<LinuxList>();
  auto table = LinuxTable::make(executor, system_page_shift);
  if (!table) return tl::unexpected(table.error());
  list->table = std::move(*table);
  list->fixed = fixed;
  State& state = list->table.state;
  const Program& program = executor.program();
  auto stride = program.size_of("scatterlist");
  auto address_at = program.offset_of("scatterlist", "dma_address");
  auto length_at = program.offset_of("scatterlist", "dma_length");
  for (const auto* number : {&stride, &address_at, &length_at}) {
    if (!*number) return tl::unexpected(number->error());
  }
  list->stride = *stride;
  list->dma_address_at = *address_at;
  list->dma_length_at = *length_at;

  const Term elements = free_word("elements");
  list->count = fixed ? word(*fixed) : elements;
  // First of all, so that their values have the plain names.
  if (!fixed) static_cast<void>(list->element(list->place));
  if (fixed) state.assume(elements == list->count);
  if (auto done = fixed ? list->add_cells(program) : list->add_records(program); !done) {
    return tl::unexpected(done.error());
  }
  Filler filler(program, state.memory);
  // A platform without flush is like one whose flush does nothing: once is enough.
  if (fixed && *fixed > 1) {
    const auto at = program.offset_of("iommu_table", "it_ops");
    if (!at) return tl::unexpected(at.error());
    auto operations = state.memory.at(list->table.table.object).load(word(*at), 8);
    if (!operations) return tl::unexpected(operations.error());
    filler.set(operations->object, "iommu_table_ops", "flush",
               executor.function_pointer(state, "it_ops->flush"));
  }
  if (filler.error()) return tl::unexpected(*filler.error());
  auto no_merge = executor.global(state, "novmerge");
  if (!no_merge) return tl::unexpected(no_merge.error());
  if (auto done = state.memory.change(no_merge->object).store(word(0), 4, Value::number(list->no_merge)); !done)
    return tl::unexpected(done.error());
  for (const char* name : {ListAccount::kTaken, ListAccount::kSet, ListAccount::kCleared, ListAccount::kFreed})
    state.ghosts.insert_or_assign(name, Term::boolean(false));
  for (const char* name : {ListAccount::kElement, ListAccount::kBytes, ListAccount::kAddress})
    state.ghosts.insert_or_assign(name, word(0));
  return list;
}

// Where each element is a struct of its own.
Expected<void> LinuxList::add_cells(const Program& program) {
  object = table.state.memory.add(Object("list", count * word(stride), Object::Initial::kFree));
  Filler filler(program, table.state.memory);
  for (unsigned i = 0; i < *fixed; ++i) {
    const ListElement element = this->element(word(i));
    const Term flags = word(i + 1 == *fixed ? kEndOfList : 0);
    filler.set(object, "scatterlist", "page_link",
               page_pointer(element.address, table.system_page_shift) + flags, i * stride);
    filler.set(object, "scatterlist", "offset", offset_in_page(element.address), i * stride);
    filler.set(object, "scatterlist", "length", element.length, i * stride);
  }
  if (filler.error()) return tl::unexpected(*filler.error());
  return {};
}

// As functions of the element's index.
Expected<void> LinuxList::add_records(const Program& program) {
  if (!std::has_single_bit(stride)) {
    return reports::failure("struct scatterlist", fmt::format("has {} bytes, which is no power of two", stride),
                            "solver/records.h has to learn it");
  }
  Records records(stride);
  const LinuxList self = *this;
  for (const auto& [member, content] :
       {std::pair<const char*, Records::Content>{
            "page_link",
            [self](const Term& at) {
              const Term flags = choose(at + word(1) == self.count, word(kEndOfList), word(0));
              return page_pointer(self.addresses(at), self.table.system_page_shift) + flags;
            }},
        {"offset", [self](const Term& at) { return self.offset_in_page(self.addresses(at)); }},
        {"length", [self](const Term& at) { return self.lengths(at); }},
        {"dma_address", FreeFunction("dma_address_at_entry", 64)},
        {"dma_length", FreeFunction("dma_length_at_entry", 32)}}) {
    auto offset = program.offset_of("scatterlist", member);
    auto bytes = program.member_size("scatterlist", member);
    if (!offset || !bytes) return tl::unexpected(offset ? bytes.error() : offset.error());
    records.add(*offset, static_cast<unsigned>(*bytes), content);
  }
  object = table.state.memory.add(Object::of_records("list", count * word(stride), std::move(records)));
  return {};
}

Term LinuxList::offset_in_page(const Term& address) const {
  return truncate(address & word((uint64_t{1} << table.system_page_shift) - 1), 32);
}

// ---- Contracts ----

namespace {

void either(State& state, const char* name, const Term& also) {
  Term& ghost = state.ghosts.at(name);
  ghost = ghost | also;
}

// The element after this one; nothing after the last. The prover's lists are one array each.
Expected<Value> next_element(const LinuxList& list, State& state, const Call& call) {
  const Value& from = call.arguments[0];
  if (from.object != list.object) {
    return reports::failure(call.place, "sg_next() of something that is not the list",
                            "the tree has changed: its claims in solver/ have to follow");
  }
  const Term size = list.count * word(list.stride);
  if (from.null_if.sort() != Term::Sort::kNone) {
    state.require(Obligation::Kind::kNull, !from.null_if, "sg_next() of a null pointer", call.place);
  }
  state.require(Obligation::Kind::kBounds, less(from.bits, size), "sg_next() outside the list", call.place);
  Value next = Value::pointer(list.object, from.bits + word(list.stride));
  next.null_if = next.bits == size;
  if (const Records* records = state.memory.at(list.object).records()) {
    const Term index = records->index_of(from.bits) + word(1);
    next.bits = records->offset_of(index);
    next.null_if = index == list.count;
  }
  if (next.null_if.is_false()) next.null_if = {};
  // Lists of a fixed length have no loop contract to count the elements that are mapped: that pointer is the
  // last one that sg_next() was called with.
  if (list.fixed) {
    Term& element = state.ghosts.at(ListAccount::kElement);
    if (from.bits.same(element * word(list.stride))) element = element + word(1);
  }
  return next;
}

Expected<std::vector<Outcome>> take(const LinuxList& list, const Contract& allocate, State before,
                                    const Call& call) {
  auto outcomes = allocate(std::move(before), call);
  if (!outcomes) return outcomes;
  for (Outcome& outcome : *outcomes) {
    State& state = outcome.state;
    if (state.events.empty() || state.events.back().kind != Event::Kind::kTake ||
        outcome.result.bits.constant())
      continue;
    const std::vector<Term>& taken = state.events.back().arguments;
    const Term first = taken[0] + list.table.first_index;
    const Term is_among = covers(first, taken[1], list.index);
    state.assume(first != word(0));
    // Entries that are handed out were free.
    state.assume(!(state.ghosts.at(ListAccount::kTaken) & is_among));
    either(state, ListAccount::kTaken, is_among);
  }
  return outcomes;
}

Expected<Value> set(const LinuxList& list, State& state, const Call& call) {
  const Term& at = state.ghosts.at(ListAccount::kElement);
  const ListElement element = list.element(at);
  const Term& first = call.arguments[1].bits;
  const Term& pages = call.arguments[2].bits;
  const Term result = list.set_result(at);
  state.happened(Event::Kind::kSet,
                 {first, pages, state.memory.number(call.arguments[3]),
                  linux_permissions(call.arguments[4].bits), result, at},
                 call.place);
  either(state, ListAccount::kSet, covers(first, pages, list.index));
  const Term seen = list.seen_at(first, element);
  Term& bytes = state.ghosts.at(ListAccount::kBytes);
  const Term inside = list.position - bytes;
  const Term length = zero_extend(element.length, 64);
  Term& address = state.ghosts.at(ListAccount::kAddress);
  address = choose(less(inside, length), seen + inside, address);
  bytes = bytes + length;
  return Value::number(result);
}

// What undoes: only what was done, and once.
void undo(const LinuxList& list, State& state, Event::Kind kind, const Term& first, const Term& index,
          const Term& pages, const char* done, const char* undone, const std::string& place) {
  const Term is_among = covers(index, pages, list.index);
  const Term right = implies(is_among, state.ghosts.at(done) & !state.ghosts.at(undone));
  state.happened(kind, {first, pages, right}, place);
  either(state, undone, is_among);
}

}  // namespace

void LinuxList::add_contracts(Executor& executor) const {
  const auto list = std::make_shared<const LinuxList>(*this);
  add_environment(executor);
  add_free_path(executor);
  executor.add("sg_next",
               simple([list](State& state, const Call& call) { return next_element(*list, state, call); }));
  executor.add("iommu_range_alloc", [list, allocate = range_alloc(table)](State state, const Call& call) {
    return take(*list, allocate, std::move(state), call);
  });
  executor.add("it_ops->set",
               simple([list](State& state, const Call& call) { return set(*list, state, call); }));
  executor.add("it_ops->clear", simple([list](State& state, const Call& call) -> Expected<Value> {
                 const Term& first = call.arguments[1].bits;
                 undo(*list, state, Event::Kind::kClear, first, first, call.arguments[2].bits,
                      ListAccount::kSet, ListAccount::kCleared, call.place);
                 return Value{};
               }));
  executor.add("__bitmap_clear", simple([list](State& state, const Call& call) -> Expected<Value> {
                 const Term first = zero_extend(call.arguments[1].bits, 64);
                 undo(*list, state, Event::Kind::kGiveBack, first, first + list->table.first_index,
                      zero_extend(call.arguments[2].bits, 64), ListAccount::kTaken, ListAccount::kFreed,
                      call.place);
                 return Value{};
               }));
}

std::vector<Value> LinuxList::map_arguments() const {
  return {table.device,
          table.table,
          Value::pointer(object),
          Value::number(truncate(count, 32)),
          Value::number(mask),
          Value::number(direction),
          Value::number(attributes)};
}

std::vector<Value> LinuxList::unmap_arguments() const {
  return {table.table, Value::pointer(object), Value::number(truncate(count, 32)), Value::number(direction),
          Value::number(attributes)};
}

// ---- What claims about lists have in common ----

Instance LinuxList::base(const std::string& target) const {
  Instance base;
  base.function = "ppc_iommu_map_sg";
  base.target = target;
  base.assumptions = table.assumptions;
  for (const Assumption& assumption :
       {Assumption{"elements", "each element of a list lies in the first 2^56 bytes of memory, or is empty",
                   "design section 6: what a scenario can tell"},
        Assumption{"element-offset", "an element's offset is below a system page",
                   "include/linux/scatterlist.h, sg_virt(): nothing else reads page and offset, only their sum "
                   "counts"},
        Assumption{"list-unchained", "a list is one array of 1 to 2^31 - 1 elements",
                   "lib/scatterlist.c, sg_next(): the next element, nothing after the last"},
        Assumption{"segment-size", "the device's maximum segment size is set: 1 to 2^32 - 1 bytes",
                   "include/linux/dma-mapping.h, dma_get_max_seg_size(): 0 means 64 KiB, which is among them"},
        Assumption{"page-0-reserved", "no entry has the DMA address 0",
                   "arch/powerpc/kernel/iommu.c, iommu_table_reserve_pages(): page 0 is never handed out"},
        Assumption{"direction-range", "a direction is one of enum dma_data_direction",
                   "DMA API, dma_data_direction"}}) {
    base.assumptions.push_back(assumption);
  }
  base.domain = table.domain;
  for (const Term& term : {less(direction, Term::bits(32, 3)), (mask & (mask + word(1))) == word(0),
                           less_equal(word(4095), mask), table.max_segment_size != Term::bits(32, 0)}) {
    base.domain.push_back(term);
  }
  if (!fixed) {
    base.domain.push_back(less_equal(word(1), count));
    base.domain.push_back(less(count, word(uint64_t{1} << 31)));
  }
  base.inputs = table.inputs;
  for (const Named& input : {Named{"elements", free_word("elements")}, Named{"direction", direction},
                             Named{"dma_mask", mask}, Named{"novmerge", no_merge}}) {
    base.inputs.push_back(input);
  }
  const std::vector<Term> places = [&] {
    std::vector<Term> result;
    if (!fixed) return std::vector<Term>{place};
    result.reserve(*fixed);
    for (unsigned i = 0; i < *fixed; ++i) result.push_back(word(i));
    return result;
  }();
  for (const Term& at : places) {
    const ListElement element = this->element(at);
    const Term end = element.address + zero_extend(element.length, 64);
    base.domain.push_back(less(element.address, word(uint64_t{1} << 56)));
    base.domain.push_back(less_equal(end, word(uint64_t{1} << 56)));
    base.inputs.push_back({named("address", at), element.address});
    base.inputs.push_back({named("length", at), element.length});
    base.inputs.push_back({named("set_result", at), set_result(at)});
    base.inputs.push_back(
        {named("pages", at), pages_touched(element.address, element.last(), table.page_shift)});
  }
  // Short elements first: a small window does for them.
  for (const Term& at : places) {
    base.preferences.push_back(element(at).address == word(0));
    base.preferences.push_back(element(at).length == Term::bits(32, 1));
  }
  for (const Term& term :
       {table.first_index == word(0), table.entries == word(64), less_equal(table.entries, word(4194304)),
        table.boundary_mask == word(~uint64_t{0}), mask == word(~uint64_t{0}), direction == Term::bits(32, 0),
        no_merge == Term::bits(32, 0), table.max_segment_size == Term::bits(32, 0xffffffff)}) {
    base.preferences.push_back(term);
  }
  return base;
}

uint64_t LinuxList::entries_but_the_last(const ScenarioText& text) const {
  uint64_t all = 0;
  uint64_t last = 0;
  for (unsigned i = 0; i < text.value("elements", 1); ++i) {
    if (text.value(fmt::format("length[{}]", i)) == 0) continue;
    last = text.value(fmt::format("pages[{}]", i));
    all += last;
  }
  return all - last;
}

void LinuxList::tell(ScenarioText& text) const {
  std::vector<std::pair<uint64_t, uint64_t>> elements;
  std::optional<uint64_t> fault;
  uint64_t entries = 0;
  for (unsigned i = 0; i < text.value("elements", 1); ++i) {
    const uint64_t length = text.value(fmt::format("length[{}]", i));
    elements.emplace_back(text.value(fmt::format("address[{}]", i)), length);
    if (length == 0) continue;
    if (!fault && text.value(fmt::format("set_result[{}]", i)) != 0) fault = entries;
    entries += text.value(fmt::format("pages[{}]", i));
  }
  // The memory that they lie in, each granule of 64 KiB once.
  std::vector<std::pair<uint64_t, uint64_t>> memory;
  std::vector<std::pair<uint64_t, uint64_t>> sorted = elements;
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [address, length] : sorted) {
    if (length == 0) continue;
    const uint64_t last = address + length - 1;
    if (!memory.empty() && address >> 16 <= memory.back().second >> 16) {
      memory.back().second = std::max(memory.back().second, last);
    } else {
      memory.emplace_back(address, last);
    }
  }
  for (const auto& [first, last] : memory) text.owned_by_caller(first, last);
  if (text.value("novmerge") != 0) text.no_merge();
  text.map_sg(0, elements, text.value("direction"), fault);
}

}  // namespace nospan::solver
