// SPDX-License-Identifier: BSD-2-Clause
// Reads JSON values into our types, strictly: every mismatch is an error that says where in the document it is
// and how to mend it.
#ifndef NOSPAN_REPORTS_JSON_READER_H
#define NOSPAN_REPORTS_JSON_READER_H

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/error.h"
#include "reports/json_path.h"
#include "reports/quantity.h"

namespace nospan::reports {

// The type of a value as errors call it: "a list", "a negative number".
std::string_view json_type_name(const nlohmann::ordered_json& value);

// Keeps the first error; after it, all readings return defaults, so that callers need not look at each. Not
// thread-safe.
class JsonReader {
 public:
  using Json = nlohmann::ordered_json;

  bool failed() const { return error_.has_value(); }
  // Only if failed().
  Error take_error() { return std::move(*error_); }

  void fail(const JsonPath& path, std::string what, std::string mend = {});

  // A whole number of at most `most`, written as one or as a string that parse_quantity() takes.
  std::uint64_t number(const Json& value, const JsonPath& path, std::uint64_t most);
  // Any finite number, written as one.
  double real(const Json& value, const JsonPath& path);
  // A page size in bytes, written as a number; the result is its binary logarithm.
  unsigned page_shift(const Json& value, const JsonPath& path);
  bool boolean(const Json& value, const JsonPath& path);
  // The result lives as long as the value.
  const std::string& string(const Json& value, const JsonPath& path);

  // The position of the string in `names`.
  template <std::size_t count>
  std::size_t one_of(const Json& value, const JsonPath& path,
                     const std::array<std::string_view, count>& names) {
    const std::string& name = string(value, path);
    if (failed()) return 0;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    fail(path, fmt::format("{} is unknown here", quote(name)),
         fmt::format("write one of {}", fmt::join(names, ", ")));
    return 0;
  }

  // Calls `function(element, path)` for each element of a list of at most `most`.
  template <class Function>
  void list(const Json& value, const JsonPath& path, std::uint64_t most, Function function) {
    if (!value.is_array()) return fail(path, fmt::format("is {}, must be a list", json_type_name(value)));
    if (value.size() > most)
      return fail(path, fmt::format("has {} elements, must be at most {}", value.size(), most));
    std::size_t index = 0;
    for (const Json& element : value) {
      if (failed()) return;
      function(element, JsonPath{&path, {}, index++});
    }
  }

 private:
  std::optional<Error> error_;
};

// The members of one object: each is asked for by its key, and finish() refuses what was not asked for. Refers
// to the reader, the value and the path that it is given, and to the keys. Not thread-safe.
class JsonMembers {
 public:
  using Json = nlohmann::ordered_json;

  JsonMembers(JsonReader& reader, const Json& value, const JsonPath& path);

  // Calls `function(value, path)` for the member with this key if there is one.
  template <class Function>
  void optional(std::string_view key, Function function) {
    asked_.push_back(key);
    if (reader_.failed()) return;
    for (const auto& [name, value] : value_.get_ref<const Json::object_t&>()) {
      if (name != key) continue;
      ++found_;
      return function(value, JsonPath{&path_, key, 0});
    }
  }

  // The same; that there is none is an error.
  template <class Function>
  void required(std::string_view key, Function function) {
    const std::size_t before = found_;
    optional(key, function);
    if (found_ == before) reader_.fail(path_, fmt::format("key \"{}\" is missing", key));
  }

  // Shorthands for numbers. What is not there keeps its value.
  template <class Integer>
  void number(std::string_view key, Integer& result, std::uint64_t most = std::numeric_limits<Integer>::max()) {
    optional(key, number_reader(result, most));
  }
  template <class Integer>
  void required_number(std::string_view key, Integer& result,
                       std::uint64_t most = std::numeric_limits<Integer>::max()) {
    required(key, number_reader(result, most));
  }

  void boolean(std::string_view key, bool& result);

  // Call last: keys that nobody has asked for are errors.
  void finish();

 private:
  template <class Integer>
  auto number_reader(Integer& result, std::uint64_t most) {
    return [this, &result, most](const Json& value, const JsonPath& path) {
      result = static_cast<Integer>(reader_.number(value, path, most));
    };
  }

  JsonReader& reader_;
  const Json& value_;
  const JsonPath& path_;
  std::vector<std::string_view> asked_;
  std::size_t found_ = 0;
};

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_JSON_READER_H
