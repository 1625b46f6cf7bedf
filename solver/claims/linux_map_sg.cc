// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_map_sg.h"

#include <fmt/format.h>

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_list_claims.h"
#include "solver/claims/linux_list_loops.h"
#include "solver/claims/linux_list_steps.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;

bool has_set(const Path& path) {
  for (const Event& event : path.events) {
    if (event.kind == Event::Kind::kSet) return true;
  }
  return false;
}

// A path on which the arbitrary element was mapped, and the loop goes on.
bool is_iteration(const Path& path) { return path.end == Path::End::kLoopClosed && has_set(path); }

// The call returned the number of segments.
bool has_succeeded(const Path& path) {
  return path.end == Path::End::kReturned && path.result && !path.result->bits.constant();
}

struct Executed {
  std::shared_ptr<LinuxList> list;
  ListLoops loops;
  std::vector<Path> mapped;
  std::vector<Path> unmapped;  // behind all that succeeded
};

Expected<Executed> execute(const Setting& setting) {
  Executor executor(setting.program);
  auto list = LinuxList::make(executor, setting.system_page_shift, {});
  if (!list) return tl::unexpected(list.error());
  Executed result{*list, add_list_loops(executor, *list), {}, {}};
  (*list)->add_contracts(executor);
  std::vector<Term> domain = (*list)->base("").domain;
  domain.push_back(result.loops.fits_here);
  auto mapped = executor.run("ppc_iommu_map_sg", (*list)->table.state, (*list)->map_arguments(), domain);
  if (!mapped) return tl::unexpected(mapped.error());
  result.mapped = std::move(*mapped);
  for (const Path& path : result.mapped) {
    if (!has_succeeded(path)) continue;
    State state;
    state.memory = path.memory;
    state.conditions = path.conditions;
    state.ghosts = path.ghosts;
    auto unmapped = executor.run("ppc_iommu_unmap_sg", std::move(state), (*list)->unmap_arguments(), domain);
    if (!unmapped) return tl::unexpected(unmapped.error());
    result.unmapped.insert(result.unmapped.end(), unmapped->begin(), unmapped->end());
  }
  return result;
}

class Claims {
 public:
  Claims(const Setting& setting, const Executed& executed) : executed_(executed) {
    base_ = list().base(setting.target);
    base_.domain.push_back(executed.loops.fits_here);
    base_.examples = list_examples(setting.system_page_shift);
    base_.paths = executed.mapped.size() + executed.unmapped.size();
    for (const auto* paths : {&executed.mapped, &executed.unmapped}) {
      if (!base_.incomplete) base_.incomplete = incompleteness(*paths);
    }
    for (const Path& path : executed.mapped) {
      if (is_iteration(path)) iterations_.push_back(path.conditions);
    }
  }

  // That the loops keep their invariants: nothing that is said about the list holds without. First what they
  // say about places in the list.
  Instance loops() const {
    Instance instance =
        make("loops", "the loops over the list stay in it, count their segments right, and end");
    instance.rests_on = {"alloc/iommu_range_alloc", "alloc/__bitmap_clear", "alloc/get_pool"};
    instance.replayed_by = "safe/ppc_iommu_map_sg-bounded";
    const ListElement element = list().element(executed_.loops.element);
    instance.hypotheses = range_alloc_hypotheses(
        list().table, pages_touched(element.address, element.last(), list().table.page_shift), list().mask);
    add_invariants(instance, false);
    instance.witnesses = iterations_;
    return instance;
  }

  // Then what they say about segments. That merging fits is no hypothesis: each fact says it by itself.
  Instance segments() const {
    Instance instance =
        make("segments",
             "where merging keeps within 32 bits: after each element, the segments are made of exactly "
             "the elements so far, and each TCE that was set belongs to one segment");
    instance.rests_on = {"loops/" + instance.function, "exact/" + instance.function};
    instance.replayed_by = "handle/ppc_iommu_map_sg-bounded";
    add_invariants(instance, true);
    instance.witnesses = iterations_;
    return instance;
  }

  Instance exact() const {
    Instance instance = make("exact",
                             "set gets exactly the IOMMU pages that each element touches, from the "
                             "rounded-down first one, with the permissions of the direction");
    instance.rests_on = {"alloc/iommu_range_alloc", "loops/" + instance.function};
    for (const Path& path : executed_.mapped) {
      for (const Event& event : path.events) {
        if (event.kind != Event::Kind::kSet) continue;
        add_exact(instance, "of an element", list(), path, event);
      }
    }
    instance.witnesses = iterations_;
    return instance;
  }

  // About one element: what `exact` says in closed form.
  std::vector<Instance> isolation() const {
    MapCall call;
    const ListElement element = list().element(executed_.loops.element);
    call.base = base_;
    call.base.domain.push_back(element.length != Term::bits(32, 0));
    call.base.inputs.push_back({"first", element.address});
    call.base.inputs.push_back({"last", element.last()});
    call.paths = executed_.mapped;
    call.page_shift = list().table.page_shift;
    call.first = element.address;
    call.last = element.last();
    call.address_bits = linear_address(word(0));
    call.first_index = list().table.first_index;
    call.system_page_shift = list().table.system_page_shift;
    call.witnesses = iterations_;
    // Nothing is said of the other elements: this one alone is a list.
    call.replay = [](ScenarioText& text) {
      text.map_sg(0, {{text.value("first"), text.value("last") - text.value("first") + 1}},
                  text.value("direction"));
    };
    return isolation_claims(call);
  }

  Instance handle() const {
    Instance instance =
        make("handle",
             "byte by byte, the segments lead to what the elements' entries and offsets are, and "
             "hold nothing else");
    instance.hypotheses = {merges_fit(executed_.loops.fits)};
    for (const Path& path : executed_.mapped) {
      if (!has_succeeded(path)) continue;
      const auto ghost = [&](const char* name) { return path.ghosts.at(name); };
      const Term outs = ghost(ListLoopAccount::kOuts);
      const auto length = [&](const Term& index) {
        return zero_extend(list().dma_length(path.memory, index), 64);
      };
      const Term holder = ghost(ListLoopAccount::kHolder);
      const Term inside = list().position - ghost(ListLoopAccount::kHolderStart);
      const Term right = less_equal(holder, outs) & less(inside, length(holder)) &
                         (list().dma_address(path.memory, holder) + inside == ghost(ListAccount::kAddress));
      const ListStep step = ListStep::of(list(), path, executed_.mapped);
      const auto add = [&](const char* name, const Term& goal) {
        add_case(instance.cases, step.follows(name, path, path.conditions.size(), goal));
      };
      add("the number of segments", zero_extend(path.result->bits, 64) == outs + word(1));
      add("bytes of all segments", ghost(ListLoopAccount::kStart) + length(outs) == ghost(ListAccount::kBytes));
      add("DMA address of a byte of the list",
          implies(less(list().position, ghost(ListAccount::kBytes)), right));
      std::vector<Term> witness = path.conditions;
      witness.push_back(less(list().position, ghost(ListAccount::kBytes)));
      instance.witnesses.push_back(std::move(witness));
    }
    return instance;
  }

  Instance inverse() const {
    Instance instance =
        make("inverse",
             "ppc_iommu_unmap_sg(), given what ppc_iommu_map_sg() returned, clears exactly what "
             "it set and frees exactly what it allocated, once");
    instance.hypotheses = {merges_fit(executed_.loops.fits), first_not_empty(list())};
    for (const Path& path : executed_.unmapped) add_both(instance, path, executed_.unmapped);
    return instance;
  }

  Instance fail_atomic() const {
    Instance instance =
        make("fail-atomic",
             "on every path that returns failure, what was allocated was freed and what was set "
             "was cleared, once");
    instance.hypotheses = {merges_fit(executed_.loops.fits),
                           set_succeeds(list().set_result(executed_.loops.element) == Term::bits(32, 0))};
    for (const Path& path : executed_.mapped) {
      if (!has_succeeded(path)) add_both(instance, path, executed_.mapped);
    }
    return instance;
  }

  Instance safe() const {
    Instance instance =
        make("safe", "no undefined behaviour, BUG, overflow or access out of bounds on any path");
    instance.hypotheses = {mask_fits_int(list())};
    instance.rests_on = {"loops/" + instance.function};
    instance.cases = safety_cases(all_paths());
    instance.witnesses = iterations_;
    return instance;
  }

 private:
  const LinuxList& list() const { return *executed_.list; }
  std::vector<Split> splits() const { return split_page_shift(list().table.page_shift); }

  std::vector<Path> all_paths() const {
    std::vector<Path> all = executed_.mapped;
    all.insert(all.end(), executed_.unmapped.begin(), executed_.unmapped.end());
    return all;
  }

  Instance make(std::string claim, std::string words) const {
    Instance instance = base_;
    instance.claim = std::move(claim);
    instance.words = std::move(words);
    instance.rests_on = {"loops/" + instance.function, "segments/" + instance.function};
    instance.replayed_by = fmt::format("{}/{}-bounded", instance.claim, instance.function);
    return instance;
  }

  // What the contracts of the loops and of the functions ask for: of facts about segments, or all else.
  void add_invariants(Instance& instance, bool of_segments) const {
    const std::vector<Path> all = all_paths();
    for (const Path& path : all) {
      const ListStep step = ListStep::of(list(), path, all, {executed_.loops.fits});
      const bool in_steps = of_segments && path.end == Path::End::kLoopClosed && step.is_step();
      if (in_steps) step.add_description(instance.cases);
      for (const Obligation& obligation : path.obligations) {
        if (obligation.kind != Obligation::Kind::kInvariant && obligation.kind != Obligation::Kind::kContract)
          continue;
        const std::vector<Term> parts = conjuncts(obligation.holds);
        for (std::size_t i = 0; i < parts.size(); ++i) {
          // Facts about segments are those that are not said where merging wraps.
          const bool is_fact = substitute(parts[i], executed_.loops.fits, Term::boolean(false)).is_true();
          if (is_fact != of_segments) continue;
          Case question{fmt::format("{} ({}, part {})", obligation.what, obligation.place, i + 1),
                        conditions_before(path, obligation.given),
                        parts[i],
                        {}};
          if (in_steps && is_of_iteration(obligation)) {
            add_case(instance.cases, step.follows(question.name, path, obligation.given, parts[i]));
            continue;
          }
          if (of_segments || is_asked_by_range_alloc(question)) question.splits = splits();
          if (of_segments && !free_names(question.goal).contains("page_shift")) {
            // First without what else the path knows.
            try_with_what_it_speaks_of(question, {});
            try_all_splits_at_once(question);
            add_case(instance.cases, std::move(question));
            continue;
          }
          add_to_case(instance, std::move(question));
        }
      }
    }
  }

  // What an arbitrary iteration undoes, and that behind the loop all is undone.
  void add_both(Instance& instance, const Path& path, const std::vector<Path>& others) const {
    const ListStep step = ListStep::of(list(), path, others);
    step.add_description(instance.cases);
    if (path.end == Path::End::kReturned) {
      const auto add = [&](const char* name, const char* done, const char* undone) {
        add_case(instance.cases, step.follows(name, path, path.conditions.size(),
                                              implies(path.ghosts.at(done), path.ghosts.at(undone))));
      };
      add("a TCE that was set is cleared", ListAccount::kSet, ListAccount::kCleared);
      add("an entry that was allocated is freed", ListAccount::kTaken, ListAccount::kFreed);
      instance.witnesses.push_back(path.conditions);
      instance.witnesses.back().push_back(path.ghosts.at(ListAccount::kCleared));
    }
    for (const Event& event : path.events) {
      if (event.kind != Event::Kind::kClear && event.kind != Event::Kind::kGiveBack) continue;
      add_case(instance.cases,
               step.follows(fmt::format("only what was done is undone, once, at {}", event.place), path,
                            event.given, event.arguments[2]));
    }
  }

  const Executed& executed_;
  Instance base_;
  std::vector<std::vector<Term>> iterations_;
};

}  // namespace

Expected<std::vector<Instance>> linux_map_sg(const Setting& setting) {
  const auto executed = execute(setting);
  if (!executed) return tl::unexpected(executed.error());
  const Claims claims(setting, *executed);
  std::vector<Instance> instances = {claims.loops(), claims.exact()};
  for (Instance& instance : claims.isolation()) instances.push_back(std::move(instance));
  instances.push_back(claims.safe());
  return instances;
}

Expected<std::vector<Instance>> linux_map_sg_segments(const Setting& setting) {
  const auto executed = execute(setting);
  if (!executed) return tl::unexpected(executed.error());
  const Claims claims(setting, *executed);
  return std::vector<Instance>{claims.segments()};
}

Expected<std::vector<Instance>> linux_map_sg_undone(const Setting& setting) {
  const auto executed = execute(setting);
  if (!executed) return tl::unexpected(executed.error());
  const Claims claims(setting, *executed);
  return std::vector<Instance>{claims.handle(), claims.inverse(), claims.fail_atomic()};
}

}  // namespace nospan::solver
