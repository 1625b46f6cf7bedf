// SPDX-License-Identifier: BSD-2-Clause
#include "props/target_environment.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "model/text.h"

namespace nospan::props {

using model::GuestAddress;
using model::TceIndex;

nospan_configuration describe(const model::Configuration& configuration) {
  nospan_configuration result{};
  result.page_shift = configuration.window.page.value;
  result.system_page_shift = configuration.system_page.value;
  result.first_index = configuration.window.first.value;
  result.entries = configuration.window.entries;
  result.reserved_start = configuration.window.reserved_start.value;
  result.reserved_end = configuration.window.reserved_end.value;
  result.block_entries = configuration.block_entries;
  result.cpus = configuration.cpus;
  result.virtual_merge = configuration.virtual_merge ? 1 : 0;
  result.inherited = configuration.crash_kernel ? 1 : 0;
  result.dma_mask = configuration.device.dma_mask;
  result.coherent_mask = configuration.device.coherent_mask;
  result.segment_boundary = configuration.device.segment_boundary;
  result.max_segment_size = configuration.device.max_segment_size;
  return result;
}

TargetEnvironment::TargetEnvironment(model::Reference& reference, Tally& tally, FailureHandler on_failure)
    : reference_(reference), tally_(tally), on_failure_(on_failure) {
  environment_.abi = NOSPAN_TARGET_ABI;
  environment_.context = this;
  static const auto self = [](void* context) -> TargetEnvironment& {
    return *static_cast<TargetEnvironment*>(context);
  };
  environment_.put_tces = [](void* context, std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
    return self(context).put_tces(index, count, tce);
  };
  environment_.clear_tces = [](void* context, std::uint64_t index, std::uint64_t count) {
    self(context).reference_.table().clear(TceIndex{index}, count);
  };
  environment_.get_tce = [](void* context, std::uint64_t index) {
    return self(context).reference_.table().at(TceIndex{index}).value;
  };
  environment_.flush = [](void* context) { self(context).reference_.table().flush(); };
  environment_.allocate_pages = [](void* context, std::uint32_t order, std::uint64_t* address) {
    return self(context).allocate_pages(order, address);
  };
  environment_.free_pages = [](void* context, std::uint64_t address, std::uint32_t order) {
    self(context).pages_given_.push_back({GuestAddress{address}, order});
  };
  environment_.zero = [](void* context, std::uint64_t address, std::uint64_t size) {
    self(context).zero(address, size);
  };
  environment_.allocate = [](void* context, std::uint64_t size) {
    return self(context).memory_.allocate(size);
  };
  environment_.release = [](void* context, void* memory) {
    if (!self(context).memory_.release(memory)) {
      self(context).on_failure_(NOSPAN_FAILURE_UNDEFINED, "memory was released that was never allocated");
    }
  };
  environment_.warn = [](void* context, const char*) { ++self(context).tally_.warnings; };
  environment_.fail = [](void* context, std::uint32_t failure, const char* text) {
    self(context).on_failure_(failure, text);
  };
}

void TargetEnvironment::begin_scenario(const Scenario& scenario) {
  const model::Configuration& configuration = scenario.configuration;
  scenario_ = &scenario;
  command_ = nullptr;
  memory_.release_all();
  layout_.assign(configuration.translation, configuration.device_vm, configuration.blocks);
  plain_hypervisor_ = configuration.translation == model::Translation::kIdentity &&
                      configuration.installation == model::Installation::kBlind;
}

void TargetEnvironment::begin_call(const Command* command) {
  command_ = command;
  tces_asked_ = 0;
  pages_taken_.clear();
  pages_given_.clear();
  cleared_.clear();
}

bool TargetEnvironment::hypervisor_installs(GuestAddress page) const {
  const std::uint64_t size = scenario_->configuration.window.page.bytes();
  const model::Block* block = layout_.device_block(page);
  if (block != nullptr && block->size - (page - block->guest) >= size) return true;
  const auto real = layout_.translate(page);
  if (!real) return false;  // nothing to install
  if (scenario_->configuration.installation == model::Installation::kBlind) return true;
  // Contained: the VM's own memory, contiguous in both address spaces.
  if (layout_.first_foreign_byte(*real, size).has_value()) return false;
  std::uint64_t done = 0;
  while (done < size) {
    const model::Block* piece = layout_.device_block(page + done);
    if (piece == nullptr || piece->real + (page + done - piece->guest) != *real + done) return false;
    done = piece->guest + piece->size - page;
  }
  return true;
}

int TargetEnvironment::put_tces(std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
  if (plain_hypervisor_ && (command_ == nullptr || command_->fault != FaultKind::kTce)) [[likely]] {
    reference_.table().put(TceIndex{index}, count, model::Tce{tce}, count, false);
    return 0;
  }
  return put_tces_with_care(index, count, tce);
}

int TargetEnvironment::put_tces_with_care(std::uint64_t index, std::uint64_t count, std::uint64_t tce) {
  std::uint64_t effective = count;
  bool failed = false;
  if (command_ != nullptr && command_->fault == FaultKind::kTce &&
      command_->fault_entry - tces_asked_ < count) {
    failed = true;
    effective = command_->fault_partial ? command_->fault_entry - tces_asked_ : 0;
    ++tally_.faults_fired;
  }
  tces_asked_ += count;
  if (!plain_hypervisor_) {
    const model::Tce first{tce};
    const std::uint64_t size = scenario_->configuration.window.page.bytes();
    // One hypercall after the other: the pages before the refused one are installed.
    for (std::uint64_t i = 0; i < effective; ++i) {
      const model::Block* block = layout_.device_block(first.address() + i * size);
      if (block != nullptr) {
        const std::uint64_t inside = (block->size - (first.address() + i * size - block->guest)) / size;
        if (inside != 0) {
          i += inside - 1;
          continue;
        }
      }
      if (hypervisor_installs(first.address() + i * size)) continue;
      failed = true;
      effective = i;
      ++tally_.hypervisor_refusals;
    }
  }
  reference_.table().put(TceIndex{index}, count, model::Tce{tce}, effective, failed);
  if (!failed) return 0;
  reference_.note_refusal();
  return -EBUSY;
}

int TargetEnvironment::allocate_pages(std::uint32_t order, std::uint64_t* address) {
  const model::SystemPageShift page = scenario_->configuration.system_page;
  const bool absurd = order >= 60 - page.value;
  const std::uint64_t size = absurd ? 0 : page.bytes() << order;
  if (absurd || command_ == nullptr || command_->fault == FaultKind::kPages ||
      (command_->address & (size - 1)) != 0 || !layout_.guest_owns(GuestAddress{command_->address}, size)) {
    if (command_ != nullptr && command_->fault == FaultKind::kPages) ++tally_.faults_fired;
    reference_.note_refusal();
    return -ENOMEM;
  }
  *address = command_->address;
  pages_taken_.push_back({GuestAddress{*address}, order});
  return 0;
}

void TargetEnvironment::zero(std::uint64_t address, std::uint64_t size) {
  if (size == 0) return;
  for (const Pages& pages : pages_taken_) {
    const std::uint64_t bytes = scenario_->configuration.system_page.bytes() << pages.order;
    const std::uint64_t offset = address - pages.address.value;
    if (offset < bytes && size <= bytes - offset) {
      cleared_.push_back({GuestAddress{address}, size});
      return;
    }
  }
  model::Violation violation;
  violation.invariant = model::Invariant::kSafe1;
  violation.expected = "memory is only cleared inside the pages that were allocated for it";
  violation.actual = model::hex(size) + " bytes at guest address " + model::hex(address) + " were cleared";
  reference_.add(std::move(violation));
}

std::uint64_t TargetEnvironment::first_not_zeroed(GuestAddress address, std::uint64_t size) {
  // Nearly always one piece.
  std::sort(cleared_.begin(), cleared_.end(),
            [](const Cleared& a, const Cleared& b) { return a.start < b.start; });
  std::uint64_t done = 0;
  for (const Cleared& piece : cleared_) {
    const std::uint64_t from = piece.start - address;
    if (from <= done) done = std::max(done, from + piece.size);
  }
  return std::min(done, size);
}

}  // namespace nospan::props
