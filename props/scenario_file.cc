// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/json_file.h"
#include "reports/without_exceptions.h"

namespace nospan::props {

using reports::Expected;

Expected<Scenario> parse_scenario(std::string_view text, std::string_view name) {
  return reports::without_exceptions(name, [&]() -> Expected<Scenario> {
    const auto value = reports::parse_json(text, name);
    if (!value) return tl::make_unexpected(value.error());
    auto scenario = from_json_value(*value, "$");
    if (!scenario) scenario.error().where = fmt::format("{}: {}", name, scenario.error().where);
    return scenario;
  });
}

Expected<Scenario> read_scenario(const std::filesystem::path& path) {
  return reports::without_exceptions(path.native(), [&]() -> Expected<Scenario> {
    const auto text = reports::read_file(path, reports::kMostFileBytes);
    if (!text) return tl::make_unexpected(text.error());
    return parse_scenario(*text, path.native());
  });
}

std::string to_json(const Scenario& scenario) { return reports::write_json(to_json_value(scenario)); }

bool same_scenario(const Scenario& a, const Scenario& b) {
  const auto same_command = [&](const Command& x, const Command& y) {
    Command moved = y;
    moved.first_element = x.first_element;
    if (!(x == moved)) return false;
    for (std::size_t i = 0; i < x.element_count; ++i) {
      const std::size_t in_a = std::size_t{x.first_element} + i;
      const std::size_t in_b = std::size_t{y.first_element} + i;
      if (in_a >= a.elements.size() || in_b >= b.elements.size()) {
        // Beyond both ends is the same: no element.
        return in_a >= a.elements.size() && in_b >= b.elements.size();
      }
      if (!(a.elements[in_a] == b.elements[in_b])) return false;
    }
    return true;
  };
  return a.note == b.note && a.configuration == b.configuration &&
         std::equal(a.commands.begin(), a.commands.end(), b.commands.begin(), b.commands.end(), same_command);
}

}  // namespace nospan::props
