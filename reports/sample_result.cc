// SPDX-License-Identifier: BSD-2-Clause
#include "reports/sample_result.h"

namespace nospan::reports {
namespace {

constexpr const char* kRule = "every byte reachable through a live TCE of a VM's table is owned by that VM";

Finding sample_finding() {
  Finding finding;
  finding.id = "iso-1-0123456789abcdef";
  finding.title = "ISO-1: a map_page of <1> byte reaches VM 1's memory & more";
  finding.target = "linux 6.12.117+patch 64K";
  finding.invariant = "ISO-1";
  finding.rule = kRule;
  finding.rule_source = "the mission";
  finding.expected = "only bytes of VM 0";
  finding.actual = "byte 0x1000 belongs to VM 1 | \"and\" `more`";
  finding.violations = {{"ISO-1", kRule, finding.expected, finding.actual},
                        {"XLAT-1", "the address is right", "0x20000", "0x30000"}};
  finding.flaky = true;
  finding.security = true;
  finding.command = 1;
  finding.scenario = {{"schema", "nospan.scenario/1"}, {"commands", {{{"do", "map_page"}, {"size", 1}}}}};
  finding.file = "scenarios/iso <1>.json";
  finding.reproduce = "nospan repro 'scenarios/iso <1>.json' --target linux --page-shift 16";
  finding.code_file = "arch/powerpc/kernel/iommu.c";
  finding.code_line = 850;
  finding.steps = {{"map_page #0: 1 byte at guest 0x0", "", "mapped at DMA 0x20000; TCE 0x1 := 0x0 r w"},
                   {"map_page #1: 2 bytes at guest 0x10", "refused", "mapped at DMA 0x30000"}};
  finding.picture = MemoryPicture{0,
                                  0xffffffffffffffff,
                                  {{"owner", {{"VM 0", 0, 0xfff, "owner"}, {"VM 1", 0x1000, 0x1fff, "owner"}}},
                                   {"exposed", {{"exposed", 0x1000, 0x1fff, "exposed"}}}}};
  finding.number = 4711;
  finding.commands_found = 12;
  finding.shrink_attempts = 345;
  finding.shrink_seconds = 0.25;
  finding.shrink_complete = false;
  return finding;
}

TargetCheck sample_target() {
  TargetCheck target;
  target.target = "builtin 0.1.0";
  target.label = "builtin 0.1.0 4K";
  target.page_shift = 12;
  target.tree = {"6.12.117", "1f2e3d", "c0ffee", "/src/linux <x>"};
  target.patches = {{"fix.patch", "powerpc/iommu: do <it> & more", "abcd"}};
  target.verdict = Verdict::kHolds;
  target.seconds = 10.5;
  target.tally = {{"scenarios", 5000}, {"commands", 123456}};
  target.coverage = {{"window of at most 4 entries", 0.125, 0.01}, {"IOMMU page of 16G", 0.001, 0.01}};
  target.coverage_judgeable = true;
  target.distributions = {{"IOMMU page shift", {{"12", 400}, {"16", 380}}}};
  target.exercised = {{"map_page", 12, 4321}, {"unmap_page", 34, 1}};
  target.invariants = {{"ISO-1", kRule, "the mission", Verdict::kHolds},
                       {"HCALL-1", "hypercalls stay within limits", "LoPAR", Verdict::kUnknown}};
  target.guards_in_force = {"merge-wraps-segment-length"};
  target.fixed = {"last-entry-never-used"};
  return target;
}

std::vector<ClaimOutcome> sample_claims() {
  ClaimOutcome proved;
  proved.id = "iso-granule/iommu_map_page";
  proved.claim = "iso-granule";
  proved.function = "iommu_map_page";
  proved.target = "linux 6.12.117 64K";
  proved.page_shift = 16;
  proved.page_shifts = {12, 16, 31};
  proved.words = "every byte of every IOMMU page that is set belongs to the caller";
  proved.verdict = Verdict::kProved;
  proved.rests_on = {"exact/iommu_map_page"};
  proved.hypotheses = {{"granule", "the granule is at least the IOMMU page", "the mission"}};
  proved.assumptions = {{"bitmap", "the bitmap functions do what they say", "lib/bitmap.c"}};
  proved.core = {"granule"};
  proved.core_known = true;
  proved.witness = true;
  proved.cases = {{"set at iommu.c:873", "unsat", "", 1.5, true, "feed", "unsat", 2.5}};
  proved.drops = {{"granule",
                   "needed",
                   true,
                   {{"schema", "nospan.scenario/1"}},
                   Counterexample{"set at iommu.c:873", {{"size", 1}}, "{}"}}};
  proved.paths = 7;
  proved.seconds = 1.75;
  proved.peak_kib = 51200;

  ClaimOutcome refuted = proved;
  refuted.id = "alloc/iommu_range_alloc";
  refuted.claim = "alloc";
  refuted.function = "iommu_range_alloc";
  refuted.verdict = Verdict::kRefuted;
  refuted.reason = "the counterexample was replayed on the compiled code";
  refuted.core_known = false;
  refuted.core.clear();
  refuted.drops.clear();
  refuted.counterexample = Counterexample{"returned entry", {{"npages", 0}, {"mask", 0xffffffff}}, "{}"};
  refuted.finding = sample_finding();
  refuted.finding->id = "range-1-fedcba9876543210";
  refuted.finding->title = "RANGE-1: entries past the end of the table";
  refuted.finding->invariant = "RANGE-1";
  refuted.finding->claim = refuted.id;
  refuted.finding->flaky = false;

  ClaimOutcome unknown = proved;
  unknown.id = "lemma/isolation";
  unknown.claim = "lemma";
  unknown.function = "";
  unknown.verdict = Verdict::kUnknown;
  unknown.reason = "no answer within 60 s";
  unknown.replayed_by = "twin/isolation";
  unknown.drops = {{"granule", "redundant", false, nullptr, std::nullopt}};
  return {proved, refuted, unknown};
}

}  // namespace

Result sample_result() {
  Result result;
  result.command = "gate";
  result.version = "0.1.0";
  result.command_line = {"nospan", "gate", "--patch", "a b.patch"};
  result.started = "2026-11-26T15:20:00Z";
  result.seconds = 61.5;
  result.peak_kib = 123456;
  result.dependencies = {{"g++", "12.2.0"}, {"Z3", "4.8.12"}};
  result.solver = "Z3 4.8.12";
  result.second_solver = "cvc5 1.0.3";
  result.verdict = Verdict::kRefuted;
  result.summary = "the patch makes ISO-1 fail: 1 byte <of> VM 1 & more";
  result.cut_short = true;
  result.seed = 0xfedcba9876543210;
  result.assumption = "mission";
  result.jobs = 2;
  result.budget_seconds = 10.0;
  result.budget_scenarios = 5000;
  TargetCheck violating = sample_target();
  violating.target = "linux 6.12.117+patch";
  violating.label = "linux 6.12.117+patch 64K";
  violating.page_shift = 16;
  violating.sanitized = true;
  violating.verdict = Verdict::kRefuted;
  violating.interrupted = true;
  violating.coverage_judgeable = false;
  violating.invariants[0].verdict = Verdict::kRefuted;
  violating.finding = sample_finding();
  result.targets = {sample_target(), violating};
  result.claims = sample_claims();
  result.known_findings = {{"merge-wraps-segment-length", "merging wraps the <length>", "RANGE-2", true,
                            "the API promises", "the code does", "the sum of lengths is 4G or more"}};
  result.assumptions = {{"bitmap", "the bitmap functions do what they say", "lib/bitmap.c"}};
  result.trusted = {{"Z3", "answers unsat only for what is unsatisfiable", "--cross-check asks cvc5"}};
  PatchJudgement judgement;
  judgement.patch = {"a b.patch", "powerpc/iommu: do <it> & more", "abcd"};
  judgement.verdict = Verdict::kRefuted;
  judgement.summary = "a new finding of ISO-1";
  judgement.new_findings = {"iso-1-0123456789abcdef"};
  judgement.lost_claims = {"alloc/iommu_range_alloc: refuted"};
  judgement.gained_claims = {"safe/iommu_map_page: proved"};
  judgement.new_assumptions = {"bitmap"};
  judgement.fallen_coverage = {"IOMMU page of 16G"};
  judgement.fixed_findings = {"last-entry-never-used"};
  judgement.reproved = {"iso-granule/iommu_map_page"};
  result.gate = Gate{"linux 6.12.117", {judgement}, 12, {"corpus/old.json"}};
  result.figures = {{"commands_per_second", 3.5e6, "/s", ">= 3e+06", true},
                    {"vs_bare_target", 2.75, "", "<= 2.5", false}};
  result.runs = {{"check",
                  "0.1.0",
                  {"nospan", "check"},
                  "2026-11-26T15:20:00Z",
                  30.5,
                  Verdict::kHolds,
                  "No violation",
                  false,
                  0xfedcba9876543210}};
  return result;
}

}  // namespace nospan::reports
