// SPDX-License-Identifier: BSD-2-Clause
#include "model/layout.h"

#include <algorithm>

namespace nospan::model {
Layout::Layout(Translation translation, VmId device_vm, std::span<const Block> blocks) {
  assign(translation, device_vm, blocks);
}

void Layout::assign(Translation translation, VmId device_vm, std::span<const Block> blocks) {
  translation_ = translation;
  device_vm_ = device_vm;
  by_real_.assign(blocks.begin(), blocks.end());
  by_guest_.clear();
  for (const Block& block : blocks) {
    if (block.owner == device_vm) by_guest_.push_back(block);
  }
  std::sort(by_real_.begin(), by_real_.end(), [](const Block& a, const Block& b) { return a.real < b.real; });
  std::sort(by_guest_.begin(), by_guest_.end(),
            [](const Block& a, const Block& b) { return a.guest < b.guest; });
}

std::optional<RealAddress> Layout::translate(GuestAddress address) const {
  if (translation_ == Translation::kIdentity) return RealAddress{address.value};
  const Block* block = device_block(address);
  if (block == nullptr) return std::nullopt;
  return block->real + (address - block->guest);
}

bool Layout::guest_owns(GuestAddress address, std::uint64_t size) const {
  for (;;) {
    const Block* block = device_block(address);
    if (block == nullptr) return false;
    const std::uint64_t rest = block->size - (address - block->guest);
    if (rest >= size) return true;
    address = address + rest;
    size -= rest;
  }
}

std::optional<RealAddress> Layout::first_foreign_byte(RealAddress address, std::uint64_t size) const {
  for (;;) {
    const Block* block = owner_block(address);
    if (block == nullptr || block->owner != device_vm_) return address;
    const std::uint64_t rest = block->size - (address - block->real);
    if (rest >= size) return std::nullopt;
    address = address + rest;
    size -= rest;
  }
}

}  // namespace nospan::model
