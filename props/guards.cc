// SPDX-License-Identifier: BSD-2-Clause
#include "props/guards.h"

namespace nospan::props {

std::span<const Guard> all_guards() { return {}; }

const Guard* guard_with_id(std::string_view id) {
  for (const Guard& guard : all_guards()) {
    if (guard.id == id) return &guard;
  }
  return nullptr;
}

std::uint64_t GuardSet::concerned(const model::Configuration& configuration) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    if (guards_[i]->concerns == nullptr || guards_[i]->concerns(configuration)) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

const Guard* GuardSet::preventing(std::uint64_t concerned, const GuardContext& context) const {
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    if ((concerned >> i & 1) == 0 || guards_[i]->kind != Guard::Kind::kPrevent) continue;
    if (guards_[i]->applies(context)) return guards_[i];
  }
  return nullptr;
}

const Guard* GuardSet::tolerating(std::uint64_t concerned, const GuardContext& context,
                                  const model::Violation& violation) const {
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    const Guard& guard = *guards_[i];
    if ((concerned >> i & 1) == 0 || guard.kind != Guard::Kind::kTolerate) continue;
    if (guard.invariant == violation.invariant && guard.applies(context)) return &guard;
  }
  return nullptr;
}

}  // namespace nospan::props
