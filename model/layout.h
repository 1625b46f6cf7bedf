// SPDX-License-Identifier: BSD-2-Clause
// Who owns which memory, and what lies behind a guest address: the hypervisor stage of the model.
#ifndef NOSPAN_MODEL_LAYOUT_H
#define NOSPAN_MODEL_LAYOUT_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/page.h"

namespace nospan::model {

// A run of one VM's memory that is contiguous in both address spaces.
struct Block {
  VmId owner;
  GuestAddress guest;
  RealAddress real;
  std::uint64_t size = 0;  // bytes, at least 1

  constexpr bool holds(GuestAddress address) const { return address - guest < size; }
  constexpr bool holds(RealAddress address) const { return address - real < size; }
  friend constexpr bool operator==(const Block&, const Block&) = default;
};

// What the hypervisor does with a TCE whose IOMMU page is not contained in memory that the VM owns
// contiguously.
enum class Installation : std::uint8_t {
  kBlind,      // installs the translation of the page's first byte
  kContained,  // refuses the TCE
};

// How guest addresses become real ones.
enum class Translation : std::uint8_t {
  kIdentity,  // guest address == real address: the kernel alone decides what a device reaches
  kTwoStage,  // through the blocks; an address in no block has no translation
};

// Which memory each VM owns, and at which guest address it sees it. Memory in no block belongs to the
// hypervisor. Immutable once built; may be shared by threads.
class Layout {
 public:
  Layout() = default;

  // Preconditions (props/scenario checks them for scenarios from outside): blocks are not empty, do not wrap,
  // do not overlap in real memory, blocks of one VM do not overlap in guest memory; with kIdentity guest ==
  // real. `device_vm` is the VM whose guest addresses are translated: the one that the device was given to.
  Layout(Translation translation, VmId device_vm, std::span<const Block> blocks);

  // Same, in place: keeps the capacity of an earlier layout.
  void assign(Translation translation, VmId device_vm, std::span<const Block> blocks);

  // All blocks in the order of real addresses; those of the device's VM in the order of guest addresses.
  std::span<const Block> blocks() const { return by_real_; }
  std::span<const Block> device_blocks() const { return by_guest_; }
  VmId device_vm() const { return device_vm_; }
  Translation translation() const { return translation_; }

  // The block of the device's VM that holds a guest address; nullptr if it has no memory there.
  const Block* device_block(GuestAddress address) const {
    return find<GuestAddress, &Block::guest>(by_guest_, address);
  }
  // The block of any VM that holds a real address; nullptr if it is the hypervisor's.
  const Block* owner_block(RealAddress address) const {
    return find<RealAddress, &Block::real>(by_real_, address);
  }

  // The real address behind a guest address of the device's VM.
  std::optional<RealAddress> translate(GuestAddress address) const;

  // Are all of `size` (at least 1) bytes from `address` on memory of the device's VM, contiguous for the guest?
  bool guest_owns(GuestAddress address, std::uint64_t size) const;

  // ISO-1: the first of `size` (at least 1) bytes from `address` on that is not owned by the device's VM.
  std::optional<RealAddress> first_foreign_byte(RealAddress address, std::uint64_t size) const;

 private:
  // The last of the sorted blocks that starts at or below `address`, if it holds it. A binary search without
  // branches, in line: it runs for every TCE that is written.
  template <class Address, Address Block::* start>
  static const Block* find(const std::vector<Block>& blocks, Address address) {
    const Block* base = blocks.data();
    std::size_t count = blocks.size();
    if (count == 0) return nullptr;
    while (count > 1) {
      const std::size_t half = count / 2;
      base += (base[half].*start <= address) ? half : 0;
      count -= half;
    }
    return base->holds(address) ? base : nullptr;
  }

  std::vector<Block> by_real_;
  std::vector<Block> by_guest_;
  VmId device_vm_;
  Translation translation_ = Translation::kIdentity;
};

}  // namespace nospan::model

#endif  // NOSPAN_MODEL_LAYOUT_H
