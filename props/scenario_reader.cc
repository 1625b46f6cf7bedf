// SPDX-License-Identifier: BSD-2-Clause
// A JSON value as a scenario: the reading half of scenario_file.h.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "props/scenario_file.h"
#include "props/scenario_names.h"
#include "reports/json_reader.h"
#include "reports/quantity.h"
#include "reports/without_exceptions.h"

namespace nospan::props {
namespace {

using nlohmann::ordered_json;
using reports::Expected;
using reports::JsonMembers;
using reports::JsonPath;
using reports::JsonReader;
using reports::quote;

void read_window(JsonReader& reader, const ordered_json& value, const JsonPath& path, model::Window& window) {
  JsonMembers members(reader, value, path);
  members.required("iommu_page", [&](const ordered_json& page, const JsonPath& page_path) {
    window.page.value = reader.page_shift(page, page_path);
  });
  members.number("first", window.first.value);
  members.required_number("entries", window.entries);
  members.optional("reserved", [&](const ordered_json& list, const JsonPath& list_path) {
    std::array<std::uint64_t*, 2> ends{&window.reserved_start.value, &window.reserved_end.value};
    if (list.is_array() && list.size() != ends.size()) {
      return reader.fail(list_path, fmt::format("has {} elements, must have 2", list.size()),
                         "write the first reserved TCE and the one after the last");
    }
    std::size_t next = 0;
    reader.list(list, list_path, ends.size(), [&](const ordered_json& end, const JsonPath& end_path) {
      *ends[next++] = reader.number(end, end_path, UINT64_MAX);
    });
  });
  members.finish();
}

void read_device(JsonReader& reader, const ordered_json& value, const JsonPath& path,
                 model::DeviceLimits& device) {
  JsonMembers members(reader, value, path);
  members.number("dma_mask", device.dma_mask);
  members.number("coherent_mask", device.coherent_mask);
  members.number("segment_boundary", device.segment_boundary);
  members.number("max_segment_size", device.max_segment_size);
  members.finish();
}

void read_kernel(JsonReader& reader, const ordered_json& value, const JsonPath& path,
                 model::Configuration& configuration) {
  JsonMembers members(reader, value, path);
  members.number("cpus", configuration.cpus);
  members.number("block_entries", configuration.block_entries);
  members.boolean("virtual_merge", configuration.virtual_merge);
  members.boolean("crash_kernel", configuration.crash_kernel);
  members.finish();
}

void read_hypervisor(JsonReader& reader, const ordered_json& value, const JsonPath& path,
                     model::Configuration& configuration) {
  JsonMembers members(reader, value, path);
  members.optional("translation", [&](const ordered_json& name, const JsonPath& name_path) {
    configuration.translation =
        static_cast<model::Translation>(reader.one_of(name, name_path, kTranslationNames));
  });
  members.optional("installation", [&](const ordered_json& name, const JsonPath& name_path) {
    configuration.installation =
        static_cast<model::Installation>(reader.one_of(name, name_path, kInstallationNames));
  });
  members.number("granule", configuration.granule);
  members.number("device_vm", configuration.device_vm.value);
  members.finish();
}

// Reads one command and appends the elements of its list.
void read_command(JsonReader& reader, const ordered_json& value, const JsonPath& path, Scenario& scenario) {
  Command command;
  JsonMembers members(reader, value, path);
  members.required("do", [&](const ordered_json& name, const JsonPath& name_path) {
    std::array<std::string_view, kCommandKindCount> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = command_name(static_cast<CommandKind>(i));
    command.kind = static_cast<CommandKind>(reader.one_of(name, name_path, names));
  });
  if (reader.failed()) return;

  const auto direction = [&] {
    members.required("direction", [&](const ordered_json& name, const JsonPath& name_path) {
      command.direction = static_cast<model::Direction>(reader.one_of(name, name_path, kDirectionNames));
    });
  };
  const auto attributes = [&] {
    members.optional("attributes", [&](const ordered_json& list, const JsonPath& list_path) {
      reader.list(list, list_path, kAttributeNames.size(),
                  [&](const ordered_json& name, const JsonPath& name_path) {
                    std::array<std::string_view, kAttributeNames.size()> names;
                    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kAttributeNames[i].name;
                    const std::uint64_t bit = kAttributeNames[reader.one_of(name, name_path, names)].bit;
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
    members.optional("fault", [&](const ordered_json& fault_value, const JsonPath& fault_path) {
      if (fault_value.is_string()) {
        reader.one_of(fault_value, fault_path, std::array<std::string_view, 1>{"pages"});
        command.fault = FaultKind::kPages;
        return;
      }
      JsonMembers fault_members(reader, fault_value, fault_path);
      fault_members.required_number("entry", command.fault_entry);
      fault_members.boolean("partial", command.fault_partial);
      fault_members.finish();
      command.fault = FaultKind::kTce;
    });
  };
  const auto iommu_page = [&] {
    members.required("iommu_page", [&](const ordered_json& page, const JsonPath& page_path) {
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
      members.required("list", [&](const ordered_json& list, const JsonPath& list_path) {
        command.first_element = static_cast<std::uint32_t>(scenario.elements.size());
        reader.list(
            list, list_path, kMostElementsPerList, [&](const ordered_json& pair, const JsonPath& pair_path) {
              if (!pair.is_array() || pair.size() != 2) {
                return reader.fail(pair_path, "is no pair of an address and a length",
                                   "write it like [\"0x10000\", 4096]");
              }
              Element element;
              element.address.value = reader.number(pair[0], JsonPath{&pair_path, {}, 0}, UINT64_MAX);
              element.length =
                  static_cast<std::uint32_t>(reader.number(pair[1], JsonPath{&pair_path, {}, 1}, UINT32_MAX));
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

void read_top(JsonReader& reader, const ordered_json& value, const JsonPath& path, Scenario& scenario) {
  model::Configuration& configuration = scenario.configuration;
  JsonMembers members(reader, value, path);
  members.required("schema", [&](const ordered_json& schema, const JsonPath& schema_path) {
    const std::string& name = reader.string(schema, schema_path);
    if (!reader.failed() && name != kScenarioSchema) {
      reader.fail(schema_path, fmt::format("{} is no schema of a scenario", quote(name)),
                  fmt::format("this nospan reads \"{}\"", kScenarioSchema));
    }
  });
  members.optional("note", [&](const ordered_json& note, const JsonPath& note_path) {
    scenario.note = reader.string(note, note_path);
  });
  members.optional("system_page", [&](const ordered_json& page, const JsonPath& page_path) {
    configuration.system_page.value = reader.page_shift(page, page_path);
  });
  members.required("window", [&](const ordered_json& window, const JsonPath& window_path) {
    read_window(reader, window, window_path, configuration.window);
  });
  members.optional("device", [&](const ordered_json& device, const JsonPath& device_path) {
    read_device(reader, device, device_path, configuration.device);
  });
  members.optional("kernel", [&](const ordered_json& kernel, const JsonPath& kernel_path) {
    read_kernel(reader, kernel, kernel_path, configuration);
  });
  members.optional("inherited", [&](const ordered_json& list, const JsonPath& list_path) {
    reader.list(list, list_path, kMostEntries, [&](const ordered_json& range, const JsonPath& range_path) {
      model::InheritedRange& inherited = configuration.inherited.emplace_back();
      JsonMembers range_members(reader, range, range_path);
      range_members.required_number("first", inherited.first.value);
      range_members.required_number("count", inherited.count);
      range_members.finish();
    });
  });
  members.optional("hypervisor", [&](const ordered_json& hypervisor, const JsonPath& hypervisor_path) {
    read_hypervisor(reader, hypervisor, hypervisor_path, configuration);
  });
  members.optional("memory", [&](const ordered_json& list, const JsonPath& list_path) {
    reader.list(list, list_path, kMostBlocks, [&](const ordered_json& entry, const JsonPath& entry_path) {
      model::Block& block = configuration.blocks.emplace_back();
      JsonMembers block_members(reader, entry, entry_path);
      block_members.required_number("vm", block.owner.value);
      block_members.required_number("guest", block.guest.value);
      block_members.required_number("real", block.real.value);
      block_members.required_number("size", block.size);
      block_members.finish();
    });
  });
  members.optional("commands", [&](const ordered_json& list, const JsonPath& list_path) {
    reader.list(list, list_path, kMostCommands, [&](const ordered_json& entry, const JsonPath& entry_path) {
      read_command(reader, entry, entry_path, scenario);
    });
  });
  members.finish();
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

Expected<Scenario> from_json_value(const ordered_json& value, std::string_view path) {
  return reports::without_exceptions(path, [&]() -> Expected<Scenario> {
    Scenario scenario;
    JsonReader reader;
    read_top(reader, value, JsonPath{nullptr, path, 0}, scenario);
    if (reader.failed()) return tl::make_unexpected(reader.take_error());
    if (auto checked = validate_at(scenario, path); !checked) return tl::make_unexpected(checked.error());
    return scenario;
  });
}

}  // namespace nospan::props
