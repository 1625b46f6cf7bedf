// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/inverse_claims.h"

#include <fmt/format.h>

namespace nospan::solver {
namespace {

using Kind = Event::Kind;

const Event* find_only(const Path& path, Kind kind) {
  const Event* found = nullptr;
  for (const Event& event : path.events) {
    if (event.kind != kind) continue;
    if (found != nullptr) return nullptr;
    found = &event;
  }
  return found;
}

// That the path did this once, with these arguments: no more, no less. One case for each argument: together
// they are much harder.
void ask_once(Instance& instance, const InverseCall& call, const Path& path, const std::string& what, Kind kind,
              const std::vector<Term>& arguments) {
  const Event* event = find_only(path, kind);
  if (event == nullptr) {
    add_case(instance.cases,
             {what + " once", path.conditions, Term::boolean(false), split_page_shift(call.page_shift)});
    return;
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    add_case(instance.cases, {fmt::format("{} ({}) at {}", what, i, event->place), path.conditions,
                              event->arguments[i] == arguments[i], split_page_shift(call.page_shift)});
  }
}

Instance inverse(const InverseCall& call) {
  Instance instance = call.base;
  instance.claim = "inverse";
  instance.function = call.map_function;
  instance.words =
      fmt::format("{}, given what {} returned, clears exactly what it set and frees exactly what it allocated",
                  call.function, call.map_function);
  instance.hypotheses = call.hypotheses;
  instance.rests_on = call.rests_on;
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    ask_once(instance, call, path, "TCEs cleared", Kind::kClear, {call.first_index + call.entry, call.pages});
    ask_once(instance, call, path, "entries freed", Kind::kGiveBack, {call.entry, call.pages});
    if (call.pages_order) {
      ask_once(instance, call, path, "pages freed", Kind::kFreePages, {*call.pages_order, *call.pages_address});
    }
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
  for (Case& question : instance.cases) question.splits = split_page_shift(call.page_shift);
  for (const Path& path : call.paths) {
    if (path.end == Path::End::kReturned) instance.witnesses.push_back(path.conditions);
  }
  return instance;
}

}  // namespace

std::vector<Instance> inverse_claims(const InverseCall& call) { return {inverse(call), safe(call)}; }

}  // namespace nospan::solver
