// SPDX-License-Identifier: BSD-2-Clause
#include "props/guards.h"

#include <algorithm>
#include <array>
#include <bit>

#include "model/page.h"

namespace nospan::props {
namespace {

using model::Configuration;
using model::Invariant;

// --- what the conditions below are made of
// ---------------------------------------------------------------------

bool maps(const Command* command) {
  return command != nullptr && !command->no_table &&
         (command->kind == CommandKind::kMapPage || command->kind == CommandKind::kMapSg ||
          command->kind == CommandKind::kAllocCoherent);
}

// Does the condition hold for the number of IOMMU pages of any request that the command makes to the allocator?
template <class Condition>
bool any_request(const GuardContext& context, Condition condition) {
  const Command& command = *context.current();
  const model::IommuPageShift page = context.configuration().window.page;
  switch (command.kind) {
    case CommandKind::kMapPage:
      return condition(
          iommu_pages_touched(model::GuestAddress{command.address + command.offset}, command.size, page));
    case CommandKind::kAllocCoherent: {
      const std::uint64_t bytes = model::coherent_bytes(command.size, context.configuration().system_page);
      return condition((bytes >> page.value) + ((bytes & page.offset_mask()) != 0 ? 1 : 0));
    }
    case CommandKind::kMapSg:
      for (std::uint32_t i = 0; i < command.element_count; ++i) {
        const Element& element = context.scenario.elements[command.first_element + i];
        if (element.length != 0 && condition(iommu_pages_touched(element.address, element.length, page)))
          return true;
      }
      return false;
    default: return false;
  }
}

std::uint64_t mask_of(const GuardContext& context) {
  const model::DeviceLimits& device = context.configuration().device;
  return context.current()->kind == CommandKind::kAllocCoherent ? device.coherent_mask : device.dma_mask;
}

// Linux, iommu_init_table: the size of the pools below the large one.
std::uint64_t pool_size(const Configuration& configuration) {
  const model::Window& window = configuration.window;
  const bool split = (window.entries << window.page.value) >= (std::uint64_t{1} << 30);
  return window.entries * 3 / 4 / (split ? 4 : 1);
}

// Do the elements of the list that is mapped or undone add up to more bytes than 32 bits count?
bool list_exceeds_32_bits(const GuardContext& context) {
  const Command* map = context.map_command();
  if (map == nullptr || map->kind != CommandKind::kMapSg) return false;
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < map->element_count; ++i) {
    total += context.scenario.elements[map->first_element + i].length;
  }
  return total > UINT32_MAX;
}

// --- the guards, each with its finding's name
// ------------------------------------------------------------------

constexpr std::array kGuards{
    // A request for more entries than lie between two segment boundaries: the search starts again at the
    // boundary
    // where it is, for ever, as soon as it stands on one with enough free entries behind it.
    Guard{.id = "boundary-smaller-than-request-hangs",
          .kind = Guard::Kind::kPrevent,
          .invariant = Invariant::kSafe1,
          .concerns =
              [](const Configuration& configuration) {
                return configuration.device.segment_boundary >> configuration.window.page.value <
                       configuration.window.entries;
              },
          .applies =
              [](const GuardContext& context) {
                if (!maps(context.current())) return false;
                const Configuration& configuration = context.configuration();
                const std::uint64_t boundary =
                    (configuration.device.segment_boundary >> configuration.window.page.value) + 1;
                return any_request(context, [&](std::uint64_t pages) {
                  const std::uint32_t asked = static_cast<std::uint32_t>(pages);  // as the allocator sees it
                  return asked > boundary && asked <= configuration.window.entries;
                });
              }},
    // The device's mask ends below the window: the number of entries below the mask wraps.
    Guard{.id = "mask-below-window-searches-past-table",
          .kind = Guard::Kind::kPrevent,
          .invariant = Invariant::kSafe1,
          .concerns =
              [](const Configuration& configuration) {
                const model::Window& window = configuration.window;
                return configuration.device.dma_mask >> window.page.value < window.first.value ||
                       configuration.device.coherent_mask >> window.page.value < window.first.value;
              },
          .applies =
              [](const GuardContext& context) {
                const model::Window& window = context.configuration().window;
                return maps(context.current()) && mask_of(context) >> window.page.value < window.first.value;
              }},
    // A table so small that a pool has no entries: the number of entries to search wraps.
    Guard{.id = "empty-pool-searches-past-table",
          .kind = Guard::Kind::kPrevent,
          .invariant = Invariant::kSafe1,
          .concerns = [](const Configuration& configuration) { return pool_size(configuration) == 0; },
          .applies = [](const GuardContext& context) { return maps(context.current()); }},
    // A list whose first element is empty: unmapping stops at the first segment, which is empty.
    Guard{.id = "empty-first-element-leaks-list",
          .invariant = Invariant::kFree1,
          .applies =
              [](const GuardContext& context) {
                const Command* map = context.map_command();
                return map != nullptr && map->kind == CommandKind::kMapSg && map->element_count != 0 &&
                       context.scenario.elements[map->first_element].length == 0;
              }},
    // The table operation fails for an element: its entries are not given back.
    Guard{.id = "failed-set-leaks-element",
          .invariant = Invariant::kFail1,
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) && context.current()->kind == CommandKind::kMapSg &&
                       context.reference.refused();
              }},
    // A map call that fails takes back TCEs that it wrote, and does not flush. Nothing but the flush is
    // missing.
    Guard{.id = "failed-map-not-flushed",
          .kind = Guard::Kind::kOverlook,
          .invariant = Invariant::kFail1,
          .applies =
              [](const GuardContext& context) {
                // A list may fail for want of room, half-way; a single mapping only when writing its TCEs does.
                return maps(context.current()) && context.violation->symptom == model::Symptom::kNotFlushed &&
                       (context.current()->kind == CommandKind::kMapSg || context.reference.refused());
              }},
    // Two elements on either side of a segment boundary are merged into one segment.
    Guard{.id = "merge-crosses-segment-boundary",
          .invariant = Invariant::kRange2,
          .concerns = [](const Configuration& configuration) { return configuration.virtual_merge; },
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) && context.current()->kind == CommandKind::kMapSg &&
                       context.violation->symptom == model::Symptom::kMergeCrossesBoundary;
              }},
    // The boundary lies within IOMMU pages, and a buffer crosses it in memory: it does so on the bus.
    Guard{.id = "boundary-within-page-crossed",
          .kind = Guard::Kind::kOverlook,
          .invariant = Invariant::kRange2,
          .concerns =
              [](const Configuration& configuration) {
                return configuration.device.segment_boundary < configuration.window.page.offset_mask();
              },
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) &&
                       context.violation->symptom == model::Symptom::kBoundaryWithinPage;
              }},
    // The length of a merged segment does not fit 32 bits: it is reported wrong, and if it wraps to 0 neither a
    // later failure nor unmapping finds the segment.
    Guard{.id = "merge-wraps-segment-length",
          .invariant = Invariant::kXlat1,
          .concerns = [](const Configuration& configuration) { return configuration.virtual_merge; },
          .applies = list_exceeds_32_bits},
    Guard{.id = "merge-wraps-segment-length",
          .invariant = Invariant::kFail1,
          .concerns = [](const Configuration& configuration) { return configuration.virtual_merge; },
          .applies = list_exceeds_32_bits},
    Guard{.id = "merge-wraps-segment-length",
          .invariant = Invariant::kRange2,
          .concerns = [](const Configuration& configuration) { return configuration.virtual_merge; },
          .applies = list_exceeds_32_bits},
    Guard{.id = "merge-wraps-segment-length",
          .invariant = Invariant::kFree1,
          .concerns = [](const Configuration& configuration) { return configuration.virtual_merge; },
          .applies = list_exceeds_32_bits},
    // IOMMU_PAGE_MASK is computed in an int: bits of the offset are lost.
    Guard{.id = "page-mask-overflows-int",
          .invariant = Invariant::kXlat1,
          .concerns = [](const Configuration& configuration) { return configuration.window.page.value >= 32; },
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) && context.violation->symptom == model::Symptom::kOffsetMissing;
              }},
    // The failure path of a list takes the offset from the DMA address, where it is missing: it frees too
    // little of an element that reaches into the next IOMMU page. (None is longer than a page here.)
    Guard{.id = "page-mask-overflows-int",
          .invariant = Invariant::kFail1,
          .concerns = [](const Configuration& configuration) { return configuration.window.page.value >= 32; },
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) && context.current()->kind == CommandKind::kMapSg &&
                       any_request(context, [](std::uint64_t pages) { return pages > 1; });
              }},
    Guard{.id = "page-mask-overflows-int",
          .kind = Guard::Kind::kPrevent,
          .sanitized_only = true,
          .invariant = Invariant::kSafe1,
          .concerns = [](const Configuration& configuration) { return configuration.window.page.value >= 31; },
          .applies = [](const GuardContext& context) { return maps(context.current()); }},
    // iommu_alloc_coherent() reads the table before it asks whether there is one.
    Guard{.id = "coherent-without-table-reads-table",
          .kind = Guard::Kind::kPrevent,
          .sanitized_only = true,
          .invariant = Invariant::kSafe1,
          .applies =
              [](const GuardContext& context) {
                const Command* command = context.current();
                return command != nullptr && command->kind == CommandKind::kAllocCoherent && command->no_table;
              }},
    // The number of IOMMU pages is kept in 32 bits.
    Guard{.id = "page-count-wraps",
          .invariant = Invariant::kXlat2,
          .applies =
              [](const GuardContext& context) {
                return maps(context.current()) && context.current()->kind == CommandKind::kMapPage &&
                       any_request(context, [](std::uint64_t pages) { return pages > UINT32_MAX; });
              }},
    // Coherent memory is aligned relative to the table, not to the bus.
    Guard{.id = "coherent-alignment-relative-to-table",
          .invariant = Invariant::kAlign1,
          .applies =
              [](const GuardContext& context) {
                if (!maps(context.current()) || context.current()->kind != CommandKind::kAllocCoherent)
                  return false;
                const Configuration& configuration = context.configuration();
                const std::uint64_t alignment =
                    model::coherent_alignment(context.current()->size, configuration.system_page);
                return ((configuration.window.first.value << configuration.window.page.value) &
                        (alignment - 1)) != 0;
              }},
    // The last entry of a pool, and the last below the mask, is never handed out.
    Guard{.id = "last-entry-never-used",
          .kind = Guard::Kind::kOverlook,
          .invariant = Invariant::kCap1,
          .applies = [](const GuardContext& context) { return !context.reference.refused_request_fits(1); }},
    // A crash kernel that is short of entries takes back the last ones, reserved or not.
    Guard{.id = "crash-kernel-frees-reserved",
          .invariant = Invariant::kRange1,
          .concerns =
              [](const Configuration& configuration) {
                return configuration.crash_kernel && configuration.window.entries >= 2048;
              },
          .applies =
              [](const GuardContext& context) {
                const model::Window& window = context.configuration().window;
                return context.reference.live() == 0 && context.violation->tce.has_value() &&
                       window.reserved(*context.violation->tce) &&
                       *context.violation->tce - window.first >= window.entries - 2048;
              }},
};

}  // namespace

const Command* GuardContext::map_command() const {
  const std::uint32_t mapping = reference.current_mapping();
  if (mapping >= made_by.size() || made_by[mapping] >= scenario.commands.size()) return nullptr;
  return &scenario.commands[made_by[mapping]];
}

std::span<const Guard> all_guards() { return kGuards; }

const Guard* guard_with_id(std::string_view id) {
  for (const Guard& guard : all_guards()) {
    if (guard.id == id) return &guard;
  }
  return nullptr;
}

GuardSet::GuardSet(std::vector<const Guard*> guards) : guards_(std::move(guards)) {
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    if (guards_[i]->kind == Guard::Kind::kPrevent) preventing_ |= std::uint64_t{1} << i;
  }
}

std::uint64_t GuardSet::concerned(const model::Configuration& configuration) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    if (guards_[i]->concerns == nullptr || guards_[i]->concerns(configuration)) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

const Guard* GuardSet::preventing(std::uint64_t concerned, const GuardContext& context) const {
  for (std::uint64_t bits = concerned & preventing_; bits != 0; bits &= bits - 1) {
    const Guard* guard = guards_[static_cast<unsigned>(std::countr_zero(bits))];
    if (guard->applies(context)) return guard;
  }
  return nullptr;
}

const Guard* GuardSet::knowing(std::uint64_t concerned, const GuardContext& context) const {
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    const Guard& guard = *guards_[i];
    if ((concerned >> i & 1) == 0 || guard.kind == Guard::Kind::kPrevent) continue;
    if (guard.invariant == context.violation->invariant && guard.applies(context)) return &guard;
  }
  return nullptr;
}

}  // namespace nospan::props
