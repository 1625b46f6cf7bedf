// SPDX-License-Identifier: BSD-2-Clause
// What a worker process does to be watched: when the target's code crashes, hangs or gives up, the process
// writes how into memory that its parent shares, and exits. And it gives that code nothing to do harm with.
//
// All of this is about the whole process: call it in a process made for the purpose, which runs one thread.
#ifndef NOSPAN_PROPS_CRASH_HANDLERS_H
#define NOSPAN_PROPS_CRASH_HANDLERS_H

#include <cstdint>
#include <string>

#include "props/bounded_text.h"
#include "props/executor.h"

namespace nospan::props {

enum class Loss : std::uint32_t {
  kNone,     // still there, or gone without a word (killed for its memory)
  kHang,     // one scenario took more CPU time than it may
  kSignal,   // a signal that ends a process: bad access, division by zero, abort
  kFailure,  // the target said that it cannot go on
};

// How a process was lost. Lies in shared memory: the process writes it, once; its parent reads it when the
// process is gone.
struct CrashReport {
  volatile Loss loss;
  volatile int signal;        // kSignal
  bool guarded;               // kSignal: the address is in or behind the table's own memory
  std::uint64_t address;      // kSignal: that could not be accessed
  std::uint32_t failure;      // kFailure: an enum nospan_failure
  BoundedText<512> text;      // kFailure: what the target said
  BoundedText<512> library;   // where it was; empty: unknown
  std::uint64_t instruction;  // offset in `library`, bytes

  // Before a process starts that may write it.
  void clear();

  // What happened, for people: "it crashes: Segmentation fault, address 0x8 at libx.so+0x1234". The kind is
  // what stands before the first colon. `hang_milliseconds` is the limit that a hang has exceeded. Of kNone it
  // says that the process disappeared.
  std::string describe(unsigned hang_milliseconds) const;
};

// Installs the handlers of signals and starts the clock of the hang watch. `beat` changes whenever the process
// makes progress; `executor` knows the table's memory; both and the report must outlive the process's last
// scenario. `code` is any address in the target: it is looked up while files can still be opened.
void install_crash_handlers(CrashReport& report, const volatile std::uint64_t& beat, const Executor& executor,
                            const void* code);

// From now on `beat` must change within this much CPU time.
void watch_for_hangs(unsigned milliseconds);

// The executor's FailureHandler of a process with crash handlers. Does not return.
[[noreturn]] void report_failure(std::uint32_t failure, const char* text);

// A kernel tree is untrusted: its code gets memory (4 GiB at most), and nothing to do with files. Dies with its
// parent.
void confine_process();

}  // namespace nospan::props

#endif  // NOSPAN_PROPS_CRASH_HANDLERS_H
