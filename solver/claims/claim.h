// SPDX-License-Identifier: BSD-2-Clause
// What a claim is: a proposition about a target's code, cut into questions that a solver can answer.
//
// An instance is made by executing the code once (solver/executor.h), and holds everything that is needed to
// decide it, to show that it is not empty, to see which hypotheses it needs, and to turn a model into a
// scenario.
#ifndef NOSPAN_SOLVER_CLAIMS_CLAIM_H
#define NOSPAN_SOLVER_CLAIMS_CLAIM_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/path.h"
#include "solver/query.h"

namespace nospan::solver {

// A condition that the claim is made under, and that can be dropped to see whether it is needed.
struct Hypothesis {
  std::string name;    // stable; --drop takes it: "granule"
  std::string words;   // one sentence without a full stop
  std::string source;  // who promises it: a section of a document, a function of the kernel
  Term term;
};

// What is taken for granted and cannot be dropped: a contract of a function that is not executed, the range of
// an input. Compared with the checked-in list solver/assumptions.txt, so that a new one is noticed.
struct Assumption {
  std::string name;
  std::string words;
  std::string source;
};

// A case of a question: the free constant `variable` has this value.
struct Split {
  Term variable;
  Term value;
};

// Values of a model, by the names of the instance's inputs.
using Model = std::map<std::string, uint64_t>;

// One question: under the hypotheses and `given`, `goal` holds.
struct Case {
  std::string name;  // stable in one tree: "set of the path that returns at ...:873"
  std::vector<Term> given;
  Term goal;
  // How solvers get it in parts: together the values must be all that the domain allows (split_page_shift()),
  // which prove() asks. The code is executed once for all of them. Empty: as a whole.
  std::vector<Split> splits;
  // The goal probably holds whatever the path: asked without `given` first, which is a shorter question.
  bool try_without_given = false;
  // Facts of `given` that it probably follows from: asked with only those first.
  std::vector<Term> probably_enough = {};
  // If this has no model, neither has the question: asked before everything else, as it is. It may have an
  // easier one itself.
  std::shared_ptr<const Case> easier = nullptr;
  // How a model of its negation is told, where the instance's scenario would not make the call go this way (a
  // call that fails).
  std::function<reports::Expected<std::string>(const Model&)> scenario = nullptr;
};

// A claim, made about one function of one target.
struct Instance {
  std::string claim;                  // id: "exact"
  std::string function;               // whose code it is about: "iommu_map_page"; "" for a lemma without code
  std::string target;                 // "linux 6.12.90, 4K pages"
  std::string words;                  // the proposition, for people
  std::vector<std::string> rests_on;  // what must be proved, too: "alloc/iommu_range_alloc", "lemma/isolation"
  std::vector<Assumption> assumptions;
  std::vector<Hypothesis> hypotheses;
  std::vector<Term> domain;  // ranges of inputs and definitions: hold throughout
  std::vector<Case> cases;
  // A successful call: satisfiable together with the hypotheses, or the claim is vacuous. One is enough.
  std::vector<std::vector<Term>> witnesses;
  std::vector<Named> inputs;  // what a counterexample is told by
  // Tried one after another on a counterexample, and kept where there still is one: small tables, no offset.
  std::vector<Term> preferences;
  std::size_t paths = 0;
  // The scenario of a model, as the JSON text of a scenario file; none where a model cannot be replayed (a
  // lemma, an arbitrary iteration of a loop): `replayed_by` then names the bounded twin that is.
  std::function<reports::Expected<std::string>(const Model&)> scenario;
  // The scenario is an example: in the model the call finds other things than a scenario can begin with (which
  // entries are taken), or gets others than the compiled code does (places of a list's elements). That an
  // example shows nothing does not contradict the model.
  bool scenario_is_example = false;
  // Scenario files that are tried where a model's own shows nothing, or there is none: of the contract of an
  // inner function, calls that make it do what the contract speaks of. That they show nothing says nothing.
  // They are run under the guards of all known findings.
  std::vector<std::string> examples;
  std::string replayed_by;
  // Why there is no answer, whatever a solver says: a path that could not be followed, a loop cut off. The
  // claim's verdict is then `error` for what is not known, `unknown` for what was cut off.
  std::optional<reports::Error> incomplete;

  // "exact/iommu_map_page"
  std::string id() const { return function.empty() ? claim : claim + "/" + function; }
};

// All values of an IOMMU page shift: what `domain` must restrict `page_shift` to, 12 to 34.
std::vector<Split> split_page_shift(const Term& page_shift);

// Adds a case, unless one that asks the same is there.
void add_case(std::vector<Case>& cases, Case question);

// The obligations of kinds that `safe` is about, as one case for each place, over all paths.
std::vector<Case> safety_cases(const std::vector<Path>& paths);

// The other obligations, likewise: that loop contracts hold on entry and are preserved, and that contracts are
// used within their terms. A claim about code that was executed with either is worth nothing without them.
std::vector<Case> contract_cases(const std::vector<Path>& paths);

// Both.
std::vector<Case> all_obligation_cases(const std::vector<Path>& paths);

// The same, each path by itself: more questions, but each says what is known apart from what is to be shown.
std::vector<Case> obligations_path_by_path(const std::vector<Path>& paths);

// Has the case asked first with only those facts that speak about nothing but what the goal and the domain
// speak about.
void try_with_what_it_speaks_of(Case& question, const std::vector<Term>& domain);

// Has the case asked first with what is probably enough alone, for all its splits at once. If that has a model,
// the next attempt is a split at a time with all that is known: counterexamples are found sooner there.
void try_all_splits_at_once(Case& question);

// Cases and witnesses of a function that was executed: a goal on every path that returns.
Case on_return(const std::string& name, const std::vector<Path>& paths,
               const std::function<Term(const Path&)>& goal);
// The same, each path by itself.
std::vector<Case> each_on_return(const std::string& name, const std::vector<Path>& paths,
                                 const std::function<Term(const Path&)>& goal);
std::vector<std::vector<Term>> returning(const std::vector<Path>& paths,
                                         const std::function<Term(const Path&)>& goal);

// An error for the first path that was cut off or could not be followed.
std::optional<reports::Error> incompleteness(const std::vector<Path>& paths);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_CLAIM_H
