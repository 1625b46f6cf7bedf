// SPDX-License-Identifier: BSD-2-Clause
// What a run of nospan found: one value that check, prove, gate, bench and mutate fill in, that is written with
// --json (schema nospan.result/1, docs/result.schema.json) and that every rendering reads. Knows nothing of how
// results come about: scenarios are JSON values (schema nospan.scenario/1), invariants and claims are named by
// their ids.
//
// Plain values; no thread-safety of their own.
#ifndef NOSPAN_REPORTS_RESULT_H
#define NOSPAN_REPORTS_RESULT_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/verdict.h"

namespace nospan::reports {

inline constexpr std::string_view kResultSchema = "nospan.result/1";

// A program or library that took part, and its version: {"z3", "4.8.12"}.
struct Dependency {
  std::string name;
  std::string version;
};

// What code was under test. With patches, all but `content` is about the tree that they were applied to.
struct TreeIdentity {
  std::string version;  // "6.12.117", as the tree's Makefile says; "" for builtin and libraries
  std::string git;      // commit id, if the tree is a git checkout without changes; else ""
  std::string content;  // SHA-256 of the files that are compiled
  std::string path;     // as the user gave it; "" for packaged sources
};

// A patch that was applied to a copy of the tree.
struct PatchIdentity {
  std::string file;     // as given
  std::string subject;  // of a format-patch file or an mbox entry; "" for a plain diff
  std::string sha256;   // of the patch's text
};

// A class of scenarios that a campaign must reach.
struct CoverageShare {
  std::string name;
  double share = 0;        // of all scenarios, 0 to 1
  double least_share = 0;  // its minimum
};

// One invariant on one target.
struct InvariantResult {
  std::string id;      // "ISO-1"
  std::string says;    // the rule in words
  std::string source;  // who promises it
  Verdict verdict = Verdict::kError;
};

// A step of a scenario as it went: what was asked, what the model expected, what the code did.
struct Step {
  std::string command;   // "map_page #0: 0x1 bytes at guest 0x0, bidirectional"
  std::string expected;  // by the model; "" where the code did what was expected
  std::string actual;    // "mapped at DMA 0x20000; TCE 0x1 := 0x0 r w"
};

// A stretch of real memory in a picture, bytes [first, last].
struct Band {
  std::string label;  // "VM 0", "IOMMU page, TCE 0x1"
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string kind;  // "owner", "hole", "page", "buffer", "exposed": how it is drawn
};

// A row of bands: owners, system pages, IOMMU pages, buffer, exposed bytes.
struct BandRow {
  std::string name;
  std::vector<Band> bands;
};

// The memory that a violation concerns.
struct MemoryPicture {
  std::uint64_t first = 0;  // real addresses of the first and the last byte shown
  std::uint64_t last = 0;
  std::vector<BandRow> rows;
};

// One of the things that are wrong after a command.
struct Violation {
  std::string invariant;  // id
  std::string rule;       // the invariant in words
  std::string expected;
  std::string actual;
};

// A counterexample that was replayed on the compiled code.
struct Finding {
  std::string id;  // stable for the same violation of the same scenario: a hash; or a known finding's id
  std::string title;
  std::string target;       // label of the target, "linux 6.12.117 64K"
  std::string invariant;    // id
  std::string rule;         // the invariant in words
  std::string rule_source;  // who promises it
  std::string expected;     // of the violation
  std::string actual;
  std::vector<Violation> violations;  // all that the command shows; the first is the one above
  std::string claim;                  // id of the claim that it refutes, or ""
  bool flaky = false;                 // a second run did not show it
  bool security = false;              // a guest or a device could exploit it
  std::size_t command = 0;            // which command of the scenario shows it, from 0 on
  nlohmann::ordered_json scenario;    // shrunk; schema nospan.scenario/1
  std::string file;                   // where the scenario was saved; may be ""
  std::string reproduce;              // the command line
  std::string code_file;              // the kernel's file and line that it is about, relative to the tree;
  unsigned code_line = 0;             // "" and 0 if unknown
  std::vector<Step> steps;
  std::optional<MemoryPicture> picture;
  std::uint64_t number = 0;        // of the scenario in the campaign
  std::size_t commands_found = 0;  // length before shrinking
  std::uint64_t shrink_attempts = 0;
  double shrink_seconds = 0;
  bool shrink_complete = true;
};

// A number with a name, for statistics: {"maps_granted", 1234}.
struct Count {
  std::string name;
  std::uint64_t value = 0;
};

// A histogram of what was generated: {"IOMMU page shift", {{"12", 400}, {"16", 380}, ...}}.
struct Distribution {
  std::string name;
  std::vector<Count> buckets;
};

// How often a campaign ran an entry point on windows of one IOMMU page size. What is not listed was not tried.
struct Exercise {
  std::string entry_point;  // the command of scenario files: "map_page", "alloc_coherent"
  unsigned iommu_page_shift = 0;
  std::uint64_t commands = 0;
};

// A campaign of `check` on one target.
struct TargetCheck {
  std::string target;  // "linux 6.12.117", "builtin", "./libmine.so"
  std::string label;   // with the page size: "linux 6.12.117 64K"
  unsigned page_shift = 0;
  bool sanitized = false;
  TreeIdentity tree;
  std::vector<PatchIdentity> patches;
  Verdict verdict = Verdict::kError;
  double seconds = 0;
  bool interrupted = false;  // cut short
  std::vector<Count> tally;  // scenarios, commands, maps granted, ...
  std::vector<CoverageShare> coverage;
  bool coverage_judgeable = false;  // enough scenarios to mean something
  std::vector<Distribution> distributions;
  std::vector<Exercise> exercised;  // empty: not known, so no entry point counts as checked
  std::vector<InvariantResult> invariants;
  std::vector<std::string> guards_in_force;  // ids of known findings that reproduce
  std::vector<std::string> fixed;            // ids of those that do not
  std::optional<Finding> finding;
};

// A hypothesis of a claim, or something taken for granted.
struct Premise {
  std::string name;
  std::string words;
  std::string source;
};

// A question to solvers.
struct ClaimCase {
  std::string name;
  std::string answer;  // "unsat", "sat", "unknown", "error"
  std::string reason;
  double seconds = 0;
  bool kept = false;   // from the cache
  std::string hash;    // of its SMT-LIB text
  std::string second;  // the second solver's answer; "" if it was not asked
  double second_seconds = 0;
};

// A model of a solver, before it is replayed: the values of what a claim is about.
struct Counterexample {
  std::string in;             // name of the case
  std::vector<Count> inputs;  // by the names of the claim's inputs
  std::string scenario;       // JSON text of a scenario file; "" if it cannot be replayed
};

// A hypothesis dropped.
struct Drop {
  std::string hypothesis;
  std::string outcome;  // "redundant", "needed", "unknown"
  bool replayed = false;
  nlohmann::ordered_json scenario;  // null if there is none
  std::optional<Counterexample> counterexample;
};

// A claim of `prove` on one target.
struct ClaimOutcome {
  std::string id;           // "iso-granule/iommu_map_page"
  std::string claim;        // "iso-granule"
  std::string function;     // "iommu_map_page"; "" for a lemma
  std::string target;       // label, "linux 6.12.117 64K"
  unsigned page_shift = 0;  // of the system page
  // The IOMMU page shifts, 12 to 34, for which the claim says something: its ranges and hypotheses leave room
  // for them (mask-fits-int leaves none for 32 and more). All of them where the claim does not depend on the
  // IOMMU page. Empty: not known, so a report shows no page size as proved.
  std::vector<unsigned> page_shifts;
  std::string words;
  Verdict verdict = Verdict::kError;
  std::string reason;
  std::vector<std::string> rests_on;
  std::vector<Premise> hypotheses;
  std::vector<Premise> assumptions;
  std::vector<std::string> core;
  bool core_known = false;
  bool witness = false;
  std::vector<ClaimCase> cases;
  std::vector<Drop> drops;
  std::string replayed_by;
  std::optional<Counterexample> counterexample;
  std::optional<Finding> finding;  // of a refuted claim
  std::size_t paths = 0;
  double seconds = 0;
  std::uint64_t peak_kib = 0;
};

// A known finding of real kernels.
struct KnownFinding {
  std::string id;
  std::string title;
  std::string invariant;
  bool security = false;
  std::string promise;
  std::string behaviour;
  std::string guard;
};

// What a gate says about one patch, compared with the tree before it.
struct PatchJudgement {
  PatchIdentity patch;
  Verdict verdict = Verdict::kError;
  std::string summary;                     // one sentence
  std::vector<std::string> new_findings;   // ids in Result::findings of this patch's checks and claims
  std::vector<std::string> lost_claims;    // proved before, not now: "iso-granule/iommu_map_page: refuted"
  std::vector<std::string> gained_claims;  // the other way round
  std::vector<std::string> new_assumptions;
  std::vector<std::string> fallen_coverage;  // classes below their minimum that were not before
  std::vector<std::string> fixed_findings;   // known findings and corpus entries that no longer fail
  std::vector<std::string> reproved;  // claims that the patch reaches: proved again, not taken from the cache
};

struct Gate {
  std::string tree;  // label of the tree before
  std::vector<PatchJudgement> patches;
  std::size_t corpus_entries = 0;
  std::vector<std::string> corpus_failing;  // entries that fail after the last patch, and failed before
};

// A measured figure of `bench`.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string goal;  // ">= 25"; "" if there is none
  bool reached = false;
};

// One of the runs whose results were put together (reports/merge.h).
struct Run {
  std::string command;
  std::string version;
  std::vector<std::string> command_line;
  std::string started;
  double seconds = 0;
  Verdict verdict = Verdict::kError;
  std::string summary;
  bool cut_short = false;
  std::optional<std::uint64_t> seed;
};

struct Result {
  std::string command;  // "check", "prove", "gate", "bench", "mutate"; "report" of several put together
  std::string version;  // of nospan
  std::vector<std::string> command_line;
  std::string started;  // UTC, "2026-11-26T15:20:00Z"
  double seconds = 0;   // wall clock
  std::uint64_t peak_kib = 0;
  std::vector<Dependency> dependencies;
  std::string solver;         // of prove: "Z3 4.8.12"; else ""
  std::string second_solver;  // of prove --cross-check: "cvc5 1.0.3"; else ""
  Verdict verdict = Verdict::kError;
  std::string summary;  // the answer in one sentence
  bool cut_short = false;
  std::optional<std::uint64_t> seed;
  std::string assumption;  // of check: "mission", "granule", "blocks", "none"
  unsigned jobs = 0;
  std::optional<double> budget_seconds;           // for each target
  std::optional<std::uint64_t> budget_scenarios;  // for each target
  std::vector<TargetCheck> targets;
  std::vector<ClaimOutcome> claims;
  std::vector<KnownFinding> known_findings;
  std::vector<Premise> assumptions;  // everything taken for granted by any claim, each once
  std::vector<Premise> trusted;      // clang, the executor, Z3, the shims, ...: what a green run rests on
  std::optional<Gate> gate;
  std::vector<Figure> figures;
  std::vector<Run> runs;  // of several put together; empty if it is one run's own
};

// All findings of a result, of its campaigns and of its claims, in their order.
std::vector<const Finding*> findings_of(const Result& result);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_RESULT_H
