// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_alloc.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>
#include <functional>
#include <set>

#include "solver/claims/linux_area_alloc.h"
#include "solver/claims/linux_bitmap.h"
#include "solver/claims/linux_pools.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/scenario_text.h"
#include "solver/slice.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// Indices of the loops that carry a pointer: that to the pool that is tried. There are two around the label
// `again`, one inside the other; others wait for locks.
Expected<std::vector<std::size_t>> loops_over_pools(const Program& program, std::string_view function) {
  auto found = program.function(function);
  if (!found) return tl::unexpected(found.error());
  std::vector<std::size_t> result;
  const auto& headers = program.loop_headers(**found);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    for (const llvm::PHINode& phi : headers[i]->phis()) {
      if (!phi.getType()->isPointerTy()) continue;
      result.push_back(i);
      break;
    }
  }
  return result;
}

// Everything about a call of iommu_range_alloc() that was executed.
struct RangeCall {
  LinuxTable table;
  RangeRequest request{zero_extend(Term::free_bits(32, "pages"), 64), free_word("mask"),
                       zero_extend(Term::free_bits(6, "align_order"), 64)};
  ObjectId handle = ObjectId::kNone;
  Term no_handle = Term::free_boolean("no_handle");
  Term bit = arbitrary_bit();
  std::vector<Path> paths;

  static Expected<RangeCall> run(const Setting& setting);

  // Hardly any question depends on where the pools are, on the size of pages, or on how the boundary is found,
  // and those make all of them hard. They are asked first about any table with wide_domain(), with free numbers
  // for these; then, if need be, about this one: with narrow().
  Term boundary = free_word("boundary");  // entries
  struct Place {
    Term used;                    // the table has this pool
    Term first, end;              // free
    Term known_first, known_end;  // what iommu_init_table() makes them
  };
  std::vector<Place> places;
  Expected<void> free_places(const Pools& pools);
  void add_boundary(Executor& executor) const;
  // What iommu_init_table() and the device's boundary make of the free numbers.
  Term narrow() const;
  // Of the free numbers, or of what iommu_init_table() makes them.
  std::vector<Term> wide_domain(bool of_free) const;
  // By the free numbers.
  RangeWindow window() const {
    return {table.first_index, table.entries, boundary,
            of_used([](const Place& place) { return less(place.first, place.end); })};
  }
  Term of_used(const std::function<Term(const Place&)>& fact) const {
    Term all = Term::boolean(true);
    for (const Place& place : places) all = all & implies(place.used, fact(place));
    return all;
  }
};

Expected<void> RangeCall::free_places(const Pools& pools) {
  Object& object = table.state.memory.change(table.table.object);
  for (std::size_t i = 0; i < pools.start.size(); ++i) {
    const Term first_at = word(pools.start[i] + pools.first_entry);
    const Term end_at = word(pools.start[i] + pools.end);
    const auto first = object.load(first_at, 8);
    const auto end = object.load(end_at, 8);
    if (!first || !end) return tl::unexpected(first ? end.error() : first.error());
    places.push_back({pools.is_used(i, free_word("pools")), free_word(fmt::format("pool{}.first", i)),
                      free_word(fmt::format("pool{}.end", i)), first->bits, end->bits});
    if (auto done = object.store(first_at, 8, Value::number(places.back().first)); !done) return done;
    if (auto done = object.store(end_at, 8, Value::number(places.back().end)); !done) return done;
  }
  return {};
}

std::vector<Term> RangeCall::wide_domain(bool of_free) const {
  const Term most = word(uint64_t{1} << 52);
  const Term pools = free_word("pools");
  const Term entries_between = of_free ? boundary : boundary_entries(table);
  return {power_of_two(entries_between),
          less_equal(entries_between, most),
          less_equal(word(1), table.entries),
          less_equal(table.entries, word(kMostBits)),
          less_equal(table.first_index, most),
          less_equal(table.first_index + table.entries, most),
          (pools == word(1)) | (pools == word(4)),
          of_used([&](const Place& place) {
            return less_equal(of_free ? place.end : place.known_end, table.entries);
          })};
}

// Contract for dma_get_seg_boundary_nr_pages, proved by the claim alloc/dma_get_seg_boundary_nr_pages.
void RangeCall::add_boundary(Executor& executor) const {
  executor.add("dma_get_seg_boundary_nr_pages",
               simple([=, device = table.device.object, shift = table.page_shift, result = boundary](
                          State& state, const Call& call) -> Expected<Value> {
                 state.require(Obligation::Kind::kContract,
                               Term::boolean(call.arguments[0].object == device) &
                                   (call.arguments[1].bits == truncate(shift, 32)),
                               call.function + "() is asked about the table's device and pages", call.place);
                 return Value::number(result);
               }));
}

Term RangeCall::narrow() const {
  Term all = boundary == boundary_entries(table);
  for (const Place& place : places)
    all = all & (place.first == place.known_first) & (place.end == place.known_end);
  return all & all_of(table.domain);
}

// What one try of iommu_range_alloc() leaves behind for the next: another pool, whose lock is held, and other
// hints.
class Retry {
 public:
  Retry(const RangeCall& call, Pools pools, ObjectId thread, uint64_t locks)
      : table_(call.table.table.object),
        bitmap_(call.table.bitmap),
        handle_(call.handle),
        thread_(thread),
        locks_(locks),
        pools_(std::move(pools)),
        before_(call.table.state.memory) {}

  LoopContract contract(std::size_t loop, bool has_offsets) const;

 private:
  Term held(const Term& pool, uint64_t start) const {
    return choose(pool == word(start), Term::bits(32, 1), Term::bits(32, 0));
  }
  Expected<void> havoc(LoopView& view, const std::string& name) const;
  Expected<Term> invariant(LoopView& view) const;
  Expected<Term> keeps(Memory& memory, ObjectId object, const Term& pool) const;

  ObjectId table_, bitmap_, handle_, thread_;
  uint64_t locks_;  // offset in struct nospan_thread of the count of locks that are held
  Pools pools_;
  Memory before_;
  Term pool_count_ = free_word("pools");
};

Expected<LoopView::Carried*> pool_of(LoopView& view) {
  return carried(view, "pointer to a pool", [](const auto& variable) { return variable.is_pointer; });
}

// It begins at 0, or the loop is the inner one, which carries no other number.
Expected<LoopView::Carried*> pass_of(LoopView& view) {
  return carried(view, "count of passes", [&](const auto& variable) {
    return !variable.is_pointer && (variable.entry.bits.constant() == 0 || view.carried.size() == 2);
  });
}

LoopContract Retry::contract(std::size_t loop, bool has_offsets) const {
  LoopContract result;
  result.function = "iommu_range_alloc";
  result.loop = loop;
  result.words =
      "a pool of the table is tried, its lock is held and no other one, and nothing but hints has changed";
  if (has_offsets) result.offsets = pools_.start;
  // Each loop has names of its own: a hint that both call the same is not let go of by the inner one.
  result.havoc = [self = *this, loop, count = 0u](LoopView& view) mutable {
    return self.havoc(view, fmt::format("{}.{}", loop, count++));
  };
  result.invariant = [self = *this](LoopView& view) { return self.invariant(view); };
  result.measure = [self = *this](LoopView& view) -> Expected<Term> {
    auto pass = pass_of(view);
    if (!pass) return tl::unexpected(pass.error());
    return self.pool_count_ + word(3) - zero_extend((*pass)->value.bits, 64);
  };
  return result;
}

Expected<void> Retry::havoc(LoopView& view, const std::string& name) const {
  auto pool = pool_of(view);
  if (!pool) return tl::unexpected(pool.error());
  Object& object = view.state.memory.change(table_);
  for (const uint64_t start : pools_.start) {
    const Term hint = free_word(fmt::format("hint#{}+{:#x}", name, start));
    const Term lock = held((*pool)->value.bits, start);
    if (auto done = object.store(word(start + pools_.hint), 8, Value::number(hint)); !done) return done;
    if (auto done = object.store(word(start + pools_.lock), 4, Value::number(lock)); !done) return done;
  }
  return {};
}

// Everything in the object is what it was before the call, but hints, and locks say that this pool's is held.
Expected<Term> Retry::keeps(Memory& memory, ObjectId object, const Term& pool) const {
  Term holds = Term::boolean(true);
  for (const auto& [offset, bytes, defined] :
       before_.at(object).pieces(0, *before_.at(object).size().constant())) {
    if (!defined || (object == table_ && pools_.is_hint(offset))) continue;
    const auto now = memory.at(object).load(word(offset), bytes);
    if (!now) return tl::unexpected(now.error());
    if (object == table_ && pools_.is_lock(offset)) {
      holds = holds & (now->bits == held(pool, offset - pools_.lock));
      continue;
    }
    const auto then = before_.at(object).load(word(offset), bytes);
    if (!then) return tl::unexpected(then.error());
    holds = holds & Term::boolean(now->object == then->object) & (now->bits == then->bits);
  }
  return holds;
}

Expected<Term> Retry::invariant(LoopView& view) const {
  auto pool = pool_of(view);
  auto pass = pass_of(view);
  if (!pool || !pass) return tl::unexpected(pool ? pass.error() : pool.error());
  Memory& memory = view.state.memory;
  const auto in_table = keeps(memory, table_, (*pool)->value.bits);
  const auto in_handle = keeps(memory, handle_, (*pool)->value.bits);
  const auto locks = memory.at(thread_).load(word(locks_), 4);
  if (!in_table || !in_handle || !locks) {
    return tl::unexpected(!in_table ? in_table.error() : !in_handle ? in_handle.error() : locks.error());
  }
  return pools_.is_pool((*pool)->value.bits, pool_count_) &
         Term::boolean((*pool)->value.object == table_ &&
                       memory.at(bitmap_).words().same(before_.at(bitmap_).words())) &
         less_equal(zero_extend((*pass)->entry.bits, 64), zero_extend((*pass)->value.bits, 64)) &
         less_equal(zero_extend((*pass)->value.bits, 64), pool_count_ + word(2)) &
         (locks->bits == Term::bits(32, 1)) & *in_table & *in_handle;
}

Expected<RangeCall> RangeCall::run(const Setting& setting) {
  RangeCall call;
  Executor executor(setting.program, Limits{.join_paths = true});
  auto made = LinuxTable::make(executor, setting.system_page_shift);
  if (!made) return tl::unexpected(made.error());
  call.table = std::move(*made);
  add_environment(executor);
  add_area_alloc(executor, call.bit);
  State& state = call.table.state;
  call.handle = state.memory.add(Object("handle", word(8), Object::Initial::kFree));
  if (auto done = state.memory.change(call.handle).store(word(0), 8, Value::number(free_word("handle")));
      !done) {
    return tl::unexpected(done.error());
  }
  // Which pool a CPU begins with: anything. A list, as any CPU may ask.
  auto hash = executor.global(state, "iommu_pool_hash");
  if (!hash) return tl::unexpected(hash.error());
  state.memory.change(hash->object).set_words(Term::free_map("pool_hash"));

  auto pools = Pools::of(setting.program);
  auto loops = loops_over_pools(setting.program, "iommu_range_alloc");
  auto thread = executor.global(state, "nospan_thread");
  auto locks = setting.program.offset_of("nospan_thread", "locks");
  if (!pools) return tl::unexpected(pools.error());
  if (!loops) return tl::unexpected(loops.error());
  if (!thread) return tl::unexpected(thread.error());
  if (!locks) return tl::unexpected(locks.error());
  if (auto done = call.free_places(*pools); !done) return tl::unexpected(done.error());
  call.add_boundary(executor);
  const Retry retry(call, std::move(*pools), thread->object, *locks);
  // The pool is one of several only in the innermost loop, where it is used.
  for (const std::size_t index : *loops) executor.add(retry.contract(index, index == loops->back()));
  // What branches depend on; all of it only when claims are decided.
  const Term pool_count = free_word("pools");
  const std::vector<Term> domain = {(pool_count == word(1)) | (pool_count == word(4)),
                                    less(Term::free_bits(32, "cpu"), Term::bits(32, 64))};
  Value handle_pointer = Value::pointer(call.handle);
  handle_pointer.null_if = call.no_handle;
  const RangeRequest& request = call.request;
  auto found = executor.run("iommu_range_alloc", state,
                            {call.table.device, call.table.table, Value::number(request.pages), handle_pointer,
                             Value::number(request.mask), Value::number(truncate(request.align_order, 32))},
                            domain);
  if (!found) return tl::unexpected(found.error());
  call.paths = std::move(*found);
  return call;
}

constexpr const char* kAtLeastOne = "at least one entry";
constexpr const char* kBelowMask = "below the mask";

// Where the last entry of the table is that a request got, and that the device reaches it.
Term last_entry(const RangeRequest& request, const Term& entry) { return entry + (request.pages - word(1)); }
Term is_reached(const RangeCall& call, const Term& last) {
  return less_equal(call.table.first_index + last, call.request.mask);
}

// Of the first entry, if it is not a failure, where `boundary` entries lie between two segment boundaries.
std::vector<Named> range_alloc_promises(const RangeCall& call, const Term& entry, const Term& boundary) {
  const Term align_mask = shift_left(word(1), call.request.align_order) - word(1);
  const LinuxTable& table = call.table;
  const RangeRequest& request = call.request;
  return {
      {kAtLeastOne, request.pages != word(0)},
      {"in the window", range_alloc_promises_place(table.entries, request.pages, entry)},
      {kBelowMask, is_reached(call, last_entry(request, entry))},
      {"aligned", (entry & align_mask) == word(0)},
      {"across no segment boundary", inside_boundary(table.first_index, entry, request.pages, boundary)},
  };
}

// Without cases.
Instance range_instance(const Setting& setting, const RangeCall& call) {
  Instance instance;
  instance.function = "iommu_range_alloc";
  instance.target = setting.target;
  instance.rests_on = {"alloc/iommu_area_alloc", "alloc/dma_get_seg_boundary_nr_pages"};
  instance.assumptions = call.table.assumptions;
  instance.hypotheses = range_alloc_hypotheses(call.window(), call.request.pages, call.request.mask);
  instance.domain = call.wide_domain(true);
  instance.domain.push_back(range_alloc_meaning(call.request));
  instance.domain.push_back(less(call.bit, word(kMostBits)));
  instance.domain.push_back(less_equal(word(12), call.table.page_shift));
  instance.domain.push_back(less_equal(call.table.page_shift, word(34)));
  instance.inputs = call.table.inputs;
  for (const Named& input : {Named{"pages", call.request.pages}, Named{"mask", call.request.mask},
                             Named{"align_order", call.request.align_order}, Named{"bit", call.bit}}) {
    instance.inputs.push_back(input);
  }
  const Term& shift = call.table.page_shift;
  const Term page_mask = shift_left(word(1), shift) - word(1);
  // What a scenario can tell, then what is small.
  instance.preferences = {(call.request.mask & (call.request.mask + word(1))) == word(0),
                          less_equal(call.request.mask, shift_right(word(kNoEntry), shift)),
                          less_equal(page_mask, call.table.boundary_mask),
                          call.request.align_order == word(0),
                          call.table.first_index == word(0),
                          shift == word(12),
                          call.table.entries == word(64),
                          less_equal(call.table.entries, word(4)),
                          call.request.pages == call.table.entries,
                          call.request.pages == word(1),
                          call.request.pages == word(2),
                          call.table.boundary_mask == word(kNoEntry),
                          call.table.boundary_mask == page_mask,
                          call.request.mask == shift_right(word(kNoEntry), shift),
                          call.request.mask == word(15),
                          call.table.first_index == word(16),
                          call.table.max_segment_size == Term::bits(32, 65536)};
  instance.paths = call.paths.size();
  instance.incomplete = incompleteness(call.paths);
  return instance;
}

Term succeeded(const Path& path) { return path.result->bits != word(kNoEntry); }

// What iommu_area_alloc() promised where it succeeded.
Term promised(const Path& path) {
  const auto found = path.ghosts.find(kAreaPromised);
  return found == path.ghosts.end() ? Term::boolean(true) : found->second;
}

// The call of iommu_area_alloc() that the path saw last; none if it did not come to it.
const Event* last_search(const Path& path) {
  for (auto event = path.events.rbegin(); event != path.events.rend(); ++event) {
    if (event->name == kAreaAsked) return &*event;
  }
  return nullptr;
}

// What everything about the place of the entries follows from: where iommu_area_alloc() has to stop. It is
// shown of the paths; what follows is then shown of any number that this holds for, without what the paths say
// about locks and hints, which makes it hard.
class SearchEnd {
 public:
  explicit SearchEnd(const RangeCall& call) : call_(call) {
    names_ = {"first_index", "entries", "pools", "mask", "pages", "boundary"};
    for (const RangeCall::Place& place : call.places) {
      for (const Term* number : {&place.first, &place.end}) names_.merge(free_names(*number));
    }
  }

  // In the window, and below the mask: entries [0, end) may be searched.
  Term is_right(const Term& end) const {
    return (end != word(0)) & less_equal(end, call_.table.entries) &
           less_equal(call_.table.first_index + (end - word(1)), call_.request.mask);
  }

  // One for each call of iommu_area_alloc() that was seen.
  std::vector<Case> cases() const {
    std::vector<Case> result;
    for (const Path& path : call_.paths) {
      for (const Event& event : path.events) {
        if (event.name != kAreaAsked) continue;
        const Term& end = event.arguments[0];
        // Which end it is depends on more: on the hint or the handle that the search begins at, and on the
        // pass. Only which CPU asks and how pools are chosen for it make no difference, and the question hard.
        std::vector<Term> known = conditions_before(path, event.given);
        std::erase_if(known, [](const Term& condition) {
          return free_names(condition).contains("pool_hash") || free_names(condition).contains("cpu");
        });
        add_case(result, {fmt::format("the search ends in the window and below the mask ({})", event.place),
                          {},
                          implies(all_of(known), is_right(end)),
                          {}});
      }
    }
    return result;
  }

  // The goal follows from where the last search of the path ended and from what it promised: for `of_place`
  // only from what is said about the numbers in the goal. Shown for any end and any entry, so that it is one
  // question for most paths.
  Term follows(const Path& path, bool of_place, Term goal) const {
    const Event* search = last_search(path);
    if (search == nullptr) return implies(promised(path), goal);
    const Term& end = search->arguments[0];
    std::vector<Term> known = conjuncts(promised(path));
    known.push_back(is_right(end));
    // That there is something to search for.
    for (const Term& term : about(path.conditions, {"pages"})) known.push_back(term);
    known = conjuncts(all_of(known));
    known.push_back(goal);
    for (Term& term : known) {
      if (!end.constant()) term = substitute(term, end, free_word("search_end"));
      if (of_place && !path.result->bits.constant()) {
        term = substitute(term, path.result->bits, free_word("entry"));
      }
    }
    goal = known.back();
    known.pop_back();
    if (of_place) {
      std::set<std::string> names = free_names(goal);
      names.insert("search_end");
      known = about(known, names);
    }
    return implies(all_of(known), goal);
  }

  // That the last entry is below the mask, in two steps, as solvers are slow on sums that are not added in the
  // same order: it is in front of the end of the search, and any such entry is below the mask.
  void add_below_mask(std::vector<Case>& cases) const {
    for (const Path& path : call_.paths) {
      if (path.end != Path::End::kReturned) continue;
      const Event* search = last_search(path);
      if (search == nullptr) {
        if (succeeded(path).is_false()) continue;
        cases.push_back({fmt::format("{}: nothing without a search", kBelowMask), {}, !succeeded(path), {}});
        continue;
      }
      const Term last = last_entry(call_.request, path.result->bits);
      const Term goal = follows(path, true, implies(succeeded(path), less(last, search->arguments[0])));
      if (!goal.is_true()) {
        add_case(cases, {fmt::format("{}: the last entry is searched", kBelowMask), {}, goal, {}});
      }
    }
    const Term end = free_word("search_end");
    const Term last = free_word("last_entry");
    cases.push_back({kBelowMask, {}, implies(is_right(end) & less(last, end), is_reached(call_, last)), {}});
  }

  // What iommu_area_alloc() asks for, as far as it follows.
  bool is_about(const Obligation& obligation) const {
    const auto has = [&](std::string_view words) { return obligation.what.find(words) != std::string::npos; };
    return has("is asked inside the map") || has("is asked where there is an entry") ||
           has("is asked for what fits between");
  }
  void add_consequences(std::vector<Case>& cases) const {
    for (const Path& path : call_.paths) {
      for (const Obligation& obligation : path.obligations) {
        if (!is_about(obligation)) continue;
        add_case(
            cases,
            {fmt::format("{} ({})", obligation.what, obligation.place), {}, end_before(path, obligation), {}});
      }
    }
  }

 private:
  // Those that use no other names.
  static std::vector<Term> about(const std::vector<Term>& terms, const std::set<std::string>& names) {
    std::vector<Term> result;
    for (const Term& term : terms) {
      const std::set<std::string> used = free_names(term);
      if (std::includes(names.begin(), names.end(), used.begin(), used.end())) result.push_back(term);
    }
    return result;
  }

  // The obligation follows from where the search that it belongs to ends: they hold under the same conditions.
  Term end_before(const Path& path, const Obligation& obligation) const {
    Term holds = obligation.holds;
    for (const Event& event : path.events) {
      if (event.name != kAreaAsked || event.given != obligation.given) continue;
      const Term& end = event.arguments[0];
      holds = implies(is_right(end), holds);
      if (!end.constant()) holds = substitute(holds, end, free_word("search_end"));
    }
    return holds;
  }

  const RangeCall& call_;
  std::set<std::string> names_;
};

// Of all paths that return.
void add_behind_search(std::vector<Case>& cases, const RangeCall& call, const std::string& name,
                       const std::function<Term(const Path&)>& goal) {
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    Term holds = goal(path);
    if (!holds.is_true()) add_case(cases, {name, {}, std::move(holds), {}});
  }
}

// What callers are told besides: of any numbers, then that the table's are such.
std::vector<Case> what_place_means(const RangeCall& call, const Term& narrow) {
  // As wide as they can be: solvers are slow on what overflows 64 bits.
  const auto narrow_number = [](unsigned width, std::string_view name) {
    return zero_extend(Term::free_bits(width, name), 64);
  };
  const RangeWindow any{narrow_number(52, "any_first_index"), narrow_number(32, "any_entries"), {}, {}};
  const Term highest = narrow_number(52, "highest_index");
  const Term pages = narrow_number(32, "any_pages");
  const Term entry = free_word("any_entry");
  const auto on_bus = [](const Term& first_index, const Term& entries, const Term& highest_index) {
    return less_equal(first_index, highest_index) & less_equal(entries - word(1), highest_index - first_index);
  };
  std::vector<Case> cases;
  for (const Term& meaning : range_alloc_place_means(any, highest, pages, entry)) {
    cases.push_back({"what the place of the entries means",
                     {on_bus(any.first_index, any.entries, highest), pages != word(0),
                      range_alloc_promises_place(any.entries, pages, entry)},
                     meaning,
                     {}});
  }
  const Term highest_index = shift_right(word(~uint64_t{0}), call.table.page_shift);
  cases.push_back({"the window is on the bus",
                   {narrow},
                   on_bus(call.table.first_index, call.table.entries, highest_index) &
                       less(highest_index, word(uint64_t{1} << 52)) &
                       less(call.table.entries, word(uint64_t{1} << 32)),
                   {}});
  return cases;
}

Instance range_alloc(const Setting& setting, const RangeCall& call) {
  Instance instance = range_instance(setting, call);
  instance.claim = "alloc";
  instance.words =
      "entries lie in the window, below the mask, across no segment boundary, aligned, all free before, all "
      "marked "
      "after and nothing else; handle gets the entry behind; a failure changes neither";
  const SearchEnd end(call);
  instance.cases = end.cases();
  // The obligations that follow from that are shown as such.
  std::vector<Path> others = call.paths;
  for (Path& path : others) std::erase_if(path.obligations, [&](const auto& o) { return end.is_about(o); });
  for (Case& question : all_obligation_cases(others)) instance.cases.push_back(std::move(question));
  end.add_consequences(instance.cases);
  const auto promises = range_alloc_promises(call, word(0), call.boundary);
  for (std::size_t i = 0; i < promises.size(); ++i) {
    const auto goal = [&](const Path& path) {
      return implies(succeeded(path), range_alloc_promises(call, path.result->bits, call.boundary)[i].term);
    };
    // That there is something to search for is not said by where the search ends.
    if (promises[i].name == kAtLeastOne) {
      instance.cases.push_back(on_return(promises[i].name, call.paths, goal));
    } else if (promises[i].name == kBelowMask) {
      end.add_below_mask(instance.cases);
    } else {
      add_behind_search(instance.cases, call, promises[i].name,
                        [&](const Path& path) { return end.follows(path, true, goal(path)); });
    }
  }
  const Term before = call.table.state.memory.at(call.table.bitmap).words();
  instance.cases.push_back(on_return("all free before", call.paths, [&](const Path& path) {
    return implies(promised(path) & succeeded(path) & in_range(call.bit, path.result->bits, call.request.pages),
                   !is_set(before, call.bit));
  }));
  add_behind_search(instance.cases, call, "all marked after, and nothing else", [&](const Path& path) {
    const Term marked = choose(succeeded(path), call.request.pages, word(0));
    const Term after = path.memory.at(call.table.bitmap).words();
    return end.follows(path, false,
                       only_range_changed(before, after, call.bit, path.result->bits, marked, true));
  });
  instance.cases.push_back(on_return("handle", call.paths, [&](const Path& path) {
    Object handle = path.memory.at(call.handle);
    const auto now = handle.load(word(0), 8);
    if (!now) return Term::boolean(false);
    const Term written = succeeded(path) & !call.no_handle;
    return now->bits == choose(written, path.result->bits + call.request.pages, free_word("handle"));
  }));
  const Term narrow = call.narrow();
  for (Case& question : instance.cases) {
    question.given.push_back(narrow);
    question.try_without_given = true;
  }
  // What callers know, in place of what is said of the free numbers.
  instance.cases.push_back({"the pools have entries as callers see to it",
                            {narrow, range_window(call.table).pools_have_entries},
                            call.window().pools_have_entries,
                            {}});
  for (Case& question : what_place_means(call, narrow)) instance.cases.push_back(std::move(question));
  instance.cases.push_back({"the table is one of those that are asked about",
                            {narrow},
                            all_of(call.wide_domain(false)),
                            split_page_shift(call.table.page_shift)});
  instance.witnesses =
      returning(call.paths, [&](const Path& path) { return narrow & promised(path) & succeeded(path); });
  instance.scenario = [shift = setting.system_page_shift, id = instance.id()](const Model& model) {
    Model machine = model;
    const uint64_t page_shift = model.at("page_shift");
    machine["dma_mask"] = (((model.at("mask") + 1) << page_shift)) - 1;
    ScenarioText text(machine, shift, fmt::format("a counterexample of the prover to {}", id));
    const uint64_t bytes = model.at("pages") << page_shift;
    text.owned_by_caller(0, bytes - 1);
    text.map_page(0, 0, bytes, 0);
    return text.text();
  };
  return instance;
}

// What drivers get of the alignment: on the bus, not in the table.
Instance bus_alignment(const Setting& setting, const RangeCall& call) {
  Instance instance = range_instance(setting, call);
  instance.claim = "alignment";
  instance.words = "the first entry's page on the bus is aligned as asked";
  instance.rests_on = {"alloc/iommu_range_alloc"};
  const Term align_mask = shift_left(word(1), call.request.align_order) - word(1);
  instance.hypotheses = {{"window-aligned", "the window begins at a multiple of the alignment",
                          "lib/iommu-helper.c, iommu_area_alloc() aligns in the table (finding "
                          "coherent-alignment-relative-to-table)",
                          (call.table.first_index & align_mask) == word(0)}};
  const Term entry = free_word("entry");
  Term promised = Term::boolean(true);
  for (const Named& promise : range_alloc_promises(call, entry, boundary_entries(call.table))) {
    promised = promised & promise.term;
  }
  instance.inputs.push_back({"entry", entry});
  promised = promised & call.narrow();
  instance.cases = {
      {"the page on the bus", {promised}, ((call.table.first_index + entry) & align_mask) == word(0), {}}};
  instance.witnesses = {{promised, call.request.align_order == word(4)}};
  instance.incomplete = std::nullopt;
  // As alloc_coherent asks: as many pages as the order says, a multiple of the system page.
  const uint64_t order = 4;
  instance.preferences = {call.table.page_shift == word(12),
                          call.request.align_order == word(order),
                          call.request.pages == word(uint64_t{1} << order),
                          call.table.first_index == word(1),
                          call.table.entries == word(64),
                          call.table.boundary_mask == word(kNoEntry),
                          call.request.mask == shift_right(word(kNoEntry), call.table.page_shift),
                          call.table.max_segment_size == Term::bits(32, 65536)};
  instance.scenario = [shift = setting.system_page_shift, id = instance.id()](const Model& model) {
    ScenarioText text(model, shift, fmt::format("a counterexample of the prover to {}", id));
    const uint64_t bytes = model.at("pages") << model.at("page_shift");
    text.owned_by_caller(0, bytes - 1);
    text.command(
        {{"do", "alloc_coherent"}, {"mapping", 0}, {"size", fmt::format("{:#x}", bytes)}, {"memory", "0x0"}});
    return text.text();
  };
  return instance;
}

// ---- dma_get_seg_boundary_nr_pages() ----

Expected<Instance> segment_boundary(const Setting& setting) {
  const std::string function = "dma_get_seg_boundary_nr_pages";
  Executor executor(setting.program, Limits{.join_paths = true});
  auto table = LinuxTable::make(executor, setting.system_page_shift);
  if (!table) return tl::unexpected(table.error());
  add_environment(executor);
  auto paths = executor.run(function, table->state,
                            {table->device, Value::number(truncate(table->page_shift, 32))}, table->domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance instance;
  instance.claim = "alloc";
  instance.function = function;
  instance.target = setting.target;
  instance.words = "the result is how many entries lie between two of the device's segment boundaries";
  instance.assumptions = table->assumptions;
  instance.domain = table->domain;
  instance.inputs = table->inputs;
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = all_obligation_cases(*paths);
  instance.cases.push_back(on_return("entries between boundaries", *paths, [&](const Path& path) {
    return path.result->bits == boundary_entries(*table);
  }));
  instance.witnesses = returning(*paths, [&](const Path&) { return table->boundary_mask == word(0xffffffff); });
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting) {
  auto call = RangeCall::run(setting);
  auto boundary = segment_boundary(setting);
  if (!call || !boundary) return tl::unexpected(call ? boundary.error() : call.error());
  return std::vector<Instance>{range_alloc(setting, *call), bus_alignment(setting, *call),
                               std::move(*boundary)};
}

}  // namespace nospan::solver
