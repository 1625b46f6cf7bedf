// SPDX-License-Identifier: BSD-2-Clause
#include "props/explanation.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "model/text.h"
#include "props/memory_picture.h"
#include "reports/quantity.h"

namespace nospan::props {
namespace {

using model::hex;

// CPU seconds for the replay: a target that hangs is cut off, and the steps so far are shown.
constexpr rlim_t kReplaySeconds = 1;

std::string_view direction_name(model::Direction direction) {
  switch (direction) {
    case model::Direction::kBidirectional: return "bidirectional";
    case model::Direction::kToDevice: return "to device";
    case model::Direction::kFromDevice: return "from device";
    case model::Direction::kNone: return "no direction";
  }
  return "?";
}

std::string operations(const model::Reference& reference) {
  constexpr std::size_t kMost = 4;
  std::string text;
  std::size_t shown = 0;
  for (const model::TableOperation& operation : reference.table().operations()) {
    if (++shown > kMost) {
      text += fmt::format("; and {} more writes", reference.table().operations().size() - kMost);
      break;
    }
    if (!text.empty()) text += "; ";
    const std::string range = operation.range.count == 1
                                  ? fmt::format("TCE {}", hex(operation.range.first))
                                  : fmt::format("TCEs {}..{}", hex(operation.range.first),
                                                hex(operation.range.first + (operation.range.count - 1)));
    if (operation.kind == model::TableOperation::Kind::kClear) {
      text += range + " cleared";
    } else {
      text += fmt::format("{} := {}{}{}", range, hex(operation.tce.address()),
                          operation.tce.readable() ? " r" : "", operation.tce.writable() ? " w" : "");
      if (operation.failed) text += fmt::format(" (failed after {})", operation.written);
    }
    if (operation.outside) text += " OUTSIDE THE WINDOW";
  }
  return text.empty() ? "no TCE written" : text;
}

// What a command did.
std::string effect(const Scenario& scenario, std::size_t index, const model::Reference& reference) {
  std::string text;
  const Command& command = scenario.commands[index];
  const model::Mapping& mapping = reference.mapping(command.mapping);
  switch (command.kind) {
    case CommandKind::kMapPage:
    case CommandKind::kAllocCoherent:
      if (mapping.kind != model::MappingKind::kNone) text = fmt::format("mapped at DMA {}; ", hex(mapping.dma));
      break;
    default: break;
  }
  return text + operations(reference);
}

constexpr const char* kCleanUp = "clean-up: what is still mapped is unmapped, the table compared";

}  // namespace

std::string describe(const Scenario& scenario, const Command& command) {
  std::string text(command_name(command.kind));
  switch (command.kind) {
    case CommandKind::kMapPage:
      text += fmt::format(" #{}: {} bytes at guest {}, {}", command.mapping, hex(command.size),
                          hex(command.address + command.offset), direction_name(command.direction));
      break;
    case CommandKind::kMapSg: {
      text += fmt::format(" #{}: {} elements, {}", command.mapping, command.element_count,
                          direction_name(command.direction));
      for (std::uint32_t i = 0; i < command.element_count && i < 6; ++i) {
        const Element& element = scenario.elements[command.first_element + i];
        text += fmt::format("{}{}+{}", i == 0 ? ": " : ", ", hex(element.address), hex(element.length));
      }
      if (command.element_count > 6) text += ", ...";
      break;
    }
    case CommandKind::kAllocCoherent:
      text += fmt::format(" #{}: {} bytes, pages at guest {}", command.mapping, hex(command.size),
                          hex(command.address));
      break;
    case CommandKind::kUnmapPage:
    case CommandKind::kUnmapSg:
    case CommandKind::kFreeCoherent: text += fmt::format(" #{}", command.mapping); break;
    case CommandKind::kInUse: break;
    case CommandKind::kCheckIoba:
      text += fmt::format(": {} pages of {} at DMA {} in the window of {} TCEs from {} on", command.count,
                          reports::format_size(std::uint64_t{1} << command.page_shift), hex(command.address),
                          command.entries, hex(command.first_index));
      break;
    case CommandKind::kCheckGpa:
      text += fmt::format(": guest {} for IOMMU pages of {}", hex(command.address),
                          reports::format_size(std::uint64_t{1} << command.page_shift));
      break;
    case CommandKind::kTceDirection: text += fmt::format(": TCE {}", hex(command.address)); break;
    case CommandKind::kDirectionPermissions:
      text += fmt::format(": {}", direction_name(command.direction));
      break;
  }
  if (command.no_table) text += ", without a table";
  if (command.fault == FaultKind::kPages) text += ", no pages to be had";
  if (command.fault == FaultKind::kTce) {
    text += fmt::format(", writing TCE number {} fails{}", command.fault_entry,
                        command.fault_partial ? " with those before it written" : "");
  }
  if (command.cpu != 0) text += fmt::format(", on CPU {}", command.cpu);
  return text;
}

std::vector<std::string> effects(const nospan_target& target, const Scenario& scenario) {
  std::vector<std::string> lines;
  int channel[2];
  if (pipe(channel) != 0) return lines;
  const pid_t child = fork();
  if (child < 0) {
    close(channel[0]);
    close(channel[1]);
    return lines;
  }
  if (child == 0) {
    close(channel[0]);
    const rlimit seconds{kReplaySeconds, kReplaySeconds};
    setrlimit(RLIMIT_CPU, &seconds);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    Executor executor(target, [](std::uint32_t, const char*) { _exit(0); });
    executor.set_spectator([&](std::size_t index, const model::Reference& reference) {
      const std::string line =
          (index < scenario.commands.size() ? effect(scenario, index, reference) : "") + '\0';
      if (write(channel[1], line.data(), line.size()) < 0) _exit(0);
    });
    Progress progress;
    executor.run(scenario, GuardSet{}, progress);
    _exit(0);
  }
  close(channel[1]);
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(channel[0], buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  close(channel[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\0', start);
    if (end == std::string::npos) break;
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::vector<reports::Step> steps(const std::vector<std::string>& effects, const Scenario& scenario,
                                 const Outcome& outcome) {
  std::vector<reports::Step> result;
  for (const std::string& did : effects) {
    const std::size_t index = result.size();
    reports::Step& step = result.emplace_back();
    step.command = index < scenario.commands.size() ? describe(scenario, scenario.commands[index]) : kCleanUp;
    step.actual = did;
  }
  if (!outcome.violated()) return result;
  if (outcome.command < scenario.commands.size() && result.size() == outcome.command) {
    result.push_back({describe(scenario, scenario.commands[outcome.command]), "", ""});
  }
  if (outcome.command >= result.size()) return result;
  reports::Step& wrong = result[outcome.command];
  for (const model::Violation& violation : outcome.violations) {
    const auto add = [](std::string& text, const std::string& more) {
      text += (text.empty() ? "" : "; ") + more;
    };
    add(wrong.expected, violation.expected);
    add(wrong.actual, violation.actual);
  }
  return result;
}

std::optional<PictureInput> concerned_memory(const Scenario& scenario, const Outcome& outcome) {
  const model::Configuration& configuration = scenario.configuration;
  const model::Window& window = configuration.window;
  const auto pictured =
      std::find_if(outcome.violations.begin(), outcome.violations.end(),
                   [](const model::Violation& violation) { return violation.page && violation.tce; });
  if (pictured == outcome.violations.end() || outcome.command >= scenario.commands.size()) return std::nullopt;
  const Command& command = scenario.commands[outcome.command];
  model::Layout layout(configuration.translation, configuration.device_vm, configuration.blocks);
  const auto reached = layout.translate(*pictured->page);
  if (!reached) return std::nullopt;
  PictureInput input{configuration, {}, 0, *pictured->tce, *pictured->page, *reached, pictured->foreign_byte};
  if (command.kind == CommandKind::kMapPage) {
    input.buffer = model::GuestAddress{command.address + command.offset};
    input.buffer_size = command.size;
  } else if (command.kind == CommandKind::kAllocCoherent) {
    input.buffer = model::GuestAddress{command.address};
    input.buffer_size = model::coherent_bytes(command.size, configuration.system_page);
  } else if (command.kind == CommandKind::kMapSg) {
    // The element that lies in this IOMMU page.
    for (std::uint32_t i = 0; i < command.element_count; ++i) {
      const Element& element = scenario.elements[command.first_element + i];
      if (element.length == 0 || element.address.value + element.length <= pictured->page->value ||
          element.address.value - pictured->page->value >= window.page.bytes()) {
        continue;
      }
      input.buffer = element.address;
      input.buffer_size = element.length;
      break;
    }
  }
  return input;
}

std::string explain(const nospan_target& target, const Scenario& scenario, const Outcome& outcome) {
  return explain(effects(target, scenario), scenario, outcome);
}

std::string explain(const std::vector<std::string>& effects, const Scenario& scenario, const Outcome& outcome) {
  const model::Configuration& configuration = scenario.configuration;
  const model::Window& window = configuration.window;
  std::string text = fmt::format("  system page {}, IOMMU page {}, window of {} TCEs from {} on, granule {}\n",
                                 reports::format_size(configuration.system_page.bytes()),
                                 reports::format_size(window.page.bytes()), window.entries, hex(window.first),
                                 reports::format_size(configuration.granule));
  // As it went; what is wrong is told below.
  std::size_t told = 0;
  // A long scenario: its end is what matters.
  constexpr std::size_t kMostSteps = 24;
  if (effects.size() > kMostSteps) {
    told = effects.size() - kMostSteps;
    text += fmt::format("  ({} earlier steps are left out here)\n", told);
  }
  for (; told < effects.size(); ++told) {
    if (told >= scenario.commands.size()) {
      text += fmt::format("  {}\n", kCleanUp);
    } else {
      text += fmt::format("  {}. {}\n     {}\n", told + 1, describe(scenario, scenario.commands[told]),
                          effects[told]);
    }
  }
  if (outcome.command < scenario.commands.size() && effects.size() <= outcome.command) {
    text +=
        fmt::format("  {}. {}\n", outcome.command + 1, describe(scenario, scenario.commands[outcome.command]));
  }
  for (const model::Violation& violation : outcome.violations) {
    const model::Rule& rule = model::rule(violation.invariant);
    text += fmt::format("\n  {}: {}\n    source:   {}\n    expected: {}\n    actual:   {}\n", rule.id,
                        rule.says, rule.source, violation.expected, violation.actual);
  }
  if (const auto memory = concerned_memory(scenario, outcome))
    text += fmt::format("\n{}", memory_picture(*memory));
  return text;
}

}  // namespace nospan::props
