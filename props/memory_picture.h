// SPDX-License-Identifier: BSD-2-Clause
// A picture of the memory that a violation concerns, in plain characters, so that it survives mail and logs.
#ifndef NOSPAN_PROPS_MEMORY_PICTURE_H
#define NOSPAN_PROPS_MEMORY_PICTURE_H

#include <cstdint>
#include <optional>
#include <string>

#include "model/configuration.h"

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

// Bands over one axis of real addresses, not to scale: owners, the buffer's system pages, the IOMMU page, the
// buffer, and the bytes exposed to the device. At most 80 columns, ends with a newline. The exposed band is
// missing if nothing is exposed.
std::string memory_picture(const PictureInput& input);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MEMORY_PICTURE_H
