// SPDX-License-Identifier: BSD-2-Clause
#include "props/concerned_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/quantity.h"

namespace nospan::props {
namespace {

using model::Block;

// Owners' boundaries that are drawn: more would leave no room for their names.
constexpr std::size_t kMostBoundaries = 4;

// Owners that are named where there are thousands.
constexpr std::size_t kMostNamed = 8;
// System pages that are drawn one by one in a report.
constexpr std::uint64_t kMostPages = 16;

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

// Who owns `range`, without gaps; neighbours differ.
std::vector<OwnedRange> runs_in(MemoryRange range, const std::vector<Block>& blocks) {
  std::vector<Block> sorted;
  for (const Block& block : blocks) {
    if (block.real.value < range.end && add(block.real.value, block.size) > range.start)
      sorted.push_back(block);
  }
  std::sort(sorted.begin(), sorted.end(), [](const Block& a, const Block& b) { return a.real < b.real; });
  std::vector<OwnedRange> runs;
  const auto append = [&](std::uint64_t end, std::optional<model::VmId> owner) {
    const std::uint64_t start = runs.empty() ? range.start : runs.back().range.end;
    if (end <= start) return;
    if (!runs.empty() && runs.back().owner == owner) {
      runs.back().range.end = end;
    } else {
      runs.push_back({{start, end}, owner});
    }
  };
  for (const Block& block : sorted) {
    append(block.real.value, std::nullopt);
    append(std::min(add(block.real.value, block.size), range.end), block.owner);
  }
  append(range.end, std::nullopt);
  return runs;
}

// In a sentence.
std::string named(const OwnedRange& run) { return run.owner ? run.name() : "the hypervisor"; }

}  // namespace

std::string OwnedRange::name() const { return owner ? fmt::format("VM {}", owner->value) : "hypervisor"; }

ConcernedMemory::ConcernedMemory(const PictureInput& picture_input)
    : input(picture_input),
      layout_(input.configuration.translation, input.configuration.device_vm, input.configuration.blocks) {
  const std::uint64_t start = std::min(input.reached.value, UINT64_MAX - 1);
  reached = {start, add(start, input.configuration.window.page.bytes())};
  find_buffer();
  MemoryRange whole = reached;
  if (buffer) {
    const std::uint64_t mask = input.configuration.system_page.offset_mask();
    const std::uint64_t end = buffer->end + mask < buffer->end ? UINT64_MAX : (buffer->end + mask) & ~mask;
    system_pages = {buffer->start & ~mask, end};
    whole = {std::min(whole.start, system_pages.start), std::max(whole.end, system_pages.end)};
  }
  runs = runs_in(whole, input.configuration.blocks);
  find_exposed();
  choose_boundaries();
}

// The part of the buffer that the TCE was made for, as far as it is contiguous in real memory.
void ConcernedMemory::find_buffer() {
  if (input.buffer_size == 0) return;
  const std::uint64_t page = input.iommu_page.value;
  const std::uint64_t page_end = add(page, input.configuration.window.page.bytes());
  std::uint64_t start = input.buffer.value;
  std::uint64_t end = add(start, input.buffer_size);
  // A TCE that maps no byte of the buffer is a violation too: then show how the buffer starts.
  if (start < page_end && end > page) {
    start = std::max(start, page);
    end = std::min(end, page_end);
  } else {
    end = std::min(end, add(start, input.configuration.window.page.bytes()));
  }
  shown = {start, end};
  const auto real = layout_.translate({start});
  if (!real || start == end) return;
  std::uint64_t size = end - start;
  if (input.configuration.translation == model::Translation::kTwoStage) {
    std::uint64_t done = 0;
    while (done < size) {
      const Block* block = layout_.device_block({start + done});
      if (block == nullptr || layout_.translate({start + done})->value != real->value + done) break;
      const std::uint64_t rest = block->size - (start + done - block->guest.value);
      if (rest == 0) break;
      done = std::min(size, add(done, rest));
    }
    size = done;
  }
  const MemoryRange range{real->value, add(real->value, size)};
  if (range.start < range.end) buffer = range;
}

// What the device reaches of others: the bytes of each owner, in the order of their addresses.
void ConcernedMemory::find_exposed() {
  for (const OwnedRange& run : runs) {
    const MemoryRange range{std::max(run.range.start, reached.start), std::min(run.range.end, reached.end)};
    if (!is_foreign(run) || range.start >= range.end) continue;
    if (exposed_bytes == 0) first_foreign = range.start;
    exposed_bytes += range.end - range.start;
    const auto known = std::find_if(exposed.begin(), exposed.end(),
                                    [&](const auto& entry) { return entry.first == named(run); });
    if (known == exposed.end()) {
      // Thousands of owners: only the first few are named, and a search through all would take long.
      if (exposed.size() < kMostNamed) {
        exposed.emplace_back(named(run), range.end - range.start);
      } else {
        others_exposed = true;
      }
    } else {
      known->second += range.end - range.start;
    }
  }
}

// All boundaries between owners if they are few; else those around the first foreign byte and the buffer, and
// then the nearest to them.
void ConcernedMemory::choose_boundaries() {
  boundaries.clear();
  boundaries.push_back(runs.front().range.start);
  boundaries.push_back(runs.back().range.end);
  std::vector<std::uint64_t> inner;
  for (std::size_t i = 1; i < runs.size(); ++i) inner.push_back(runs[i].range.start);
  const std::uint64_t focus =
      input.first_foreign ? input.first_foreign->value : first_foreign.value_or(reached.start);
  if (inner.size() > kMostBoundaries) {
    std::vector<std::uint64_t> wanted;
    for (const std::uint64_t address : {focus, buffer ? buffer->start : focus}) {
      for (const OwnedRange& run : runs) {
        if (!run.range.holds(address)) continue;
        wanted.insert(wanted.end(), {run.range.start, run.range.end});
      }
    }
    const auto is_wanted = [&](std::uint64_t point) {
      return std::find(wanted.begin(), wanted.end(), point) != wanted.end();
    };
    const auto distance = [&](std::uint64_t point) { return point < focus ? focus - point : point - focus; };
    const auto nearer = [&](std::uint64_t a, std::uint64_t b) {
      if (is_wanted(a) != is_wanted(b)) return is_wanted(a);
      return std::pair(distance(a), a) < std::pair(distance(b), b);
    };
    std::partial_sort(inner.begin(), inner.begin() + kMostBoundaries, inner.end(), nearer);
    inner.resize(kMostBoundaries);
  }
  boundaries.insert(boundaries.end(), inner.begin(), inner.end());
  std::sort(boundaries.begin(), boundaries.end());
  boundaries.erase(std::unique(boundaries.begin(), boundaries.end()), boundaries.end());
}

// What lies between two boundaries: one owner, or several that are not drawn.
std::vector<OwnerBand> ConcernedMemory::owner_bands() const {
  std::vector<OwnerBand> bands;
  std::size_t run = 0;
  for (std::size_t i = 0; i + 1 < boundaries.size(); ++i) {
    const std::size_t first = run;
    while (run < runs.size() && runs[run].range.start < boundaries[i + 1]) ++run;
    const MemoryRange range{boundaries[i], boundaries[i + 1]};
    if (run - first > 1) {
      bands.push_back({range, fmt::format("{} more", run - first), OwnerBand::Kind::kSeveral});
    } else {
      const OwnedRange& owner = runs[first];
      bands.push_back({range, owner.name(),
                       !is_foreign(owner) ? OwnerBand::Kind::kOwn
                       : owner.owner      ? OwnerBand::Kind::kForeign
                                          : OwnerBand::Kind::kHypervisor});
    }
  }
  return bands;
}

reports::MemoryPicture picture_data(const ConcernedMemory& memory) {
  const model::Configuration& configuration = memory.input.configuration;
  const auto band = [](std::string label, MemoryRange range, const char* kind) {
    return reports::Band{std::move(label), range.start, range.end - 1, kind};
  };
  reports::MemoryPicture picture;
  picture.first = memory.runs.front().range.start;
  picture.last = memory.runs.back().range.end - 1;

  reports::BandRow owners{"owner", {}};
  for (const OwnerBand& owner : memory.owner_bands()) {
    owners.bands.push_back(
        band(owner.name, owner.range, owner.kind == OwnerBand::Kind::kHypervisor ? "hole" : "owner"));
  }
  picture.rows.push_back(std::move(owners));

  if (memory.buffer) {
    reports::BandRow pages{"system pages", {}};
    const std::uint64_t size = configuration.system_page.bytes();
    const std::uint64_t count =
        (memory.system_pages.end - memory.system_pages.start) >> configuration.system_page.value;
    const std::string label = reports::format_size(size);
    if (count > kMostPages) {
      pages.bands.push_back(band(fmt::format("{} x {}", count, label), memory.system_pages, "page"));
    } else {
      for (std::uint64_t start = memory.system_pages.start; start < memory.system_pages.end;
           start = add(start, size)) {
        pages.bands.push_back(
            band(label, {start, std::min(add(start, size), memory.system_pages.end)}, "page"));
      }
    }
    picture.rows.push_back(std::move(pages));
  }
  picture.rows.push_back(
      {"IOMMU page",
       {band(fmt::format("{}, TCE {}", reports::format_size(configuration.window.page.bytes()),
                         reports::format_address(memory.input.tce.value)),
             memory.reached, "page")}});
  if (memory.buffer) {
    picture.rows.push_back({"buffer",
                            {band(fmt::format("{} byte{} at guest {}",
                                              reports::format_size(memory.buffer->end - memory.buffer->start),
                                              memory.buffer->end - memory.buffer->start == 1 ? "" : "s",
                                              reports::format_address(memory.shown.start)),
                                  *memory.buffer, "buffer")}});
  }
  reports::BandRow exposed{"exposed", {}};
  for (const OwnerBand& owner : memory.owner_bands()) {
    const MemoryRange range{std::max(owner.range.start, memory.reached.start),
                            std::min(owner.range.end, memory.reached.end)};
    if (range.start >= range.end || owner.kind == OwnerBand::Kind::kOwn) continue;
    exposed.bands.push_back(
        band(fmt::format("{} of {}", reports::approximate_size(range.end - range.start), owner.name), range,
             "exposed"));
  }
  if (memory.exposed_bytes != 0) picture.rows.push_back(std::move(exposed));
  return picture;
}

}  // namespace nospan::props
