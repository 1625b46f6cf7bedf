// SPDX-License-Identifier: BSD-2-Clause
// What makes the builtin target a library that `--target` loads.
#include "targets/builtin/builtin.h"

extern "C" __attribute__((visibility("default"))) const nospan_target* nospan_target_entry(void) {
  return nospan_builtin_target();
}
