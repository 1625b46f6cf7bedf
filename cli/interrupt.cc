// SPDX-License-Identifier: BSD-2-Clause
#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "reports/verdict.h"

namespace nospan::cli {
namespace {

volatile sig_atomic_t interrupted = 0;

}  // namespace

void watch_for_interrupts() {
  struct sigaction stop{};
  stop.sa_handler = [](int) {
    if (interrupted != 0) _exit(reports::exit_code(reports::Verdict::kUnknown));  // asked twice
    interrupted = 1;
  };
  sigaction(SIGINT, &stop, nullptr);
  sigaction(SIGTERM, &stop, nullptr);
}

bool is_interrupted() { return interrupted != 0; }

}  // namespace nospan::cli
