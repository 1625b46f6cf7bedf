// SPDX-License-Identifier: BSD-2-Clause
// The same commands twice: through RapidCheck's rc::state::check, and in a plain loop.
#ifndef NOSPAN_PROPS_BENCH_RAPIDCHECK_LOOP_H
#define NOSPAN_PROPS_BENCH_RAPIDCHECK_LOOP_H

#include <cstdint>
#include <memory>
#include <span>

#include "props/executor.h"
#include "props/guards.h"
#include "props/scenario.h"

namespace nospan::bench {

// How the numbers of a command are drawn under rc::state::check.
enum class Draws : std::uint8_t {
  // As RapidCheck's documentation does it (doc/state.md): a class for each kind of command, execOneOfWithArgs()
  // picks
  // one, its constructor draws each number with *rc::gen::inRange() and refuses a state that it does not fit.
  kRapidCheck,
  // One 64-bit number from RapidCheck for a whole command, the rest by arithmetic: the least that it can cost.
  kOneSeed,
};

// Both run `cases` cases of up to 200 commands, on configurations taken from `configurations` in turn, with the
// executor's model and all its checks after each command. They differ in who draws the numbers, keeps the list
// of commands and calls the next one. Both return the number of commands that were checked.
//
// rc::state::check is used as documented: a model state of what is mapped, commands with preconditions, apply()
// and run(), the generator function asked for each command with the state before it.
std::uint64_t run_with_rapidcheck(std::span<const props::Scenario> configurations, props::Executor& executor,
                                  const props::GuardSet& guards, Draws draws, int cases);
std::uint64_t run_plainly(std::span<const props::Scenario> configurations, props::Executor& executor,
                          const props::GuardSet& guards, int cases);

}  // namespace nospan::bench

#endif  // NOSPAN_PROPS_BENCH_RAPIDCHECK_LOOP_H
