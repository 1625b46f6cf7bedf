// SPDX-License-Identifier: BSD-2-Clause
#include "props/bare_executor.h"

#include <cerrno>

namespace nospan::props {
namespace {

using model::TceIndex;

// What a list holds before it is mapped: rubbish.
constexpr std::uint64_t kStaleDmaAddress = 0xdeadbeefdead000;
constexpr std::uint32_t kStaleDmaLength = 0x2000;

}  // namespace

BareExecutor::BareExecutor(const nospan_target& target, TargetEnvironment::FailureHandler on_failure)
    : target_(target), on_failure_(on_failure) {
  environment_.abi = NOSPAN_TARGET_ABI;
  environment_.context = this;
  static const auto self = [](void* context) -> BareExecutor& { return *static_cast<BareExecutor*>(context); };
  environment_.allocate = [](void* context, std::uint64_t size) {
    return self(context).memory_.allocate(size);
  };
  environment_.release = [](void* context, void* memory) {
    if (!self(context).memory_.release(memory)) {
      self(context).on_failure_(NOSPAN_FAILURE_UNDEFINED, "memory was released that was never allocated");
    }
  };
  environment_.fail = [](void* context, std::uint32_t failure, const char* text) {
    self(context).on_failure_(failure, text);
  };
  environment_.put_tces = [](void* context, std::uint64_t, std::uint64_t count, std::uint64_t) {
    BareExecutor& bare = self(context);
    if (bare.command_ == nullptr || bare.command_->fault != FaultKind::kTce) [[likely]]
      return 0;
    const bool fails = bare.command_->fault_entry - bare.tces_asked_ < count;
    bare.tces_asked_ += count;
    return fails ? -EBUSY : 0;
  };
  environment_.get_tce = [](void* context, std::uint64_t index) -> std::uint64_t {
    for (const model::InheritedRange& range : self(context).scenario_->configuration.inherited) {
      if (TceIndex{index} - range.first < range.count) return model::Tce::kRead | model::Tce::kWrite;
    }
    return 0;
  };
  environment_.clear_tces = [](void*, std::uint64_t, std::uint64_t) {};
  environment_.flush = [](void*) {};
  environment_.free_pages = [](void*, std::uint64_t, std::uint32_t) {};
  environment_.zero = [](void*, std::uint64_t, std::uint64_t) {};
  environment_.warn = [](void*, const char*) {};
  environment_.allocate_pages = [](void* context, std::uint32_t, std::uint64_t* address) {
    const Command* command = self(context).command_;
    if (command == nullptr || command->fault == FaultKind::kPages) return -ENOMEM;
    *address = command->address;
    return 0;
  };
}

void BareExecutor::run(const Scenario& scenario) {
  const nospan_target& target = target_;
  scenario_ = &scenario;
  command_ = nullptr;
  memory_.release_all();
  const nospan_configuration configuration = describe(scenario.configuration);
  void* const table = target.create(&environment_, &configuration);
  if (table == nullptr) return;
  const auto undo = [&](std::uint32_t id, std::uint32_t cpu) {
    Handle& handle = handles_[id];
    switch (handle.kind) {
      case model::MappingKind::kNone: return;
      case model::MappingKind::kPage:
        target.unmap_page(table, handle.dma, handle.size, handle.direction, 0, cpu);
        break;
      case model::MappingKind::kList:
        target.unmap_sg(table, lists_[id].data(), static_cast<std::uint32_t>(lists_[id].size()),
                        handle.direction, 0, cpu);
        break;
      case model::MappingKind::kCoherent:
        target.free_coherent(table, handle.size, handle.address, handle.dma, cpu);
        break;
    }
    handle.kind = model::MappingKind::kNone;
  };
  for (const Command& command : scenario.commands) {
    command_ = &command;
    tces_asked_ = 0;
    if (command.mapping >= handles_.size()) handles_.resize(command.mapping + 1);
    Handle& handle = handles_[command.mapping];
    const auto direction = static_cast<std::uint32_t>(command.direction);
    switch (command.kind) {
      case CommandKind::kMapPage: {
        if (handle.kind != model::MappingKind::kNone) break;
        const nospan_map_request request{command.address,    command.offset, command.size,
                                         command.attributes, direction,      command.cpu};
        handle = {model::MappingKind::kNone, direction, 0, command.size, command.address};
        handle.dma = target.map_page(command.no_table ? nullptr : table, &request);
        if (handle.dma != NOSPAN_MAPPING_ERROR) handle.kind = model::MappingKind::kPage;
        break;
      }
      case CommandKind::kMapSg: {
        if (handle.kind != model::MappingKind::kNone) break;
        if (command.mapping >= lists_.size()) lists_.resize(command.mapping + 1);
        std::vector<nospan_segment>& list = lists_[command.mapping];
        list.resize(command.element_count);
        for (std::uint32_t i = 0; i < command.element_count; ++i) {
          const Element& element = scenario.elements[command.first_element + i];
          list[i] = {element.address.value, element.length, kStaleDmaLength, kStaleDmaAddress};
        }
        const int count = target.map_sg(command.no_table ? nullptr : table, list.data(), command.element_count,
                                        direction, command.attributes, command.cpu);
        if (count > 0) handle = {model::MappingKind::kList, direction, 0, 0, 0};
        break;
      }
      case CommandKind::kAllocCoherent: {
        if (handle.kind != model::MappingKind::kNone) break;
        handle = {model::MappingKind::kNone, 0, 0, command.size, 0};
        if (target.alloc_coherent(command.no_table ? nullptr : table, command.size, command.cpu,
                                  &handle.address, &handle.dma) == 0) {
          handle.kind = model::MappingKind::kCoherent;
        }
        break;
      }
      case CommandKind::kUnmapPage:
        if (!command.no_table && handle.kind == model::MappingKind::kPage) undo(command.mapping, command.cpu);
        break;
      case CommandKind::kUnmapSg:
        if (!command.no_table && handle.kind == model::MappingKind::kList) undo(command.mapping, command.cpu);
        break;
      case CommandKind::kFreeCoherent:
        if (!command.no_table && handle.kind == model::MappingKind::kCoherent)
          undo(command.mapping, command.cpu);
        break;
      case CommandKind::kInUse: target.in_use(table); break;
      case CommandKind::kCheckIoba:
        if (target.check_ioba != nullptr) {
          target.check_ioba(command.page_shift, command.first_index, command.entries, command.address,
                            command.count);
        }
        break;
      case CommandKind::kCheckGpa:
        if (target.check_gpa != nullptr) target.check_gpa(command.page_shift, command.address);
        break;
      case CommandKind::kTceDirection:
        if (target.tce_direction != nullptr) target.tce_direction(command.address);
        break;
      case CommandKind::kDirectionPermissions:
        if (target.direction_permissions != nullptr) target.direction_permissions(direction);
        break;
    }
  }
  for (std::uint32_t id = 0; id < handles_.size(); ++id) undo(id, 0);
  command_ = nullptr;
  target.destroy(table);
}

}  // namespace nospan::props
