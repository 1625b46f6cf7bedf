// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/inverse_claims.h"

#include <fmt/format.h>

namespace nospan::solver {
namespace {

using Kind = Event::Kind;

// That the path did this once, with these arguments: no more, no less.
Term happened_once(const Path& path, Kind kind, const std::vector<Term>& arguments) {
  std::size_t times = 0;
  Term same = Term::boolean(true);
  for (const Event& event : path.events) {
    if (event.kind != kind) continue;
    ++times;
    for (std::size_t i = 0; i < arguments.size(); ++i) same = same & (event.arguments[i] == arguments[i]);
  }
  return times == 1 ? same : Term::boolean(false);
}

Instance inverse(const InverseCall& call) {
  Instance instance = call.base;
  instance.claim = "inverse";
  instance.function = call.map_function;
  instance.words = fmt::format(
      "{}, given what {} returned, clears exactly what it set and frees exactly what it allocated",
      call.function, call.map_function);
  instance.hypotheses = call.hypotheses;
  instance.rests_on = call.rests_on;
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    const auto ask = [&](const char* what, Kind kind, const std::vector<Term>& arguments) {
      instance.cases.push_back(
          {what, path.conditions, happened_once(path, kind, arguments), split_page_shift(call.page_shift)});
    };
    ask("TCEs that are cleared", Kind::kClear, {call.first_index + call.entry, call.pages});
    ask("entries that are freed", Kind::kGiveBack, {call.entry, call.pages});
    if (call.pages_order) ask("pages that are freed", Kind::kFreePages, {*call.pages_order, *call.pages_address});
    instance.witnesses.push_back(path.conditions);
  }
  return instance;
}

Instance safe(const InverseCall& call) {
  Instance instance = call.base;
  instance.claim = "safe";
  instance.function = call.function;
  instance.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  instance.rests_on = call.rests_on;
  instance.hypotheses = call.hypotheses;
  instance.cases = safety_cases(call.paths);
  for (const Path& path : call.paths) {
    if (path.end == Path::End::kReturned) instance.witnesses.push_back(path.conditions);
  }
  return instance;
}

}  // namespace

std::vector<Instance> inverse_claims(const InverseCall& call) { return {inverse(call), safe(call)}; }

}  // namespace nospan::solver
