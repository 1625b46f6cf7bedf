// SPDX-License-Identifier: BSD-2-Clause
#include "props/crash_handlers.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "model/text.h"
#include "targets/target.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NOSPAN_UNDER_SANITIZER 1
#endif

namespace nospan::props {
namespace {

constexpr unsigned kTickMilliseconds = 5;
// Memory that a worker may have on top of what it has when it starts.
constexpr std::uint64_t kMemoryLimit = std::uint64_t{4} << 30;

// The process's own, for signal handlers, which get no argument of ours.
struct Here {
  CrashReport* report = nullptr;
  const Executor* executor = nullptr;
  const volatile std::uint64_t* beat = nullptr;
  std::uint64_t last_beat = 0;
  unsigned ticks = 0;  // since the last beat
  unsigned ticks_allowed = 100;
};
Here here;

void note_place(const void* instruction) {
  Dl_info info{};
  if (dladdr(instruction, &info) != 0 && info.dli_fname != nullptr) {
    here.report->library.assign(info.dli_fname);
    here.report->instruction = static_cast<std::uint64_t>(static_cast<const char*>(instruction) -
                                                          static_cast<const char*>(info.dli_fbase));
  }
}

const void* instruction_of(void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#else
  (void)context;
  return nullptr;
#endif
}

// The report is whole before it says what happened.
[[noreturn]] void end_with(Loss loss) {
  here.report->loss = loss;
  _exit(0);
}

void on_tick(int, siginfo_t*, void* context) {
  if (*here.beat != here.last_beat) {
    here.last_beat = *here.beat;
    here.ticks = 0;
    return;
  }
  if (++here.ticks < here.ticks_allowed) return;
  note_place(instruction_of(context));
  end_with(Loss::kHang);
}

void on_crash(int number, siginfo_t* info, void* context) {
  here.report->signal = number;
  here.report->address = reinterpret_cast<std::uint64_t>(info->si_addr);
  here.report->guarded = here.executor->owns_memory_at(info->si_addr);
  note_place(instruction_of(context));
  end_with(Loss::kSignal);
}

void install_signal_handlers() {
  static std::byte stack[65536];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, nullptr);
  struct sigaction crash{};
  crash.sa_sigaction = on_crash;
  crash.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
    sigaction(number, &crash, nullptr);
  struct sigaction tick{};
  tick.sa_sigaction = on_tick;
  tick.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(SIGPROF, &tick, nullptr);
  itimerval interval{};
  interval.it_interval.tv_usec = interval.it_value.tv_usec = kTickMilliseconds * 1000;
  setitimer(ITIMER_PROF, &interval, nullptr);
  signal(SIGINT, SIG_IGN);  // the parent decides
  signal(SIGPIPE, SIG_DFL);
}

}  // namespace

void CrashReport::clear() {
  loss = Loss::kNone;
  signal = 0;
  library.clear();
  text.clear();
}

std::string CrashReport::describe(unsigned hang_milliseconds) const {
  std::string place;
  if (!library.empty()) place = " at " + std::string(library.view()) + "+" + model::hex(instruction);
  switch (loss) {
    case Loss::kHang:
      return "it hangs: no end after " + std::to_string(hang_milliseconds) + " ms of CPU time" + place;
    case Loss::kSignal:
      return std::string("it crashes: ") + strsignal(signal) +
             (guarded ? ", an access outside the table's own memory" : ", address " + model::hex(address)) +
             place;
    case Loss::kFailure: {
      const char* kind = failure == NOSPAN_FAILURE_BUG         ? "BUG: "
                         : failure == NOSPAN_FAILURE_LOCK_HELD ? "lock left held: "
                         : failure == NOSPAN_FAILURE_UNDEFINED ? "undefined behaviour: "
                                                               : "the target's glue cannot go on: ";
      return kind + std::string(text.view());
    }
    case Loss::kNone: break;
  }
  return "the process running it disappeared (out of memory?)";
}

void install_crash_handlers(CrashReport& report, const volatile std::uint64_t& beat, const Executor& executor,
                            const void* code) {
  here = {};
  here.report = &report;
  here.executor = &executor;
  here.beat = &beat;
  // The dynamic linker's lookups that dladdr needs happen before files are out of reach.
  note_place(code);
  report.library.clear();
  install_signal_handlers();
}

void watch_for_hangs(unsigned milliseconds) {
  here.ticks_allowed = std::max(1u, milliseconds / kTickMilliseconds);
  here.ticks = 0;
}

void report_failure(std::uint32_t failure, const char* text) {
  here.report->failure = failure;
  here.report->text.assign(text == nullptr ? "" : text);
  end_with(Loss::kFailure);
}

void confine_process() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifndef NOSPAN_UNDER_SANITIZER
  rlimit memory{kMemoryLimit, kMemoryLimit};
  setrlimit(RLIMIT_DATA, &memory);
#endif
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  // No new descriptors; those that are open go on working.
  setrlimit(RLIMIT_NOFILE, &none);
}

}  // namespace nospan::props
