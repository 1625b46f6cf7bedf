// SPDX-License-Identifier: BSD-2-Clause
// What mutants of both targets say in Mutant::why_several and Mutant::why_many.
#ifndef NOSPAN_PROPS_MUTANTS_REASONS_H
#define NOSPAN_PROPS_MUTANTS_REASONS_H

#include <string_view>

namespace nospan::props {

inline constexpr std::string_view kEntryMissing =
    "the entry that is missing may be another mapping's, or reserved";
inline constexpr std::string_view kFillsTable =
    "the table has to be filled up to an entry or two, and shrinking does not put one large mapping for many "
    "small ones";

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_REASONS_H
