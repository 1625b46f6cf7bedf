// SPDX-License-Identifier: BSD-2-Clause
// Scenarios as RapidCheck values: for property tests, with RapidCheck's seeds, sizes and reproduction.
#ifndef NOSPAN_PROPS_SCENARIO_GEN_H
#define NOSPAN_PROPS_SCENARIO_GEN_H

#include <rapidcheck/Gen.h>

#include <ostream>

#include "props/scenario.h"
#include "props/scenario_generator.h"

namespace nospan::props {

// Arbitrary valid scenarios. Shrinks as a whole scenario, by the steps of props/shrink.h.
rc::Gen<Scenario> scenario_gen(GeneratorOptions options);

// How RapidCheck shows a counterexample: as a scenario file.
void showValue(const Scenario& scenario, std::ostream& stream);

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_SCENARIO_GEN_H
