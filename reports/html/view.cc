// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/html/escape.h"

namespace nospan::reports::html_page {

namespace mustache = kainjow::mustache;

View& View::text(const std::string& key, std::string_view value) {
  return whole(key, clip(value, limits_.text));
}

View& View::whole(const std::string& key, const std::string& value) {
  if (value.empty()) return flag(key, false);
  data_.set(key, mustache::data(value));
  return *this;
}

View& View::flag(const std::string& key, bool value) {
  data_.set(key, mustache::data(value ? mustache::data::type::bool_true : mustache::data::type::bool_false));
  return *this;
}

View& View::part(const std::string& key, const View& value) {
  data_.set(key, value.data_);
  return *this;
}

View& View::list(const std::string& key, const std::vector<View>& items) {
  mustache::data list(mustache::data::type::list);
  for (const View& item : items) list.push_back(item.data_);
  data_.set(key, list);
  return *this;
}

View& View::texts(const std::string& key, const std::vector<std::string>& items) {
  std::vector<View> views;
  for (const std::string& item : items) {
    if (views.size() == limits_.items) break;
    views.push_back(View(limits_).text("item", item.empty() ? "(empty)" : item));
  }
  const std::size_t more = items.size() - views.size();
  list(key, std::move(views));
  return whole(key + "_more", more == 0 ? "" : grouped(more));
}

View& View::verdict(const std::string& key, Verdict value) {
  whole(key, std::string(name(value)));
  return whole(key + "_symbol", std::string(symbol(value)));
}

std::string_view symbol(Verdict verdict) {
  switch (verdict) {
    case Verdict::kProved: return "\u2713";   // check mark
    case Verdict::kHolds: return "\u25CB";    // circle: tried, nothing found
    case Verdict::kRefuted: return "\u2717";  // ballot x
    case Verdict::kUnknown: return "?";
    case Verdict::kVacuous: return "\u2205";   // empty set
    case Verdict::kDisagree: return "\u2260";  // not equal
    case Verdict::kError: return "!";
    case Verdict::kSkip: return "\u2013";  // dash
  }
  return "!";
}

bool is_success(Verdict verdict) { return verdict == Verdict::kProved || verdict == Verdict::kHolds; }

std::string size_of_shift(unsigned shift) {
  constexpr std::string_view kUnits = "BKMGTPE";
  const unsigned unit = std::min(shift / 10, static_cast<unsigned>(kUnits.size()) - 1);
  const std::uint64_t number = std::uint64_t{1} << (shift - unit * 10);
  return unit == 0 ? fmt::format("{} B", number) : fmt::format("{}{}", number, kUnits[unit]);
}

std::string duration(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 0.01) return "< 0.01 s";
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const double whole = std::min(std::round(seconds), 1e15);
  const auto total = static_cast<std::uint64_t>(whole);
  if (total < 7200) return fmt::format("{} min {} s", total / 60, total % 60);
  return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string percent(double share) {
  const double value = share * 100;
  if (value > 0 && value < 0.1) return fmt::format("{:.2f} %", value);
  return fmt::format("{:.1f} %", value);
}

std::string anchor(std::string_view prefix, std::string_view text) {
  std::string id(prefix);
  id += '-';
  for (const char letter : text.substr(0, 60)) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    id += plain ? letter : '-';
  }
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return fmt::format("{}-{:08x}", id, hash & 0xffffffff);
}

}  // namespace nospan::reports::html_page
