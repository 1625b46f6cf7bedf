// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_list_loops.h"

#include <fmt/format.h>

#include "solver/claims/linux_segment.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;
using Account = ListAccount;
using Loop = ListLoopAccount;

// The segment that an arbitrary iteration of a loop undoes.
constexpr const char* kCleaned = "cleaned";
constexpr const char* kUnmapped = "unmapped";

Term index32(const char* name) { return zero_extend(Term::free_bits(32, name), 64); }

// Everything that is the same wherever the loops are looked at.
struct Loops {
  std::shared_ptr<const LinuxList> list;
  ListLoops terms;
  // At the head of the loop that maps, in its arbitrary iteration.
  Term at = index32("i");
  Term outs = index32("outs");
  Term segstart = index32("segstart");
  Term dma_next = free_word("dma_next");
  Term taken = Term::free_boolean("taken_before");
  Term address_at = free_word("address_before");
  Term start = free_word("start_before");
  // The last segment begins where they end without it, whatever they are. Set by add_list_loops().
  Term bytes;
  Term holder = index32("holder_before");
  Term holder_start = free_word("start_of_holder_before");
  Term holder_of_index = index32("holder_of_index");  // of the TCE LinuxList::index
  FreeFunction addresses{"dma_address", 64};
  FreeFunction lengths{"dma_length", 32};
  // An arbitrary segment.
  Term any = index32("segment");

  Segment segment(const Term& index) const { return segment_of(addresses(index), lengths(index)); }
  const Term& page_shift() const { return list->table.page_shift; }
  Term empty_first() const { return list->element(word(0)).length == Term::bits(32, 0); }
};

Segment segment_in(const Loops& loops, const Memory& memory, const Term& index) {
  const Records& records = *memory.at(loops.list->object).records();
  return segment_of(records.content(loops.list->dma_address_at)(index),
                    records.content(loops.list->dma_length_at)(index));
}

// The arbitrary TCE is the segment's.
Term holds_index(const Loops& loops, const Segment& segment) {
  return of_each(segment, [&](const Segment& one) {
    const Term& index = loops.list->index;
    return (one.length != word(0)) & less_equal(first_page(one, loops.page_shift()), index) &
           less_equal(index, last_page(one, loops.page_shift()));
  });
}
Term in_window(const Loops& loops, const Segment& segment) {
  return of_each(segment, [&](const Segment& one) {
    const LinuxTable& table = loops.list->table;
    const Term in = does_not_wrap(one) & less_equal(table.first_index, first_page(one, loops.page_shift())) &
                    less(last_page(one, loops.page_shift()), table.first_index + table.entries);
    return implies(one.length != word(0), in);
  });
}

// What every segment keeps to: its TCEs lie in the window, and if the arbitrary TCE is one of them, it was set
// and belongs to this segment alone.
std::vector<Term> keeps_to(const Loops& loops, const Term& index, const Segment& segment, const Term& outs,
                           const Term& mapped, const Term& taken, const Term& holder_of_index) {
  const Term is_segment = less_equal(index, outs);
  return {implies(is_segment, in_window(loops, segment)),
          implies(is_segment & holds_index(loops, segment), taken & (holder_of_index == index)),
          implies(is_segment & mapped & !loops.empty_first(), segment.length != word(0))};
}

// Each fact by itself, where merging keeps within 32 bits: a question about one is much faster than one about
// all, and may need only some of them.
Term where_merges_fit(const Loops& loops, const std::vector<Term>& facts) {
  Term all = Term::boolean(true);
  for (const Term& fact : facts) all = all & implies(loops.terms.fits, fact);
  return all;
}

// A segment that holds something, if `is_it`.
struct Holder {
  Term is_it;
  Term index;
  Term start;  // place in the list of its first byte
  Segment segment;
};

// The state of the loop that maps.
struct MapState {
  Term at;
  Term outs;
  Term segstart;
  Term outcount;  // 32 bits
  Term dma_next;
  Term taken;
  Term set;
  Term bytes;
  Term address_at;
  Term start;
  // Of the byte LinuxList::position, and of the TCE LinuxList::index (`start` does not matter): exactly one of
  // each is it. One at the head; behind an iteration the one before or the last segment.
  std::vector<Holder> of_position;
  std::vector<Holder> of_index;
  Term holder_of_index;
  std::function<Segment(const Term&)> segment;
};

Term places(const Loops& loops, const MapState& s) {
  const Term first = (s.outs == word(0)) & (s.segstart == word(0));
  return less_equal(s.at, loops.list->count) &
         choose(s.at == word(0), first, less(s.outs, s.at) & less(s.segstart, s.at)) &
         (zero_extend(s.outcount, 64) == s.outs + word(1));
}

std::vector<Term> facts(const Loops& loops, const MapState& s) {
  const Segment last = s.segment(s.outs);
  const Term mapped = s.at != word(0);
  const Term& position = loops.list->position;
  std::vector<Term> result = {
      implies(!mapped, (s.dma_next == word(0)) & !s.taken & (s.bytes == word(0)) & (s.start == word(0)) &
                           (last.length == word(0))),
      implies(s.dma_next != word(0), of_each(last,
                                             [&](const Segment& one) {
                                               return (one.length != word(0)) &
                                                      (one.address + one.length == s.dma_next);
                                             })),
      s.set == s.taken,
      s.bytes == s.start + last.length,
      less_equal(s.bytes, shift_left(s.at, word(32))),
  };
  // By cases: a question about a holder that is chosen is harder than one about each.
  for (const Holder& holder : s.of_index) {
    result.push_back(
        implies(s.taken & holder.is_it, less_equal(holder.index, s.outs) & holds_index(loops, holder.segment)));
  }
  for (const Holder& holder : s.of_position) {
    const Term holds = of_each(holder.segment, [&](const Segment& one) {
      const Term inside = position - holder.start;
      return less(inside, one.length) & (one.address + inside == s.address_at);
    });
    result.push_back(implies(
        less(position, s.bytes) & holder.is_it,
        less_equal(holder.index, s.outs) & holds & implies(holder.index == s.outs, holder.start == s.start)));
  }
  return result;
}

std::vector<Term> keeps_to(const Loops& loops, const MapState& s, const Term& index) {
  return keeps_to(loops, index, s.segment(index), s.outs, s.at != word(0), s.taken, s.holder_of_index);
}

MapState at_head(const Loops& loops) {
  return {loops.at,
          loops.outs,
          loops.segstart,
          truncate(loops.outs + word(1), 32),
          loops.dma_next,
          loops.taken,
          loops.taken,
          loops.bytes,
          loops.address_at,
          loops.start,
          {{Term::boolean(true), loops.holder, loops.holder_start, loops.segment(loops.holder)}},
          {{Term::boolean(true), loops.holder_of_index, {}, loops.segment(loops.holder_of_index)}},
          loops.holder_of_index,
          [&loops](const Term& index) { return loops.segment(index); }};
}

Expected<Term> index_of(const Loops& loops, const LoopView& view, const Value& pointer) {
  if (pointer.object != loops.list->object) {
    return reports::failure("loop contract", "a pointer into the list leaves it",
                            "the tree has changed this loop: its contract in solver/ has to follow");
  }
  return view.state.memory.at(pointer.object).records()->index_of(pointer.bits);
}

Value pointer_to(const Loops& loops, const LoopView& view, const Term& index) {
  Value value =
      Value::pointer(loops.list->object, view.state.memory.at(loops.list->object).records()->offset_of(index));
  value.null_if = index == loops.list->count;
  return value;
}

Term not_null(const Value& value) {
  return value.null_if.sort() == Term::Sort::kNone ? Term::boolean(true) : !value.null_if;
}

// The carried variables of that name, or an Error.
Expected<std::vector<LoopView::Carried*>> find(LoopView& view, std::initializer_list<const char*> names) {
  std::vector<LoopView::Carried*> found;
  for (const char* name : names) {
    auto variable = view.find(name);
    if (!variable) return tl::unexpected(variable.error());
    found.push_back(*variable);
  }
  return found;
}

// ---- The loop that maps ----

Expected<MapState> state_of(const Loops& loops, LoopView& view) {
  auto found = find(view, {"i", "outs", "segstart", "outcount", "dma_next"});
  if (!found) return tl::unexpected(found.error());
  auto outs = index_of(loops, view, (*found)[1]->value);
  auto segstart = index_of(loops, view, (*found)[2]->value);
  if (!outs || !segstart) return tl::unexpected(outs ? segstart.error() : outs.error());
  auto& ghosts = view.state.ghosts;
  MapState s = at_head(loops);
  s.at = zero_extend((*found)[0]->value.bits, 64);
  s.outs = *outs;
  s.segstart = *segstart;
  s.outcount = (*found)[3]->value.bits;
  s.dma_next = (*found)[4]->value.bits;
  s.taken = ghosts.at(Account::kTaken);
  s.set = ghosts.at(Account::kSet);
  s.bytes = ghosts.at(Account::kBytes);
  s.address_at = ghosts.at(Account::kAddress);
  s.segment = [&loops, memory = view.state.memory](const Term& index) {
    return segment_in(loops, memory, index);
  };
  Holder& of_position = s.of_position.front();
  Holder& of_index = s.of_index.front();
  of_position.segment = s.segment(of_position.index);
  of_index.segment = s.segment(of_index.index);
  if (!ghosts.contains(Loop::kOuts)) {
    s.start = word(0);
    return s;
  }
  ghosts.insert_or_assign(Loop::kNext, s.dma_next);
  // An iteration is over. A new segment begins where the one before ends; a segment becomes the holder of what
  // was mapped in this iteration.
  s.start = choose(s.outs == loops.outs, loops.start, loops.bytes);
  const Term now = less_equal(loops.bytes, loops.list->position) & less(loops.list->position, s.bytes);
  const Term now_index = s.taken & !loops.taken;
  of_position.is_it = !now;
  of_index.is_it = !now_index;
  const Segment last = s.segment(s.outs);
  s.of_position.push_back({now, s.outs, s.start, last});
  s.of_index.push_back({now_index, s.outs, {}, last});
  s.holder_of_index = choose(now_index, s.outs, loops.holder_of_index);
  return s;
}

Expected<void> let_go(const Loops& loops, LoopView& view) {
  auto found = find(view, {"i", "s", "outs", "segstart", "outcount", "dma_next"});
  if (!found) return tl::unexpected(found.error());
  (*found)[0]->value = Value::number(truncate(loops.at, 32));
  (*found)[1]->value = pointer_to(loops, view, loops.at);
  (*found)[2]->value = pointer_to(loops, view, loops.outs);
  (*found)[3]->value = pointer_to(loops, view, loops.segstart);
  (*found)[2]->value.null_if = {};
  (*found)[3]->value.null_if = {};
  (*found)[4]->value = Value::number(truncate(loops.outs + word(1), 32));
  (*found)[5]->value = Value::number(loops.dma_next);
  Memory& memory = view.state.memory;
  Records& records = *memory.change(loops.list->object).records();
  records.set_content(loops.list->dma_address_at, loops.addresses);
  records.set_content(loops.list->dma_length_at, loops.lengths);
  // Where iommu_range_alloc() keeps the end of the last entries.
  for (std::size_t i = 1; i <= memory.count(); ++i) {
    const auto id = static_cast<ObjectId>(i);
    if (memory.at(id).name() != "handle") continue;
    if (auto done = memory.change(id).store(word(0), 8, Value::number(free_word("handle_before"))); !done)
      return done;
  }
  auto& ghosts = view.state.ghosts;
  ghosts.insert_or_assign(Account::kElement, loops.at);
  ghosts.insert_or_assign(Account::kTaken, loops.taken);
  ghosts.insert_or_assign(Account::kSet, loops.taken);
  ghosts.insert_or_assign(Account::kBytes, loops.bytes);
  ghosts.insert_or_assign(Account::kAddress, loops.address_at);
  ghosts.insert_or_assign(Loop::kOuts, loops.outs);
  ghosts.insert_or_assign(Loop::kStart, loops.start);
  ghosts.insert_or_assign(Loop::kHolder, loops.holder);
  ghosts.insert_or_assign(Loop::kHolderStart, loops.holder_start);
  ghosts.insert_or_assign(Loop::kLastAddress, loops.segment(loops.outs).address);
  ghosts.insert_or_assign(Loop::kLastLength, loops.segment(loops.outs).length);
  ghosts.insert_or_assign(Loop::kNextBefore, loops.dma_next);
  return {};
}

LoopContract map_loop(const std::shared_ptr<const Loops>& loops) {
  LoopContract contract;
  contract.function = "ppc_iommu_map_sg";
  contract.loop = 0;
  contract.words = "segments are what was set so far";
  contract.havoc = [loops](LoopView& view) { return let_go(*loops, view); };
  contract.invariant = [loops](LoopView& view) -> Expected<Term> {
    auto s = state_of(*loops, view);
    if (!s) return tl::unexpected(s.error());
    auto counter = find(view, {"i"});
    if (!counter) return tl::unexpected(counter.error());
    // At the head it is what let_go() made it.
    const bool head = (*counter)[0]->value.bits.same(truncate(loops->at, 32));
    const MapState now = head ? at_head(*loops) : *s;
    Term rest = where_merges_fit(*loops, facts(*loops, now));
    if (head) {
      for (const Term& index : {loops->any, loops->outs, loops->holder_of_index})
        rest = rest & where_merges_fit(*loops, keeps_to(*loops, now, index));
      return places(*loops, now) & rest;
    }
    // The last segment, which changed, by itself: a question about any segment is harder than these two.
    std::vector<Term> of_others = keeps_to(*loops, now, loops->any);
    for (Term& fact : of_others) fact = implies(loops->any != now.outs, fact);
    rest =
        rest & where_merges_fit(*loops, keeps_to(*loops, now, now.outs)) & where_merges_fit(*loops, of_others);
    auto pointers = find(view, {"outs", "segstart"});
    if (!pointers) return tl::unexpected(pointers.error());
    return not_null((*pointers)[0]->value) & not_null((*pointers)[1]->value) & places(*loops, now) & rest;
  };
  contract.measure = [loops](LoopView& view) -> Expected<Term> {
    auto found = find(view, {"i"});
    if (!found) return tl::unexpected(found.error());
    return loops->list->count - zero_extend((*found)[0]->value.bits, 64);
  };
  return contract;
}

// ---- The loops that undo ----

// Loops that go through segments one after another. `index` of the view is how many are behind.
struct UndoLoop {
  std::shared_ptr<const Loops> loops;
  const char* function;
  std::size_t loop;
  const char* pointer;  // the variables
  const char* counter;
  bool counts_down;
  bool empties;  // sets lengths to 0
  const char* name;
};

Term counter_after(const UndoLoop& undo, const Term& done) {
  return truncate(undo.counts_down ? undo.loops->list->count - done : done, 32);
}

// `head`: that of the arbitrary iteration, before which `done` segments are.
Expected<Term> behind(const UndoLoop& undo, LoopView& view, const Term& done, bool* head) {
  auto found = find(view, {undo.counter});
  if (!found) return tl::unexpected(found.error());
  *head = (*found)[0]->value.bits.same(counter_after(undo, done));
  if (*head) return done;
  const Term counter = zero_extend((*found)[0]->value.bits, 64);
  return undo.counts_down ? undo.loops->list->count - counter : counter;
}

LoopContract undo_loop(const UndoLoop& undo) {
  const auto loops = undo.loops;
  const Term done = index32(undo.name);
  const Term undone = Term::free_boolean(fmt::format("undone_before_{}", undo.name));
  LoopContract contract;
  contract.function = undo.function;
  contract.loop = undo.loop;
  contract.words = "the segments behind are undone";
  const Term length = Term::free_bits(32, fmt::format("length_of_{}", undo.name));
  const Segment segment = segment_of(free_word(fmt::format("address_of_{}", undo.name)), length);
  contract.havoc = [undo, loops, done, undone, segment, length](LoopView& view) -> Expected<void> {
    auto found = find(view, {undo.counter, undo.pointer});
    if (!found) return tl::unexpected(found.error());
    (*found)[0]->value = Value::number(counter_after(undo, done));
    (*found)[1]->value = pointer_to(*loops, view, done);
    // The segment gets names of its own, so that nobody has to look for it among others: what matters of where
    // it is are two places.
    Records& records = *view.state.memory.change(loops->list->object).records();
    const auto addresses = records.content(loops->list->dma_address_at);
    const auto lengths = records.content(loops->list->dma_length_at);
    const Segment holder = loops->segment(loops->holder_of_index);
    const Term behind_last = simplified(loops->outs + word(1));
    State& state = view.state;
    state.assume(implies(done == loops->holder_of_index,
                         (segment.address == holder.address) & (segment.length == holder.length)));
    state.assume(implies(done == behind_last, length == lengths(behind_last)));
    state.assume((segment.address == addresses(done)) & (length == lengths(done)));
    const bool empties = undo.empties;
    records.set_content(loops->list->dma_address_at, [=](const Term& index) {
      return simplified(index).same(simplified(done)) ? segment.address : addresses(index);
    });
    records.set_content(loops->list->dma_length_at, [=](const Term& index) {
      if (simplified(index).same(simplified(done))) return Term(length);
      return empties ? choose(less(index, done), Term::bits(32, 0), lengths(index)) : lengths(index);
    });
    auto& ghosts = view.state.ghosts;
    ghosts.insert_or_assign(Account::kCleared, undone);
    ghosts.insert_or_assign(Account::kFreed, undone);
    ghosts.insert_or_assign(Loop::kUndoneFrom, word(view.state.conditions.size()));
    ghosts.insert_or_assign(Loop::kUndoneAddress, segment.address);
    ghosts.insert_or_assign(Loop::kUndoneLength, segment.length);
    return {};
  };
  contract.invariant = [undo, loops, done, segment](LoopView& view) -> Expected<Term> {
    bool head = false;
    auto now = behind(undo, view, done, &head);
    if (!now) return now;
    auto found = find(view, {undo.pointer});
    if (!found) return tl::unexpected(found.error());
    auto place = index_of(*loops, view, (*found)[0]->value);
    if (!place) return place;
    const auto& ghosts = view.state.ghosts;
    const Term all = loops->taken & less(loops->holder_of_index, *now);
    const Term& fits = loops->terms.fits;
    Term rest =
        implies(fits, ghosts.at(Account::kCleared) == all) & implies(fits, ghosts.at(Account::kFreed) == all);
    Term where = (*place == *now) & less_equal(*now, loops->list->count) &
                 less_equal(*now, undo.empties ? loops->outs : loops->outs + word(1));
    if (head) {
      // The loop that maps keeps to this for every segment: also for this one.
      rest = rest & where_merges_fit(*loops, keeps_to(*loops, done, segment, loops->outs, loops->at != word(0),
                                                      loops->taken, loops->holder_of_index));
    } else if (undo.empties) {
      const Term of_any = segment_in(*loops, view.state.memory, loops->any).length;
      where = where & (of_any == choose(less(loops->any, *now), word(0), loops->segment(loops->any).length));
    }
    return where & rest;
  };
  contract.measure = [undo, loops, done](LoopView& view) -> Expected<Term> {
    bool head = false;
    auto now = behind(undo, view, done, &head);
    if (!now) return now;
    return loops->list->count - *now;
  };
  return contract;
}

}  // namespace

ListLoops add_list_loops(Executor& executor, const std::shared_ptr<const LinuxList>& list) {
  const auto loops = std::make_shared<Loops>();
  loops->list = list;
  loops->terms.element = loops->at;
  // In this order, as each is compared with those before it: what most questions are about comes first.
  for (const Term& index : {loops->outs, loops->holder_of_index}) static_cast<void>(loops->segment(index));
  loops->bytes = loops->start + loops->segment(loops->outs).length;
  const Term length = zero_extend(list->element(loops->at).length, 64);
  loops->terms.fits_here = implies(
      loops->terms.fits, (list->no_merge != Term::bits(32, 0)) |
                             less(loops->segment(loops->outs).length + length, word(uint64_t{1} << 32)));
  executor.add(map_loop(loops));
  executor.add(undo_loop({loops, "ppc_iommu_map_sg", 1, "s", "i", false, true, kCleaned}));
  executor.add(undo_loop({loops, "ppc_iommu_unmap_sg", 0, "sg", "nelems", true, false, kUnmapped}));
  return loops->terms;
}

}  // namespace nospan::solver
