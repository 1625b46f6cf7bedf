// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/isolation_lemmas.h"

namespace nospan::solver {
namespace {

constexpr uint64_t kAddressSpace = uint64_t{1} << 56;  // bytes; what a scenario can tell

Term fits(const PageInGranule& sizes) {
  return less_equal(sizes.page_shift, sizes.granule_shift) & less_equal(sizes.granule_shift, word(55));
}

Instance lemma(const Setting& setting, const char* name, const PageInGranule& sizes, const Term& fact) {
  Instance instance;
  instance.claim = name;
  instance.target = setting.target;
  instance.assumptions = {{"page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34",
                           "LoPAR, IO Page Sizes"}};
  instance.domain = {less_equal(word(12), sizes.page_shift), less_equal(sizes.page_shift, word(34))};
  instance.inputs = {{"page_shift", sizes.page_shift}, {"granule_shift", sizes.granule_shift}};
  instance.cases = {{"for any addresses", {}, fact, split_page_shift(sizes.page_shift)}};
  return instance;
}

}  // namespace

Term page_in_granule(const PageInGranule& sizes, const Term& a, const Term& b) {
  return implies(fits(sizes) & (shift_right(a, sizes.page_shift) == shift_right(b, sizes.page_shift)),
                 shift_right(a, sizes.granule_shift) == shift_right(b, sizes.granule_shift));
}

Term real_byte(const PageInGranule& sizes, const Term& frame, const Term& byte) {
  const Term page = shift_left(shift_right(byte, sizes.page_shift), sizes.page_shift);
  const Term in_granule = page & (shift_left(word(1), sizes.granule_shift) - word(1));
  return shift_left(frame, sizes.granule_shift) + in_granule + (byte - page);
}

Term page_in_frame(const PageInGranule& sizes, const Term& frame, const Term& byte) {
  return implies(fits(sizes) & less(frame, shift_right(word(kAddressSpace), sizes.granule_shift)),
                 shift_right(real_byte(sizes, frame, byte), sizes.granule_shift) == frame);
}

reports::Expected<std::vector<Instance>> isolation_lemmas(const Setting& setting) {
  const PageInGranule sizes{free_word("page_shift"), free_word("granule_shift")};
  const Term a = free_word("a");
  const Term b = free_word("b");
  const Term frame = free_word("frame");

  Instance in_granule = lemma(setting, kPageInGranule, sizes, page_in_granule(sizes, a, b));
  in_granule.words = "where an IOMMU page is at most a granule, bytes of one IOMMU page are in one granule";
  in_granule.inputs.insert(in_granule.inputs.end(), {{"a", a}, {"b", b}});
  in_granule.witnesses = {
      {fits(sizes), a != b, shift_right(a, sizes.page_shift) == shift_right(b, sizes.page_shift)}};

  Instance in_frame = lemma(setting, kPageInFrame, sizes, page_in_frame(sizes, frame, a));
  in_frame.words =
      "where an IOMMU page is at most a granule, a device that goes on from the first real byte of the page "
      "stays in its real granule";
  in_frame.inputs.insert(in_frame.inputs.end(), {{"byte", a}, {"frame", frame}});
  in_frame.witnesses = {{fits(sizes), frame == word(5)}};
  return std::vector<Instance>{std::move(in_granule), std::move(in_frame)};
}

}  // namespace nospan::solver
