// SPDX-License-Identifier: BSD-2-Clause
#include "reports/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "reports/json_path.h"
#include "reports/quantity.h"
#include "reports/without_exceptions.h"

namespace nospan::reports {
namespace {

using nlohmann::ordered_json;

// Our own walks over a value are recursive: this is what keeps them off the end of the stack.
constexpr std::size_t kMostDepth = 16;
// Bounds the memory that a file of 64 MiB can ask for; kMostCommands commands stay well below.
constexpr std::size_t kMostValues = std::size_t{1} << 23;

// ---- text -> value ----

// Builds the value from nlohmann's events, which come without recursion. nlohmann's own builder keeps the last
// of two equal keys in silence and nests without bound.
class Builder : public nlohmann::json_sax<ordered_json> {
 public:
  ordered_json& result() { return root_; }

  // What was refused: a path in the document, or a byte position.
  struct Refusal {
    std::string what;
    std::string path;
    std::optional<std::size_t> position;
  };
  const Refusal& refusal() const { return refusal_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(ordered_json::object()); }
  bool start_array(std::size_t) override { return open(ordered_json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    Level& level = levels_.back();
    level.key = std::move(value);
    if (level.keys.insert(level.key).second) return true;
    return refuse(fmt::format("key {} appears twice", quote(level.key)));
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& exception) override {
    refusal_.what = exception.what();
    refusal_.position = position;
    return false;
  }

 private:
  struct Level {
    ordered_json* value;
    std::string key;  // of the member that is being read
    std::unordered_set<std::string> keys;
  };

  bool refuse(std::string what) {
    refusal_.what = std::move(what);
    refusal_.path = "$";
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      refusal_.path = level.value->is_array() ? fmt::format("{}[{}]", refusal_.path, level.value->size() - 1)
                                              : JsonPath::join(refusal_.path, level.key);
    }
    return false;
  }

  template <class Value>
  bool add(Value&& value) {
    return place(std::forward<Value>(value)) != nullptr;
  }

  bool open(ordered_json&& container) {
    if (levels_.size() == kMostDepth) return refuse(fmt::format("is nested more than {} deep", kMostDepth));
    ordered_json* place_of_it = place(std::move(container));
    if (place_of_it == nullptr) return false;
    levels_.push_back({place_of_it, {}, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // Puts a value where the document has it. The result stays valid while deeper levels are built: a container
  // grows only when its level is the last.
  template <class Value>
  ordered_json* place(Value&& value) {
    if (++values_ > kMostValues) {
      refuse(fmt::format("holds more than {} values", kMostValues));
      return nullptr;
    }
    if (levels_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) return &level.value->emplace_back(std::forward<Value>(value));
    // ordered_json's own insertion looks for the key first, through all members. We know that it is new.
    auto& members = level.value->get_ref<ordered_json::object_t&>();
    members.emplace_back(level.key, ordered_json(std::forward<Value>(value)));
    return &members.back().second;
  }

  ordered_json root_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
  Refusal refusal_;
};

// The part of nlohmann's message that says what is wrong: not its number, its position (ours is better), nor
// the text that it read last (which may be long).
std::string syntax_error(std::string_view message) {
  if (const std::size_t column = message.find(", column "); column != std::string_view::npos) {
    if (const std::size_t colon = message.find(": ", column); colon != std::string_view::npos) {
      message.remove_prefix(colon + 2);
    }
  }
  if (message.starts_with('[')) message.remove_prefix(std::min(message.find("] ") + 2, message.size()));
  constexpr std::string_view kPrefix = "syntax error ";
  if (message.starts_with(kPrefix)) message.remove_prefix(kPrefix.size());
  std::string_view expected;
  if (const std::size_t read = message.find("; last read: "); read != std::string_view::npos) {
    const std::size_t end = message.rfind("'; expected ");
    if (end != std::string_view::npos && end > read) expected = message.substr(end + 1);
    message = message.substr(0, read);
  }
  std::string text = "JSON syntax error: ";
  for (const char letter : std::string(message) + std::string(expected)) {
    const auto byte = static_cast<unsigned char>(letter);
    text += byte >= 0x20 && byte < 0x7f ? letter : '?';
  }
  constexpr std::size_t kMostLength = 200;
  if (text.size() > kMostLength) text = text.substr(0, kMostLength) + "...";
  return text;
}

// ---- value -> text ----

// Does the value need more than one line? Lists of objects do, and what holds one.
bool is_tall(const ordered_json& value) {
  if (!value.is_structured()) return false;
  if (value.is_array() && !value.empty() && value.front().is_object()) return true;
  return std::any_of(value.begin(), value.end(), [](const ordered_json& inner) { return is_tall(inner); });
}

void write_string(std::string& text, const std::string& string) {
  text += ordered_json(string).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void write_flat(std::string& text, const ordered_json& value) {
  if (!value.is_structured()) {
    text += value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    return;
  }
  text += value.is_object() ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) text += ", ";
    first = false;
    if (value.is_object()) {
      write_string(text, item.key());
      text += ": ";
    }
    write_flat(text, item.value());
  }
  text += value.is_object() ? '}' : ']';
}

void write_tall(std::string& text, const ordered_json& value, std::size_t indent) {
  text += value.is_object() ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    text += first ? "\n" : ",\n";
    first = false;
    text.append(indent + 2, ' ');
    if (value.is_object()) {
      write_string(text, item.key());
      text += ": ";
    }
    if (is_tall(item.value())) {
      write_tall(text, item.value(), indent + 2);
    } else {
      write_flat(text, item.value());
    }
  }
  text += '\n';
  text.append(indent, ' ');
  text += value.is_object() ? '}' : ']';
}

}  // namespace

Expected<ordered_json> parse_json(std::string_view text, std::string_view name) {
  return without_exceptions(name, [&]() -> Expected<ordered_json> {
    if (text.size() > kMostFileBytes) {
      return failure(std::string(name), fmt::format("is larger than {}", format_size(kMostFileBytes)));
    }
    Builder builder;
    if (ordered_json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.result());
    const Builder::Refusal& refusal = builder.refusal();
    if (!refusal.position) return failure(fmt::format("{}: {}", name, refusal.path), refusal.what);
    // nlohmann counts from 1, and one more where the text ends.
    const std::size_t position = std::min(*refusal.position - (*refusal.position == 0 ? 0 : 1), text.size());
    const std::string_view before = text.substr(0, position);
    const std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return failure(fmt::format("{}:{}:{}", name, line, position - line_start + 1), syntax_error(refusal.what),
                   position == text.size() ? "the text ends too early: is it complete?" : "");
  });
}

std::string write_json(const ordered_json& value) {
  std::string text;
  if (value.is_structured() && !value.empty()) {
    write_tall(text, value, 0);
  } else {
    write_flat(text, value);
  }
  return text + '\n';
}

Expected<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  return without_exceptions(path.native(), [&]() -> Expected<std::string> {
    const auto refuse = [&path](std::string_view what, int code) {
      return failure(path.native(), fmt::format("{}: {}", what, std::generic_category().message(code)),
                     "check the name and the permissions");
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (file == nullptr) return refuse("cannot be opened", errno);
    std::string text;
    std::array<char, 65536> buffer;
    // Not by the size that the file system tells: pipes and devices tell none.
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
      text.append(buffer.data(), count);
      if (text.size() > most) {
        return failure(path.native(), fmt::format("is larger than {}", format_size(most)),
                       "is it the right file?");
      }
    }
    if (std::ferror(file.get()) != 0) return refuse("cannot be read", errno);
    return text;
  });
}

}  // namespace nospan::reports
