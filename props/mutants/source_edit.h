// SPDX-License-Identifier: BSD-2-Clause
// One small change to a source text, named by function and pattern, so that it says when the text has changed.
#ifndef NOSPAN_PROPS_MUTANTS_SOURCE_EDIT_H
#define NOSPAN_PROPS_MUTANTS_SOURCE_EDIT_H

#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::props {

// A pattern is a regular expression (ECMAScript) of a few tokens: enough to name a place in a function, not to
// repeat the function. Where it looks for a space, any white space will do.
struct SourceEdit {
  std::string_view file;         // relative to the root of the sources
  std::string_view function;     // or a macro: the one definition of this name
  std::string_view pattern;      // matches exactly once in the definition
  std::string_view replacement;  // of the match; $1 is the first group, $& the match
};

// The text with the edit applied. An Error names the edit if its function has not exactly one definition, or
// its pattern not exactly one match in it.
reports::Expected<std::string> apply_edit(std::string_view text, const SourceEdit& edit);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MUTANTS_SOURCE_EDIT_H
