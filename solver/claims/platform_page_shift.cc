// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/platform_page_shift.h"

#include <fmt/format.h>

#include <array>

#include "solver/claims/scenario_text.h"
#include "solver/executor.h"

namespace nospan::solver {
namespace {

constexpr const char* kFunction = "iommu_get_page_shift";

// LoPAR, ibm,query-pe-dma-window, "IO Page Sizes": the shift that bit 31 - i of the big-endian cell stands for,
// which is bit i here. 2M came last.
constexpr std::array<uint64_t, 9> kShifts = {12, 16, 24, 25, 26, 27, 28, 34, 21};

Term offers(const Term& query, unsigned bit) { return extract(query, bit, bit) == Term::bits(1, 1); }

// Any page size that LoPAR knows and the hypervisor offers has that property.
template <class Property>
Term all_offered(const Term& query, Property property) {
  Term all = Term::boolean(true);
  for (unsigned bit = 0; bit < kShifts.size(); ++bit) {
    all = all & implies(offers(query, bit), property(word(kShifts[bit])));
  }
  return all;
}

// The function, executed for all masks: what it answers, as one term.
struct Picking {
  Term query = Term::free_bits(32, "query");
  Term picked;
  std::vector<Path> paths;
  std::vector<Term> returns;  // the function returns; one condition for each path
};

// The IOMMU page of the picked size that a byte of the caller lies in, and another byte in it. Two bytes are
// all that an owner of every granule is asked about (as in map_claims.cc).
struct Isolation {
  Term first = free_word("first");  // the caller's byte
  Term reached = free_word("reached");
  Term granule_shift = free_word("granule_shift");
  Term caller = free_word("caller");
  Term owner_of_first = free_word("owner_of_first");
  Term owner_of_reached = free_word("owner_of_reached");

  Term same_page(const Term& shift) const { return shift_right(first, shift) == shift_right(reached, shift); }
};

Instance isolation(const Instance& base, const Picking& picking, const Isolation& bytes, unsigned system_shift,
                   std::string claim, std::string words) {
  Instance instance = base;
  instance.claim = std::move(claim);
  instance.words = std::move(words);
  // That a map call takes no more than the IOMMU pages of its buffer.
  instance.rests_on = {"exact/iommu_map_page"};
  for (const Named& input :
       {Named{"page_shift", picking.picked}, Named{"first", bytes.first}, Named{"last", bytes.first},
        Named{"reached", bytes.reached}, Named{"granule_shift", bytes.granule_shift}}) {
    instance.inputs.push_back(input);
  }
  instance.assumptions = {
      {"granule-range", "memory has one owner in granules of 4 KiB to 2^55 bytes",
       "design section 2; a granule holds whole system pages"},
      {"caller-owns-buffer", "every byte of the buffer belongs to the caller",
       "DMA API: a driver maps memory of its own machine"},
      {"address-range", "memory lies in the first 2^56 bytes", "design section 6: what a scenario can tell"},
      // enable_ddw() makes no window in that case.
      {"window-exists", "some page size is offered", "arch/powerpc/platforms/pseries/iommu.c, enable_ddw()"}};
  const Term limit = word(uint64_t{1} << 56);
  for (const Term& term :
       {less_equal(word(system_shift), bytes.granule_shift), less_equal(bytes.granule_shift, word(55)),
        less(bytes.first, limit), less(bytes.reached, limit), bytes.owner_of_first == bytes.caller,
        picking.picked != word(0),
        implies(bytes.same_page(bytes.granule_shift), bytes.owner_of_first == bytes.owner_of_reached)}) {
    instance.domain.push_back(term);
  }
  instance.cases = {{"a byte of the IOMMU page that a map call takes",
                     {},
                     implies(bytes.same_page(picking.picked), bytes.owner_of_reached == bytes.caller),
                     {}}};
  instance.witnesses = {
      {bytes.same_page(picking.picked), bytes.first != bytes.reached, less(word(12), picking.picked)}};
  // The seed thread's own example: 16M offered to a kernel whose memory comes in pieces of 64K.
  instance.preferences = {bytes.granule_shift == word(16),
                          picking.picked == word(24),
                          picking.query == Term::bits(32, 7),
                          shift_right(bytes.first, bytes.granule_shift) + word(1) ==
                              shift_right(bytes.reached, bytes.granule_shift),
                          less(bytes.first, word(uint64_t{1} << 36)),
                          shift_left(shift_right(bytes.first, word(16)), word(16)) == bytes.first};
  instance.scenario = [system_shift, id = instance.id()](const Model& model) {
    ScenarioText text(model, system_shift,
                      fmt::format("a counterexample of the prover to {}: ibm,query-pe-dma-window offers the "
                                  "page sizes {:#x}",
                                  id, model.contains("query") ? model.at("query") : 0));
    const uint64_t granule = uint64_t{1} << text.value("granule_shift", 16);
    const uint64_t reached = text.value("reached") / granule * granule;
    text.granule(granule);
    text.owned_by_caller(text.value("first"), text.value("last"));
    text.block(1, reached, reached, granule);
    text.map_page(0, text.value("first"), 1, 0);
    return text.text();
  };
  return instance;
}

}  // namespace

reports::Expected<std::vector<Instance>> platform_page_shift(const Setting& setting) {
  Executor executor(setting.program);
  Picking picking;
  auto paths = executor.run(kFunction, State(), {Value::number(picking.query)});
  if (!paths) return tl::unexpected(paths.error());
  picking.paths = std::move(*paths);
  // What no path answers is no page size: a path that is missing cannot go unseen.
  picking.picked = word(~uint64_t{0});
  for (const Path& path : picking.paths) {
    if (path.end != Path::End::kReturned) continue;
    picking.returns.push_back(all_of(path.conditions));
    picking.picked = choose(picking.returns.back(), zero_extend(path.result->bits, 64), picking.picked);
  }

  Instance base;
  base.function = kFunction;
  base.target = setting.target;
  base.inputs = {{"query", picking.query}};
  base.paths = picking.paths.size();
  base.incomplete = incompleteness(picking.paths);

  Instance picks = base;
  picks.claim = "page-shift";
  picks.words =
      "for every mask of offered page sizes: answers the largest that LoPAR knows, 0 if there is none";
  picks.inputs.push_back({"picked", picking.picked});
  Term is_offered = Term::boolean(false);
  Term none = Term::boolean(true);
  for (unsigned bit = 0; bit < kShifts.size(); ++bit) {
    is_offered = is_offered | (offers(picking.query, bit) & (picking.picked == word(kShifts[bit])));
    none = none & !offers(picking.query, bit);
  }
  picks.cases = {
      {"a page size that is offered, or none is", {}, choose(none, picking.picked == word(0), is_offered), {}},
      {"no larger one is offered",
       {},
       all_offered(picking.query, [&](const Term& shift) { return less_equal(shift, picking.picked); }),
       {}}};
  picks.witnesses = {{picking.picked == word(24)}};
  picks.preferences = {less(picking.query, Term::bits(32, 16))};

  Instance safe = base;
  safe.claim = "safe";
  safe.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  safe.cases = safety_cases(picking.paths);
  if (safe.cases.empty()) {
    // All offsets and shifts are numbers once the mask's bits are told apart: checked while executing.
    safe.cases.push_back({"no operation can go wrong", {}, any_of(picking.returns), {}});
  }
  safe.witnesses = {{picking.picked == word(24)}};

  const Isolation bytes;
  Instance granule = isolation(base, picking, bytes, setting.system_page_shift, "page-shift-granule",
                               "offered page sizes are at most the granule: the picked IOMMU page is, too, and "
                               "lies in memory of one VM");
  granule.hypotheses.push_back(
      {"offered-at-most-granule", "the hypervisor offers only page sizes that are at most the granule",
       "seed thread: \"if hypervisor uses huge pages for VMs RAM, it also then advertises huge IOMMU pages\"",
       all_offered(picking.query, [&](const Term& shift) { return less_equal(shift, bytes.granule_shift); })});
  granule.cases.push_back({"the theorem's hypothesis: the picked page size is at most the granule",
                           {},
                           less_equal(picking.picked, bytes.granule_shift),
                           {}});

  Instance blocks = isolation(
      base, picking, bytes, setting.system_page_shift, "page-shift-blocks",
      "VM blocks are aligned to every offered page size: the picked IOMMU page lies in memory of one VM");
  blocks.hypotheses.push_back(
      {"blocks-aligned-to-offered", "VM blocks begin and end on multiples of each page size that is offered",
       "seed thread: \"the blocksize of contiguous memory the hypervisor gives a VM should always be aligned "
       "to "
       "IOMMU pagesize offered\"",
       all_offered(picking.query, [&](const Term& shift) {
         return implies(bytes.same_page(shift), bytes.owner_of_first == bytes.owner_of_reached);
       })});
  return std::vector<Instance>{std::move(picks), std::move(granule), std::move(blocks), std::move(safe)};
}

}  // namespace nospan::solver
