// SPDX-License-Identifier: BSD-2-Clause
// Numbers as the field writes them, for messages.
#ifndef NOSPAN_MODEL_TEXT_H
#define NOSPAN_MODEL_TEXT_H

#include <charconv>
#include <cstdint>
#include <string>

#include "model/page.h"

namespace nospan::model {

// "0x1f"
inline std::string hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return "0x" + std::string(digits, end);
}

template <class Kind>
std::string hex(Ordinal<Kind> ordinal) {
  return hex(ordinal.value);
}

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_TEXT_H
