// SPDX-License-Identifier: BSD-2-Clause
#include "cli/kept_outcome.h"

#include <nlohmann/json.hpp>

namespace nospan::cli {
namespace {

using nlohmann::json;

// Places are numbers in types of their own.
template <class Place>
void add(json& object, const char* name, const std::optional<Place>& place) {
  if (place) object[name] = place->value;
}

template <class Place>
void read(const json& object, const char* name, std::optional<Place>& place) {
  if (object.contains(name)) place = Place{object.at(name).get<decltype(Place::value)>()};
}

json json_of(const model::Violation& violation) {
  json object = {{"invariant", model::rule(violation.invariant).id},
                 {"expected", violation.expected},
                 {"actual", violation.actual},
                 {"symptom", static_cast<unsigned>(violation.symptom)}};
  add(object, "tce", violation.tce);
  add(object, "page", violation.page);
  add(object, "foreign_byte", violation.foreign_byte);
  add(object, "foreign_owner", violation.foreign_owner);
  return object;
}

std::optional<model::Violation> violation_of(const json& object) {
  const auto invariant = model::invariant_with_id(object.at("invariant").get<std::string>());
  const auto symptom = object.at("symptom").get<unsigned>();
  if (!invariant || symptom > static_cast<unsigned>(model::Symptom::kNotFlushed)) return std::nullopt;
  model::Violation violation;
  violation.invariant = *invariant;
  violation.symptom = static_cast<model::Symptom>(symptom);
  object.at("expected").get_to(violation.expected);
  object.at("actual").get_to(violation.actual);
  read(object, "tce", violation.tce);
  read(object, "page", violation.page);
  read(object, "foreign_byte", violation.foreign_byte);
  read(object, "foreign_owner", violation.foreign_owner);
  return violation;
}

// Bytes that are no UTF-8 are no text.
std::optional<std::string> text(const json& value) try { return value.dump(); } catch (const json::exception&) {
  return std::nullopt;
}

}  // namespace

std::optional<std::string> text_of(const props::Outcome& outcome) {
  if (outcome.tolerated != nullptr) return std::nullopt;
  json violations = json::array();
  for (const model::Violation& violation : outcome.violations) violations.push_back(json_of(violation));
  return text({{"command", outcome.command}, {"violations", violations}});
}

std::optional<props::Outcome> outcome_of(const std::string& text) try {
  const json object = json::parse(text);
  props::Outcome outcome;
  object.at("command").get_to(outcome.command);
  for (const json& entry : object.at("violations")) {
    auto violation = violation_of(entry);
    if (!violation) return std::nullopt;
    outcome.violations.push_back(std::move(*violation));
  }
  return outcome;
} catch (const json::exception&) {
  return std::nullopt;
}

std::optional<std::string> text_of(const std::vector<std::string>& lines) { return text(lines); }

std::optional<std::vector<std::string>> lines_of(const std::string& text) try {
  return json::parse(text).get<std::vector<std::string>>();
} catch (const json::exception&) {
  return std::nullopt;
}

}  // namespace nospan::cli
