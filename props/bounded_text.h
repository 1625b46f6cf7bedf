// SPDX-License-Identifier: BSD-2-Clause
// A text without memory of its own elsewhere: for records that two processes share and that signal handlers
// write.
#ifndef NOSPAN_PROPS_BOUNDED_TEXT_H
#define NOSPAN_PROPS_BOUNDED_TEXT_H

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace nospan::props {

// At most `size` - 1 bytes, which end at the first 0. Left uninitialised, as shared memory is; one thread at a
// time.
template <std::size_t size>
struct BoundedText {
  char bytes[size];

  // Keeps the beginning of a text that is too long. Safe in a signal handler.
  void assign(std::string_view text) {
    const std::size_t count = std::min(text.size(), size - 1);
    text.copy(bytes, count);
    bytes[count] = '\0';
  }
  void clear() { bytes[0] = '\0'; }

  bool empty() const { return bytes[0] == '\0'; }
  // Never reads past the record, even if what wrote it was broken and there is no 0.
  std::string_view view() const { return {bytes, strnlen(bytes, size)}; }
};

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_BOUNDED_TEXT_H
