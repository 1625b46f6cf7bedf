// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include "solver/claims/contract_examples.h"
#include "solver/claims/linux_list_claims.h"
#include "solver/claims/linux_map_sg.h"
#include "solver/claims/linux_range_alloc.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

using reports::Expected;

constexpr unsigned kMostElements = 2;

// All ways through a list of one length.
struct Run {
  std::shared_ptr<LinuxList> list;
  std::vector<Path> mapped;
  // Behind each successful path of `mapped`: all ways through ppc_iommu_unmap_sg().
  std::vector<Path> unmapped;
};

// The number of segments; none if the call failed.
std::optional<uint64_t> segments(const Path& path) {
  if (path.end != Path::End::kReturned || !path.result) return std::nullopt;
  const auto result = path.result->bits.constant();
  if (!result || *result == 0 || *result > kMostElements) return std::nullopt;
  return result;
}

bool has_failed(const Path& path) { return path.end == Path::End::kReturned && !segments(path); }

Expected<Run> execute(const Setting& setting, unsigned elements) {
  Executor executor(setting.program);
  auto list = LinuxList::make(executor, setting.system_page_shift, elements);
  if (!list) return tl::unexpected(list.error());
  Run run{std::move(*list), {}, {}};
  run.list->add_contracts(executor);
  const std::vector<Term> domain = run.list->base("").domain;
  State state = run.list->table.state;
  // A counterexample is told with as many.
  state.conditions.push_back(free_word("elements") == word(elements));
  auto paths = executor.run("ppc_iommu_map_sg", std::move(state), run.list->map_arguments(), domain);
  if (!paths) return tl::unexpected(paths.error());
  run.mapped = std::move(*paths);
  for (const Path& path : run.mapped) {
    if (!segments(path)) continue;
    State mapped;
    mapped.memory = path.memory;
    mapped.conditions = path.conditions;
    mapped.ghosts = path.ghosts;
    auto more = executor.run("ppc_iommu_unmap_sg", std::move(mapped), run.list->unmap_arguments(), domain);
    if (!more) return tl::unexpected(more.error());
    run.unmapped.insert(run.unmapped.end(), more->begin(), more->end());
  }
  return run;
}

class Bounded {
 public:
  Bounded(const Setting& setting, std::vector<Run> runs) : runs_(std::move(runs)) {
    const LinuxList& list = longest();
    base_ = list.base(setting.target);
    base_.function += "-bounded";
    base_.assumptions.push_back({"bounded", fmt::format("a list has at most {} elements", kMostElements),
                                 "the claim without -bounded is for any number"});
    base_.rests_on = {"alloc/iommu_range_alloc", "alloc/__bitmap_clear", "alloc/get_pool"};
    // In a model the allocator puts each element where it may, in a scenario where it does.
    base_.scenario_is_example = true;
    base_.examples = list_examples(setting.system_page_shift);
    for (const Run& run : runs_) {
      base_.paths += run.mapped.size() + run.unmapped.size();
      for (const auto* paths : {&run.mapped, &run.unmapped}) {
        if (!base_.incomplete) base_.incomplete = incompleteness(*paths);
      }
    }
    bytes_ = word(0);
    for (unsigned i = 0; i < kMostElements; ++i) {
      const Term length = zero_extend(list.element(word(i)).length, 64);
      bytes_ = bytes_ + choose(less(word(i), free_word("elements")), length, word(0));
      set_fails_ = set_fails_ | (list.set_result(word(i)) != Term::bits(32, 0));
    }
  }

  Instance exact() const {
    Instance instance = make("exact",
                             "set gets exactly the IOMMU pages that each element touches, from the "
                             "rounded-down first one, with the permissions of the direction");
    for_each_mapped([&](const LinuxList& list, const Path& path) {
      for (const Event& event : path.events) {
        if (event.kind != Event::Kind::kSet) continue;
        add_exact(instance, fmt::format("of element {}", *event.arguments[5].constant()), list, path, event);
      }
      if (segments(path) == kMostElements) instance.witnesses.push_back(path.conditions);
    });
    return instance;
  }

  Instance handle() const {
    Instance instance =
        make("handle",
             "byte by byte, the segments lead to what the elements' entries and offsets are, and "
             "hold nothing else");
    instance.hypotheses = {fits()};
    for_each_mapped([&](const LinuxList& list, const Path& path) {
      const auto count = segments(path);
      if (!count) return;
      Term start = word(0);
      Term address = word(0);
      for (uint64_t i = 0; i < *count; ++i) {
        const Term length = zero_extend(list.dma_length(path.memory, word(i)), 64);
        const Term inside = list.position - start;
        address = choose(less(inside, length), list.dma_address(path.memory, word(i)) + inside, address);
        start = start + length;
      }
      const Term bytes = path.ghosts.at(ListAccount::kBytes);
      const auto splits = split_page_shift(list.table.page_shift);
      add_to_case(instance, {"bytes of all segments", path.conditions, start == bytes, splits});
      add_to_case(
          instance,
          {"DMA address of a byte of the list", path.conditions,
           implies(less(list.position, bytes), address == path.ghosts.at(ListAccount::kAddress)), splits});
      if (*count < list.fixed) instance.witnesses.push_back(path.conditions);
    });
    return instance;
  }

  Instance inverse() const {
    Instance instance =
        make("inverse",
             "ppc_iommu_unmap_sg(), given what ppc_iommu_map_sg() returned, clears exactly what "
             "it set and frees exactly what it allocated, once");
    instance.hypotheses = {fits(), first_not_empty(longest())};
    for (const Run& run : runs_) {
      for (const Path& path : run.unmapped) add_undone(instance, run.list->table.page_shift, path);
    }
    instance.scenario = replay(instance.id(), Replayed::kUnmapped);
    return instance;
  }

  Instance fail_atomic() const {
    Instance instance =
        make("fail-atomic",
             "on every path that returns failure, what was allocated was freed and what was set "
             "was cleared, once");
    instance.hypotheses = {fits(), set_succeeds(!set_fails_)};
    for_each_mapped([&](const LinuxList& list, const Path& path) {
      if (has_failed(path)) add_undone(instance, list.table.page_shift, path);
    });
    std::erase_if(instance.witnesses, [](const std::vector<Term>& witness) { return witness.empty(); });
    instance.scenario = replay(instance.id(), Replayed::kRefused);
    return instance;
  }

  Instance safe() const {
    Instance instance =
        make("safe", "no undefined behaviour, BUG, overflow or access out of bounds on any path");
    instance.hypotheses = {mask_fits_int(longest())};
    for (Hypothesis& hypothesis : allocatable()) instance.hypotheses.push_back(std::move(hypothesis));
    std::vector<Path> all;
    for (const Run& run : runs_) {
      all.insert(all.end(), run.mapped.begin(), run.mapped.end());
      all.insert(all.end(), run.unmapped.begin(), run.unmapped.end());
    }
    instance.cases = safety_cases(all);
    // What contracts ask for: the other claims rest on this one for it.
    for (Case& question : contract_cases(all)) {
      if (is_asked_by_range_alloc(question)) question.splits = split_page_shift(longest().table.page_shift);
      instance.cases.push_back(std::move(question));
    }
    for_each_mapped([&](const LinuxList&, const Path& path) {
      if (segments(path)) instance.witnesses.push_back(path.conditions);
    });
    instance.scenario = replay(instance.id(), Replayed::kUnmapped);
    return instance;
  }

 private:
  const LinuxList& longest() const { return *runs_.back().list; }

  Instance make(std::string claim, std::string words) const {
    Instance instance = base_;
    instance.claim = std::move(claim);
    instance.words = std::move(words);
    instance.scenario = replay(instance.id(), Replayed::kMapped);
    if (instance.claim != "safe") instance.rests_on.push_back("safe/" + instance.function);
    return instance;
  }

  // What becomes of the list. Refused: if no table operation fails, there is no room for its last element.
  enum class Replayed : uint8_t { kMapped, kUnmapped, kRefused };

  std::function<Expected<std::string>(const Model&)> replay(const std::string& id, Replayed how) const {
    return [list = runs_.back().list, id, how](const Model& model) {
      ScenarioText text(model, list->table.system_page_shift,
                        fmt::format("a counterexample of the prover to {}", id));
      if (how == Replayed::kRefused) text.only_free(list->entries_but_the_last(text));
      list->tell(text);
      if (how == Replayed::kUnmapped) text.command({{"do", "unmap_sg"}, {"mapping", 0}});
      return text.text();
    };
  }

  template <class Visit>
  void for_each_mapped(Visit visit) const {
    for (const Run& run : runs_) {
      for (const Path& path : run.mapped) visit(*run.list, path);
    }
  }

  // Every element, one after another.
  std::vector<Hypothesis> allocatable() const {
    const LinuxList& list = longest();
    std::vector<Hypothesis> result;
    for (unsigned i = 0; i < kMostElements; ++i) {
      const ListElement element = list.element(word(i));
      const Term pages = pages_touched(element.address, element.last(), list.table.page_shift);
      const auto more = range_alloc_hypotheses(list.table, pages, list.mask);
      const Term is_mapped = less(word(i), free_word("elements")) & (element.length != Term::bits(32, 0));
      for (std::size_t k = 0; k < more.size(); ++k) {
        const Term holds = implies(is_mapped, more[k].term);
        if (i == 0) {
          result.push_back(more[k]);
          result.back().term = holds;
        } else {
          result[k].term = result[k].term & holds;
        }
      }
    }
    return result;
  }

  Hypothesis fits() const {
    return merges_fit((longest().no_merge != Term::bits(32, 0)) | less(bytes_, word(uint64_t{1} << 32)));
  }

  std::vector<Run> runs_;
  Instance base_;
  Term bytes_;
  Term set_fails_ = Term::boolean(false);
};

}  // namespace

Expected<std::vector<Instance>> linux_map_sg_bounded(const Setting& setting) {
  std::vector<Run> runs;
  for (unsigned elements = 1; elements <= kMostElements; ++elements) {
    auto run = execute(setting, elements);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  const Bounded bounded(setting, std::move(runs));
  return std::vector<Instance>{bounded.exact(), bounded.handle(), bounded.inverse(), bounded.fail_atomic(),
                               bounded.safe()};
}

}  // namespace nospan::solver
