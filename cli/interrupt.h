// SPDX-License-Identifier: BSD-2-Clause
// Ctrl-C and SIGTERM: a campaign ends early and is told of; asked twice, the process ends at once.
#ifndef NOSPAN_CLI_INTERRUPT_H
#define NOSPAN_CLI_INTERRUPT_H

namespace nospan::cli {

// Installs the handlers. Once, before the work begins.
void watch_for_interrupts();

// Has somebody asked to stop? Safe to ask from any thread.
bool is_interrupted();

}  // namespace nospan::cli

#endif  // NOSPAN_CLI_INTERRUPT_H
