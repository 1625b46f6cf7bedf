// SPDX-License-Identifier: BSD-2-Clause
// How a question gets to the solvers: what matters to its goal first, with as few hypotheses as possible, in
// parts where the case has splits, and not at all if the answer is kept.
#ifndef NOSPAN_SOLVER_QUESTIONER_H
#define NOSPAN_SOLVER_QUESTIONER_H

#include <set>
#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/proof_cache.h"
#include "solver/prove.h"
#include "solver/query.h"

namespace nospan::solver {

// A question with its answers, from all solvers that were asked.
struct Asked {
  Answer first;
  Answer second;
  bool was_second_asked = false;
  bool kept = false;                 // all answers come from earlier runs
  std::string hash;                  // of the text; of all texts, if it was asked in parts
  std::set<std::string> hypotheses;  // that the text which was answered has
};

// Asks for one instance. The instance and the options must outlive it. Not thread-safe.
class Questioner {
 public:
  Questioner(const Instance& instance, const ProveOptions& options)
      : instance_(instance), options_(options), cache_(options.cache, options.only_reads_cache) {}

  // Hypotheses of the instance but those named, its domain, `more`, and the goal.
  Query query(const std::set<std::string>& without, const std::vector<Term>& more,
              std::vector<Term> goal) const;

  // For what would be nice to have: a few seconds at most, the first solver only.
  Asked ask_briefly(const Query& query);

  // What matters to the goal first, then, if that has a model, all of it.
  Asked ask(const Query& query, const std::vector<Split>& splits) {
    return ask(query, splits, {options_.limits, true});
  }

  // A case without some hypotheses. Most follow from the code alone, or from those hypotheses that speak about
  // nothing but what the goal speaks about: that is tried first, so that the drop table need not ask it again
  // for every other hypothesis. `needs_hypotheses`: it is known that it does not follow from the code alone.
  Asked ask_case(const Case& question, const std::set<std::string>& without, bool needs_hypotheses = false);

  // With a constant in place of a free number.
  static Query restricted(const Query& query, const Split& split);

 private:
  struct Effort {
    DecisionLimits limits;
    bool model_matters;     // or it is only an attempt: the second solver is not asked about a model
    bool is_brief = false;  // an attempt that is not made again if it had no answer in that time before
    // What has a model without all that does not matter to the goal is not asked with it. A path that nothing
    // takes is then not noticed.
    bool is_slice_enough = false;
  };

  Asked ask(const Query& query, const std::vector<Split>& splits, const Effort& effort);
  // As it is; before that, what is easier yet.
  Asked ask_easier(const Case& question, const std::set<std::string>& without);
  Asked ask_whole(const Query& query, const Effort& effort);
  Asked ask_parts(const Query& query, const std::vector<Split>& splits, bool sliced, const Effort& effort);
  // Until one part is not unsatisfiable: what is kept from earlier runs, the rest in one process.
  std::vector<Answer> ask_first(const std::vector<std::string>& parts, bool* kept, const Effort& effort);
  Answer ask_second(const std::string& text);
  Effort brief() const;
  // Writes the text where --smt2 wants it; its hash.
  std::string keep_text(const std::string& text) const;

  const Instance& instance_;
  const ProveOptions& options_;
  ProofCache cache_;
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_QUESTIONER_H
