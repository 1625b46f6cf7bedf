// SPDX-License-Identifier: BSD-2-Clause
// The real memory that a violation concerns: whose it is, where the buffer and the IOMMU page lie in it, and
// what the device reaches of others. What pictures of it, in text or in a report, are drawn from.
#ifndef NOSPAN_PROPS_CONCERNED_MEMORY_H
#define NOSPAN_PROPS_CONCERNED_MEMORY_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/configuration.h"
#include "model/layout.h"
#include "reports/result.h"

namespace nospan::props {

struct PictureInput {
  const model::Configuration& configuration;  // valid (props/scenario.h)
  // What was mapped. The picture shows the part that lies in the IOMMU page.
  model::GuestAddress buffer;
  std::uint64_t buffer_size = 0;  // bytes; 0: no buffer is shown
  // The TCE, the guest address that it maps (the start of an IOMMU page), and the real address behind that: the
  // device reaches an IOMMU page from there on.
  model::TceIndex tce;
  model::GuestAddress iommu_page;
  model::RealAddress reached;
  // The first byte that the device reaches and must not, if the caller wants the picture to show its
  // surroundings; else the picture looks for it.
  std::optional<model::RealAddress> first_foreign;
};

// Real memory [start, end), not empty.
struct MemoryRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool holds(std::uint64_t address) const { return start <= address && address < end; }
};

// Memory of one owner; no VM: the hypervisor.
struct OwnedRange {
  MemoryRange range;
  std::optional<model::VmId> owner;

  std::string name() const;  // "VM 1", "hypervisor"
};

// A part of memory as it is drawn: one owner, or several whose boundaries are left out.
struct OwnerBand {
  enum class Kind : std::uint8_t { kOwn, kForeign, kHypervisor, kSeveral };
  MemoryRange range;
  std::string name;
  Kind kind = Kind::kOwn;
};

// Holds a reference to the input's configuration. Not thread-safe while it is made; then constant.
class ConcernedMemory {
 public:
  explicit ConcernedMemory(const PictureInput& input);

  // At most a few, in the order of their addresses, without gaps.
  std::vector<OwnerBand> owner_bands() const;

  PictureInput input;
  MemoryRange reached;                    // by the device, through the TCE
  MemoryRange shown;                      // the part of the buffer that the TCE was made for: guest addresses
  std::optional<MemoryRange> buffer;      // the same in real memory, as far as it is contiguous there
  MemoryRange system_pages;               // that the buffer touches; if there is a buffer
  std::vector<OwnedRange> runs;           // owners of all that is concerned, without gaps; neighbours differ
  std::vector<std::uint64_t> boundaries;  // of owners, those to be drawn; with both ends
  std::vector<std::pair<std::string, std::uint64_t>> exposed;  // the first owners and how many bytes of each
  bool others_exposed = false;                                 // there are more than are named
  std::uint64_t exposed_bytes = 0;
  std::optional<std::uint64_t> first_foreign;

 private:
  bool is_foreign(const OwnedRange& run) const { return run.owner != input.configuration.device_vm; }
  void find_buffer();
  void find_exposed();
  void choose_boundaries();

  model::Layout layout_;
};

// The same as rows of bands, for reports.
reports::MemoryPicture picture_data(const ConcernedMemory& memory);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_CONCERNED_MEMORY_H
