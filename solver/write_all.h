// SPDX-License-Identifier: BSD-2-Clause
// For processes that tell each other texts over pipes and files.
#ifndef NOSPAN_SOLVER_WRITE_ALL_H
#define NOSPAN_SOLVER_WRITE_ALL_H

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace nospan::solver {

// Writes the whole text, whatever signals come between. False: whoever read it may be gone, or there is no
// room.
inline bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_WRITE_ALL_H
