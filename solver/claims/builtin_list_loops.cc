// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_list_loops.h"

#include <fmt/format.h>

#include <optional>

#include "solver/claims/builtin_buffer.h"
#include "solver/claims/loop_variables.h"
#include "solver/claims/map_claims.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

constexpr const char* kUnmapList = "nospan::builtin::Mapper::unmap_list";

using Account = TceAccount;
using Segments = SegmentAccount;

Term index31(const char* name) { return zero_extend(Term::free_bits(31, name), 64); }

// A segment as the device sees it.
struct DmaSegment {
  Term address;
  Term length;  // 64 bits
  Term last() const { return address + (length - word(1)); }
};

// Everything that is the same wherever the loops are looked at. The constants are those at the head of
// map_list_once()'s loop, in its arbitrary iteration.
struct Loops {
  std::shared_ptr<const BuiltinList> list;
  ListLoopTerms terms;
  Term segments = index31("segments");
  Term next = index31("next");
  Term most = zero_extend(Term::free_bits(32, "most"), 64);
  Term error = Term::free_bits(32, "error");
  Term written = zero_extend(Term::free_boolean("written"), 8);
  Term mine = Term::free_boolean("mine_before");
  Term dirty = Term::free_boolean("dirty_before");
  Term tce = free_word("tce_before");
  Term owner = index31("owner_before");
  Term owner_first = free_word("first_of_owner_before");
  Term first = free_word("first_before");
  Term holder = index31("holder_before");
  Term holder_start = free_word("start_of_holder_before");
  Term index_holder = index31("holder_of_index_before");
  Term bytes = free_word("bytes_before_segment");
  FreeFunction addresses{"dma_address", 64};
  FreeFunction lengths{"dma_length", 32};
  Term any = index31("segment");  // an arbitrary segment
  // In the arbitrary iteration of the loop that undoes, of the one that empties.
  Term undone = index31("undone");
  Term emptied = index31("emptied");

  DmaSegment segment(const Term& at) const { return {addresses(at), zero_extend(lengths(at), 64)}; }
  const BuiltinTable& table() const { return list->table; }
};
using SharedLoops = std::shared_ptr<const Loops>;

DmaSegment segment_in(const Loops& loops, const Memory& memory, const Term& at) {
  const Records& records = *memory.at(loops.list->object).records();
  return {records.content(loops.list->dma_address_at)(at),
          zero_extend(records.content(loops.list->dma_length_at)(at), 64)};
}

// ---- What is said of the list, once `segments` of it hold the elements before `next` ----

struct MapState {
  Term segments;
  Term next;
  Term most;
  Term error;    // 32 bits
  Term written;  // 8 bits
  Term mine;
  Term set;
  Term dirty;
  Term tce;
  Term owner;
  Term owner_first;
  Term first;
  Term holder;
  Term holder_start;
  Term index_holder;
  Term bytes;
  std::function<DmaSegment(const Term&)> segment;
};

MapState at_head(const Loops& loops) {
  return {loops.segments,
          loops.next,
          loops.most,
          loops.error,
          loops.written,
          loops.mine,
          loops.mine,
          loops.dirty,
          loops.tce,
          loops.owner,
          loops.owner_first,
          loops.first,
          loops.holder,
          loops.holder_start,
          loops.index_holder,
          loops.bytes,
          [&loops](const Term& at) { return loops.segment(at); }};
}

Term places(const Loops& loops, const MapState& s) {
  const Term none = Term::bits(32, 0);
  return less_equal(s.segments, s.next) & less_equal(s.next, loops.list->count) &
         ((s.error == none) | (s.error == Term::bits(32, kNoMemoryError))) &
         implies(s.error == none, s.most != word(0)) &
         implies(s.written == Term::bits(8, 0), s.segments == word(0)) &
         less_equal(s.written, Term::bits(8, 1)) & implies(s.dirty, s.segments != word(0)) & (s.set == s.mine);
}

// Of the arbitrary element, where it is mapped: its IOMMU pages are set. `page`: how far the arbitrary TCE lies
// behind its first.
Term element_is_exact(const Loops& loops, const MapState& s, const Term& page) {
  const BuiltinList& list = *loops.list;
  const Term& element = list.element;
  const Term& shift = list.table.page_shift;
  const Term right = s.mine & (s.tce == page_start(list.addresses(element), shift) + shift_left(page, shift));
  const Term is_mapped = less(element, s.next) & (list.lengths(element) != Term::bits(32, 0));
  return implies(is_mapped, list.has_bytes(element)) &
         each_implied(is_mapped & less(page, list.pages(element)), right);
}

// Of the arbitrary TCE, where it is set: it is a page of an element, whose first TCE is `owner_first`, `page`
// before it.
Term has_owner(const Loops& loops, const MapState& s, const Term& owner, const Term& owner_first,
               const Term& page) {
  const BuiltinList& list = *loops.list;
  return each_implied(s.mine, less(owner, s.next) & list.has_bytes(owner) & less(page, list.pages(owner)) &
                                  implies(owner == list.element, owner_first == s.first));
}

Term contains(const Loops& loops, const DmaSegment& segment) {
  const Term& shift = loops.table().page_shift;
  return less_equal(shift_right(segment.address, shift), loops.list->index) &
         less_equal(loops.list->index, shift_right(segment.last(), shift));
}

// What every segment keeps to.
Term keeps_to(const Loops& loops, const MapState& s, const Term& at, const DmaSegment& segment) {
  const BuiltinTable& table = loops.table();
  const Term& shift = table.page_shift;
  const Term outside = ~table.segment_boundary;
  const Term right = (segment.length != word(0)) & less_equal(segment.address, segment.last()) &
                     asked_of_give_back(table, shift_right(segment.address, shift),
                                        pages_touched(segment.address, segment.last(), shift)) &
                     less_equal(segment.last(), table.dma_mask) &
                     ((segment.address & outside) == (segment.last() & outside)) &
                     each_implied(contains(loops, segment), s.mine & (s.index_holder == at));
  return each_implied(less(at, s.segments), right);
}

// Of the arbitrary element, where it is mapped: it lies in segment `at`, which begins at byte `start` of the
// list.
Term element_is_in(const Loops& loops, const MapState& s, const Term& first, const Term& at,
                   const Term& start) {
  const BuiltinList& list = *loops.list;
  const Term& element = list.element;
  const DmaSegment holder = s.segment(at);
  const Term inside = list.bytes_before(element) - start;
  const Term is_mapped = less(element, s.next) & (list.lengths(element) != Term::bits(32, 0));
  return each_implied(is_mapped, less(at, s.segments) & less_equal(start, list.bytes_before(element)) &
                                     less_equal(inside + list.length(element), holder.length) &
                                     (holder.address + inside ==
                                      shift_left(first, list.table.page_shift) + list.offset(element)));
}

// Of the arbitrary TCE, where it is set: it belongs to segment `at`.
Term index_is_in(const Loops& loops, const MapState& s, const Term& at) {
  return each_implied(s.mine, less(at, s.segments) & contains(loops, s.segment(at)));
}

Term has_all_bytes(const Loops& loops, const MapState& s) {
  const BuiltinList& list = *loops.list;
  return s.bytes == list.bytes_before(s.next) - list.bytes_before(word(0));
}

// What an iteration added.
struct NewSegment {
  Term has_element;  // the arbitrary element is in it
  Term has_index;    // the arbitrary TCE is
  Term first;        // of that element
  Term owner;        // of that TCE
  Term owner_first;
  Term start;         // in bytes of the list
  Term page;          // how far that TCE lies behind the segment's first,
  Term element_page;  // behind that of the element,
  Term owner_page;    // and that of its owner
};

// Before anything was mapped, at the loop's head, and behind an iteration that mapped nothing.
Term facts(const Loops& loops, const MapState& s) {
  const Term segments = has_all_bytes(loops, s) & index_is_in(loops, s, loops.index_holder) &
                        element_is_in(loops, s, loops.first, loops.holder, loops.holder_start);
  const Term& index = loops.list->index;
  return places(loops, s) & element_is_exact(loops, s, index - loops.first) &
         has_owner(loops, s, loops.owner, loops.owner_first, index - loops.owner_first) &
         each_implied(loops.terms.known, segments);
}

// Behind one that did: of the new segment, or of those before.
Term facts(const Loops& loops, const MapState& s, const NewSegment& now) {
  const Term& known = loops.terms.known;
  const Term& index = loops.list->index;
  const auto either = [](const Term& condition, const Term& yes, const Term& no) {
    return each_implied(condition, yes) & each_implied(!condition, no);
  };
  const Term segments =
      has_all_bytes(loops, s) &
      either(now.has_index, index_is_in(loops, s, loops.segments), index_is_in(loops, s, loops.index_holder)) &
      either(now.has_element, element_is_in(loops, s, now.first, loops.segments, now.start),
             element_is_in(loops, s, loops.first, loops.holder, loops.holder_start));
  // What is said of pages behind the segment's first is said of those behind its elements' first.
  const Term pages = (now.element_page == index - now.first) & (now.owner_page == index - now.owner_first);
  // An element's pages are among the segment's.
  const BuiltinList& list = *loops.list;
  const Term among = each_implied(now.has_element & (list.lengths(list.element) != Term::bits(32, 0)) &
                                      less(now.element_page, list.pages(list.element)),
                                  less_equal(now.page - now.element_page, now.page) & now.has_index);
  const Term owner_is_element =
      each_implied(now.has_index & (now.owner == list.element),
                   now.has_element & (now.owner_page == now.element_page) & (now.owner_first == now.first));
  return places(loops, s) & pages & among & owner_is_element &
         either(now.has_element, element_is_exact(loops, s, now.element_page),
                element_is_exact(loops, s, index - loops.first)) &
         either(now.has_index, has_owner(loops, s, now.owner, now.owner_first, now.owner_page),
                has_owner(loops, s, loops.owner, loops.owner_first, index - loops.owner_first)) &
         each_implied(known, segments);
}

// The state at the loop's header, behind an arbitrary iteration or where it is entered.
Expected<MapState> state_of(const Loops& loops, LoopView& view) {
  MapState s = at_head(loops);
  for (const auto& [name, to] : {std::pair{"segments", &s.segments}, {"next", &s.next}, {"most", &s.most}}) {
    auto number = number_of(view, name);
    if (!number) return tl::unexpected(number.error());
    *to = simplified(*number);
  }
  auto error = view.find("error");
  auto written = view.find("written");
  if (!error || !written) return tl::unexpected(error ? written.error() : error.error());
  s.error = (*error)->value.bits;
  s.written = (*written)->value.bits;
  auto& ghosts = view.state.ghosts;
  s.mine = ghosts.at(Account::kMine);
  s.set = ghosts.at(Account::kSet);
  s.dirty = ghosts.at(Account::kDirty);
  s.tce = ghosts.at(Account::kTce);
  s.segment = [&loops, memory = view.state.memory](const Term& at) { return segment_in(loops, memory, at); };
  if (!ghosts.contains(Segments::kFirst)) {
    // Nothing is mapped.
    s.bytes = word(0);
    return s;
  }
  if (!s.segments.same(simplified(loops.segments))) s.bytes = loops.bytes + s.segment(loops.segments).length;
  return s;
}

// What the iteration made of a group; none if it mapped nothing.
std::optional<NewSegment> new_segment(const Loops& loops, const LoopView& view, MapState& s) {
  const auto& ghosts = view.state.ghosts;
  if (!ghosts.contains(Segments::kFirst) || s.segments.same(simplified(loops.segments))) return std::nullopt;
  const BuiltinList& list = *loops.list;
  const GroupTerms group = GroupTerms::last_collected(ghosts);
  const Term start = list.table.origin + ghosts.at(std::string(kPlacedSlot));
  const auto first_of = [&](const Term& at) {
    return start + (list.pages_before(at) - list.pages_before(group.begin));
  };
  NewSegment now;
  now.has_element = less_equal(group.begin, list.element) & less(list.element, group.end);
  now.page = page_behind(list, view.state.ghosts, start);
  now.has_index = less(now.page, group.entries);
  const auto page_of = [&](const Term& at) {
    return now.page - (list.pages_before(at) - list.pages_before(group.begin));
  };
  now.element_page = page_of(list.element);
  now.first = first_of(list.element);
  now.owner = ghosts.at(Account::kOwner);
  now.owner_first = first_of(now.owner);
  now.owner_page = page_of(now.owner);
  now.start = list.bytes_before(group.begin);
  s.first = choose(now.has_element, now.first, loops.first);
  s.index_holder = choose(now.has_index, loops.segments, loops.index_holder);
  return now;
}

LoopContract map_loop(const SharedLoops& loops, std::string function) {
  LoopContract contract;
  contract.function = std::move(function);
  contract.loop = 0;
  contract.words = "the segments are the elements so far";
  contract.havoc = [loops](LoopView& view) -> Expected<void> {
    for (const auto& [name, value] : {std::pair{"segments", loops->segments},
                                      {"next", loops->next},
                                      {"most", loops->most},
                                      {"error", loops->error},
                                      {"written", loops->written}}) {
      if (auto done = let_go(view, name, value); !done) return done;
    }
    Records& records = *view.state.memory.change(loops->list->object).records();
    records.set_content(loops->list->dma_address_at, loops->addresses);
    records.set_content(loops->list->dma_length_at, loops->lengths);
    for (const auto& [name, value] : {std::pair{Account::kMine, loops->mine},
                                      {Account::kSet, loops->mine},
                                      {Account::kDirty, loops->dirty},
                                      {Account::kTce, loops->tce},
                                      {Account::kOwner, loops->owner},
                                      {Segments::kFirst, loops->first},
                                      {Segments::kHolder, loops->holder},
                                      {Segments::kHolderStart, loops->holder_start},
                                      {Segments::kOwnerFirst, loops->owner_first},
                                      {Segments::kIndexHolder, loops->index_holder},
                                      {Segments::kSegmentBytes, loops->bytes}}) {
      view.state.ghosts.insert_or_assign(name, value);
    }
    return {};
  };
  contract.invariant = [loops](LoopView& view) -> Expected<Term> {
    auto read = state_of(*loops, view);
    if (!read) return tl::unexpected(read.error());
    const bool head = read->next.same(simplified(loops->next)) && read->error.same(loops->error);
    MapState s = head ? at_head(*loops) : *read;
    const auto now = head ? std::nullopt : new_segment(*loops, view, s);
    Term all = now ? facts(*loops, s, *now) : facts(*loops, s);
    const auto keeps = [&](const Term& at) {
      return each_implied(loops->terms.known, keeps_to(*loops, s, at, s.segment(at)));
    };
    if (now) {
      // The arbitrary segment is the new one, or it is as it was.
      const Term is_old = loops->any != loops->segments;
      const DmaSegment before = loops->segment(loops->any);
      const DmaSegment behind = s.segment(loops->any);
      all = all & each_implied(loops->terms.known & is_old,
                               (behind.address == before.address) & (behind.length == before.length));
      return all & keeps(loops->segments) &
             each_implied(loops->terms.known & is_old, keeps_to(*loops, s, loops->any, before));
    }
    if (!head) return all & keeps(loops->any);
    // It was shown of any segment.
    for (const Term& at : {loops->any, loops->holder, loops->index_holder}) all = all & keeps(at);
    const BuiltinList& list = *loops->list;
    view.state.learn(list.definition(list.element) & list.definition(loops->owner) &
                     list.in_order(word(0), loops->next));
    return all;
  };
  contract.measure = [](LoopView& view) -> Expected<Term> {
    auto next = number_of(view, "next");
    auto most = number_of(view, "most");
    if (!next || !most) return tl::unexpected(next ? most.error() : next.error());
    return (word(uint64_t{1} << 62) - shift_left(*next, word(31))) + (*most - word(0));
  };
  return contract;
}

// The loop that undoes: segments before `undone` are.
LoopContract undo_loop(const SharedLoops& loops, std::string function) {
  LoopContract contract;
  contract.function = std::move(function);
  contract.loop = 0;
  contract.words = "the segments behind are undone";
  contract.havoc = [loops](LoopView& view) -> Expected<void> {
    auto& ghosts = view.state.ghosts;
    ghosts.insert_or_assign(Account::kMine, Term::free_boolean("mine_undoing"));
    ghosts.insert_or_assign(Account::kSet, Term::free_boolean("set_undoing"));
    ghosts.insert_or_assign(Account::kDirty, Term::free_boolean("dirty_undoing"));
    const MapState s = at_head(*loops);
    view.state.learn(
        implies(loops->terms.known, keeps_to(*loops, s, loops->undone, loops->segment(loops->undone))));
    return let_go(view, "i", loops->undone);
  };
  contract.invariant = [loops](LoopView& view) -> Expected<Term> {
    auto read = number_of(view, "i");
    if (!read) return read;
    const Term at = simplified(*read);
    const auto& ghosts = view.state.ghosts;
    const Term& known = loops->terms.known;
    const Term left = loops->mine & less_equal(at, loops->index_holder);
    return implies(known, less_equal(at, loops->segments)) & less_equal(at, loops->list->count) &
           implies(known, ghosts.at(Account::kMine) == left) &
           implies(known, ghosts.at(Account::kSet) == left) &
           implies(known & ghosts.at(Account::kDirty), at == word(0)) &
           implies(known & ghosts.at(Account::kDirty), loops->segments != word(0));
  };
  contract.measure = [loops](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return loops->list->count - at; });
  };
  return contract;
}

// The loop that sets the lengths of what is no segment to 0.
LoopContract empty_loop(const SharedLoops& loops, std::string function) {
  const auto length = [loops](const Term& from, const Term& to, const Term& at) {
    return choose(less_equal(from, at) & less(at, to), Term::bits(32, 0), loops->lengths(at));
  };
  const auto from_of = [](LoopView& view) {
    return view.find("i").map([](LoopView::Carried* found) { return zero_extend(found->entry.bits, 64); });
  };
  LoopContract contract;
  contract.function = std::move(function);
  contract.loop = 1;
  contract.words = "elements behind the segments have length 0";
  contract.havoc = [=](LoopView& view) -> Expected<void> {
    auto from = from_of(view);
    if (!from) return tl::unexpected(from.error());
    Records& records = *view.state.memory.change(loops->list->object).records();
    records.set_content(loops->list->dma_length_at,
                        [=, first = *from](const Term& at) { return length(first, loops->emptied, at); });
    return let_go(view, "i", loops->emptied);
  };
  contract.invariant = [=](LoopView& view) -> Expected<Term> {
    auto at = number_of(view, "i");
    auto from = from_of(view);
    if (!at || !from) return tl::unexpected(at ? from.error() : at.error());
    const Records& records = *view.state.memory.at(loops->list->object).records();
    const Term now = records.content(loops->list->dma_length_at)(loops->any);
    return less_equal(*from, *at) & less_equal(*at, loops->list->count) &
           (now == length(*from, *at, loops->any));
  };
  contract.measure = [loops](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return loops->list->count - at; });
  };
  return contract;
}

}  // namespace

Expected<ListLoopTerms> add_list_loops(Executor& executor, const std::shared_ptr<const BuiltinList>& list) {
  const Program& program = executor.program();
  const auto loops = std::make_shared<Loops>();
  loops->list = list;
  loops->terms.segments = loops->segments;
  loops->terms.next = loops->next;
  loops->terms.mine = loops->mine;
  loops->terms.any = loops->any;
  loops->terms.index_holder = loops->index_holder;
  loops->terms.addresses = loops->addresses;
  loops->terms.lengths = loops->lengths;
  loops->terms.undone = loops->undone;
  loops->terms.emptied = loops->emptied;
  auto once = linker_name(program, "nospan::builtin::Mapper::map_list_once");
  auto unmap = linker_name(program, kUnmapList);
  if (!once || !unmap) return tl::unexpected(once ? unmap.error() : once.error());
  executor.add(map_loop(loops, *once));
  executor.add(empty_loop(loops, *once));
  executor.add(undo_loop(loops, *unmap));
  add_environment(executor, list->table, free_word("pages"));
  add_buffer(executor, list->table);
  add_taking(executor, list);
  add_accounting(executor, list);
  add_groups(executor, list);
  return loops->terms;
}

Expected<LoopContract> any_unmap_loop(const Program& program, const std::shared_ptr<const BuiltinList>& list) {
  auto function = linker_name(program, kUnmapList);
  if (!function) return tl::unexpected(function.error());
  LoopContract contract;
  contract.function = std::move(*function);
  contract.words = "the loop stays in the list";
  contract.invariant = [list](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return less_equal(at, list->count); });
  };
  contract.measure = [list](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return list->count - at; });
  };
  return contract;
}

}  // namespace nospan::solver
