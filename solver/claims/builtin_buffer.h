// SPDX-License-Identifier: BSD-2-Clause
// What every call of nospan's own mapper looks at first: the IOMMU pages that a range of bytes touches
// (targets/builtin/buffer.h), and whether a run of entries is one that can have been handed out.
#ifndef NOSPAN_SOLVER_CLAIMS_BUILTIN_BUFFER_H
#define NOSPAN_SOLVER_CLAIMS_BUILTIN_BUFFER_H

#include <vector>

#include "reports/error.h"
#include "solver/claims/builtin_table.h"
#include "solver/claims/registry.h"

namespace nospan::solver {

// struct Buffer of targets/builtin/buffer.h.
struct BufferTerms {
  Term base;
  Term offset;
  Term last_offset;
  Term entries;

  // What the contract says of a call of Buffer::from(), counted from 0: free constants.
  static BufferTerms of_call(unsigned number);
};

// What Buffer::from() makes of bytes: more than its definition, in the forms that its callers need. The last
// byte is address + (size - 1).
Term buffer_promises(const BufferTerms& buffer, const Term& address, const Term& size, const Term& page_shift);

// Contracts for Buffer::from() and EntrySpace::is_ordinary(), proved by the claims contract/Buffer::from and
// contract/EntrySpace::is_ordinary.
void add_buffer(Executor& executor, const BuiltinTable& table);

// Those claims.
reports::Expected<std::vector<Instance>> builtin_buffer(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_BUILTIN_BUFFER_H
