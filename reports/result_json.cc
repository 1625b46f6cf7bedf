// SPDX-License-Identifier: BSD-2-Clause
#include "reports/result_json.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <type_traits>
#include <vector>

#include "reports/json_file.h"
#include "reports/json_reader.h"
#include "reports/quantity.h"
#include "reports/result_members.h"
#include "reports/without_exceptions.h"

namespace nospan::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<Verdict, 8> kVerdicts{Verdict::kError,    Verdict::kHolds,   Verdict::kProved,
                                           Verdict::kRefuted,  Verdict::kUnknown, Verdict::kVacuous,
                                           Verdict::kDisagree, Verdict::kSkip};

template <class T>
struct OptionalOf : std::false_type {};
template <class T>
struct OptionalOf<std::optional<T>> : std::true_type {};

template <class T>
struct ListOf : std::false_type {};
template <class T>
struct ListOf<std::vector<T>> : std::true_type {};

template <class T>
constexpr bool kPlain = std::is_same_v<T, std::string> || std::is_same_v<T, Json> || std::is_arithmetic_v<T>;

class Writer {
 public:
  explicit Writer(Json& object) : object_(object) {}

  template <class Value>
  void operator()(const char* key, const Value& value) {
    if constexpr (OptionalOf<Value>::value) {
      if (value) put(key, written(*value));
    } else {
      put(key, written(value));
    }
  }

  void hex(const char* key, std::uint64_t value) { put(key, format_address(value)); }
  void hex(const char* key, const std::optional<std::uint64_t>& value) {
    if (value) hex(key, *value);
  }

  void as_object(const char* key, const std::vector<Count>& counts) {
    Json object = Json::object();
    for (const Count& count : counts) object[count.name] = count.value;
    put(key, std::move(object));
  }

  template <class Function>
  void part(const char* key, Function function) {
    Json object = Json::object();
    Writer writer(object);
    function(writer);
    put(key, std::move(object));
  }

  void if_known(const char* key, const std::vector<std::string>& list, bool known) {
    if (known) put(key, list);
  }

  void figures(const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) put(figure.name, figure.value);
  }

 private:
  // No key is there twice: no search for it, as operator[] would do.
  void put(std::string key, Json value) {
    object_.get_ref<Json::object_t&>().emplace_back(std::move(key), std::move(value));
  }

  template <class Value>
  static Json written(const Value& value) {
    if constexpr (std::is_same_v<Value, Verdict>) {
      return std::string(name(value));
    } else if constexpr (kPlain<Value>) {
      return value;
    } else if constexpr (ListOf<Value>::value) {
      Json list = Json::array();
      for (const auto& element : value) list.push_back(written(element));
      return list;
    } else {
      Json object = Json::object();
      Writer writer(object);
      members(writer, value);
      return object;
    }
  }

  Json& object_;
};

class Reader {
 public:
  Reader(JsonReader& reader, const Json& value, const JsonPath& path)
      : reader_(reader), members_(reader, value, path) {}

  template <class Value>
  void operator()(const char* key, Value& value) {
    if constexpr (OptionalOf<Value>::value) {
      members_.optional(key,
                        [&](const Json& json, const JsonPath& path) { read(json, path, value.emplace()); });
    } else {
      members_.required(key, [&](const Json& json, const JsonPath& path) { read(json, path, value); });
    }
  }

  void hex(const char* key, std::uint64_t& value) { members_.required_number(key, value); }
  void hex(const char* key, std::optional<std::uint64_t>& value) { (*this)(key, value); }

  void as_object(const char* key, std::vector<Count>& counts) {
    members_.required(key, [&](const Json& json, const JsonPath& path) {
      if (!json.is_object()) {
        return reader_.fail(path, fmt::format("is {}, must be an object", json_type_name(json)));
      }
      for (const auto& [count_name, count] : json.get_ref<const Json::object_t&>()) {
        counts.push_back({count_name, reader_.number(count, JsonPath{&path, count_name, 0}, UINT64_MAX)});
      }
    });
  }

  template <class Function>
  void part(const char* key, Function function) {
    members_.required(key, [&](const Json& json, const JsonPath& path) {
      Reader reader(reader_, json, path);
      function(reader);
      reader.finish();
    });
  }

  void if_known(const char* key, std::vector<std::string>& list, bool& known) {
    members_.optional(key, [&](const Json& json, const JsonPath& path) {
      read(json, path, list);
      known = true;
    });
  }

  void figures(const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) {
      members_.required(figure.name, [&](const Json& json, const JsonPath& path) {
        double value = 0;
        read(json, path, value);
        if (!reader_.failed() && value != figure.value) {
          reader_.fail(path, "is not the value that \"figures\" tells");
        }
      });
    }
  }

  void schema() {
    members_.required("schema", [&](const Json& json, const JsonPath& path) {
      const std::string& schema = reader_.string(json, path);
      if (reader_.failed() || schema == kResultSchema) return;
      reader_.fail(path, fmt::format("{} is no schema of a result", quote(schema)),
                   fmt::format("this nospan reads \"{}\", as written by --json", kResultSchema));
    });
  }

  void finish() { members_.finish(); }

 private:
  template <class Value>
  void read(const Json& json, const JsonPath& path, Value& value) {
    if constexpr (std::is_same_v<Value, Verdict>) {
      std::array<std::string_view, kVerdicts.size()> names;
      for (std::size_t i = 0; i < names.size(); ++i) names[i] = name(kVerdicts[i]);
      const std::size_t which = reader_.one_of(json, path, names);
      if (!reader_.failed()) value = kVerdicts[which];
    } else if constexpr (std::is_same_v<Value, std::string>) {
      value = reader_.string(json, path);
    } else if constexpr (std::is_same_v<Value, bool>) {
      value = reader_.boolean(json, path);
    } else if constexpr (std::is_same_v<Value, double>) {
      value = reader_.real(json, path);
    } else if constexpr (std::is_integral_v<Value>) {
      value = static_cast<Value>(reader_.number(json, path, std::numeric_limits<Value>::max()));
    } else if constexpr (std::is_same_v<Value, Json>) {
      // A scenario: what is in it is not this schema's business.
      if (!json.is_object() && !json.is_null()) {
        return reader_.fail(path, fmt::format("is {}, must be an object or null", json_type_name(json)));
      }
      value = json;
    } else if constexpr (ListOf<Value>::value) {
      reader_.list(json, path, UINT64_MAX, [&](const Json& element, const JsonPath& element_path) {
        read(element, element_path, value.emplace_back());
      });
    } else {
      Reader reader(reader_, json, path);
      members(reader, value);
      reader.finish();
    }
  }

  JsonReader& reader_;
  JsonMembers members_;
};

}  // namespace

Json to_json_value(const Result& result) {
  Json json = {{"schema", std::string(kResultSchema)}};
  Writer writer(json);
  members(writer, result);
  return json;
}

std::string to_json(const Result& result) { return write_json(to_json_value(result)); }

Expected<Result> result_from_json_value(const Json& value, std::string_view path) {
  return without_exceptions(path, [&]() -> Expected<Result> {
    Result result;
    JsonReader json_reader;
    const JsonPath root{nullptr, path, 0};
    Reader reader(json_reader, value, root);
    // First: of a file of another kind, this is what is wrong.
    reader.schema();
    if (!json_reader.failed()) {
      members(reader, result);
      reader.finish();
    }
    if (json_reader.failed()) return tl::make_unexpected(json_reader.take_error());
    return result;
  });
}

Expected<Result> parse_result(std::string_view text, std::string_view name) {
  return without_exceptions(name, [&]() -> Expected<Result> {
    const auto value = parse_json(text, name);
    if (!value) return tl::make_unexpected(value.error());
    auto result = result_from_json_value(*value, "$");
    if (!result) result.error().where = fmt::format("{}: {}", name, result.error().where);
    return result;
  });
}

Expected<Result> read_result(const std::filesystem::path& path) {
  return without_exceptions(path.native(), [&]() -> Expected<Result> {
    const auto text = read_file(path, kMostFileBytes);
    if (!text) return tl::make_unexpected(text.error());
    return parse_result(*text, path.native());
  });
}

}  // namespace nospan::reports
