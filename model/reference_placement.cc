// SPDX-License-Identifier: BSD-2-Clause
// Where a request has to find a place, and which one: CAP-1 and ALIGN-1 of the reference model.
#include <span>
#include <string>

#include "model/reference.h"
#include "model/text.h"

namespace nospan::model {

void Reference::failed(Request request) {
  request_ = request;
  unchanged();
  if (!refused_ && request.pages != 0) {
    if (const auto place = place_for(request, *configuration_, allocation_.expected(), pools_, 0)) {
      violate(Invariant::kCap1,
              "a request of " + std::to_string(request.pages) +
                  " entries is granted where a pool has room for it: it fits at TCE " + hex(*place),
              "it was refused", place);
    }
  }
  check_flushed(Invariant::kFail1, {});
}

std::uint64_t Reference::preferred_alignment(GuestAddress address, std::uint64_t size) const {
  const IommuPageShift page = configuration_->window.page;
  const SystemPageShift system_page = configuration_->system_page;
  if (page.value >= system_page.value || size < system_page.bytes()) return 1;
  if ((address.value & (system_page.bytes() - 1)) != 0) return 1;
  return std::uint64_t{1} << (system_page.value - page.value);
}

bool Reference::check_unaligned(TceRange range, std::uint64_t alignment) {
  // Whether the bus or the window's start is what counts is the implementation's business.
  if ((configuration_->window.first.value & (alignment - 1)) != 0) return true;
  const Request request{range.count, alignment, configuration_->device.dma_mask};
  const auto place = place_for(request, *configuration_, allocation_.expected(), pools_, 0);
  if (!place) return true;
  violate(Invariant::kAlign1,
          "whole system pages are aligned to the system page where they can be: they fit at TCE " + hex(*place),
          "they are mapped at TCE " + hex(range.first), range.first);
  return false;
}

bool Reference::check_in_kept_pool(TceRange range, std::uint64_t alignment) {
  // The implementation tells of none, and the mapping lies just before the window.
  if (kept_pool_ == UINT64_MAX) return true;
  const std::span<const Pool> pools = pools_;
  const Request request{range.count, alignment, configuration_->device.dma_mask};
  // The last entry of a pool: see finding last-entry-never-used.
  const auto place =
      place_for(request, *configuration_, allocation_.expected(), pools.first(pools.size() - 1), 1);
  if (!place) return true;
  violate(
      Invariant::kCap1,
      "the last pool is kept for more than 15 entries while another has room: it fits at TCE " + hex(*place),
      std::to_string(range.count) + " entries were taken at TCE " + hex(range.first), range.first);
  return false;
}

}  // namespace nospan::model
