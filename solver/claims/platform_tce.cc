// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/platform_tce.h"

#include <fmt/format.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Module.h>

#include "solver/claims/counting_loop.h"
#include "solver/claims/filler.h"
#include "solver/claims/linux_checks.h"
#include "solver/claims/linux_table.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// The bounded twins see this many IOMMU pages.
constexpr uint64_t kTwinPages = 4;

// ---- What a TCE must be ----

// What is asked of the builders: `count` IOMMU pages, the first of them with `address`, from index `index` on.
struct Request {
  Term index = free_word("index");
  Term skipped = free_word("skipped");  // entries of the window before `index`
  Term first_index = index - skipped;   // of the window
  Term count = free_word("count");
  Term address = free_word("address");  // of the guest
  Term direction = Term::free_bits(32, "direction");
  Term attributes = free_word("attributes");
  Term page_shift = free_word("page_shift");
};

// The TCE maps that many IOMMU pages behind the first one, and lets the device do what the direction says. A
// device that may write may read, too, on some platforms: nothing says that it must not.
Term is_right(const Request& request, const Term& tce, const Term& pages_behind) {
  const Term page = shift_right(request.address, request.page_shift) + pages_behind;
  const Term reads = (tce & word(kTceRead)) != word(0);
  const Term writes = (tce & word(kTceWrite)) != word(0);
  return ((tce & ~word(kTceRead | kTceWrite)) == shift_left(page, request.page_shift)) &
         (writes == device_writes(request.direction)) & implies(device_reads(request.direction), reads);
}

// ---- The state that they are executed in ----

struct Platform {
  Executor& executor;
  Request request;
  State state;
  Value table;       // struct iommu_table *
  ObjectId entries;  // the table in memory: it_base
  Term window;       // how many entries it has: it_size
  Term liobn;        // it_index
  Instance base;
};

// `absolute`: it_base begins with entry 0 of the bus, not with the first of the window.
Expected<Platform> make_platform(Executor& executor, const Setting& setting, bool absolute) {
  Platform platform{executor, {}, {}, {}, {}, {}, free_word("liobn"), {}};
  const Request& request = platform.request;
  // The window goes on behind what is asked for.
  const Term more = free_word("more");
  platform.window = request.skipped + request.count + more;
  // The object begins with the first entry that is asked for: what is written before it is an access outside,
  // and offsets need no sums.
  const Term before = absolute ? request.index : request.skipped;
  platform.entries = platform.state.memory.add(
      Object::of_words("the table", shift_left(request.count + more, word(3)), Term::free_map("old entries")));
  Filler filler(executor.program(), platform.state.memory);
  const ObjectId table = filler.add("tbl", "iommu_table");
  platform.table = Value::pointer(table);
  filler.set(table, "iommu_table", "it_page_shift", request.page_shift);
  filler.set(table, "iommu_table", "it_offset", request.first_index);
  filler.set(table, "iommu_table", "it_size", platform.window);
  filler.set(table, "iommu_table", "it_index", platform.liobn);
  filler.set(table, "iommu_table", "it_base", Value::pointer(platform.entries, before * word(~uint64_t{7})));
  filler.set(table, "iommu_table", "it_indirect_levels", word(0));
  if (filler.error()) return tl::unexpected(*filler.error());

  Instance& base = platform.base;
  base.target = setting.target;
  const Term& shift = request.page_shift;
  // Less than the bus has, whatever the page size, so that no bound depends on it.
  const Term most = word(uint64_t{1} << 52);
  base.domain = {
      less_equal(word(12), shift),
      less_equal(shift, word(34)),
      less_equal(request.index, most),
      less_equal(request.skipped, request.index),
      less_equal(more, most),
      less_equal(word(1), request.count),
      less(request.count, word(uint64_t{1} << 32)),
      less(request.address, word(uint64_t{1} << 56)),
      less_equal(shift_right(request.address, shift) + request.count,
                 shift_right(word(uint64_t{1} << 56), shift)),
      less(request.direction, Term::bits(32, 3)),
  };
  base.assumptions = {
      {"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34",
       "LoPAR, IO Page Sizes"},
      {"window-indices", "the window has at most 2^52 entries and begins at or below index 2^52",
       "LoPAR, DMA windows"},
      {"request-in-window", "1 to 2^32 - 1 entries are asked for, and they lie in the window",
       "arch/powerpc/kernel/iommu.c: what iommu_range_alloc() gave; claim alloc/iommu_range_alloc"},
      {"request-in-memory", "the IOMMU pages lie in the first 2^56 bytes of memory",
       "design section 6: what a scenario can tell"},
  };
  base.inputs = {{"page_shift", shift},           {"first_index", request.first_index},
                 {"entries", platform.window},    {"skipped", request.skipped},
                 {"count", request.count},        {"address", request.address},
                 {"direction", request.direction}};
  base.preferences = {less_equal(request.count, word(kTwinPages)), request.first_index == word(0),
                      less_equal(more, word(64)), less(request.address, word(uint64_t{1} << 36))};
  return platform;
}

// ---- From paths to cases ----

// Invariants of loops: on entry, and after an arbitrary iteration.
// The latter is where the page size matters.
std::vector<Case> invariant_cases(const std::vector<Path>& paths, const std::vector<Split>& splits) {
  std::vector<Case> cases;
  for (const Path& path : paths) {
    for (const Obligation& obligation : path.obligations) {
      if (obligation.kind != Obligation::Kind::kInvariant) continue;
      std::vector<Term> given(path.conditions.begin(),
                              path.conditions.begin() + static_cast<std::ptrdiff_t>(obligation.given));
      // Without its conditions it never holds: not worth a question of its own.
      const Term goal = implies(all_of(given), obligation.holds);
      const bool last = path.end == Path::End::kLoopClosed && &obligation == &path.obligations.back();
      bool known = false;
      for (const Case& other : cases) known = known || other.goal.same(goal);
      if (known) continue;
      cases.push_back({fmt::format("{} ({})", obligation.what, obligation.place),
                       {},
                       goal,
                       last ? splits : std::vector<Split>{}});
    }
  }
  return cases;
}

Instance with_paths(const Instance& base, const std::vector<Path>& paths) {
  Instance instance = base;
  instance.paths = paths.size();
  instance.incomplete = incompleteness(paths);
  for (const Path& path : paths) {
    if (path.end == Path::End::kReturned) instance.witnesses.push_back(path.conditions);
  }
  return instance;
}

Instance safe(const Instance& base, const std::vector<Path>& paths, const Term& page_shift) {
  Instance instance = with_paths(base, paths);
  instance.claim = "safe";
  instance.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  instance.cases = safety_cases(paths);
  for (Case& question : instance.cases) question.splits = split_page_shift(page_shift);
  return instance;
}

// ---- The table in memory ----

// An operation that writes TCEs into memory.
struct Writer {
  std::string function;
  std::string words;
  bool absolute;  // where it_base begins
  bool sets;      // or clears
  std::vector<Assumption> assumptions;
  std::vector<std::string> rests_on;
};

// Which entry is looked at, counted from the first that is asked for: any one.
Term looked_at() { return free_word("entry"); }

// That entry is what it must be when `done` entries are written.
Term entry_is_right(const Platform& platform, const Writer& writer, const Memory& memory, const Term& done) {
  const Request& request = platform.request;
  const Term content = select(memory.at(platform.entries).words(), looked_at());
  const Term before = select(platform.state.memory.at(platform.entries).words(), looked_at());
  const Term written = writer.sets ? is_right(request, swap_bytes(content), looked_at()) : content == word(0);
  return choose(less(looked_at(), done), written, content == before);
}

// Contract for iommu_direction_to_tce_perm(), which the platform calls in another file.
void add_permissions(Executor& executor) {
  executor.add("iommu_direction_to_tce_perm", simple([](State&, const Call& call) -> Expected<Value> {
                 const Term& direction = call.arguments[0].bits;
                 return Value::number(choose(device_reads(direction), word(kTceRead), word(0)) |
                                      choose(device_writes(direction), word(kTceWrite), word(0)));
               }));
}

Expected<std::vector<Path>> execute(Platform& platform, const Writer& writer) {
  const Request& request = platform.request;
  std::vector<Value> arguments = {platform.table, Value::number(request.index), Value::number(request.count)};
  if (writer.sets) {
    for (const Term& argument : {linear_address(request.address), request.direction, request.attributes}) {
      arguments.push_back(Value::number(argument));
    }
  }
  return platform.executor.run(writer.function, platform.state, std::move(arguments), platform.base.domain);
}

Instance writes(const Platform& platform, const Writer& writer, const std::vector<Path>& paths, bool bounded) {
  Instance instance = with_paths(platform.base, paths);
  instance.claim = "tce";
  instance.words = writer.words;
  // Entries before the first are not looked at: writing one is an access outside.
  instance.rests_on.push_back(fmt::format("safe/{}", writer.function));
  const auto splits = writer.sets ? split_page_shift(platform.request.page_shift) : std::vector<Split>{};
  instance.cases = invariant_cases(paths, splits);
  Term right = Term::boolean(true);
  Term succeeds = Term::boolean(true);
  for (const Path& path : paths) {
    if (path.end != Path::End::kReturned) continue;
    const Term taken = all_of(path.conditions);
    right = right & implies(taken, entry_is_right(platform, writer, path.memory, platform.request.count));
    if (path.result) succeeds = succeeds & implies(taken, path.result->bits == Term::bits(32, 0));
  }
  // Behind a loop under contract, what is asked is what is known already.
  instance.cases.push_back({"any entry, when it returns", {}, right, bounded ? splits : std::vector<Split>{}});
  if (writer.sets) instance.cases.push_back({"success is returned", {}, succeeds, {}});
  return instance;
}

Expected<void> add_writer(std::vector<Instance>& instances, const Setting& setting, const Writer& writer) {
  for (const bool bounded : {false, true}) {
    Executor executor(setting.program);
    auto platform = make_platform(executor, setting, writer.absolute);
    if (!platform) return tl::unexpected(platform.error());
    add_environment(executor);
    add_permissions(executor);
    Instance& base = platform->base;
    base.assumptions.insert(base.assumptions.end(), writer.assumptions.begin(), writer.assumptions.end());
    base.inputs.push_back({"entry", looked_at()});
    base.rests_on = writer.rests_on;
    base.function = writer.function;
    const std::string twin = writer.function + "-bounded";
    if (bounded) {
      base.function = twin;
      base.domain.push_back(less_equal(platform->request.count, word(kTwinPages)));
      base.assumptions.push_back({"bounded",
                                  "at most 4 IOMMU pages: without loop contract, so that a model is a call",
                                  "the claim without -bounded is for any number"});
    } else {
      CountingLoop loop;
      loop.function = writer.function;
      loop.words = "what is behind the loop is written, nothing else";
      loop.remaining = platform->request.count;
      loop.address = linear_address(platform->request.address);
      loop.page_shift = platform->request.page_shift;
      loop.total = [count = platform->request.count](const State&) { return count; };
      loop.havoc = [entries = platform->entries](State& state, const Term&) {
        state.memory.change(entries).set_words(Term::free_map("entries in the loop"));
      };
      loop.invariant = [&platform, &writer](const State& state, const Term& done) {
        return entry_is_right(*platform, writer, state.memory, done);
      };
      executor.add(contract(std::move(loop)));
    }
    auto paths = execute(*platform, writer);
    if (!paths) return tl::unexpected(paths.error());
    Instance tce = writes(*platform, writer, *paths, bounded);
    if (!bounded) tce.replayed_by = fmt::format("tce/{}", twin);
    instances.push_back(std::move(tce));
    if (!bounded) instances.push_back(safe(base, *paths, platform->request.page_shift));
  }
  return {};
}

// The function that the initial value of a struct of table operations names.
Expected<std::string> operation(const Program& program, const char* operations, const char* member) {
  auto offset = program.offset_of("iommu_table_ops", member);
  if (!offset) return tl::unexpected(offset.error());
  const llvm::GlobalVariable* variable = program.module().getGlobalVariable(operations, true);
  const auto* content = variable != nullptr && variable->hasInitializer()
                            ? llvm::dyn_cast<llvm::ConstantStruct>(variable->getInitializer())
                            : nullptr;
  if (content != nullptr) {
    const llvm::StructLayout* layout = program.module().getDataLayout().getStructLayout(content->getType());
    const llvm::Constant* value = content->getOperand(layout->getElementContainingOffset(*offset));
    if (llvm::isa<llvm::Function>(value)) return value->getName().str();
  }
  return reports::failure(operations, fmt::format("has no function {}", member),
                          "the tree has changed it: its claims in solver/ have to follow");
}

constexpr const char* kSets =
    "each TCE that is written has the right real page and permissions, at every index; others are unchanged";
constexpr const char* kClears = "exactly the entries asked for are cleared";

}  // namespace

Expected<std::vector<Instance>> platform_tce(const Setting& setting) {
  auto set = operation(setting.program, "iommu_table_pseries_ops", "set");
  auto clear = operation(setting.program, "iommu_table_pseries_ops", "clear");
  if (!set || !clear) return tl::unexpected(set ? clear.error() : set.error());
  const Assumption whole_bus = {"table-from-zero",
                                "it_base holds the TCEs of all DMA addresses from 0 to the window's end",
                                "arch/powerpc/platforms/pseries/iommu.c, iommu_table_setparms()"};
  const Assumption one_level = {"one-level", "the table has one level: it_indirect_levels is 0",
                                "arch/powerpc/platforms/powernv/pci-ioda.c: POWERNV_IOMMU_DEFAULT_LEVELS is 1"};
  std::vector<Instance> instances;
  for (const Writer& writer : {
           Writer{*set, kSets, true, true, {whole_bus}, {}},
           Writer{*clear, kClears, true, false, {whole_bus}, {}},
           Writer{"pnv_tce_build", kSets, false, true, {one_level}, {"exact/iommu_direction_to_tce_perm"}},
           Writer{"pnv_tce_free", kClears, false, false, {one_level}, {}},
       }) {
    if (auto done = add_writer(instances, setting, writer); !done) return tl::unexpected(done.error());
  }
  return instances;
}

}  // namespace nospan::solver
