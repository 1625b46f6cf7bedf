// SPDX-License-Identifier: BSD-2-Clause
// The checks that VFIO and KVM make before they install a guest's TCE: no table, no state, one answer each,
// compared with what the model answers (model/tce_checks.h; Linux, iommu_tce_check_ioba, iommu_tce_check_gpa,
// iommu_tce_direction, iommu_direction_to_tce_perm).
#ifndef NOSPAN_PROPS_QUESTION_H
#define NOSPAN_PROPS_QUESTION_H

#include <optional>

#include "model/violation.h"
#include "props/scenario.h"
#include "targets/target.h"

namespace nospan::props {

// Asks the target and says what is wrong with the answer; nothing if it is right, if the target does not know
// the question, or if the command is none. Thread-safe if the target's function is.
std::optional<model::Violation> ask(const nospan_target& target, const Command& question);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_QUESTION_H
