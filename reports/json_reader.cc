// SPDX-License-Identifier: BSD-2-Clause
#include "reports/json_reader.h"

#include <bit>

namespace nospan::reports {

std::string_view json_type_name(const nlohmann::ordered_json& value) {
  using Type = nlohmann::ordered_json::value_t;
  switch (value.type()) {
    case Type::null: return "null";
    case Type::object: return "an object";
    case Type::array: return "a list";
    case Type::string: return "a string";
    case Type::boolean: return "true or false";
    case Type::number_float: return "a number with a fraction, an exponent or more than 64 bits";
    case Type::number_integer: return "a negative number";
    default: return "a number";
  }
}

void JsonReader::fail(const JsonPath& path, std::string what, std::string mend) {
  if (!error_) error_ = Error{path.text(), std::move(what), std::move(mend)};
}

std::uint64_t JsonReader::number(const Json& value, const JsonPath& path, std::uint64_t most) {
  std::uint64_t result = 0;
  if (value.is_string()) {
    auto parsed = parse_quantity(value.get_ref<const std::string&>());
    if (!parsed) {
      fail(path, std::move(parsed.error().what), std::move(parsed.error().mend));
      return 0;
    }
    result = *parsed;
  } else if (value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0)) {
    result = value.get<std::uint64_t>();
  } else {
    fail(path, fmt::format("is {}, must be a number", json_type_name(value)),
         "write a whole number from 0 on, or a string like \"64K\" or \"0x1000\"");
    return 0;
  }
  if (result > most) {
    fail(path, fmt::format("is {}, must be at most {}", result, most));
    return 0;
  }
  return result;
}

double JsonReader::real(const Json& value, const JsonPath& path) {
  if (value.is_number()) return value.get<double>();
  fail(path, fmt::format("is {}, must be a number", json_type_name(value)));
  return 0;
}

unsigned JsonReader::page_shift(const Json& value, const JsonPath& path) {
  const std::uint64_t bytes = number(value, path, UINT64_MAX);
  if (failed()) return 0;
  if (!std::has_single_bit(bytes)) {
    fail(path, fmt::format("{} is no page size", format_size(bytes)),
         "a page size is a power of two, like \"64K\"");
    return 0;
  }
  return static_cast<unsigned>(std::countr_zero(bytes));
}

bool JsonReader::boolean(const Json& value, const JsonPath& path) {
  if (value.is_boolean()) return value.get<bool>();
  fail(path, fmt::format("is {}, must be true or false", json_type_name(value)));
  return false;
}

const std::string& JsonReader::string(const Json& value, const JsonPath& path) {
  static const std::string kNothing;
  if (value.is_string()) return value.get_ref<const std::string&>();
  fail(path, fmt::format("is {}, must be a string", json_type_name(value)));
  return kNothing;
}

JsonMembers::JsonMembers(JsonReader& reader, const Json& value, const JsonPath& path)
    : reader_(reader), value_(value), path_(path) {
  if (!value.is_object()) reader.fail(path, fmt::format("is {}, must be an object", json_type_name(value)));
}

void JsonMembers::boolean(std::string_view key, bool& result) {
  optional(key, [&](const Json& value, const JsonPath& path) { result = reader_.boolean(value, path); });
}

void JsonMembers::finish() {
  if (reader_.failed() || found_ == value_.size()) return;
  for (const auto& [name, value] : value_.get_ref<const Json::object_t&>()) {
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    return reader_.fail(path_, fmt::format("unknown key {}", quote(name)),
                        fmt::format("the keys here are {}", fmt::join(asked_, ", ")));
  }
  // No stranger, but more members than keys: a value made by code that allows a key twice.
  reader_.fail(path_, "a key appears twice");
}

}  // namespace nospan::reports
