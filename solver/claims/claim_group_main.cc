// SPDX-License-Identifier: BSD-2-Clause
// nospan_claim_group GROUP BITCODE PAGE_SHIFT [CLAIM] [--drops] [--paths]: decides one group of claims on a
// module and prints cases, models and times; with NOSPAN_SMT2=DIR it keeps every question there, with
// NOSPAN_SECONDS=N each may take that long, with NOSPAN_WITHOUT=HYPOTHESIS it is not made, with
// NOSPAN_CASE=TEXT only cases whose names have the text are asked, one after another. For people who write
// claims; users have `nospan prove`.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "solver/claims/registry.h"
#include "solver/prove.h"

using nospan::solver::Case;
using nospan::solver::CaseResult;
using nospan::solver::claim_groups;
using nospan::solver::ClaimGroup;
using nospan::solver::ClaimResult;
using nospan::solver::Counterexample;
using nospan::solver::DropResult;
using nospan::solver::Instance;
using nospan::solver::Program;
using nospan::solver::ProveOptions;
using nospan::solver::Setting;

namespace {

void print(const Counterexample& counterexample) {
  for (const auto& [input, value] : counterexample.inputs) fmt::print("      {} = {:#x}\n", input, value);
  fmt::print("{}\n", counterexample.scenario);
}

// Case by case, each told as soon as it is known.
void decide_cases(const Instance& instance, const std::string& part, const ProveOptions& options) {
  if (instance.incomplete) fmt::print("{}: {}\n", instance.id(), instance.incomplete->line());
  for (const Case& question : instance.cases) {
    if (question.name.find(part) == std::string::npos) continue;
    Instance one = instance;
    one.cases = {question};
    one.witnesses = {{}};
    const ClaimResult result = prove(one, options);
    for (const CaseResult& entry : result.cases) {
      fmt::print("    {}: {} {:.2f} s {}\n", entry.name, entry.answer, entry.seconds, entry.reason);
      if (result.counterexample && entry.answer == "sat") print(*result.counterexample);
    }
    std::fflush(stdout);
  }
}

int decide(const ClaimGroup& group, const Setting& setting, const std::string& only, bool drops) {
  const auto start = std::chrono::steady_clock::now();
  const auto instances = group.make(setting);
  if (!instances) {
    fmt::print(stderr, "{}\n", instances.error().line());
    return 5;
  }
  fmt::print("executed in {:.2f} s\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  ProveOptions options;
  options.limits.time = std::chrono::seconds(20);
  options.drop_table = drops;
  if (const char* seconds = std::getenv("NOSPAN_SECONDS")) {
    options.limits.time = std::chrono::seconds(std::max(1, std::atoi(seconds)));
  }
  if (const char* hypothesis = std::getenv("NOSPAN_WITHOUT")) options.dropped = {hypothesis};
  if (const char* folder = std::getenv("NOSPAN_SMT2")) options.smt2_folder = folder;
  for (const Instance& instance : *instances) {
    if (!only.empty() && instance.claim != only && instance.id() != only) continue;
    if (const char* part = std::getenv("NOSPAN_CASE")) {
      decide_cases(instance, part, options);
      continue;
    }
    const ClaimResult result = prove(instance, options);
    fmt::print("{} {} {:.2f} s, {} paths, witness {} {}\n", result.id, nospan::reports::name(result.verdict),
               result.seconds, result.paths, result.witness, result.reason);
    for (const CaseResult& entry : result.cases) {
      fmt::print("    {}: {} {:.2f} s {}\n", entry.name, entry.answer, entry.seconds, entry.reason);
    }
    for (const std::string& name : result.core) fmt::print("    core: {}\n", name);
    for (const DropResult& drop : result.drops) {
      fmt::print("    without {}: {}\n", drop.hypothesis, name(drop.outcome));
      if (drop.counterexample) print(*drop.counterexample);
    }
    if (result.counterexample) print(*result.counterexample);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() < 3) {
    fmt::print(stderr, "usage: nospan_claim_group GROUP BITCODE PAGE_SHIFT [CLAIM] [--drops]\n");
    return 5;
  }
  const auto program = Program::load(words[1]);
  if (!program) {
    fmt::print(stderr, "{}\n", program.error().line());
    return 5;
  }
  const bool drops = words.back() == "--drops";
  const std::string only = words.size() > 3 && words[3] != "--drops" ? words[3] : "";
  const Setting setting{*program, static_cast<unsigned>(std::atoi(words[2].c_str())), "target"};
  for (const ClaimGroup& group : claim_groups()) {
    if (group.name == words[0]) return decide(group, setting, only, drops);
  }
  fmt::print(stderr, "no group {}\n", words[0]);
  return 5;
}
