// SPDX-License-Identifier: BSD-2-Clause
// Leaves out of a question what cannot matter to its goal.
#ifndef NOSPAN_SOLVER_SLICE_H
#define NOSPAN_SOLVER_SLICE_H

#include <optional>
#include <set>
#include <string>

#include "solver/query.h"

namespace nospan::solver {

// Names of the free constants and functions that a term uses.
std::set<std::string> free_names(const Term& term);

// All of `some` are.
bool are_among(const std::set<std::string>& some, const std::set<std::string>& others);

// The question with only those hypotheses and conditions that share a free constant with the goal, directly or
// through others that do; nothing if that is all of them. Observed terms are left out.
//
// If there is no model of the slice, there is none of the whole: it asks for less. A model of the slice means
// nothing, as what was left out may be contradictory: ask the whole then. Questions about the same property of
// different functions, page sizes or trees often have the same slice, and so the same text and the same kept
// proof.
std::optional<Query> slice(const Query& query);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_SLICE_H
