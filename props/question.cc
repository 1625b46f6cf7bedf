// SPDX-License-Identifier: BSD-2-Clause
#include "props/question.h"

#include <string>
#include <utility>

#include "model/tce_checks.h"
#include "model/text.h"

namespace nospan::props {
namespace {

using model::Direction;
using model::DmaAddress;
using model::GuestAddress;
using model::Invariant;
using model::TceIndex;

model::Violation violation(Invariant invariant, std::string expected, std::string actual) {
  model::Violation result;
  result.invariant = invariant;
  result.expected = std::move(expected);
  result.actual = std::move(actual);
  return result;
}

}  // namespace

std::optional<model::Violation> ask(const nospan_target& target, const Command& question) {
  const model::IommuPageShift page{question.page_shift};
  const auto judge = [](Invariant invariant, const std::string& asked, bool expected,
                        bool actual) -> std::optional<model::Violation> {
    if (expected == actual) return std::nullopt;
    return violation(invariant, asked + (expected ? " is accepted" : " is refused"),
                     actual ? "it was accepted" : "it was refused");
  };
  switch (question.kind) {
    case CommandKind::kCheckIoba: {
      if (target.check_ioba == nullptr) return std::nullopt;
      const bool accepted = target.check_ioba(question.page_shift, question.first_index, question.entries,
                                              question.address, question.count) == 0;
      return judge(Invariant::kRange1, "DMA address " + model::hex(question.address),
                   model::ioba_in_window(page, TceIndex{question.first_index}, question.entries,
                                         DmaAddress{question.address}, question.count),
                   accepted);
    }
    case CommandKind::kCheckGpa: {
      if (target.check_gpa == nullptr) return std::nullopt;
      const bool accepted = target.check_gpa(question.page_shift, question.address) == 0;
      return judge(Invariant::kXlat1, "guest address " + model::hex(question.address),
                   model::starts_iommu_page(page, GuestAddress{question.address}), accepted);
    }
    case CommandKind::kTceDirection: {
      if (target.tce_direction == nullptr) return std::nullopt;
      const auto expected = static_cast<std::uint32_t>(model::direction_of(model::Tce{question.address}));
      const std::uint32_t actual = target.tce_direction(question.address);
      if (actual != expected) {
        return violation(
            Invariant::kPerm1,
            "TCE " + model::hex(question.address) + " allows direction " + std::to_string(expected),
            "it is said to allow " + std::to_string(actual));
      }
      return std::nullopt;
    }
    case CommandKind::kDirectionPermissions: {
      if (target.direction_permissions == nullptr) return std::nullopt;
      const std::uint64_t bits = target.direction_permissions(static_cast<std::uint32_t>(question.direction));
      const bool fits = question.direction == Direction::kNone
                            ? bits == 0
                            : model::permissions_fit(model::Tce{bits}, question.direction) && bits <= 3;
      if (!fits) {
        return violation(
            Invariant::kPerm1,
            "the permissions of direction " + std::to_string(static_cast<unsigned>(question.direction)),
            "they are " + model::hex(bits));
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace nospan::props
