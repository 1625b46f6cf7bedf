// SPDX-License-Identifier: BSD-2-Clause
// Claims about what is asked before a guest's TCE is installed (VFIO, KVM), and about permission bits.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_CHECKS_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_CHECKS_H

#include <vector>

#include "solver/claims/registry.h"

namespace nospan::solver {

// exact and safe of iommu_tce_check_ioba, iommu_tce_check_gpa, iommu_tce_direction and
// iommu_direction_to_tce_perm.
reports::Expected<std::vector<Instance>> linux_checks(const Setting& setting);
// The same of builtin's functions for it.
reports::Expected<std::vector<Instance>> builtin_checks(const Setting& setting);

// Whether a device may read or write memory that is mapped in that direction (enum dma_data_direction, 32 bits;
// enum nospan_direction has the same numbers).
Term device_reads(const Term& direction);
Term device_writes(const Term& direction);

// Bits of a TCE (LoPAR, TCE format; TCE_PCI_READ and TCE_PCI_WRITE in asm/tce.h).
inline constexpr uint64_t kTceRead = 1;
inline constexpr uint64_t kTceWrite = 2;

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_CHECKS_H
