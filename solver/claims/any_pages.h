// SPDX-License-Identifier: BSD-2-Clause
// Questions about any page numbers that are in the order of their addresses, not about those that a shift
// computes: solvers then need not know the page size.
#ifndef NOSPAN_SOLVER_CLAIMS_ANY_PAGES_H
#define NOSPAN_SOLVER_CLAIMS_ANY_PAGES_H

#include "solver/claims/claim.h"
#include "solver/term.h"

namespace nospan::solver {

// What of_any_pages() takes for granted of two addresses: the greater one is not in a page before the other's;
// the next address is in the same page or the next.
Case order_of_pages(const Term& page_shift);

// Puts a free constant in place of each page number `address >> page_shift` of the question, and what
// order_of_pages() says of each two of them. If the goal does not depend on the page size otherwise, neither
// does the question then: what is given that still does is left out. Where this has no model, the question has
// none; a model of it means nothing. Not thread-safe.
Case of_any_pages(Case question, const Term& page_shift);

// The same without what is said of two of them, which is often enough, and a much shorter question.
Case of_unrelated_pages(Case question, const Term& page_shift);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_ANY_PAGES_H
