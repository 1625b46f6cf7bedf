// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_num_pages.h"

#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;

const Term& most_bytes() {
  static const Term most = word(uint64_t{1} << 57);
  return most;
}

Term size_is_in_range(const Term& size) { return less_equal(word(1), size) & less_equal(size, most_bytes()); }

}  // namespace

Term pages_from(const Term& offset, const Term& size, const Term& page_shift) {
  return shift_right(offset + (size - word(1)), page_shift) + word(1);
}

void add_num_pages(Executor& executor) {
  executor.add("iommu_num_pages", simple([](State& state, const Call& call) -> Expected<Value> {
                 const Term& page = call.arguments[2].bits;
                 const auto shift = exponent_of_power(page);
                 if (!shift) {
                   return reports::failure("iommu_num_pages",
                                           "the IOMMU page size is not written as 1 << shift",
                                           "the tree has changed it: its contract in solver/ has to follow");
                 }
                 const Term& size = call.arguments[1].bits;
                 state.require(Obligation::Kind::kContract, size_is_in_range(size),
                               "iommu_num_pages() of 1 to 2^57 bytes", call.place);
                 return Value::number(pages_from(call.arguments[0].bits & (page - word(1)), size, *shift));
               }));
}

Expected<std::vector<Instance>> linux_num_pages(const Setting& setting) {
  Executor executor(setting.program);
  const Term shift = free_word("page_shift");
  const Term page_size = shift_left(word(1), shift);
  const Term address = free_word("address");
  const Term size = free_word("size");
  Instance exact;
  exact.claim = "exact";
  exact.function = "iommu_num_pages";
  exact.target = setting.target;
  exact.words = "counts the IOMMU pages that the bytes touch";
  exact.assumptions = {{"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34",
                        "LoPAR, IO Page Sizes"}};
  exact.domain = {less_equal(word(12), shift), less_equal(shift, word(34)), size_is_in_range(size)};
  exact.inputs = {{"page_shift", shift}, {"address", address}, {"size", size}};
  // First what a scenario's memory can hold.
  exact.preferences = {shift == word(16), less_equal(size, word(1 << 20)), less(address, word(1 << 30)),
                       address == word(0xffff), size == word(2)};
  auto paths =
      executor.run("iommu_num_pages", State(),
                   {Value::number(address), Value::number(size), Value::number(page_size)}, exact.domain);
  if (!paths) return tl::unexpected(paths.error());
  exact.paths = paths->size();
  exact.incomplete = incompleteness(*paths);
  exact.scenario = [id = exact.id(), system_page = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, system_page, "a counterexample of the prover to " + id);
    // Memory of the caller's, where a scenario can have it.
    const uint64_t first = text.value("address") & ((uint64_t{1} << 55) - 1);
    const uint64_t bytes = text.value("size");
    text.owned_by_caller(first, first + (bytes - 1));
    text.map_page(0, first, bytes, 0);
    text.command({{"do", "unmap_page"}, {"mapping", 0}});
    return text.text();
  };
  Instance safe = exact;
  safe.claim = "safe";
  safe.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  safe.cases = safety_cases(*paths);
  const Term from_offset = pages_from(address & (page_size - word(1)), size, shift);
  Term right = Term::boolean(true);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    right = right & implies(all_of(path.conditions), path.result->bits == from_offset);
    std::vector<Term> witness = path.conditions;
    witness.push_back(shift == word(16));
    witness.push_back(path.result->bits == word(2));
    exact.witnesses.push_back(std::move(witness));
  }
  safe.witnesses = exact.witnesses;
  exact.cases.push_back({"the result, from offset and size", {}, right, split_page_shift(shift)});
  // Without code: that this is what pages_touched() says of the addresses. `behind` is how far the last byte is
  // from the beginning of the first IOMMU page; what is subtracted there is added here, so that two sums are
  // compared bit by bit. The bytes do not go beyond the last address.
  const Term page = free_word("page") & shift_right(word(~uint64_t{0}), shift);
  const Term behind = free_word("behind");
  const Term last = shift_left(page, shift) + behind;
  exact.cases.push_back({"that many are touched",
                         {less_equal(behind, last)},
                         shift_right(last, shift) == page + shift_right(behind, shift),
                         split_page_shift(shift)});
  return std::vector<Instance>{std::move(exact), std::move(safe)};
}

}  // namespace nospan::solver
