// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_checks.h"

#include <fmt/format.h>

#include "solver/claims/scenario_text.h"
#include "solver/executor.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

using reports::Expected;

// enum dma_data_direction.
constexpr uint64_t kBidirectional = 0;
constexpr uint64_t kToDevice = 1;
constexpr uint64_t kFromDevice = 2;
constexpr uint64_t kNoDirection = 3;

// What the functions are called; arguments are in the same order everywhere.
struct Names {
  std::string check_ioba;
  std::string check_gpa;
  std::string tce_direction;
  std::string direction_permissions;
  unsigned page_shift_width;
};

// A function without state, executed: `right` says what its result must be.
struct Check {
  std::string function;
  std::string words;
  std::vector<Value> arguments;
  std::vector<Assumption> assumptions;
  std::vector<Term> domain;
  std::vector<Named> inputs;
  std::vector<Term> preferences;
  std::function<Term(const Term& result)> right;
  std::function<Term(const Term& result)> interesting;  // for the witness
  // What is asked to show that the result is right; if it is not set, that as a whole.
  std::function<std::vector<Case>(const Term& goal)> cases;
  std::function<nlohmann::json(const ScenarioText&)> command;
};

std::string hexadecimal(uint64_t value) { return fmt::format("{:#x}", value); }

Expected<void> add_claims(std::vector<Instance>& instances, const Setting& setting, const Check& check) {
  Executor executor(setting.program);
  auto paths = executor.run(check.function, State(), check.arguments, check.domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance exact;
  exact.claim = "exact";
  exact.function = check.function.substr(check.function.rfind(':') + 1);
  exact.target = setting.target;
  exact.words = check.words;
  exact.assumptions = check.assumptions;
  exact.domain = check.domain;
  exact.inputs = check.inputs;
  exact.preferences = check.preferences;
  exact.paths = paths->size();
  exact.incomplete = incompleteness(*paths);
  exact.scenario = [command = check.command, id = exact.id(),
                    shift = setting.system_page_shift](const Model& model) {
    ScenarioText text(model, shift, fmt::format("a counterexample of the prover to {}", id));
    text.command(command(text));
    return text.text();
  };
  Instance safe = exact;
  safe.claim = "safe";
  safe.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  safe.cases = safety_cases(*paths);
  Term right = Term::boolean(true);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    right = right & implies(all_of(path.conditions), check.right(path.result->bits));
    std::vector<Term> witness = path.conditions;
    safe.witnesses.push_back(witness);
    witness.push_back(check.interesting(path.result->bits));
    exact.witnesses.push_back(std::move(witness));
  }
  exact.cases = check.cases ? check.cases(right) : std::vector<Case>{{"the result", {}, right, {}}};
  instances.push_back(std::move(exact));
  // Code without a shift or an access has nothing that could go wrong.
  if (safe.cases.empty()) safe.cases.push_back({"no operation can go wrong", {}, Term::boolean(true), {}});
  instances.push_back(std::move(safe));
  return {};
}

const Assumption& page_shift_range() {
  static const Assumption assumption = {
      "page-shift-range", "IOMMU pages are 4 KiB to 16 GiB: it_page_shift is 12 to 34", "LoPAR, IO Page Sizes"};
  return assumption;
}

Term succeeds(const Term& result) { return result == Term::bits(32, 0); }

// That a sum is below a bound exactly if a summand is below the bound less the other one is hard for solvers
// where the bound is any number (no answer in minutes), easy where it is the other summand and a rest.
std::vector<Case> by_rest_of_window(const Term& entries, const Term& skipped, const Term& most_entries,
                                    const Term& goal) {
  Case inside{
      "the first IOMMU page lies in the window or just behind it", {less_equal(skipped, entries)}, goal, {}};
  const Term rest = free_word("rest_of_window");
  const Term whole = skipped + rest;
  inside.easier =
      std::make_shared<const Case>(Case{inside.name,
                                        {less_equal(skipped, whole), less_equal(whole, most_entries)},
                                        substitute(goal, entries, whole),
                                        {}});
  Case outside{"the first IOMMU page lies elsewhere", {less(entries, skipped)}, goal, {}};
  return {std::move(inside), std::move(outside)};
}

Check check_ioba(const Names& names) {
  const Term shift = Term::free_bits(names.page_shift_width, "page_shift");
  const Term wide = zero_extend(shift, 64);
  const Term first = free_word("first_of_window");
  const Term entries = free_word("entries_of_window");
  const Term ioba = free_word("ioba");
  const Term count = free_word("count");
  Check check;
  check.function = names.check_ioba;
  check.words =
      "answers 0 exactly if the DMA address is aligned to the IOMMU page and all its IOMMU pages lie in the "
      "window";
  check.arguments = {Value::number(shift), Value::number(first), Value::number(entries), Value::number(ioba),
                     Value::number(count)};
  check.assumptions = {
      page_shift_range(),
      {"window-indices", "the window has at most 2^52 entries and begins at or below index 2^52",
       "LoPAR, DMA windows"}};
  // Less than the bus has, whatever the page size, so that no bound depends on it.
  const Term most = word(uint64_t{1} << 52);
  check.domain = {less_equal(word(12), wide), less_equal(wide, word(34)), less_equal(first, most),
                  less_equal(entries, most)};
  check.inputs = {{"page_shift", shift},
                  {"first_of_window", first},
                  {"entries_of_window", entries},
                  {"ioba", ioba},
                  {"count", count}};
  check.preferences = {first == word(0), less(count, word(64)), less(entries, word(64))};
  const Term aligned = (ioba & (shift_left(word(1), wide) - word(1))) == word(0);
  const Term index = shift_right(ioba, wide);
  const Term skipped = index - first;
  const Term inside =
      less_equal(first, index) & !add_overflows(skipped, count) & less_equal(skipped + count, entries);
  check.right = [accepted = aligned & inside](const Term& result) { return succeeds(result) == accepted; };
  check.interesting = [count](const Term& result) { return succeeds(result) & less(word(2), count); };
  check.cases = [entries, skipped, most](const Term& goal) {
    return by_rest_of_window(entries, skipped, most, goal);
  };
  check.command = [](const ScenarioText& text) {
    return nlohmann::json{{"do", "check_ioba"},
                          {"iommu_page", hexadecimal(uint64_t{1} << text.value("page_shift", 12))},
                          {"first", hexadecimal(text.value("first_of_window"))},
                          {"entries", hexadecimal(text.value("entries_of_window"))},
                          {"ioba", hexadecimal(text.value("ioba"))},
                          {"count", hexadecimal(text.value("count"))}};
  };
  return check;
}

Check check_gpa(const Names& names) {
  const Term shift = Term::free_bits(names.page_shift_width, "page_shift");
  const Term wide = zero_extend(shift, 64);
  const Term address = free_word("address");
  Check check;
  check.function = names.check_gpa;
  check.words = "answers 0 exactly if the guest address is the first byte of an IOMMU page";
  check.arguments = {Value::number(shift), Value::number(address)};
  check.assumptions = {page_shift_range()};
  check.domain = {less_equal(word(12), wide), less_equal(wide, word(34))};
  check.inputs = {{"page_shift", shift}, {"address", address}};
  const Term aligned = (address & (shift_left(word(1), wide) - word(1))) == word(0);
  check.right = [aligned](const Term& result) { return succeeds(result) == aligned; };
  check.interesting = [address](const Term& result) { return succeeds(result) & (address != word(0)); };
  check.command = [](const ScenarioText& text) {
    return nlohmann::json{{"do", "check_gpa"},
                          {"iommu_page", hexadecimal(uint64_t{1} << text.value("page_shift", 12))},
                          {"address", hexadecimal(text.value("address"))}};
  };
  return check;
}

Check tce_direction(const Names& names) {
  const Term tce = free_word("tce");
  Check check;
  check.function = names.tce_direction;
  check.words = "the direction lets the device read or write exactly if the TCE does";
  check.arguments = {Value::number(tce)};
  check.inputs = {{"tce", tce}};
  check.right = [tce](const Term& result) {
    return (device_reads(result) == ((tce & word(kTceRead)) != word(0))) &
           (device_writes(result) == ((tce & word(kTceWrite)) != word(0))) &
           less_equal(result, Term::bits(32, kNoDirection));
  };
  check.interesting = [](const Term& result) { return device_writes(result); };
  check.command = [](const ScenarioText& text) {
    return nlohmann::json{{"do", "tce_direction"}, {"tce", hexadecimal(text.value("tce"))}};
  };
  return check;
}

Check direction_permissions(const Names& names) {
  const Term direction = Term::free_bits(32, "direction");
  Check check;
  check.function = names.direction_permissions;
  check.words = "the TCE lets the device read or write exactly if the direction does, and has no other bits";
  check.arguments = {Value::number(direction)};
  check.assumptions = {
      {"direction-range", "a direction is one of enum dma_data_direction", "DMA API, dma_data_direction"}};
  check.domain = {less_equal(direction, Term::bits(32, kNoDirection))};
  check.inputs = {{"direction", direction}};
  check.right = [direction](const Term& permissions) {
    return (device_reads(direction) == ((permissions & word(kTceRead)) != word(0))) &
           (device_writes(direction) == ((permissions & word(kTceWrite)) != word(0))) &
           less_equal(permissions, word(kTceRead | kTceWrite));
  };
  check.interesting = [](const Term& permissions) { return permissions != word(0); };
  check.command = [](const ScenarioText& text) {
    static const char* const directions[] = {"bidirectional", "to_device", "from_device", "none"};
    return nlohmann::json{{"do", "direction_permissions"},
                          {"direction", directions[text.value("direction") & 3]}};
  };
  return check;
}

Expected<std::vector<Instance>> checks(const Setting& setting, const Names& names) {
  std::vector<Instance> instances;
  for (const Check& check :
       {check_ioba(names), check_gpa(names), tce_direction(names), direction_permissions(names)}) {
    if (auto done = add_claims(instances, setting, check); !done) return tl::unexpected(done.error());
  }
  return instances;
}

}  // namespace

Term device_reads(const Term& direction) {
  return (direction == Term::bits(32, kBidirectional)) | (direction == Term::bits(32, kToDevice));
}

Term device_writes(const Term& direction) {
  return (direction == Term::bits(32, kBidirectional)) | (direction == Term::bits(32, kFromDevice));
}

Expected<std::vector<Instance>> linux_checks(const Setting& setting) {
  return checks(setting, {"iommu_tce_check_ioba", "iommu_tce_check_gpa", "iommu_tce_direction",
                          "iommu_direction_to_tce_perm", 64});
}

Expected<std::vector<Instance>> builtin_checks(const Setting& setting) {
  return checks(setting, {"nospan::builtin::check_ioba", "nospan::builtin::check_gpa",
                          "nospan::builtin::tce_direction", "nospan::builtin::direction_permissions", 32});
}

}  // namespace nospan::solver
