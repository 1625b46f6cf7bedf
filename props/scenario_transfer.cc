// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_transfer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nospan::props {
namespace {

// The configuration without its vectors.
struct PlainConfiguration {
  model::SystemPageShift system_page;
  model::Window window;
  model::DeviceLimits device;
  std::uint64_t block_entries;
  std::uint32_t cpus;
  bool virtual_merge, crash_kernel;
  model::Installation installation;
  model::Translation translation;
  model::VmId device_vm;
  std::uint64_t granule;
};

// A vector is stored as its length and its elements, rounded up so that the next length is aligned.
template <class T>
std::size_t stored_size(const std::vector<T>& values) {
  return sizeof(std::uint64_t) + ((values.size() * sizeof(T) + 7) & ~std::size_t{7});
}

template <class T>
std::byte* store(std::byte* to, const std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::uint64_t count = values.size();
  std::memcpy(to, &count, sizeof count);
  if (count != 0) std::memcpy(to + sizeof count, values.data(), count * sizeof(T));
  return to + stored_size(values);
}

template <class T>
const std::byte* load(const std::byte* from, std::vector<T>& values) {
  std::uint64_t count = 0;
  std::memcpy(&count, from, sizeof count);
  values.resize(count);
  if (count != 0) std::memcpy(static_cast<void*>(values.data()), from + sizeof count, count * sizeof(T));
  return from + stored_size(values);
}

}  // namespace

std::size_t stored_size(const Scenario& scenario) {
  return sizeof(PlainConfiguration) + stored_size(scenario.configuration.inherited) +
         stored_size(scenario.configuration.blocks) + stored_size(scenario.commands) +
         stored_size(scenario.elements);
}

void store_scenario(const Scenario& scenario, std::span<std::byte> to) {
  if (stored_size(scenario) > to.size()) throw std::length_error("the scenario is too large for a worker");
  const model::Configuration& c = scenario.configuration;
  const PlainConfiguration plain{c.system_page, c.window,        c.device,       c.block_entries,
                                 c.cpus,        c.virtual_merge, c.crash_kernel, c.installation,
                                 c.translation, c.device_vm,     c.granule};
  static_assert(std::is_trivially_copyable_v<PlainConfiguration>);
  std::memcpy(to.data(), &plain, sizeof plain);
  std::byte* next = to.data() + sizeof plain;
  next = store(next, c.inherited);
  next = store(next, c.blocks);
  next = store(next, scenario.commands);
  store(next, scenario.elements);
}

void load_scenario(std::span<const std::byte> from, Scenario& scenario) {
  PlainConfiguration plain;
  std::memcpy(static_cast<void*>(&plain), from.data(), sizeof plain);
  model::Configuration& c = scenario.configuration;
  c.system_page = plain.system_page;
  c.window = plain.window;
  c.device = plain.device;
  c.block_entries = plain.block_entries;
  c.cpus = plain.cpus;
  c.virtual_merge = plain.virtual_merge;
  c.crash_kernel = plain.crash_kernel;
  c.installation = plain.installation;
  c.translation = plain.translation;
  c.device_vm = plain.device_vm;
  c.granule = plain.granule;
  const std::byte* next = from.data() + sizeof plain;
  next = load(next, c.inherited);
  next = load(next, c.blocks);
  next = load(next, scenario.commands);
  load(next, scenario.elements);
}

void OutcomeRecord::store(const Outcome& outcome) {
  command = outcome.command;
  violation_count = std::min(outcome.violations.size(), kMostViolations);
  tolerated.assign(outcome.tolerated != nullptr ? outcome.tolerated->id : "");
  for (std::size_t i = 0; i < violation_count; ++i) {
    const model::Violation& from = outcome.violations[i];
    Violation& to = violations[i];
    to.invariant = from.invariant;
    to.has_tce = from.tce.has_value();
    to.has_page = from.page.has_value();
    to.has_foreign = from.foreign_byte.has_value();
    to.has_owner = from.foreign_owner.has_value();
    to.owner = from.foreign_owner.value_or(model::VmId{}).value;
    to.tce = from.tce.value_or(model::TceIndex{}).value;
    to.page = from.page.value_or(model::GuestAddress{}).value;
    to.foreign = from.foreign_byte.value_or(model::RealAddress{}).value;
    to.symptom = from.symptom;
    to.expected.assign(from.expected);
    to.actual.assign(from.actual);
  }
}

Outcome OutcomeRecord::load() const {
  Outcome outcome;
  outcome.command = command;
  if (!tolerated.empty()) outcome.tolerated = guard_with_id(tolerated.view());
  // The target's code ran beside this record and may have written over it.
  const std::uint64_t count = std::min<std::uint64_t>(violation_count, kMostViolations);
  for (std::size_t i = 0; i < count; ++i) {
    const Violation& from = violations[i];
    model::Violation to;
    to.invariant = from.invariant;
    to.expected = from.expected.view();
    to.actual = from.actual.view();
    if (from.has_tce) to.tce = model::TceIndex{from.tce};
    if (from.has_page) to.page = model::GuestAddress{from.page};
    if (from.has_owner) to.foreign_owner = model::VmId{from.owner};
    if (from.has_foreign) to.foreign_byte = model::RealAddress{from.foreign};
    to.symptom = from.symptom;
    outcome.violations.push_back(std::move(to));
  }
  return outcome;
}

}  // namespace nospan::props
