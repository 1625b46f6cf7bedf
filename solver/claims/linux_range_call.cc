// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_range_call.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>

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

}  // namespace

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

Term last_entry(const RangeRequest& request, const Term& entry) { return entry + (request.pages - word(1)); }
Term is_reached(const RangeCall& call, const Term& last) {
  return less_equal(call.table.first_index + last, call.request.mask);
}

Term succeeded(const Path& path) { return path.result->bits != word(kNoEntry); }

Term promised(const Path& path) {
  const auto found = path.ghosts.find(kAreaPromised);
  return found == path.ghosts.end() ? Term::boolean(true) : found->second;
}

const Event* last_search(const Path& path) {
  for (auto event = path.events.rbegin(); event != path.events.rend(); ++event) {
    if (event->name == kAreaAsked) return &*event;
  }
  return nullptr;
}

}  // namespace nospan::solver
