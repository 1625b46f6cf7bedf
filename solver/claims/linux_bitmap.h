// SPDX-License-Identifier: BSD-2-Clause
// lib/bitmap.c and lib/find_bit.c of the Linux kernel: what their functions promise, said once for those who
// call them and for the claims that prove it.
//
// "For all bits" is said of one arbitrary bit, a free constant: whoever uses a contract gets its promise for
// the bit that it asks about, which is all that a claim about an arbitrary bit needs.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_BITMAP_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_BITMAP_H

#include <functional>
#include <string>
#include <vector>

#include "reports/error.h"
#include "solver/claims/registry.h"
#include "solver/executor.h"

namespace nospan::solver {

// Whether `bit` of a bitmap is set. `words` is the content of an object of words.
Term is_set(const Term& words, const Term& bit);
// first <= bit < first + count, without overflow.
Term in_range(const Term& bit, const Term& first, const Term& count);

// Bits [first, first + count) of `before` were set, or cleared, and no other one: as far as `bit` can tell.
Term only_range_changed(const Term& before, const Term& after, const Term& bit, const Term& first,
                        const Term& count, bool set);

// The value that a loop carries for which `begins` holds: told by where it begins, as names are the tree's own
// affair.
reports::Expected<LoopView::Carried*> carried(LoopView& view, const char* what,
                                              const std::function<bool(const LoopView::Carried&)>& begins);

// An arbitrary bit, the one that promises are made for.
Term arbitrary_bit();
// How many bits an object of words has room for.
Term room(const Object& map);
// The whole bitmap that the call's first argument points to.
reports::Expected<const Object*> map_of(const State& state, const Call& call);
constexpr uint64_t kMostBits = uint64_t{1} << 31;

// Contracts for __bitmap_set and bitmap_find_next_zero_area_off, proved by the claims alloc/__bitmap_set and
// alloc/bitmap_find_next_zero_area_off, promising for `bit`.
void add_bitmap_contracts(Executor& executor, const Term& bit);

// alloc/__bitmap_set, alloc/__bitmap_clear, alloc/_find_next_bit, alloc/_find_next_zero_bit and
// alloc/bitmap_find_next_zero_area_off.
reports::Expected<std::vector<Instance>> linux_bitmap(const Setting& setting);

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_BITMAP_H
