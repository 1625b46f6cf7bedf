// SPDX-License-Identifier: BSD-2-Clause
#include "reports/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace nospan::reports {
namespace {

constexpr std::string_view kUnits = "KMGT";
constexpr std::string_view kMend = "write it like 4096, 64K, 16M, 4G, 1T or 0x1000";

// The number of bits that a unit stands for; 0 if it is none.
unsigned unit_shift(char letter) {
  switch (letter) {
    case 'K':
    case 'k': return 10;
    case 'M':
    case 'm': return 20;
    case 'G':
    case 'g': return 30;
    case 'T':
    case 't': return 40;
    default: return 0;
  }
}

// The length of the UTF-8 character at the start of `text`; 0 if there is none that is well formed and
// printable.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, above U+10FFFF; and C1 controls, which terminals obey.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;
  if (lead == 0xc2 && byte(1) < 0xa0) return 0;
  return length;
}

}  // namespace

Expected<std::uint64_t> parse_quantity(std::string_view text) {
  const auto refuse = [text](std::string_view reason) {
    return failure("", fmt::format("{} {}", quote(text), reason), std::string(kMend));
  };
  std::string_view digits = text;
  unsigned shift = 0;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else {
    if (!digits.empty()) shift = unit_shift(digits.back());
    if (shift != 0) digits.remove_suffix(1);
    if (digits.size() > 1 && digits.front() == '0') return refuse("has a leading zero");
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  // from_chars reads no sign for an unsigned number and stops at the first other character.
  if (code == std::errc::invalid_argument || end != digits.data() + digits.size())
    return refuse("is no number");
  if (code != std::errc{} || (value << shift) >> shift != value) return refuse("is more than 64 bits hold");
  return value << shift;
}

std::string format_size(std::uint64_t bytes) {
  for (std::size_t i = kUnits.size(); i-- > 0;) {
    const std::uint64_t unit = std::uint64_t{1} << (10 * (i + 1));
    if (bytes != 0 && bytes % unit == 0) return fmt::format("{}{}", bytes / unit, kUnits[i]);
  }
  return fmt::format("{}", bytes);
}

std::string format_address(std::uint64_t address) { return fmt::format("0x{:x}", address); }

std::string approximate_size(std::uint64_t bytes) {
  constexpr std::string_view kAllUnits = "KMGTPE";
  if (bytes < 1024) return fmt::format("{}", bytes);
  std::size_t unit = 0;
  while (unit + 1 < kAllUnits.size() && bytes >> (10 * (unit + 2)) != 0) ++unit;
  const unsigned shift = 10 * (static_cast<unsigned>(unit) + 1);
  const std::uint64_t whole = bytes >> shift;
  // Ten times the remainder fits: the remainder is less than 2^60.
  const std::uint64_t tenth = ((bytes - (whole << shift)) * 10) >> shift;
  if (tenth == 0 || whole >= 100) return fmt::format("{}{}", whole, kAllUnits[unit]);
  return fmt::format("{}.{}{}", whole, tenth, kAllUnits[unit]);
}

std::string quote(std::string_view text) {
  constexpr std::size_t kMostCharacters = 48;
  std::string result = "\"";
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == kMostCharacters) return result + "...\"";
    const std::size_t length = character_length(text);
    if (length == 0) {
      result += '?';
      text.remove_prefix(1);
    } else {
      result.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return result + '"';
}

}  // namespace nospan::reports
