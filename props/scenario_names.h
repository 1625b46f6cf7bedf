// SPDX-License-Identifier: BSD-2-Clause
// The words of scenario files that stand for numbers; those of commands are command_name()'s. For the reader
// and the writer of scenario files only.
#ifndef NOSPAN_PROPS_SCENARIO_NAMES_H
#define NOSPAN_PROPS_SCENARIO_NAMES_H

#include <array>
#include <cstdint>
#include <string_view>

#include "targets/target.h"

namespace nospan::props {

// Names of the values of an enumeration, in their order.
inline constexpr std::array<std::string_view, 4> kDirectionNames{"bidirectional", "to_device", "from_device",
                                                                 "none"};
inline constexpr std::array<std::string_view, 2> kTranslationNames{"identity", "two_stage"};
inline constexpr std::array<std::string_view, 2> kInstallationNames{"blind", "contained"};

struct AttributeName {
  std::string_view name;
  std::uint64_t bit;
};
inline constexpr std::array<AttributeName, 3> kAttributeNames{{
    {"weak_ordering", NOSPAN_ATTRIBUTE_WEAK_ORDERING},
    {"skip_cpu_sync", NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC},
    {"no_warn", NOSPAN_ATTRIBUTE_NO_WARN},
}};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_NAMES_H
