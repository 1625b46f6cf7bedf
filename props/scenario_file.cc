// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "props/quantity.h"
#include "targets/target.h"

namespace nospan::props {
namespace {

using nlohmann::ordered_json;
using reports::Error;
using reports::Expected;
using reports::failure;

// Our own walks over a value are recursive: this is what keeps them off the end of the stack.
constexpr std::size_t kMostDepth = 16;
// Bounds the memory that a file of 64 MiB can ask for; kMostCommands commands stay well below.
constexpr std::size_t kMostValues = std::size_t{1} << 23;
// Above this, other programs read a JSON number as a double and lose bits: we write a string instead.
constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;

// Calls `function`, whose result is an Expected: what the standard library throws (out of memory, a length that
// cannot be) becomes an error too.
template <class Function>
auto without_exceptions(std::string_view where, Function function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return failure(std::string(where), fmt::format("cannot be read: {}", exception.what()));
  }
}

// ---- JSON text -> value ----

// Where a value lies in its document, as a chain up the stack: text is only made of it when an error needs it.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;  // of an object's member; empty: an array's element
  std::size_t index = 0;

  std::string text() const {
    if (parent == nullptr) return std::string(key);
    if (key.data() == nullptr) return fmt::format("{}[{}]", parent->text(), index);
    return join(parent->text(), key);
  }

  // Keys of ours look like names; others are quoted.
  static std::string join(const std::string& parent_text, std::string_view key) {
    const bool plain = !key.empty() && key.size() <= 48 && std::all_of(key.begin(), key.end(), [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
    });
    return plain ? fmt::format("{}.{}", parent_text, key) : fmt::format("{}[{}]", parent_text, quote(key));
  }
};

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
                                              : Path::join(refusal_.path, level.key);
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

// ---- value -> scenario ----

std::string_view type_of(const ordered_json& value) {
  switch (value.type()) {
    case ordered_json::value_t::null: return "null";
    case ordered_json::value_t::object: return "an object";
    case ordered_json::value_t::array: return "a list";
    case ordered_json::value_t::string: return "a string";
    case ordered_json::value_t::boolean: return "true or false";
    case ordered_json::value_t::number_float:
      return "a number with a fraction, an exponent or more than 64 bits";
    case ordered_json::value_t::number_integer: return "a negative number";
    default: return "a number";
  }
}

// Names of the values of an enumeration, in their order.
constexpr std::array<std::string_view, 4> kDirections{"bidirectional", "to_device", "from_device", "none"};
constexpr std::array<std::string_view, 2> kTranslations{"identity", "two_stage"};
constexpr std::array<std::string_view, 2> kInstallations{"blind", "contained"};

struct AttributeName {
  std::string_view name;
  std::uint64_t bit;
};
constexpr std::array<AttributeName, 3> kAttributes{{
    {"weak_ordering", NOSPAN_ATTRIBUTE_WEAK_ORDERING},
    {"skip_cpu_sync", NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC},
    {"no_warn", NOSPAN_ATTRIBUTE_NO_WARN},
}};

// Reads values. Keeps the first error; after it, all readings return defaults, so that callers need not look at
// each.
class Reader {
 public:
  bool failed() const { return error_.has_value(); }
  Error take_error() { return std::move(*error_); }

  void fail(const Path& path, std::string what, std::string mend = {}) {
    if (!error_) error_ = Error{path.text(), std::move(what), std::move(mend)};
  }

  std::uint64_t number(const ordered_json& value, const Path& path, std::uint64_t most) {
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
      fail(path, fmt::format("is {}, must be a number", type_of(value)),
           "write a whole number from 0 on, or a string like \"64K\" or \"0x1000\"");
      return 0;
    }
    if (result > most) {
      fail(path, fmt::format("is {}, must be at most {}", result, most));
      return 0;
    }
    return result;
  }

  unsigned page_shift(const ordered_json& value, const Path& path) {
    const std::uint64_t bytes = number(value, path, UINT64_MAX);
    if (failed()) return 0;
    if (!std::has_single_bit(bytes)) {
      fail(path, fmt::format("{} is no page size", format_size(bytes)),
           "a page size is a power of two, like \"64K\"");
      return 0;
    }
    return static_cast<unsigned>(std::countr_zero(bytes));
  }

  bool boolean(const ordered_json& value, const Path& path) {
    if (value.is_boolean()) return value.get<bool>();
    fail(path, fmt::format("is {}, must be true or false", type_of(value)));
    return false;
  }

  const std::string& string(const ordered_json& value, const Path& path) {
    static const std::string kNothing;
    if (value.is_string()) return value.get_ref<const std::string&>();
    fail(path, fmt::format("is {}, must be a string", type_of(value)));
    return kNothing;
  }

  // The position of the string in `names`.
  template <std::size_t count>
  std::size_t one_of(const ordered_json& value, const Path& path,
                     const std::array<std::string_view, count>& names) {
    const std::string& name = string(value, path);
    if (failed()) return 0;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    fail(path, fmt::format("{} is unknown here", quote(name)),
         fmt::format("write one of {}", fmt::join(names, ", ")));
    return 0;
  }

  // Calls `function(element, path)` for each element of a list.
  template <class Function>
  void list(const ordered_json& value, const Path& path, std::uint64_t most, Function function) {
    if (!value.is_array()) return fail(path, fmt::format("is {}, must be a list", type_of(value)));
    if (value.size() > most)
      return fail(path, fmt::format("has {} elements, must be at most {}", value.size(), most));
    std::size_t index = 0;
    for (const ordered_json& element : value) {
      if (failed()) return;
      function(element, Path{&path, {}, index++});
    }
  }

 private:
  std::optional<Error> error_;
};

// The members of one object: each is asked for by its key, and finish() refuses what was not asked for.
class Members {
 public:
  Members(Reader& reader, const ordered_json& value, const Path& path)
      : reader_(reader), value_(value), path_(path) {
    if (!value.is_object()) reader.fail(path, fmt::format("is {}, must be an object", type_of(value)));
  }

  // Calls `function(value, path)` for the member with this key if there is one.
  template <class Function>
  void optional(std::string_view key, Function function) {
    asked_.push_back(key);
    if (reader_.failed()) return;
    for (const auto& [name, value] : value_.get_ref<const ordered_json::object_t&>()) {
      if (name != key) continue;
      ++found_;
      return function(value, Path{&path_, key, 0});
    }
  }

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

  void boolean(std::string_view key, bool& result) {
    optional(key, [&](const ordered_json& value, const Path& path) { result = reader_.boolean(value, path); });
  }

  void finish() {
    if (reader_.failed() || found_ == value_.size()) return;
    for (const auto& [name, value] : value_.get_ref<const ordered_json::object_t&>()) {
      if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
      return reader_.fail(path_, fmt::format("unknown key {}", quote(name)),
                          fmt::format("the keys here are {}", fmt::join(asked_, ", ")));
    }
    // No stranger, but more members than keys: a value made by code that allows a key twice.
    reader_.fail(path_, "a key appears twice");
  }

 private:
  template <class Integer>
  auto number_reader(Integer& result, std::uint64_t most) {
    return [this, &result, most](const ordered_json& value, const Path& path) {
      result = static_cast<Integer>(reader_.number(value, path, most));
    };
  }

  Reader& reader_;
  const ordered_json& value_;
  const Path& path_;
  std::vector<std::string_view> asked_;
  std::size_t found_ = 0;
};

void read_window(Reader& reader, const ordered_json& value, const Path& path, model::Window& window) {
  Members members(reader, value, path);
  members.required("iommu_page", [&](const ordered_json& page, const Path& page_path) {
    window.page.value = reader.page_shift(page, page_path);
  });
  members.number("first", window.first.value);
  members.required_number("entries", window.entries);
  members.optional("reserved", [&](const ordered_json& list, const Path& list_path) {
    std::array<std::uint64_t*, 2> ends{&window.reserved_start.value, &window.reserved_end.value};
    if (list.is_array() && list.size() != ends.size()) {
      return reader.fail(list_path, fmt::format("has {} elements, must have 2", list.size()),
                         "write the first reserved TCE and the one after the last");
    }
    std::size_t next = 0;
    reader.list(list, list_path, ends.size(), [&](const ordered_json& end, const Path& end_path) {
      *ends[next++] = reader.number(end, end_path, UINT64_MAX);
    });
  });
  members.finish();
}

void read_device(Reader& reader, const ordered_json& value, const Path& path, model::DeviceLimits& device) {
  Members members(reader, value, path);
  members.number("dma_mask", device.dma_mask);
  members.number("coherent_mask", device.coherent_mask);
  members.number("segment_boundary", device.segment_boundary);
  members.number("max_segment_size", device.max_segment_size);
  members.finish();
}

void read_kernel(Reader& reader, const ordered_json& value, const Path& path,
                 model::Configuration& configuration) {
  Members members(reader, value, path);
  members.number("cpus", configuration.cpus);
  members.number("block_entries", configuration.block_entries);
  members.boolean("virtual_merge", configuration.virtual_merge);
  members.boolean("crash_kernel", configuration.crash_kernel);
  members.finish();
}

void read_hypervisor(Reader& reader, const ordered_json& value, const Path& path,
                     model::Configuration& configuration) {
  Members members(reader, value, path);
  members.optional("translation", [&](const ordered_json& name, const Path& name_path) {
    configuration.translation = static_cast<model::Translation>(reader.one_of(name, name_path, kTranslations));
  });
  members.optional("installation", [&](const ordered_json& name, const Path& name_path) {
    configuration.installation =
        static_cast<model::Installation>(reader.one_of(name, name_path, kInstallations));
  });
  members.number("granule", configuration.granule);
  members.number("device_vm", configuration.device_vm.value);
  members.finish();
}

// Reads one command and appends the elements of its list.
void read_command(Reader& reader, const ordered_json& value, const Path& path, Scenario& scenario) {
  Command command;
  Members members(reader, value, path);
  members.required("do", [&](const ordered_json& name, const Path& name_path) {
    std::array<std::string_view, kCommandKindCount> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = command_name(static_cast<CommandKind>(i));
    command.kind = static_cast<CommandKind>(reader.one_of(name, name_path, names));
  });
  if (reader.failed()) return;

  const auto direction = [&] {
    members.required("direction", [&](const ordered_json& name, const Path& name_path) {
      command.direction = static_cast<model::Direction>(reader.one_of(name, name_path, kDirections));
    });
  };
  const auto attributes = [&] {
    members.optional("attributes", [&](const ordered_json& list, const Path& list_path) {
      reader.list(list, list_path, kAttributes.size(), [&](const ordered_json& name, const Path& name_path) {
        std::array<std::string_view, kAttributes.size()> names;
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = kAttributes[i].name;
        const std::uint64_t bit = kAttributes[reader.one_of(name, name_path, names)].bit;
        if ((command.attributes & bit) != 0) reader.fail(name_path, "appears twice");
        command.attributes |= bit;
      });
    });
  };
  // What all calls on a table share.
  const auto call = [&] {
    members.required_number("mapping", command.mapping);
    members.number("cpu", command.cpu);
    members.boolean("no_table", command.no_table);
  };
  const auto fault = [&] {
    members.optional("fault", [&](const ordered_json& fault_value, const Path& fault_path) {
      if (fault_value.is_string()) {
        reader.one_of(fault_value, fault_path, std::array<std::string_view, 1>{"pages"});
        command.fault = FaultKind::kPages;
        return;
      }
      Members fault_members(reader, fault_value, fault_path);
      fault_members.required_number("entry", command.fault_entry);
      fault_members.boolean("partial", command.fault_partial);
      fault_members.finish();
      command.fault = FaultKind::kTce;
    });
  };
  const auto iommu_page = [&] {
    members.required("iommu_page", [&](const ordered_json& page, const Path& page_path) {
      command.page_shift = static_cast<std::uint8_t>(reader.page_shift(page, page_path));
    });
  };

  switch (command.kind) {
    case CommandKind::kMapPage:
      call();
      members.required_number("page", command.address);
      members.number("offset", command.offset);
      members.required_number("size", command.size);
      direction();
      attributes();
      fault();
      break;
    case CommandKind::kMapSg:
      call();
      members.required("list", [&](const ordered_json& list, const Path& list_path) {
        command.first_element = static_cast<std::uint32_t>(scenario.elements.size());
        reader.list(
            list, list_path, kMostElementsPerList, [&](const ordered_json& pair, const Path& pair_path) {
              if (!pair.is_array() || pair.size() != 2) {
                return reader.fail(pair_path, "is no pair of an address and a length",
                                   "write it like [\"0x10000\", 4096]");
              }
              Element element;
              element.address.value = reader.number(pair[0], Path{&pair_path, {}, 0}, UINT64_MAX);
              element.length =
                  static_cast<std::uint32_t>(reader.number(pair[1], Path{&pair_path, {}, 1}, UINT32_MAX));
              scenario.elements.push_back(element);
            });
        command.element_count = static_cast<std::uint32_t>(scenario.elements.size()) - command.first_element;
      });
      direction();
      attributes();
      fault();
      break;
    case CommandKind::kAllocCoherent:
      call();
      members.required_number("size", command.size);
      members.required_number("memory", command.address);
      fault();
      break;
    case CommandKind::kUnmapPage:
    case CommandKind::kUnmapSg:
    case CommandKind::kFreeCoherent: call(); break;
    case CommandKind::kInUse: break;
    case CommandKind::kCheckIoba:
      iommu_page();
      members.required_number("first", command.first_index);
      members.required_number("entries", command.entries);
      members.required_number("ioba", command.address);
      members.required_number("count", command.count);
      break;
    case CommandKind::kCheckGpa:
      iommu_page();
      members.required_number("address", command.address);
      break;
    case CommandKind::kTceDirection: members.required_number("tce", command.address); break;
    case CommandKind::kDirectionPermissions: direction(); break;
  }
  members.finish();
  scenario.commands.push_back(command);
}

void read_top(Reader& reader, const ordered_json& value, const Path& path, Scenario& scenario) {
  model::Configuration& configuration = scenario.configuration;
  Members members(reader, value, path);
  members.required("schema", [&](const ordered_json& schema, const Path& schema_path) {
    const std::string& name = reader.string(schema, schema_path);
    if (!reader.failed() && name != kScenarioSchema) {
      reader.fail(schema_path, fmt::format("{} is no schema of a scenario", quote(name)),
                  fmt::format("this nospan reads \"{}\"", kScenarioSchema));
    }
  });
  members.optional("note", [&](const ordered_json& note, const Path& note_path) {
    scenario.note = reader.string(note, note_path);
  });
  members.optional("system_page", [&](const ordered_json& page, const Path& page_path) {
    configuration.system_page.value = reader.page_shift(page, page_path);
  });
  members.required("window", [&](const ordered_json& window, const Path& window_path) {
    read_window(reader, window, window_path, configuration.window);
  });
  members.optional("device", [&](const ordered_json& device, const Path& device_path) {
    read_device(reader, device, device_path, configuration.device);
  });
  members.optional("kernel", [&](const ordered_json& kernel, const Path& kernel_path) {
    read_kernel(reader, kernel, kernel_path, configuration);
  });
  members.optional("inherited", [&](const ordered_json& list, const Path& list_path) {
    reader.list(list, list_path, kMostEntries, [&](const ordered_json& range, const Path& range_path) {
      model::InheritedRange& inherited = configuration.inherited.emplace_back();
      Members range_members(reader, range, range_path);
      range_members.required_number("first", inherited.first.value);
      range_members.required_number("count", inherited.count);
      range_members.finish();
    });
  });
  members.optional("hypervisor", [&](const ordered_json& hypervisor, const Path& hypervisor_path) {
    read_hypervisor(reader, hypervisor, hypervisor_path, configuration);
  });
  members.optional("memory", [&](const ordered_json& list, const Path& list_path) {
    reader.list(list, list_path, kMostBlocks, [&](const ordered_json& entry, const Path& entry_path) {
      model::Block& block = configuration.blocks.emplace_back();
      Members block_members(reader, entry, entry_path);
      block_members.required_number("vm", block.owner.value);
      block_members.required_number("guest", block.guest.value);
      block_members.required_number("real", block.real.value);
      block_members.required_number("size", block.size);
      block_members.finish();
    });
  });
  members.optional("commands", [&](const ordered_json& list, const Path& list_path) {
    reader.list(list, list_path, kMostCommands, [&](const ordered_json& entry, const Path& entry_path) {
      read_command(reader, entry, entry_path, scenario);
    });
  });
  members.finish();
}

// ---- scenario -> value ----

// Numbers as JSON: sizes with units, addresses in hexadecimal, counts as they are.
ordered_json size_value(std::uint64_t bytes) {
  std::string text = format_size(bytes);
  if (text.back() > '9') return text;
  if (bytes <= kMostExact) return bytes;
  return format_address(bytes);
}
ordered_json address_value(std::uint64_t address) { return format_address(address); }
ordered_json count_value(std::uint64_t count) {
  if (count <= kMostExact) return count;
  return format_address(count);
}
ordered_json page_value(unsigned shift) { return size_value(shift < 64 ? std::uint64_t{1} << shift : 0); }

// Sets a member unless it has its default value.
template <class Value>
void set_unless(ordered_json& object, const char* key, const Value& value, const Value& default_value,
                ordered_json (*convert)(std::uint64_t)) {
  if (value != default_value) object[key] = convert(value);
}
void set_unless(ordered_json& object, const char* key, bool value, bool default_value) {
  if (value != default_value) object[key] = value;
}

template <std::size_t count, class Enum>
std::string_view name_in(const std::array<std::string_view, count>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < count ? names[index] : "?";
}

ordered_json command_value(const Scenario& scenario, const Command& command) {
  ordered_json object = ordered_json::object();
  object["do"] = command_name(command.kind);
  const auto call = [&] { object["mapping"] = command.mapping; };
  // The rest of a map command, the same for all.
  const auto direction = [&] { object["direction"] = name_in(kDirections, command.direction); };
  const auto attributes = [&] {
    for (const AttributeName& attribute : kAttributes) {
      if ((command.attributes & attribute.bit) != 0) object["attributes"].push_back(attribute.name);
    }
  };
  const auto cpu_and_fault = [&] {
    if (command.cpu != 0) object["cpu"] = command.cpu;
    if (command.no_table) object["no_table"] = true;
    if (command.fault == FaultKind::kPages) object["fault"] = "pages";
    if (command.fault == FaultKind::kTce) {
      object["fault"]["entry"] = count_value(command.fault_entry);
      set_unless(object["fault"], "partial", command.fault_partial, false);
    }
  };
  switch (command.kind) {
    case CommandKind::kMapPage:
      call();
      object["page"] = address_value(command.address);
      set_unless<std::uint64_t>(object, "offset", command.offset, 0, address_value);
      object["size"] = size_value(command.size);
      direction();
      attributes();
      cpu_and_fault();
      break;
    case CommandKind::kMapSg: {
      call();
      ordered_json& list = object["list"] = ordered_json::array();
      // A scenario that validate() would refuse may name elements that are not there.
      const std::size_t end = std::min<std::size_t>(std::size_t{command.first_element} + command.element_count,
                                                    scenario.elements.size());
      for (std::size_t i = command.first_element; i < end; ++i) {
        const Element& element = scenario.elements[i];
        list.push_back(ordered_json::array({address_value(element.address.value), size_value(element.length)}));
      }
      direction();
      attributes();
      cpu_and_fault();
      break;
    }
    case CommandKind::kAllocCoherent:
      call();
      object["size"] = size_value(command.size);
      object["memory"] = address_value(command.address);
      cpu_and_fault();
      break;
    case CommandKind::kUnmapPage:
    case CommandKind::kUnmapSg:
    case CommandKind::kFreeCoherent:
      call();
      cpu_and_fault();
      break;
    case CommandKind::kInUse: break;
    case CommandKind::kCheckIoba:
      object["iommu_page"] = page_value(command.page_shift);
      object["first"] = address_value(command.first_index);
      object["entries"] = count_value(command.entries);
      object["ioba"] = address_value(command.address);
      object["count"] = count_value(command.count);
      break;
    case CommandKind::kCheckGpa:
      object["iommu_page"] = page_value(command.page_shift);
      object["address"] = address_value(command.address);
      break;
    case CommandKind::kTceDirection: object["tce"] = address_value(command.address); break;
    case CommandKind::kDirectionPermissions: direction(); break;
  }
  return object;
}

// Adds a member that is an object, unless it is empty.
void add_unless_empty(ordered_json& object, const char* key, ordered_json&& member) {
  if (!member.empty()) object[key] = std::move(member);
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

// validate() speaks of "$": the scenario. In a file it may lie deeper.
Expected<void> validate_at(const Scenario& scenario, std::string_view path) {
  auto checked = validate(scenario);
  if (!checked && checked.error().where.starts_with('$')) {
    checked.error().where.replace(0, 1, path);
  }
  return checked;
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

Expected<Scenario> from_json_value(const ordered_json& value, std::string_view path) {
  return without_exceptions(path, [&]() -> Expected<Scenario> {
    Scenario scenario;
    Reader reader;
    read_top(reader, value, Path{nullptr, path, 0}, scenario);
    if (reader.failed()) return tl::make_unexpected(reader.take_error());
    if (auto checked = validate_at(scenario, path); !checked) return tl::make_unexpected(checked.error());
    return scenario;
  });
}

Expected<Scenario> parse_scenario(std::string_view text, std::string_view name) {
  return without_exceptions(name, [&]() -> Expected<Scenario> {
    const auto value = parse_json(text, name);
    if (!value) return tl::make_unexpected(value.error());
    auto scenario = from_json_value(*value, "$");
    if (!scenario) scenario.error().where = fmt::format("{}: {}", name, scenario.error().where);
    return scenario;
  });
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

Expected<Scenario> read_scenario(const std::filesystem::path& path) {
  return without_exceptions(path.native(), [&]() -> Expected<Scenario> {
    const auto text = read_file(path, kMostFileBytes);
    if (!text) return tl::make_unexpected(text.error());
    return parse_scenario(*text, path.native());
  });
}

ordered_json to_json_value(const Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  static const model::Configuration kDefaults;
  ordered_json object = ordered_json::object();
  object["schema"] = kScenarioSchema;
  if (!scenario.note.empty()) object["note"] = scenario.note;
  object["system_page"] = page_value(configuration.system_page.value);

  const model::Window& window = configuration.window;
  ordered_json& window_object = object["window"] = ordered_json::object();
  window_object["iommu_page"] = page_value(window.page.value);
  set_unless(window_object, "first", window.first.value, kDefaults.window.first.value, address_value);
  window_object["entries"] = count_value(window.entries);
  if (window.reserved_start.value != 0 || window.reserved_end.value != 0) {
    window_object["reserved"] = ordered_json::array(
        {address_value(window.reserved_start.value), address_value(window.reserved_end.value)});
  }

  const model::DeviceLimits& device = configuration.device;
  ordered_json device_object = ordered_json::object();
  set_unless(device_object, "dma_mask", device.dma_mask, kDefaults.device.dma_mask, address_value);
  set_unless(device_object, "coherent_mask", device.coherent_mask, kDefaults.device.coherent_mask,
             address_value);
  set_unless(device_object, "segment_boundary", device.segment_boundary, kDefaults.device.segment_boundary,
             address_value);
  set_unless(device_object, "max_segment_size", device.max_segment_size, kDefaults.device.max_segment_size,
             size_value);
  add_unless_empty(object, "device", std::move(device_object));

  ordered_json kernel_object = ordered_json::object();
  set_unless(kernel_object, "cpus", configuration.cpus, kDefaults.cpus, count_value);
  set_unless(kernel_object, "block_entries", configuration.block_entries, kDefaults.block_entries, count_value);
  set_unless(kernel_object, "virtual_merge", configuration.virtual_merge, kDefaults.virtual_merge);
  set_unless(kernel_object, "crash_kernel", configuration.crash_kernel, kDefaults.crash_kernel);
  add_unless_empty(object, "kernel", std::move(kernel_object));

  for (const model::InheritedRange& range : configuration.inherited) {
    ordered_json entry = ordered_json::object();
    entry["first"] = address_value(range.first.value);
    entry["count"] = count_value(range.count);
    object["inherited"].push_back(std::move(entry));
  }

  ordered_json hypervisor = ordered_json::object();
  if (configuration.translation != kDefaults.translation) {
    hypervisor["translation"] = name_in(kTranslations, configuration.translation);
  }
  if (configuration.installation != kDefaults.installation) {
    hypervisor["installation"] = name_in(kInstallations, configuration.installation);
  }
  set_unless(hypervisor, "granule", configuration.granule, kDefaults.granule, size_value);
  set_unless(hypervisor, "device_vm", configuration.device_vm.value, kDefaults.device_vm.value, count_value);
  add_unless_empty(object, "hypervisor", std::move(hypervisor));

  for (const model::Block& block : configuration.blocks) {
    ordered_json entry = ordered_json::object();
    entry["vm"] = block.owner.value;
    entry["guest"] = address_value(block.guest.value);
    entry["real"] = address_value(block.real.value);
    entry["size"] = size_value(block.size);
    object["memory"].push_back(std::move(entry));
  }
  for (const Command& command : scenario.commands) {
    object["commands"].push_back(command_value(scenario, command));
  }
  return object;
}

std::string to_json(const Scenario& scenario) { return write_json(to_json_value(scenario)); }

bool same_scenario(const Scenario& a, const Scenario& b) {
  const auto same_configuration = [](const model::Configuration& x, const model::Configuration& y) {
    const auto window = [](const model::Configuration& c) {
      return std::tuple(c.window.page, c.window.first, c.window.entries, c.window.reserved_start,
                        c.window.reserved_end);
    };
    const auto device = [](const model::Configuration& c) {
      return std::tuple(c.device.dma_mask, c.device.coherent_mask, c.device.segment_boundary,
                        c.device.max_segment_size);
    };
    const auto rest = [](const model::Configuration& c) {
      return std::tie(c.system_page, c.block_entries, c.cpus, c.virtual_merge, c.crash_kernel, c.inherited,
                      c.installation, c.translation, c.device_vm, c.granule, c.blocks);
    };
    return window(x) == window(y) && device(x) == device(y) && rest(x) == rest(y);
  };
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
  return a.note == b.note && same_configuration(a.configuration, b.configuration) &&
         std::equal(a.commands.begin(), a.commands.end(), b.commands.begin(), b.commands.end(), same_command);
}

}  // namespace nospan::props
