// SPDX-License-Identifier: BSD-2-Clause
// Where scenarios go if nobody says.
#ifndef NOSPAN_CLI_SAVE_FOLDER_H
#define NOSPAN_CLI_SAVE_FOLDER_H

#include <filesystem>

namespace nospan::cli {

// nospan/scenarios in the user's cache folder: kept, but not in the way. Not made.
std::filesystem::path default_save_folder();

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_SAVE_FOLDER_H
