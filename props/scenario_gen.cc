// SPDX-License-Identifier: BSD-2-Clause
#include "props/scenario_gen.h"

#include <rapidcheck.h>

#include <algorithm>
#include <utility>

#include "props/scenario_file.h"
#include "props/shrink.h"

namespace nospan::props {

rc::Gen<Scenario> scenario_gen(GeneratorOptions options) {
  return rc::Gen<Scenario>([options](const rc::Random& random, int size) {
    rc::Random source = random;
    ScenarioGenerator generator(options);
    Scenario scenario;
    generator.generate(source.next(), std::clamp(size, 0, kGreatestSize), scenario);
    return rc::shrinkable::shrinkRecur(std::move(scenario), [](const Scenario& failing) {
      return rc::seq::fromContainer(shrink_candidates(failing));
    });
  });
}

void showValue(const Scenario& scenario, std::ostream& stream) { stream << to_json(scenario); }

}  // namespace nospan::props
