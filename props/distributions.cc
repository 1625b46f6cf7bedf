// SPDX-License-Identifier: BSD-2-Clause
#include "props/distributions.h"

#include <fmt/format.h>

#include <bit>
#include <span>
#include <string>

#include "reports/quantity.h"

namespace nospan::props {
namespace {

template <std::size_t size>
void add_to(std::array<std::uint64_t, size>& counts, const std::array<std::uint64_t, size>& more) {
  for (std::size_t i = 0; i < size; ++i) counts[i] += more[i];
}

template <class Name>
reports::Distribution distribution(std::string title, std::span<const std::uint64_t> counts, Name name) {
  std::size_t first = 0;
  std::size_t end = counts.size();
  while (first < end && counts[first] == 0) ++first;
  while (end > first && counts[end - 1] == 0) --end;
  reports::Distribution result{std::move(title), {}};
  for (std::size_t i = first; i < end; ++i) result.buckets.push_back({name(i), counts[i]});
  return result;
}

std::string shift_name(std::size_t shift) { return std::to_string(shift); }

// The least value with so many bits.
std::string bits_name(std::size_t bits) {
  return bits == 0 ? "0" : reports::format_size(std::uint64_t{1} << (bits - 1));
}

}  // namespace

void Distributions::count(const Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  const std::uint64_t page_mask = configuration.window.page.offset_mask();
  ++iommu_page_shifts[configuration.window.page.value & 63];
  ++system_page_shifts[configuration.system_page.value & 63];
  ++table_entries[static_cast<std::size_t>(std::bit_width(configuration.window.entries))];
  for (const Command& command : scenario.commands) {
    // Added to whether it counts or not: kinds are random, and a jump that cannot be predicted costs more.
    const bool page = command.kind == CommandKind::kMapPage;
    const bool coherent = command.kind == CommandKind::kAllocCoherent;
    ++commands[static_cast<std::size_t>(command.kind)];
    sizes[static_cast<std::size_t>(std::bit_width(command.size))] += (page || coherent) ? 1 : 0;
    offsets[static_cast<std::size_t>(std::bit_width((command.address + command.offset) & page_mask))] +=
        page ? 1 : 0;
  }
}

void Distributions::add(const Distributions& other) {
  add_to(iommu_page_shifts, other.iommu_page_shifts);
  add_to(system_page_shifts, other.system_page_shifts);
  add_to(table_entries, other.table_entries);
  add_to(commands, other.commands);
  add_to(offsets, other.offsets);
  add_to(sizes, other.sizes);
}

std::vector<reports::Distribution> distributions_data(const Distributions& distributions) {
  return {
      distribution("IOMMU page shift", distributions.iommu_page_shifts, shift_name),
      distribution("system page shift", distributions.system_page_shifts, shift_name),
      distribution("table entries, from", distributions.table_entries, bits_name),
      distribution("commands", distributions.commands,
                   [](std::size_t kind) { return std::string(command_name(static_cast<CommandKind>(kind))); }),
      distribution("offset in the IOMMU page, from", distributions.offsets, bits_name),
      distribution("size of a request, from", distributions.sizes, bits_name),
  };
}

}  // namespace nospan::props
