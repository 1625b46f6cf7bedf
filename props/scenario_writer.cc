// SPDX-License-Identifier: BSD-2-Clause
// The scenario as a JSON value: the writing half of scenario_file.h.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "props/scenario_file.h"
#include "props/scenario_names.h"
#include "reports/quantity.h"

namespace nospan::props {
namespace {

using nlohmann::ordered_json;

// Above this, other programs read a JSON number as a double and lose bits: we write a string instead.
constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;

// Numbers as JSON: sizes with units, addresses in hexadecimal, counts as they are.
ordered_json size_value(std::uint64_t bytes) {
  std::string text = reports::format_size(bytes);
  if (text.back() > '9') return text;
  if (bytes <= kMostExact) return bytes;
  return reports::format_address(bytes);
}
ordered_json address_value(std::uint64_t address) { return reports::format_address(address); }
ordered_json count_value(std::uint64_t count) {
  if (count <= kMostExact) return count;
  return reports::format_address(count);
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
  const auto direction = [&] { object["direction"] = name_in(kDirectionNames, command.direction); };
  const auto attributes = [&] {
    for (const AttributeName& attribute : kAttributeNames) {
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

}  // namespace

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
    hypervisor["translation"] = name_in(kTranslationNames, configuration.translation);
  }
  if (configuration.installation != kDefaults.installation) {
    hypervisor["installation"] = name_in(kInstallationNames, configuration.installation);
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

}  // namespace nospan::props
