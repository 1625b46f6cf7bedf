// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/escape.h"

#include <fmt/format.h>

#include <cstdint>

namespace nospan::reports::html_page {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 0;  // bytes; 0: not UTF-8
};

unsigned char byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// The character at the start of `text`, which is not empty (RFC 3629: no overlong forms, no surrogates).
Character decode(std::string_view text) {
  const unsigned char first = byte(text, 0);
  if (first < 0x80) return {first, 1};
  std::size_t size = 0;
  std::uint32_t least = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
    least = 0x80;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    least = 0x800;
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    least = 0x10000;
  }
  if (size == 0 || text.size() < size) return {};
  std::uint32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(text, i) & 0xC0U) != 0x80) return {};
    code = code << 6 | (byte(text, i) & 0x3FU);
  }
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, size};
}

bool is_shown(std::uint32_t code) {
  if (code == '\t' || code == '\n') return true;
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  // Marks, embeddings, overrides and isolates of the bidirectional algorithm.
  return !(code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069));
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const Character character = decode(text);
    if (character.size == 0 || !is_shown(character.code)) {
      result += kReplacement;
    } else if (character.code == '&') {
      result += "&amp;";
    } else if (character.code == '<') {
      result += "&lt;";
    } else if (character.code == '>') {
      result += "&gt;";
    } else if (character.code == '"') {
      result += "&quot;";
    } else if (character.code == '\'') {
      result += "&#39;";
    } else {
      result += text.substr(0, character.size);
    }
    text.remove_prefix(character.size == 0 ? 1 : character.size);
  }
  return result;
}

std::string clip(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (byte(text, end) & 0xC0U) == 0x80) --end;
  return fmt::format("{}\u2026 ({} more bytes)", text.substr(0, end), text.size() - end);
}

}  // namespace nospan::reports::html_page
