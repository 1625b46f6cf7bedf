// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_alloc.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>

#include "solver/claims/linux_bitmap.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;

const uint64_t kFailed = ~uint64_t{0};  // DMA_MAPPING_ERROR, and -1 of iommu_area_alloc()

Term power_of_two(const Term& number) {
  return (number != word(0)) & ((number & (number - word(1))) == word(0));
}

// The area lies between two multiples of the boundary, where both count from `shift` entries before the table.
Term inside_boundary(const Term& shift, const Term& first, const Term& count, const Term& boundary) {
  return less_equal(((shift + first) & (boundary - word(1))) + count, boundary);
}

// ---- iommu_area_alloc() ----

struct AreaRequest {
  Term size;
  Term start;
  Term count;
  Term shift;
  Term boundary;  // entries
  Term align_mask;
};

Term area_alloc_asks(const Object& map, const AreaRequest& request) {
  const Term most = word(uint64_t{1} << 52);  // entries of 4 KiB in 64 bits of DMA address
  // An empty area would have 2^64 - 1 bits once its last one is taken off. A request that fits between no two
  // boundaries is looked for forever, unless there are too few entries anyway.
  return (request.size != word(0)) & less_equal(request.size, word(kMostBits)) &
         less_equal(request.size, room(map)) & (request.count != word(0)) & power_of_two(request.boundary) &
         less_equal(request.boundary, most) & less_equal(request.shift, most) &
         (less_equal(request.count, request.boundary) | less_equal(request.size, request.count)) &
         ((request.align_mask & (request.align_mask + word(1))) == word(0)) &
         less(request.align_mask, word(uint64_t{1} << 63));
}

// The last entry is never used.
Term area_alloc_promises(const AreaRequest& request, const Term& before, const Term& bit, const Term& found) {
  return less_equal(request.start, found) & less(request.count, request.size) &
         less(found, request.size - request.count) & ((found & request.align_mask) == word(0)) &
         inside_boundary(request.shift, found, request.count, request.boundary) &
         implies(in_range(bit, found, request.count), !is_set(before, bit));
}

// The promise of the call that succeeded, a ghost.
constexpr const char* kPromised = "iommu_area_alloc() promised";

void add_area_alloc(Executor& executor, const Term& bit) {
  executor.add("iommu_area_alloc",
               [bit, count = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
                 auto map = map_of(state, call);
                 if (!map) return tl::unexpected(map.error());
                 const AreaRequest request{
                     call.arguments[1].bits, call.arguments[2].bits, zero_extend(call.arguments[3].bits, 64),
                     call.arguments[4].bits, call.arguments[5].bits, call.arguments[6].bits};
                 // Neither what it asks nor what it promises becomes a condition of the path: branches do not
                 // depend on them, and the questions whether a branch can be taken stay short. Goals have the
                 // promise.
                 state.obligations.push_back(
                     {Obligation::Kind::kContract, area_alloc_asks(**map, request),
                      "iommu_area_alloc() is asked for entries of the table that can fit a segment", call.place,
                      state.conditions.size()});
                 std::vector<Outcome> outcomes;
                 outcomes.push_back({state, Value::number(word(kFailed))});
                 const Term before = state.memory.at(call.arguments[0].object).words();
                 const Term after = Term::free_map(fmt::format("allocation#{}", count));
                 const Term found = free_word(fmt::format("area#{}", count++));
                 state.assume(found != word(kFailed));
                 state.ghosts[kPromised] = area_alloc_promises(request, before, bit, found) &
                                           only_range_changed(before, after, bit, found, request.count, true);
                 state.memory.change(call.arguments[0].object).set_words(after);
                 outcomes.push_back({std::move(state), Value::number(found)});
                 return outcomes;
               });
}

Expected<Instance> area_alloc(const Setting& setting) {
  const std::string function = "iommu_area_alloc";
  Executor executor(setting.program);
  const Term bit = arbitrary_bit();
  add_environment(executor);
  add_bitmap_contracts(executor, bit);
  const Term words = Term::free_map("before");
  const Term word_count = free_word("map_words");
  State state;
  const ObjectId object = state.memory.add(Object::of_words("map", shift_left(word_count, word(3)), words));
  const Term count = Term::free_bits(32, "count");
  const Term exponent = free_word("boundary_exponent");
  const AreaRequest request{free_word("size"),
                            free_word("start"),
                            zero_extend(count, 64),
                            free_word("shift"),
                            shift_left(word(1), exponent),
                            free_word("align_mask")};

  LoopContract loop;
  loop.function = function;
  loop.words = "the search goes on at or behind where it began";
  const auto position = [request](LoopView& view) {
    return carried(view, "start",
                   [&](const auto& variable) { return variable.entry.bits.same(request.start); });
  };
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    return less_equal(request.start, (*start)->value.bits) &
           Term::boolean(view.state.memory.at(object).words().same(words));
  };
  loop.measure = [=](LoopView& view) -> Expected<Term> {
    auto start = position(view);
    if (!start) return tl::unexpected(start.error());
    // It only ever grows.
    return ~(*start)->value.bits;
  };
  executor.add(loop);

  Instance instance;
  instance.claim = "alloc";
  instance.function = function;
  instance.target = setting.target;
  instance.words =
      "the result is -1 and nothing changes, or an aligned area of free entries between start and size, across "
      "no "
      "boundary, that is then marked, and nothing else";
  instance.rests_on = {"alloc/bitmap_find_next_zero_area_off", "alloc/__bitmap_set"};
  instance.assumptions = {
      {"bitmap-size", "a bitmap has at most 2^31 bits", "a window has at most 2^31 entries: window-entries"}};
  instance.domain = {less_equal(word(1), word_count), less_equal(word_count, word(kMostBits / 64)),
                     less(bit, word(kMostBits)), less_equal(exponent, word(52)),
                     area_alloc_asks(state.memory.at(object), request)};
  instance.inputs = {{"size", request.size},
                     {"start", request.start},
                     {"count", request.count},
                     {"shift", request.shift},
                     {"boundary", request.boundary},
                     {"align_mask", request.align_mask},
                     {"bit", bit},
                     {"map_words", word_count}};
  auto paths = executor.run(
      function, state,
      {Value::pointer(object), Value::number(request.size), Value::number(request.start), Value::number(count),
       Value::number(request.shift), Value::number(request.boundary), Value::number(request.align_mask)},
      instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  instance.paths = paths->size();
  instance.incomplete = incompleteness(*paths);
  instance.cases = contract_cases(*paths);
  for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
  instance.cases.push_back(on_return("an area inside, aligned, free before", *paths, [&](const Path& path) {
    const Term& found = path.result->bits;
    return (found == word(kFailed)) | area_alloc_promises(request, words, bit, found);
  }));
  instance.cases.push_back(on_return("exactly the area is marked", *paths, [&](const Path& path) {
    const Term& found = path.result->bits;
    const Term& after = path.memory.at(object).words();
    const Term marked = choose(found == word(kFailed), word(0), request.count);
    return only_range_changed(words, after, bit, found, marked, true);
  }));
  instance.witnesses = returning(*paths, [&](const Path& path) {
    return (path.result->bits != word(kFailed)) & (request.count == word(20));
  });
  return instance;
}

// ---- iommu_range_alloc() ----

// Entries between two multiples of the device's segment boundary: Linux, dma_get_seg_boundary_nr_pages().
Term boundary_entries(const LinuxTable& table) {
  const Term mask = choose(table.boundary_mask == word(0), word(0xffffffff), table.boundary_mask);
  return shift_right(mask, table.page_shift) + word(1);
}

// Members of a table's pools, as offsets in struct iommu_table.
struct Pools {
  std::vector<uint64_t> start;  // of struct iommu_pool: the large one, then the others
  uint64_t hint = 0;            // in struct iommu_pool
  uint64_t lock = 0;

  static Expected<Pools> of(const Program& program) {
    auto large = program.offset_of("iommu_table", "large_pool");
    auto first = program.offset_of("iommu_table", "pools");
    auto all = program.member_size("iommu_table", "pools");
    auto one = program.size_of("iommu_pool");
    auto hint = program.offset_of("iommu_pool", "hint");
    auto lock = program.offset_of("iommu_pool", "lock");
    for (const auto* part : {&large, &first, &all, &one, &hint, &lock}) {
      if (!*part) return tl::unexpected(part->error());
    }
    Pools result{{*large}, *hint, *lock};
    for (uint64_t at = *first; at < *first + *all; at += *one) result.start.push_back(at);
    return result;
  }

  // A pointer into the table points to one of its `count` pools.
  Term is_pool(const Term& offset, const Term& count) const {
    Term result = offset == word(start[0]);
    for (std::size_t i = 1; i < start.size(); ++i) {
      result = result | ((offset == word(start[i])) & less(word(i - 1), count));
    }
    return result;
  }
  bool is_hint(uint64_t offset) const { return is_member(offset, hint); }
  bool is_lock(uint64_t offset) const { return is_member(offset, lock); }

 private:
  bool is_member(uint64_t offset, uint64_t member) const {
    for (const uint64_t at : start) {
      if (offset == at + member) return true;
    }
    return false;
  }
};

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
  RangeRequest request{free_word("pages"), free_word("mask"), free_word("align_order")};
  ObjectId handle = ObjectId::kNone;
  Term no_handle = Term::free_boolean("no_handle");
  Term bit = arbitrary_bit();
  std::vector<Path> paths;

  static Expected<RangeCall> run(const Setting& setting);

 private:
  // Adds the paths on which the pool with that number is the one that is tried, of how many there are.
  Expected<std::size_t> add_paths(const Setting& setting, std::size_t pool);
};

// What one try of iommu_range_alloc() leaves behind for the next: another pool, whose lock is held, and other
// hints. The iteration that is looked at tries the pool at offset `tried`.
LoopContract retry(const RangeCall& call, const Pools& pools, const State& entry, ObjectId thread,
                   uint64_t locks, uint64_t tried) {
  LoopContract loop;
  loop.function = "iommu_range_alloc";
  loop.words =
      "a pool of the table is tried, its lock is held and no other one, and nothing but hints has changed";
  const ObjectId table = call.table.table.object;
  const auto pool_of = [](LoopView& view) {
    return carried(view, "pointer to a pool", [](const auto& variable) { return variable.is_pointer; });
  };
  const auto pass_of = [](LoopView& view) {
    // It begins at 0, or the loop is the inner one, which carries no other number.
    return carried(view, "count of passes", [&](const auto& variable) {
      return !variable.is_pointer && (variable.entry.bits.constant() == 0 || view.carried.size() == 2);
    });
  };
  const auto held = [](const Term& pool, uint64_t start) {
    return choose(pool == word(start), Term::bits(32, 1), Term::bits(32, 0));
  };
  loop.havoc = [=, count = 0u](LoopView& view) mutable -> Expected<void> {
    auto pool = pool_of(view);
    if (!pool) return tl::unexpected(pool.error());
    (*pool)->value.bits = word(tried);
    Object& object = view.state.memory.change(table);
    for (const uint64_t start : pools.start) {
      const Term hint = free_word(fmt::format("hint#{}", count++));
      if (auto done = object.store(word(start + pools.hint), 8, Value::number(hint)); !done) return done;
      if (auto done =
              object.store(word(start + pools.lock), 4, Value::number(held((*pool)->value.bits, start)));
          !done) {
        return done;
      }
    }
    return {};
  };
  const Term pool_count = free_word("pools");
  loop.invariant = [=, words = entry.memory.at(call.table.bitmap).words(), bitmap = call.table.bitmap,
                    handle = call.handle, before = entry.memory](LoopView& view) mutable -> Expected<Term> {
    auto pool = pool_of(view);
    auto pass = pass_of(view);
    if (!pool || !pass) return tl::unexpected(pool ? pass.error() : pool.error());
    Memory& memory = view.state.memory;
    Term holds = pools.is_pool((*pool)->value.bits, pool_count) &
                 Term::boolean((*pool)->value.object == table && memory.at(bitmap).words().same(words));
    holds = holds & less_equal(zero_extend((*pass)->value.bits, 64), pool_count + word(2));
    for (const LoopView::Carried& variable : view.carried) {
      if (variable.is_pointer || &variable == *pass) continue;
      holds = holds & less(zero_extend(variable.value.bits, 64), pool_count);
    }
    auto count = memory.change(thread).load(word(locks), 4);
    if (!count) return tl::unexpected(count.error());
    holds = holds & (count->bits == Term::bits(32, 1));
    for (const ObjectId object : {table, handle}) {
      for (const auto& [offset, bytes, defined] :
           before.at(object).pieces(0, *before.at(object).size().constant())) {
        if (!defined) continue;
        if (object == table && pools.is_hint(offset)) continue;
        auto now = memory.change(object).load(word(offset), bytes);
        if (!now) return tl::unexpected(now.error());
        if (object == table && pools.is_lock(offset)) {
          holds = holds & (now->bits == held((*pool)->value.bits, offset - pools.lock));
          continue;
        }
        auto then = before.change(object).load(word(offset), bytes);
        if (!then) return tl::unexpected(then.error());
        holds = holds & Term::boolean(now->object == then->object) & (now->bits == then->bits);
      }
    }
    return holds;
  };
  loop.measure = [=](LoopView& view) -> Expected<Term> {
    auto pass = pass_of(view);
    if (!pass) return tl::unexpected(pass.error());
    return pool_count + word(3) - zero_extend((*pass)->value.bits, 64);
  };
  return loop;
}

Expected<RangeCall> RangeCall::run(const Setting& setting) {
  // One after another: a pointer to one pool is far easier for the solver than one that may be any.
  RangeCall call;
  std::size_t pools = 1;
  for (std::size_t pool = 0; pool < pools; ++pool) {
    auto count = call.add_paths(setting, pool);
    if (!count) return tl::unexpected(count.error());
    pools = *count;
  }
  return call;
}

Expected<std::size_t> RangeCall::add_paths(const Setting& setting, std::size_t pool) {
  Executor executor(setting.program);
  auto made = LinuxTable::make(executor, setting.system_page_shift);
  if (!made) return tl::unexpected(made.error());
  table = std::move(*made);
  add_environment(executor);
  add_area_alloc(executor, bit);
  State& state = table.state;
  handle = state.memory.add(Object("handle", word(8), Object::Initial::kFree));
  if (auto done = state.memory.change(handle).store(word(0), 8, Value::number(free_word("handle"))); !done) {
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
  for (const std::size_t index : *loops) {
    LoopContract loop = retry(*this, *pools, state, thread->object, *locks, pools->start.at(pool));
    loop.loop = index;
    executor.add(std::move(loop));
  }
  table.domain.push_back(range_alloc_asks(request));
  table.domain.push_back(less(bit, word(kMostBits)));
  // What branches depend on; all of it only when claims are decided.
  const Term pool_count = free_word("pools");
  const std::vector<Term> domain = {(pool_count == word(1)) | (pool_count == word(4)),
                                    less(Term::free_bits(32, "cpu"), Term::bits(32, 64))};
  Value handle_pointer = Value::pointer(handle);
  handle_pointer.null_if = no_handle;
  auto found = executor.run("iommu_range_alloc", state,
                            {table.device, table.table, Value::number(request.pages), handle_pointer,
                             Value::number(request.mask), Value::number(truncate(request.align_order, 32))},
                            domain);
  if (!found) return tl::unexpected(found.error());
  for (Path& path : *found) paths.push_back(std::move(path));
  return pools->start.size();
}

// Without cases.
Instance range_instance(const Setting& setting, const RangeCall& call) {
  Instance instance;
  instance.function = "iommu_range_alloc";
  instance.target = setting.target;
  instance.rests_on = {"alloc/iommu_area_alloc"};
  instance.assumptions = call.table.assumptions;
  instance.hypotheses = range_alloc_hypotheses(call.table, call.request);
  instance.domain = call.table.domain;
  instance.inputs = call.table.inputs;
  for (const Named& input : {Named{"pages", call.request.pages}, Named{"mask", call.request.mask},
                             Named{"align_order", call.request.align_order}, Named{"bit", call.bit}}) {
    instance.inputs.push_back(input);
  }
  const Term& shift = call.table.page_shift;
  const Term page_mask = shift_left(word(1), shift) - word(1);
  // What a scenario can tell, then what is small.
  instance.preferences = {(call.request.mask & (call.request.mask + word(1))) == word(0),
                          less_equal(call.request.mask, shift_right(word(kFailed), shift)),
                          less_equal(page_mask, call.table.boundary_mask),
                          call.request.align_order == word(0),
                          call.table.first_index == word(0),
                          shift == word(12),
                          call.table.entries == word(64),
                          less_equal(call.table.entries, word(4)),
                          call.request.pages == call.table.entries,
                          call.request.pages == word(1),
                          call.request.pages == word(2),
                          call.table.boundary_mask == word(kFailed),
                          call.table.boundary_mask == page_mask,
                          call.request.mask == shift_right(word(kFailed), shift),
                          call.request.mask == word(15),
                          call.table.first_index == word(16),
                          call.table.max_segment_size == Term::bits(32, 65536)};
  instance.paths = call.paths.size();
  instance.incomplete = incompleteness(call.paths);
  return instance;
}

Term succeeded(const Path& path) { return path.result->bits != word(kFailed); }

Instance range_alloc(const Setting& setting, const RangeCall& call) {
  Instance instance = range_instance(setting, call);
  instance.claim = "alloc";
  instance.words =
      "entries lie in the window, below the mask, across no segment boundary, aligned, all free before, all "
      "marked "
      "after and nothing else; handle gets the entry behind; a failure changes neither";
  const auto promised = [](const Path& path) {
    const auto found = path.ghosts.find(kPromised);
    return found == path.ghosts.end() ? Term::boolean(true) : found->second;
  };
  instance.cases = contract_cases(call.paths);
  for (Case& question : safety_cases(call.paths)) instance.cases.push_back(std::move(question));
  const auto promises = range_alloc_promises(call.table, call.request, word(0));
  for (std::size_t i = 0; i < promises.size(); ++i) {
    instance.cases.push_back(on_return(promises[i].name, call.paths, [&](const Path& path) {
      return implies(promised(path) & succeeded(path),
                     range_alloc_promises(call.table, call.request, path.result->bits)[i].term);
    }));
  }
  const Term before = call.table.state.memory.at(call.table.bitmap).words();
  instance.cases.push_back(on_return("all free before", call.paths, [&](const Path& path) {
    return implies(promised(path) & succeeded(path) & in_range(call.bit, path.result->bits, call.request.pages),
                   !is_set(before, call.bit));
  }));
  instance.cases.push_back(on_return("all marked after, and nothing else", call.paths, [&](const Path& path) {
    const Term marked = choose(succeeded(path), call.request.pages, word(0));
    return (!promised(path)) | only_range_changed(before, path.memory.at(call.table.bitmap).words(), call.bit,
                                                  path.result->bits, marked, true);
  }));
  instance.cases.push_back(on_return("handle", call.paths, [&](const Path& path) {
    Object handle = path.memory.at(call.handle);
    const auto now = handle.load(word(0), 8);
    if (!now) return Term::boolean(false);
    const Term written = succeeded(path) & !call.no_handle;
    return now->bits == choose(written, path.result->bits + call.request.pages, free_word("handle"));
  }));
  instance.witnesses =
      returning(call.paths, [&](const Path& path) { return promised(path) & succeeded(path); });
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
  for (const Named& promise : range_alloc_promises(call.table, call.request, entry)) {
    promised = promised & promise.term;
  }
  instance.inputs.push_back({"entry", entry});
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
                          call.table.boundary_mask == word(kFailed),
                          call.request.mask == shift_right(word(kFailed), call.table.page_shift),
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

// ---- get_pool() ----

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

Term range_alloc_asks(const RangeRequest& request) {
  return less(request.pages, word(uint64_t{1} << 32)) & less(request.align_order, word(64));
}

std::vector<Hypothesis> range_alloc_hypotheses(const LinuxTable& table, const RangeRequest& request) {
  return {
      {"mask-reaches-window", "the device's mask does not end below the window",
       "arch/powerpc/platforms, dma_iommu_dma_supported() (finding mask-below-window-searches-past-table)",
       less_equal(table.first_index, request.mask)},
      {"pools-have-entries", "every pool has at least one entry",
       "arch/powerpc/kernel/iommu.c, iommu_init_table() (finding empty-pool-searches-past-table)",
       table.large_pool_start != word(0)},
      {"fits-boundary", "the request fits between two segment boundaries, or has as many entries as the window",
       "lib/iommu-helper.c, iommu_area_alloc() (finding boundary-smaller-than-request-hangs)",
       less_equal(request.pages, boundary_entries(table)) | less_equal(table.entries, request.pages)},
  };
}

std::vector<Named> range_alloc_promises(const LinuxTable& table, const RangeRequest& request,
                                        const Term& entry) {
  const Term align_mask = shift_left(word(1), request.align_order) - word(1);
  return {
      {"at least one entry", request.pages != word(0)},
      {"in the window",
       less_equal(request.pages, table.entries) & less_equal(entry, table.entries - request.pages)},
      {"below the mask", less_equal(table.first_index + entry + (request.pages - word(1)), request.mask)},
      {"aligned", (entry & align_mask) == word(0)},
      {"across no segment boundary",
       inside_boundary(table.first_index, entry, request.pages, boundary_entries(table))},
  };
}

Expected<std::vector<Instance>> linux_area_alloc(const Setting& setting) {
  auto area = area_alloc(setting);
  if (!area) return tl::unexpected(area.error());
  return std::vector<Instance>{std::move(*area)};
}

Expected<std::vector<Instance>> linux_get_pool(const Setting& setting) {
  auto pool = get_pool(setting);
  if (!pool) return tl::unexpected(pool.error());
  return std::vector<Instance>{std::move(*pool)};
}

Expected<std::vector<Instance>> linux_range_alloc(const Setting& setting) {
  auto call = RangeCall::run(setting);
  if (!call) return tl::unexpected(call.error());
  return std::vector<Instance>{range_alloc(setting, *call), bus_alignment(setting, *call)};
}

}  // namespace nospan::solver
