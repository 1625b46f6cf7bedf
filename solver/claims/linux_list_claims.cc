// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_list_claims.h"

#include <fmt/format.h>

#include "solver/claims/map_claims.h"

namespace nospan::solver {
namespace {

// That no shift before was by too many bits.
std::vector<Term> meaning(const Path& path, std::size_t given) {
  std::vector<Term> terms;
  for (const Obligation& obligation : path.obligations) {
    if (obligation.kind != Obligation::Kind::kShift || obligation.given >= given) continue;
    bool known = false;
    for (const Term& term : terms) known = known || term.same(obligation.holds);
    if (!known) terms.push_back(obligation.holds);
  }
  return terms;
}

}  // namespace

Hypothesis merges_fit(Term term) {
  return {"merges-fit", "elements are not merged, or the list has less than 4 GiB",
          "arch/powerpc/kernel/iommu.c, ppc_iommu_map_sg(): outs->dma_length + s->length are unsigned int "
          "(finding merge-wraps-segment-length)",
          std::move(term)};
}

Hypothesis first_not_empty(const LinuxList& list) {
  return {"first-not-empty", "the first element of the list is not empty",
          "arch/powerpc/kernel/iommu.c, ppc_iommu_unmap_sg(): stops at the first dma_length of 0 (finding "
          "empty-first-element-leaks-list)",
          list.element(word(0)).length != Term::bits(32, 0)};
}

Hypothesis set_succeeds(Term term) {
  return {"set-succeeds", "writing TCEs does not fail",
          "arch/powerpc/kernel/iommu.c, ppc_iommu_map_sg(): the failure path leaves out the current element "
          "(finding failed-set-leaks-element)",
          std::move(term)};
}

Hypothesis mask_fits_int(const LinuxList& list) {
  return {"mask-fits-int", "IOMMU pages are smaller than 4 GiB",
          "arch/powerpc/include/asm/iommu.h, IOMMU_PAGE_MASK(): 1 is an int (finding page-mask-overflows-int)",
          less(list.table.page_shift, word(32))};
}

// Adds to the case of that name: its goal holds on this path, too. One question for all paths, which share most
// of what they do, is asked faster than many.
void add_to_case(Instance& instance, Case question) {
  const Term holds = implies(all_of(question.given), question.goal);
  if (holds.is_true()) return;
  for (Case& known : instance.cases) {
    if (known.name != question.name) continue;
    known.goal = known.goal & holds;
    return;
  }
  question.given.clear();
  question.goal = holds;
  instance.cases.push_back(std::move(question));
}

void add_exact(Instance& instance, const std::string& which, const LinuxList& list, const Path& path,
               const Event& event) {
  const ListElement element = list.element(event.arguments[5]);
  const Term& page_shift = list.table.page_shift;
  // Of what the path knows only that the code has a meaning matters, and that the element is not empty.
  std::vector<Term> given = meaning(path, event.given);
  given.push_back(element.length != Term::bits(32, 0));
  // What is asked does not depend on it, but a counterexample is told with as many elements.
  if (list.fixed) given.push_back(free_word("elements") == word(*list.fixed));
  add_case(instance.cases, {"count " + which, given,
                            event.arguments[1] == pages_touched(element.address, element.last(), page_shift),
                            split_page_shift(page_shift)});
  add_case(instance.cases, {"address " + which, given,
                            event.arguments[2] == linear_address(page_start(element.address, page_shift)),
                            split_page_shift(page_shift)});
  add_case(instance.cases,
           {"permissions " + which, given, event.arguments[3] == linux_permissions(list.direction), {}, true});
}

void add_undone(Instance& instance, const Term& page_shift, const Path& path) {
  if (path.end != Path::End::kReturned) return;
  const auto splits = split_page_shift(page_shift);
  const auto ghost = [&](const char* name) { return path.ghosts.at(name); };
  add_to_case(instance, {"a TCE that was set is cleared", path.conditions,
                         implies(ghost(ListAccount::kSet), ghost(ListAccount::kCleared)), splits});
  add_to_case(instance, {"an entry that was allocated is freed", path.conditions,
                         implies(ghost(ListAccount::kTaken), ghost(ListAccount::kFreed)), splits});
  bool undid = false;
  for (const Event& event : path.events) {
    if (event.kind != Event::Kind::kClear && event.kind != Event::Kind::kGiveBack) continue;
    undid = true;
    add_to_case(instance, {fmt::format("only what was done is undone, once, at {}", event.place),
                           conditions_before(path, event.given), event.arguments[2], splits});
  }
  if (undid) instance.witnesses.push_back(path.conditions);
}

}  // namespace nospan::solver
