// SPDX-License-Identifier: BSD-2-Clause
// Asks a solver, in a process of its own that can be killed: Z3's time limit is not always honoured, and its
// memory limit ends the process that it runs in.
#ifndef NOSPAN_SOLVER_DECIDE_H
#define NOSPAN_SOLVER_DECIDE_H

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nospan::solver {

// What came back. The default is the pessimistic one.
struct Answer {
  enum class Kind : uint8_t {
    kError,        // the solver cannot be run, or what it says makes no sense: `reason`
    kUnknown,      // no answer within the limits, or it gave up: `reason`
    kSatisfiable,  // there is a model: `values`
    kUnsatisfiable,
  };
  Kind kind = Kind::kError;
  std::string reason;
  std::map<std::string, uint64_t> values;    // of observed terms; a truth value is 0 or 1
  std::chrono::duration<double> seconds{0};  // processor time of the solver: a busy machine does not change it
  uint64_t peak_kib = 0;                     // of the solver's process
  bool timed_out = false;                    // kUnknown because it had its time
};

std::string_view name(Answer::Kind kind);

struct DecisionLimits {
  // Of the solver's processor, so that an answer does not depend on what else the machine does. A solver that
  // does not compute is given up after ten times as long on the clock.
  std::chrono::milliseconds time{60'000};
  uint64_t memory_mib = 2048;
};

// Both are thread-safe as long as no other thread holds locks that a child needs: call from single-threaded
// processes.

// Z3, linked in.
Answer decide_with_z3(const std::string& smtlib, const DecisionLimits& limits);
// Several questions in one process, one after another, until one is not unsatisfiable: `limits.time` is for
// each. The result has one answer for each question that was asked.
std::vector<Answer> decide_parts_with_z3(const std::vector<std::string>& parts, const DecisionLimits& limits);
// cvc5, found in PATH. kError if it is not installed.
Answer decide_with_cvc5(const std::string& smtlib, const DecisionLimits& limits);

// "Z3 4.8.12", as linked; "cvc5 1.0.3", or "" if there is none.
std::string z3_version();
std::string cvc5_version();

// Reads what a solver printed for a text of smtlib(). Public for its tests: solvers print garbage when they
// break.
Answer parse_answer(std::string_view output);

// Runs any program with the text on its standard input. Public for its tests.
Answer decide_with_program(const std::vector<std::string>& command, const std::string& smtlib,
                           const DecisionLimits& limits);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_DECIDE_H
