// SPDX-License-Identifier: BSD-2-Clause
// A picture of the memory that a violation concerns, in plain characters, so that it survives mail and logs.
#ifndef NOSPAN_PROPS_MEMORY_PICTURE_H
#define NOSPAN_PROPS_MEMORY_PICTURE_H

#include <string>

#include "props/concerned_memory.h"

namespace nospan::props {

// Bands over one axis of real addresses, not to scale: owners, the buffer's system pages, the IOMMU page, the
// buffer, and the bytes exposed to the device. At most 80 columns, ends with a newline. The exposed band is
// missing if nothing is exposed.
std::string memory_picture(const PictureInput& input);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_MEMORY_PICTURE_H
