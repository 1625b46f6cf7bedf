// SPDX-License-Identifier: BSD-2-Clause
// Files that are written wholly or not at all (design section 10).
#ifndef NOSPAN_PROPS_DURABLE_FILE_H
#define NOSPAN_PROPS_DURABLE_FILE_H

#include <filesystem>
#include <string_view>

#include "reports/error.h"

namespace nospan::props {

// Writes a file so that whoever reads `path`, even after a crash of the machine, finds the old contents or the
// new ones: a temporary file beside it, fsync, rename. On failure the old file is untouched and no temporary
// file is left. Keeps the permissions of an old file and writes through a symbolic link. Refuses what is no
// regular file. Several threads and processes may write the same file: one of them wins.
reports::Expected<void> write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_DURABLE_FILE_H
