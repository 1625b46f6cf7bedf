// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/samples.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace nospan::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLinux = "linux 6.12.117";

const std::vector<std::pair<const char*, const char*>> kEntryPoints{
    {"map_page", "iommu_map_page"},
    {"unmap_page", "iommu_unmap_page"},
    {"map_sg", "ppc_iommu_map_sg"},
    {"unmap_sg", "ppc_iommu_unmap_sg"},
    {"alloc_coherent", "iommu_alloc_coherent"},
    {"free_coherent", "iommu_free_coherent"},
    {"in_use", "iommu_table_in_use"},
    {"check_ioba", "iommu_tce_check_ioba"},
    {"check_gpa", "iommu_tce_check_gpa"},
    {"tce_direction", "iommu_tce_direction"},
    {"direction_permissions", "iommu_direction_to_tce_perm"},
};

std::vector<unsigned> shifts(unsigned last) {
  std::vector<unsigned> all(last - 11);
  std::iota(all.begin(), all.end(), 12U);
  return all;
}

Result run(const char* command, std::vector<std::string> command_line) {
  Result result;
  result.command = command;
  result.version = "0.1.0";
  result.command_line = std::move(command_line);
  result.started = "2026-11-26T15:20:00Z";
  result.seconds = 64.2;
  result.peak_kib = 812'345;
  result.dependencies = {{"gcc", "12.2.0"},
                         {"clang", "19.1.7"},
                         {"Z3", "4.8.12"},
                         {"cvc5", "1.0.3"},
                         {"RapidCheck", "0.0~git20220104"}};
  result.seed = 0x5;
  result.solver = "Z3 4.8.12";
  result.second_solver = "cvc5 1.0.3";
  result.jobs = 2;
  result.budget_seconds = 10;
  result.assumption = "mission";
  result.known_findings = {
      {"last-entry-never-used", "the last entry of each pool, and the last below the mask, is never handed out",
       "CAP-1", false, "A request is granted while a pool has room for it.",
       "iommu_area_alloc() in lib/iommu-helper.c gives up the last entry of its limit, so every pool loses "
       "one.",
       "CAP-1 is not asserted if the request fits only where it ends with the last entry of a pool or with the "
       "last below the mask."},
      {"page-mask-overflows-int", "IOMMU_PAGE_MASK is an int: IOMMU pages of 4 GiB and more are cut", "XLAT-1",
       true, "Each byte of the buffer translates to its own real address.",
       "1 << it_page_shift is computed as an int, arch/powerpc/include/asm/iommu.h.",
       "XLAT-1 and SAFE-1 are not asserted if the IOMMU page has 4 GiB or more."},
  };
  result.assumptions = {
      {"address-range", "memory lies in the first 2^56 bytes", "design section 6: what a scenario can tell"},
      {"locks-free", "no lock of the table is held when a call begins; one CPU at a time", "spinlock_t"},
      {"pools", "pools are what iommu_init_table() makes them, hints and allocation state anything",
       "arch/powerpc/kernel/iommu.c, iommu_init_table()"},
      {"window-entries", "a window has 1 to 2^31 entries",
       "iommu_area_alloc() and bitmap_clear() count entries in 32 bits (lib/)"},
  };
  result.trusted = {
      {"clang", "translates C to LLVM IR as the C standard says", "clang 19.1.7, -O0"},
      {"executor", "executes LLVM IR as the language reference says",
       "solver/executor.cc; solver_differential_test"},
      {"Z3", "an unsat answer is right", "Z3 4.8.12; --cross-check asks cvc5"},
      {"shims", "kernel headers in userspace mean what they mean in the kernel", "targets/linux/shims"},
  };
  return result;
}

TargetCheck campaign(const char* target, unsigned page_shift, std::uint64_t scenarios) {
  TargetCheck check;
  check.target = target;
  check.page_shift = page_shift;
  check.label = fmt::format("{} {}", target, page_shift == 12 ? "4K" : "64K");
  check.tree.version = check.target.starts_with("linux") ? "6.12.117" : "";
  check.tree.content = "9c2f0b7d41a6e3855d0f6c1b7a49e28d3b5c0e61f7a8924d6b3c5e7f10a2b4c6";
  check.verdict = Verdict::kHolds;
  check.seconds = 10.01;
  check.tally = {{"scenarios", scenarios},
                 {"commands", scenarios * 31},
                 {"maps_granted", scenarios * 9},
                 {"maps_refused", scenarios * 3},
                 {"lists_merged", scenarios / 2},
                 {"faults_fired", scenarios / 3},
                 {"cut_short_by_guards", scenarios / 90}};
  check.coverage = {{"IOMMU page larger than the system page", 0.412, 0.1},
                    {"IOMMU page equal to the system page", 0.113, 0.02},
                    {"IOMMU page of 16G", 0.046, 0.01},
                    {"window of at most 4 entries", 0.137, 0.03},
                    {"window ends at the top of the 64-bit bus", 0.061, 0.01},
                    {"device mask ends inside the window", 0.152, 0.03},
                    {"at least 8 VMs", 0.184, 0.05},
                    {"fault in a table operation", 0.263, 0.1},
                    {"list with an element of length 0", 0.087, 0.02}};
  check.coverage_judgeable = true;
  Distribution pages{"IOMMU page shift", {}};
  for (const unsigned shift : shifts(34)) {
    pages.buckets.push_back({std::to_string(shift), scenarios / 40 + (shift * 7919 % 23) * (scenarios / 900)});
    for (const auto& [command, function] : kEntryPoints) {
      check.exercised.push_back({command, shift, scenarios / 20 + shift});
    }
  }
  Distribution commands{"Command", {}};
  std::uint64_t weight = 11;
  for (const auto& [command, function] : kEntryPoints)
    commands.buckets.push_back({command, scenarios * weight-- / 4});
  check.distributions = {pages,
                         commands,
                         {"VMs", {{"1", scenarios / 3}, {"2 to 7", scenarios / 2}, {"8 to 64", scenarios / 6}}},
                         {"Commands in a scenario",
                          {{"1", scenarios / 9},
                           {"2 to 9", scenarios / 3},
                           {"10 to 99", scenarios / 2},
                           {"100 and more", scenarios / 30}}}};
  check.invariants = {
      {"ISO-1", "every byte reachable through a live TCE of a VM's table is owned by that VM",
       "the mission; LoPAR, partition isolation of TCE tables", Verdict::kHolds},
      {"XLAT-1", "each byte of a mapped buffer translates to exactly its own real address",
       "DMA API, dma_map_single", Verdict::kHolds},
      {"ALIGN-1", "a coherent address is aligned to the smallest page order that is at least the size",
       "DMA API howto, dma_alloc_coherent", Verdict::kHolds}};
  check.guards_in_force = {"last-entry-never-used", "page-mask-overflows-int"};
  if (!check.target.starts_with("linux")) check.guards_in_force.clear();
  return check;
}

const Premise kMaskFits{
    "mask-fits-int", "IOMMU pages are smaller than 4 GiB",
    "arch/powerpc/include/asm/iommu.h, IOMMU_PAGE_MASK(): 1 is an int (finding page-mask-overflows-int)"};
const Premise kGranule{"granule", "the granule of ownership is at least the IOMMU page",
                       "the mission; the usual way is system page size >= IOMMU page size"};
const Premise kOwns{"caller-owns-buffer", "every byte of the buffer belongs to the caller",
                    "DMA API: a driver maps memory of its own machine"};

ClaimOutcome claim(std::string what, std::string function, std::string words, unsigned page_shift) {
  ClaimOutcome claim;
  claim.id = function.empty() ? what : what + "/" + function;
  claim.claim = std::move(what);
  claim.function = std::move(function);
  claim.target = fmt::format("{} {}", kLinux, page_shift == 12 ? "4K" : "64K");
  claim.page_shift = page_shift;
  claim.page_shifts = shifts(34);
  claim.words = std::move(words);
  claim.verdict = Verdict::kProved;
  claim.core_known = true;
  claim.witness = true;
  claim.paths = 8;
  claim.seconds = 2.41;
  claim.peak_kib = 96'000;
  for (unsigned shift = 12; shift <= 34; ++shift) {
    claim.cases.push_back({fmt::format("address at arch/powerpc/kernel/iommu.c:873, page shift {}", shift),
                           "unsat", "", 0.04 + shift * 0.003, shift % 5 == 0,
                           fmt::format("{:064x}", shift * 0x9e3779b97f4a7c15ULL),
                           shift == 34 ? "unknown" : "unsat", shift == 34 ? 60.0 : 0.4});
  }
  claim.assumptions = {{"buffer", "the buffer has at least one byte and lies in the first 2^56 bytes of memory",
                        "design section 6: what a scenario can tell"}};
  return claim;
}

// All claims of the entry points of Linux, as if everything were proved.
std::vector<ClaimOutcome> claims(unsigned page_shift) {
  std::vector<ClaimOutcome> all;
  all.push_back(claim("alloc", "iommu_range_alloc",
                      "the allocator returns entries inside window, mask, pool and boundary, all free before",
                      page_shift));
  for (const std::string function : {"iommu_map_page", "ppc_iommu_map_sg", "iommu_alloc_coherent"}) {
    ClaimOutcome exact =
        claim("exact", function,
              "set gets exactly the IOMMU pages that the buffer touches, from the rounded-down first one",
              page_shift);
    exact.hypotheses = {kMaskFits};
    exact.core = {"mask-fits-int"};
    exact.page_shifts = shifts(31);
    exact.rests_on = {"alloc/iommu_range_alloc"};
    exact.drops = {{"mask-fits-int", "needed", true,
                    Json{{"schema", "nospan.scenario/1"}, {"window", {{"iommu_page", "4G"}, {"entries", 4}}}},
                    std::nullopt}};
    all.push_back(exact);
    for (const std::string what : {"iso-granule", "iso-blocks", "iso-two-stage"}) {
      ClaimOutcome isolation =
          claim(what, function,
                "granule >= IOMMU page: every byte of every IOMMU page that is set belongs to the caller",
                page_shift);
      isolation.hypotheses = {kGranule, kOwns};
      isolation.core = {"granule", "caller-owns-buffer"};
      isolation.rests_on = {"exact/" + function};
      isolation.drops = {{"granule", "needed", true, Json{{"schema", "nospan.scenario/1"}}, std::nullopt},
                         {"caller-owns-buffer", "needed", false, nullptr, std::nullopt}};
      all.push_back(isolation);
    }
    for (const std::string what : {"handle", "fail-atomic", "safe"}) {
      ClaimOutcome rest =
          claim(what, function,
                "on every path that returns failure, what was allocated was freed and what was set was cleared",
                page_shift);
      rest.hypotheses = {kMaskFits};
      rest.page_shifts = shifts(31);
      rest.rests_on = {"alloc/iommu_range_alloc"};
      all.push_back(rest);
    }
  }
  for (const std::string function : {"iommu_unmap_page", "ppc_iommu_unmap_sg", "iommu_free_coherent"}) {
    ClaimOutcome inverse =
        claim("inverse", function,
              "unmap, given what map returned, clears exactly what map set and frees exactly what it allocated",
              page_shift);
    inverse.hypotheses = {kMaskFits};
    inverse.page_shifts = shifts(31);
    all.push_back(inverse);
    all.push_back(claim("safe", function,
                        "no undefined behaviour, BUG, overflow or access out of bounds on any path",
                        page_shift));
  }
  for (const std::string function :
       {"iommu_tce_check_ioba", "iommu_tce_check_gpa", "iommu_tce_direction", "iommu_direction_to_tce_perm"}) {
    all.push_back(claim("exact", function,
                        "answers 0 exactly if the guest address is the first byte of an IOMMU page",
                        page_shift));
    all.push_back(claim("safe", function,
                        "no undefined behaviour, BUG, overflow or access out of bounds on any path",
                        page_shift));
  }
  return all;
}

Finding isolation_finding() {
  Finding finding;
  finding.id = "f3b1c2d4e5a69788";
  finding.title = "one map call of one byte lets the device reach memory of another VM";
  finding.target = "linux 6.12.117 64K";
  finding.invariant = "ISO-1";
  finding.rule = "every byte reachable through a live TCE of a VM's table is owned by that VM";
  finding.rule_source = "the mission; LoPAR, partition isolation of TCE tables";
  finding.expected = "every byte of the IOMMU page behind TCE 0x1 is owned by VM 0";
  finding.actual = "real byte 0x10000 is reachable and belongs to VM 1";
  finding.security = true;
  finding.scenario = Json::parse(R"({
    "schema": "nospan.scenario/1",
    "system_page": "64K",
    "window": {"iommu_page": "128K", "first": "0x0", "entries": 4},
    "memory": [
      {"vm": 0, "guest": "0x0", "real": "0x0", "size": "64K"},
      {"vm": 1, "guest": "0x10000", "real": "0x10000", "size": "64K"}
    ],
    "commands": [
      {"do": "map_page", "mapping": 0, "page": "0x0", "size": 1, "direction": "bidirectional"},
      {"do": "unmap_page", "mapping": 0}
    ]
  })");
  finding.file = "nospan-findings/ISO-1-f3b1c2d4.json";
  finding.reproduce = "./nospan repro nospan-findings/ISO-1-f3b1c2d4.json --target linux --page-shift 16";
  finding.code_file = "arch/powerpc/kernel/iommu.c";
  finding.code_line = 873;
  finding.steps = {{"map_page #0: 0x1 bytes at guest 0x0, bidirectional",
                    "every byte of the IOMMU page behind TCE 0x1 is owned by VM 0",
                    "mapped at DMA 0x20000; TCE 0x1 := 0x0 r w"},
                   {"unmap_page #0", "", "TCE 0x1 cleared; entry 0x1 given back"}};
  finding.picture =
      MemoryPicture{0,
                    0x1ffff,
                    {{"owner", {{"VM 0", 0, 0xffff, "owner"}, {"VM 1", 0x10000, 0x1ffff, "owner"}}},
                     {"system page", {{"64K", 0, 0xffff, "page"}}},
                     {"IOMMU page", {{"128K, TCE 0x1", 0, 0x1ffff, "page"}}},
                     {"buffer", {{"1 byte at guest 0x0", 0, 0, "buffer"}}},
                     {"exposed", {{"64K of VM 1", 0x10000, 0x1ffff, "exposed"}}}}};
  finding.number = 1234;
  finding.commands_found = 47;
  finding.shrink_attempts = 388;
  finding.shrink_seconds = 0.41;
  return finding;
}

Finding alignment_finding() {
  Finding finding = isolation_finding();
  finding.id = "a11c9e0d5b7f2364";
  finding.title = "a coherent address is aligned to the IOMMU page, not to the order of the size";
  finding.invariant = "ALIGN-1";
  finding.rule = "a coherent address is aligned to the smallest page order that is at least the size";
  finding.rule_source = "DMA API howto, dma_alloc_coherent";
  finding.expected = "a DMA address that is a multiple of 64K";
  finding.actual = "DMA address 0x3000";
  finding.security = false;
  finding.scenario = Json::parse(R"({
    "schema": "nospan.scenario/1", "system_page": "64K",
    "window": {"iommu_page": "4K", "first": "0x0", "entries": 64},
    "memory": [{"vm": 0, "guest": "0x0", "real": "0x0", "size": "1M"}],
    "commands": [
      {"do": "alloc_coherent", "mapping": 0, "size": "8K", "memory": "0x0"},
      {"do": "alloc_coherent", "mapping": 1, "size": "8K", "memory": "0x10000"}
    ]})");
  finding.command = 1;
  finding.steps = {
      {"alloc_coherent #0: 8K of memory at guest 0x0", "", "mapped at DMA 0x1000; TCE 0x1 to 0x2 set"},
      {"alloc_coherent #1: 8K of memory at guest 0x10000", "a DMA address that is a multiple of 64K",
       "mapped at DMA 0x3000; TCE 0x3 to 0x4 set"}};
  finding.picture = MemoryPicture{
      0x10000,
      0x1ffff,
      {{"owner", {{"VM 0", 0x10000, 0x1ffff, "owner"}}},
       {"system page", {{"64K", 0x10000, 0x1ffff, "page"}}},
       {"IOMMU page", {{"4K, TCE 0x3", 0x10000, 0x10fff, "page"}, {"4K, TCE 0x4", 0x11000, 0x11fff, "page"}}},
       {"buffer", {{"8K at guest 0x10000", 0x10000, 0x11fff, "buffer"}}}}};
  finding.reproduce =
      "./nospan repro corpus/ALIGN-1-a11c9e0d.json --tree ~/linux --patch 0002-powerpc-kernel-iommu.patch";
  return finding;
}

}  // namespace

Result proved_sample() {
  Result result = run("prove", {"nospan", "gate", "--tree", "/home/me/linux tree", "--cross-check"});
  result.verdict = Verdict::kHolds;
  result.summary =
      "No map call lets a device reach memory that its VM does not own, if memory is given to VMs in granules "
      "of at least an IOMMU page.";
  for (const unsigned page_shift : {12U, 16U}) {
    for (ClaimOutcome& outcome : claims(page_shift)) result.claims.push_back(std::move(outcome));
    result.targets.push_back(campaign(kLinux, page_shift, 412'345));
    result.targets.push_back(campaign("builtin", page_shift, 612'345));
  }
  return result;
}

Result finding_sample() {
  Result result = run("check", {"nospan", "check", "--assume", "none", "--target", "linux", "--page-shift",
                                "16", "--seed", "5"});
  result.verdict = Verdict::kRefuted;
  result.assumption = "none";
  result.summary =
      "One map call lets a device reach memory that its VM does not own (ISO-1), on linux 6.12.117 with 64K "
      "system pages.";
  TargetCheck check = campaign(kLinux, 16, 1234);
  check.verdict = Verdict::kRefuted;
  check.coverage_judgeable = false;
  check.invariants[0].verdict = Verdict::kRefuted;
  check.finding = isolation_finding();
  result.targets = {check};
  return result;
}

Result gate_sample() {
  Result result = run("gate", {"nospan", "gate", "--tree", "/home/me/linux", "--patch", "series.mbox"});
  result.verdict = Verdict::kRefuted;
  result.summary =
      "Patch 2 of 3 breaks the alignment of coherent memory (ALIGN-1): a request of 8K gets a DMA address that "
      "is not a multiple of 64K.";
  const PatchIdentity harmless{"series.mbox", "powerpc/iommu: rename a local variable",
                               "3b1e8a2c9d4f7061e5b2a8c3d4f60718293a4b5c6d7e8f9001122334455667aa"};
  const PatchIdentity bad{"series.mbox", "powerpc/kernel/iommu: Align size for IOMMU_PAGE_SIZE() to save TCEs",
                          "77aa5c6d7e8f90011223344556673b1e8a2c9d4f7061e5b2a8c3d4f60718293a"};
  const PatchIdentity comment{"series.mbox", "powerpc/iommu: mend a comment",
                              "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00"};
  for (const unsigned page_shift : {12U, 16U}) {
    TargetCheck check = campaign(kLinux, page_shift, 212'345);
    check.patches = {harmless, bad, comment};
    if (page_shift == 16) {
      check.verdict = Verdict::kRefuted;
      check.finding = alignment_finding();
      check.coverage[2].share = 0.004;
    }
    result.targets.push_back(check);
    for (ClaimOutcome& outcome : claims(page_shift)) {
      if (outcome.function == "iommu_alloc_coherent" && outcome.claim == "exact") {
        outcome.verdict = Verdict::kUnknown;
        outcome.reason = "Z3 gave no answer within 60 s for page shift 16";
        outcome.core_known = false;
      }
      if (outcome.function == "iommu_free_coherent" && outcome.claim == "safe") {
        outcome.verdict = Verdict::kVacuous;
        outcome.witness = false;
        outcome.reason = "no call satisfies the hypotheses";
      }
      result.claims.push_back(std::move(outcome));
    }
  }
  Gate gate;
  gate.tree = "linux 6.12.117";
  gate.corpus_entries = 18;
  gate.patches = {
      {harmless, Verdict::kHolds, "Nothing changes.", {}, {}, {}, {}, {}, {}, {"exact/iommu_map_page"}},
      {bad,
       Verdict::kRefuted,
       "Coherent memory is no longer aligned to its order; it was before this patch.",
       {"a11c9e0d5b7f2364"},
       {"exact/iommu_alloc_coherent: unknown"},
       {},
       {"buffer-below-2G"},
       {"IOMMU page of 16G"},
       {"failed-map-not-flushed"},
       {"exact/iommu_alloc_coherent", "safe/iommu_free_coherent"}},
      {comment, Verdict::kHolds, "", {}, {}, {}, {}, {}, {}, {}},
  };
  result.gate = gate;
  return result;
}

Result filled_sample(const std::function<std::string()>& next) {
  Result result = gate_sample();
  for (std::string* one :
       {&result.command, &result.version, &result.started, &result.summary, &result.assumption})
    *one = next();
  result.command_line = {next(), next()};
  result.dependencies = {{next(), next()}};
  result.known_findings = {{next(), next(), next(), true, next(), next(), next()}};
  result.assumptions = {{next(), next(), next()}};
  result.trusted = {{next(), next(), next()}};
  result.figures = {{next(), 1, next(), next(), true}};
  result.solver = next();
  result.second_solver = next();
  result.runs = {{next(), next(), {next()}, next(), 1, Verdict::kHolds, next(), false, 5}};
  TargetCheck& check = result.targets.back();
  for (std::string* one : {&check.target, &check.label, &check.tree.version, &check.tree.git,
                           &check.tree.content, &check.tree.path})
    *one = next();
  check.patches = {{next(), next(), next()}};
  check.tally = {{next(), 1}};
  check.coverage = {{next(), 0.5, 0.1}};
  check.distributions = {{next(), {{next(), 1}}}};
  check.invariants = {{next(), next(), next(), Verdict::kHolds}};
  check.guards_in_force = {result.known_findings.front().id};
  check.fixed = {next()};
  Finding& finding = *check.finding;
  for (std::string* one :
       {&finding.id, &finding.title, &finding.target, &finding.invariant, &finding.rule, &finding.rule_source,
        &finding.expected, &finding.actual, &finding.file, &finding.reproduce, &finding.code_file})
    *one = next();
  finding.flaky = true;
  finding.security = true;
  finding.violations = {{}, {next(), next(), next(), next()}};
  finding.scenario["note"] = next();
  finding.steps = {{next(), next(), next()}, {next(), next(), next()}};
  for (BandRow& row : finding.picture->rows) {
    row.name = next();
    for (Band& band : row.bands) band.label = next();
  }
  ClaimOutcome& outcome = result.claims.back();
  for (std::string* one : {&outcome.id, &outcome.target, &outcome.words, &outcome.reason, &outcome.replayed_by})
    *one = next();
  outcome.rests_on = {next(), "not there " + next()};
  outcome.hypotheses = {{next(), next(), next()}};
  outcome.assumptions = {{next(), next(), next()}};
  outcome.core = {next()};
  outcome.cases = {{next(), next(), next(), 1, true, next(), next(), 1}};
  outcome.drops = {{next(), next(), true, Json{{"note", next()}}, std::nullopt}};
  outcome.counterexample = Counterexample{next(), {{next(), 1}}, next()};
  outcome.finding = finding;
  Gate& gate = *result.gate;
  gate.tree = next();
  gate.corpus_failing = {next()};
  gate.patches = {{{next(), next(), next()},
                   Verdict::kRefuted,
                   next(),
                   {next()},
                   {next()},
                   {next()},
                   {next()},
                   {next()},
                   {next()},
                   {next()}}};
  return result;
}

}  // namespace nospan::reports
