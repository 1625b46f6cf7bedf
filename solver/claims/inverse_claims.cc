// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/inverse_claims.h"

#include <fmt/format.h>

namespace nospan::solver {
namespace {

const Event* find_only(const Path& path, Event::Kind kind) {
  const Event* found = nullptr;
  for (const Event& event : path.events) {
    if (event.kind != kind) continue;
    if (found != nullptr) return nullptr;
    found = &event;
  }
  return found;
}

// That every path did this once, with this argument: no more, no less. One case for each argument: together
// they are harder.
Case once(const InverseCall& call, Event::Kind kind, std::string name, std::size_t argument,
          const Term& right) {
  Term all = Term::boolean(true);
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    const Event* event = find_only(path, kind);
    const Term done = event == nullptr ? Term::boolean(false) : event->arguments[argument] == right;
    all = all & implies(all_of(path.conditions), done);
  }
  return {std::move(name), {}, all, {}};
}

// That what is cleared and what is given back has the right number of entries, whatever the path.
std::vector<Case> counts(const InverseCall& call) {
  std::vector<Case> cases;
  for (const Path& path : call.paths) {
    for (const Event& event : path.events) {
      if (event.kind != Event::Kind::kClear && event.kind != Event::Kind::kGiveBack) continue;
      const Term right = event.arguments[1] == call.pages;
      if (right.is_true()) continue;
      add_case(cases, {fmt::format("count at {}", event.place), {}, right, call.count_splits});
    }
  }
  return cases;
}

Instance common(const InverseCall& call) {
  Instance instance = call.base;
  instance.rests_on = call.rests_on;
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned || find_only(path, Event::Kind::kClear) == nullptr) continue;
    std::vector<Term> witness = path.conditions;
    witness.insert(witness.end(), call.place.begin(), call.place.end());
    witness.insert(witness.end(), call.likely.begin(), call.likely.end());
    instance.witnesses.push_back(std::move(witness));
  }
  return instance;
}

Instance inverse(const InverseCall& call) {
  Instance instance = common(call);
  instance.claim = "inverse";
  instance.function = call.map_function;
  instance.words =
      fmt::format("{}, given what {} returned, clears exactly what it set and frees exactly what it allocated",
                  call.function, call.map_function);
  instance.rests_on.push_back("safe/" + call.function);
  instance.hypotheses = {call.returned.mask_fits_int};
  instance.cases = counts(call);
  std::vector<Term> known = call.place;
  for (const Case& count : instance.cases) known.push_back(count.goal);
  std::vector<Case> others = {
      once(call, Event::Kind::kClear, "TCEs cleared once: first", 0, call.returned.index),
      once(call, Event::Kind::kGiveBack, "entries freed once: first", 0, call.returned.entry)};
  if (call.pages_order) {
    others.push_back(once(call, Event::Kind::kFreePages, "pages freed once: order", 0, *call.pages_order));
    others.back().splits = call.order_splits;
    others.back().given = call.order_given;
    others.push_back(once(call, Event::Kind::kFreePages, "pages freed once: address", 1, *call.pages_address));
  }
  for (Case& question : others) {
    question.given.insert(question.given.end(), known.begin(), known.end());
    instance.cases.push_back(std::move(question));
  }
  instance.cases.push_back(call.returned.carries);
  return instance;
}

Instance safe(const InverseCall& call) {
  Instance instance = common(call);
  instance.claim = "safe";
  instance.function = call.function;
  instance.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  instance.cases = all_obligation_cases(call.paths);
  instance.domain.insert(instance.domain.end(), call.place.begin(), call.place.end());
  return instance;
}

}  // namespace

ReturnedAddress::ReturnedAddress(const Term& page_shift, const Term& first_index, std::string source)
    : address(free_word("dma_address")),
      index(shift_right(address, page_shift)),
      entry(index - first_index),
      mask_fits_int{"mask-fits-int", "IOMMU pages are smaller than 4 GiB", std::move(source),
                    less(page_shift, word(32))} {
  const Term low_bits = shift_left(word(1), page_shift) - word(1);
  offset = address & low_bits;
  const Term set_entry = choose(mask_fits_int.term, entry, free_word("set_entry"));
  set_offset = choose(mask_fits_int.term, offset, free_word("set_offset") & low_bits);
  carries = {"the DMA address carries what was set", {}, (entry == set_entry) & (offset == set_offset), {}};
  likely = {page_shift == word(16), first_index == word(1), index == word(3)};
  // Shifted by 34 modulo 32 bits, the mask is 3.
  preferences = {page_shift == word(34), set_offset == low_bits, first_index == word(0),
                 index == word(0),       set_entry == entry,     offset == word(3)};
}

std::vector<Instance> inverse_claims(const InverseCall& call) { return {inverse(call), safe(call)}; }

}  // namespace nospan::solver
