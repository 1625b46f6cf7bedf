// SPDX-License-Identifier: BSD-2-Clause
// Whether two modules say the same: what the prover makes of them cannot differ then.
#ifndef NOSPAN_SOLVER_MODULE_IDENTITY_H
#define NOSPAN_SOLVER_MODULE_IDENTITY_H

#include <filesystem>
#include <string>

#include "reports/error.h"

namespace nospan::solver {

// A SHA-256 of everything in a module that the prover executes or reads: instructions, globals, declarations,
// and the layouts of types that debug information knows (Program::offset_of()). Left out, because no claim
// depends on it: names of local variables and values, lines and columns of the source, the line that a report
// of BUG or WARN names. So a comment, white space and a renamed local variable make no difference. An Error
// names the file.
reports::Expected<std::string> module_identity(const std::filesystem::path& bitcode);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_MODULE_IDENTITY_H
