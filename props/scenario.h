// SPDX-License-Identifier: BSD-2-Clause
// A scenario: a configuration and a list of commands. It is what is generated, run, shrunk, saved and replayed,
// and what a solver's model is translated to (design section 6).
#ifndef NOSPAN_PROPS_SCENARIO_H
#define NOSPAN_PROPS_SCENARIO_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/configuration.h"
#include "model/tce.h"
#include "reports/error.h"

namespace nospan::props {

// What a command calls; the names in files are those of command_name().
enum class CommandKind : std::uint8_t {
  kMapPage,
  kUnmapPage,
  kMapSg,
  kUnmapSg,
  kAllocCoherent,
  kFreeCoherent,
  kInUse,
  // The checks of VFIO and KVM: no table, no state.
  kCheckIoba,
  kCheckGpa,
  kTceDirection,
  kDirectionPermissions,
};
inline constexpr std::size_t kCommandKindCount = 11;

// "map_page", "unmap_page", ...
std::string_view command_name(CommandKind kind);

// What goes wrong outside the code under test while a command runs.
enum class FaultKind : std::uint8_t {
  kNone,
  kTce,    // the table operation that writes the fault_entry-th TCE of the command (from 0) fails
  kPages,  // there are no pages for coherent memory
};

// One command. Flat, so that a scenario is two vectors; which fields count depends on the kind, all others keep
// their default.
struct Command {
  CommandKind kind = CommandKind::kInUse;
  model::Direction direction = model::Direction::kBidirectional;  // maps; kDirectionPermissions (kNone allowed)
  bool no_table = false;  // call with table == NULL (maps and their inverses)
  FaultKind fault = FaultKind::kNone;
  bool fault_partial = false;    // kTce: TCEs before the failing one in the same call stay written
  std::uint8_t page_shift = 12;  // kCheckIoba, kCheckGpa
  std::uint16_t cpu = 0;         // below Configuration::cpus
  // Names a mapping: a map command binds it, its inverse refers to it. A map command whose mapping is live, and
  // an inverse whose mapping is not (never made, failed, already undone, of another kind) do nothing.
  std::uint32_t mapping = 0;
  std::uint32_t first_element = 0;  // kMapSg: its elements are [first_element, first_element + element_count)
  std::uint32_t element_count = 0;  //         of Scenario::elements; 0 elements are allowed
  // kMapPage: guest address of a system page. kAllocCoherent: the guest memory that the page allocator gives,
  // if the target asks. kCheckIoba: DMA address. kCheckGpa: guest address. kTceDirection: TCE.
  std::uint64_t address = 0;
  std::uint64_t offset = 0;      // kMapPage: of the buffer from `address`, bytes, may exceed a system page
  std::uint64_t size = 0;        // kMapPage, kAllocCoherent: bytes, at least 1
  std::uint64_t attributes = 0;  // NOSPAN_ATTRIBUTE_* (targets/target.h)
  std::uint64_t fault_entry = 0;
  std::uint64_t first_index = 0;  // kCheckIoba: the window's first TCE,
  std::uint64_t entries = 0;      //             its size in TCEs,
  std::uint64_t count = 0;        //             the number of IOMMU pages asked about
  friend bool operator==(const Command&, const Command&) = default;
};

// An element of a scatter/gather list. A length of 0 is allowed.
struct Element {
  model::GuestAddress address;
  std::uint32_t length = 0;
  friend bool operator==(const Element&, const Element&) = default;
};

struct Scenario {
  model::Configuration configuration;
  std::vector<Command> commands;
  std::vector<Element> elements;
  std::string note;
};

// Limits of a scenario: what the harness runs and a file may hold.
inline constexpr std::uint64_t kMostEntries = std::uint64_t{1} << 22;
inline constexpr std::size_t kMostBlocks = 1 << 16;
inline constexpr std::size_t kMostCommands = 1 << 18;
inline constexpr std::size_t kMostElementsPerList = 4096;
inline constexpr std::uint32_t kMostMappings = 1 << 16;
inline constexpr std::uint32_t kMostCpus = 64;
// Guest and real addresses are below this: room above for a kernel's linear map.
inline constexpr std::uint64_t kMemoryEnd = std::uint64_t{1} << 56;

// Is this a scenario that the API allows and the harness can run? The error's `where` is a JSON path, such as
// "$.commands[3].size". Checks: page shifts; the window lies below 2^64; masks and boundary are of the right
// form; blocks are not empty, do not wrap or overlap, are multiples of the granule, identity means guest ==
// real; every buffer is memory of the device's VM, contiguous for the guest; ids, CPUs and counts are within
// the limits.
reports::Expected<void> validate(const Scenario& scenario);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_H
