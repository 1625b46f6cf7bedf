// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/map_claims.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace nospan::solver {
namespace {

// Only the first path that succeeds was preferred for counterexamples. Where no call can take it, the model had
// a buffer that the call's size does not give, and the scenario did nothing wrong on the compiled code.
TEST(MapClaims, CounterexamplesOfIsolationAreMappingsThatExist) {
  MapCall call;
  call.page_shift = free_word("page_shift");
  call.first = free_word("first");
  call.last = free_word("last");
  call.first_index = word(0);
  call.address_bits = word(0);
  call.buffer_domain = {call.last == call.first + free_word("size")};
  const Term impossible = less(call.last, call.first);
  const Term possible = less_equal(call.first, call.last);
  call.witnesses = {{impossible}, {possible}};
  const Term wanted = all_of({possible, call.buffer_domain.front()});
  for (const Instance& instance : isolation_claims(call)) {
    const auto is_wanted = [&](const Term& term) { return term.same(wanted); };
    EXPECT_TRUE(std::any_of(instance.preferences.begin(), instance.preferences.end(), is_wanted))
        << instance.id();
  }
}

}  // namespace
}  // namespace nospan::solver
