// SPDX-License-Identifier: BSD-2-Clause
#include "props/worker.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <span>

#include "model/text.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NOSPAN_UNDER_SANITIZER 1
#endif

namespace nospan::props {
namespace {

constexpr std::size_t kTextSize = 512;
constexpr std::size_t kMostViolations = 4;
constexpr std::size_t kTransferSize = std::size_t{64} << 20;
// How many scenarios a worker takes at a time: few enough that the lowest failing number is soon known.
constexpr std::uint64_t kChunk = 64;
constexpr unsigned kTickMilliseconds = 5;
// Memory that a worker may have on top of what it has when it starts.
constexpr std::uint64_t kMemoryLimit = std::uint64_t{4} << 30;

enum class Request : std::uint32_t { kCampaign, kScenario };
enum class Loss : std::uint32_t { kNone, kHang, kSignal, kFailure };

void copy_text(char (&to)[kTextSize], std::string_view from) {
  const std::size_t size = std::min(from.size(), kTextSize - 1);
  std::memcpy(to, from.data(), size);
  to[size] = '\0';
}

struct ViolationRecord {
  model::Invariant invariant;
  bool has_tce, has_page, has_foreign, has_owner;
  std::uint64_t tce, page, foreign;
  std::uint32_t owner;
  char expected[kTextSize];
  char actual[kTextSize];
};

struct OutcomeRecord {
  std::uint64_t command;
  std::uint64_t violations;
  char tolerated[64];
  ViolationRecord records[kMostViolations];
};

}  // namespace

// Shared with the process. Written by one side at a time, but for the progress.
struct Worker::Board {
  Request request;
  CampaignPlan plan;
  SharedCounters* counters;
  unsigned hang_milliseconds;
  volatile std::uint64_t number;
  volatile std::uint64_t beat;  // scenarios begun
  Progress progress;
  Tally tally;
  Coverage coverage;
  // How the process ended, if it did not end a request.
  volatile Loss loss;
  volatile int signal;
  std::uint32_t failure;
  std::uint64_t fault_address;
  std::uint64_t fault_offset;  // of the instruction, in its library
  bool fault_guarded;
  char fault_library[kTextSize];
  char text[kTextSize];
  OutcomeRecord outcome;
  std::byte transfer[kTransferSize];
};

namespace {

// The process's own, for signal handlers: there is one worker's board in a worker process.
struct Here {
  volatile std::uint64_t* beat = nullptr;
  std::uint64_t last_beat = 0;
  unsigned ticks = 0;
  unsigned ticks_allowed = 100;
  volatile Loss* loss = nullptr;
  volatile int* signal = nullptr;
  std::uint32_t* failure = nullptr;
  char (*text)[kTextSize] = nullptr;
  char (*library)[kTextSize] = nullptr;
  std::uint64_t* address = nullptr;
  std::uint64_t* offset = nullptr;
  bool* guarded = nullptr;
  Executor* executor = nullptr;
};
Here here;

void note_place(const void* instruction) {
  Dl_info info{};
  if (dladdr(instruction, &info) != 0 && info.dli_fname != nullptr) {
    copy_text(*here.library, info.dli_fname);
    *here.offset = static_cast<std::uint64_t>(static_cast<const char*>(instruction) -
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

void on_tick(int, siginfo_t*, void* context) {
  if (*here.beat != here.last_beat) {
    here.last_beat = *here.beat;
    here.ticks = 0;
    return;
  }
  if (++here.ticks < here.ticks_allowed) return;
  note_place(instruction_of(context));
  *here.loss = Loss::kHang;
  _exit(0);
}

void on_crash(int number, siginfo_t* info, void* context) {
  *here.signal = number;
  *here.address = reinterpret_cast<std::uint64_t>(info->si_addr);
  *here.guarded = here.executor != nullptr && here.executor->owns_memory_at(info->si_addr);
  note_place(instruction_of(context));
  *here.loss = Loss::kSignal;
  _exit(0);
}

void on_target_failure(std::uint32_t failure, const char* text) {
  *here.failure = failure;
  copy_text(*here.text, text == nullptr ? "" : text);
  *here.loss = Loss::kFailure;
  _exit(0);
}

// A kernel tree is untrusted: its code gets memory, and nothing to do with files.
void confine() {
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

void watch(unsigned milliseconds) {
  here.ticks_allowed = std::max(1u, milliseconds / kTickMilliseconds);
  here.ticks = 0;
}

void install_handlers() {
  static std::byte stack[65536];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, nullptr);
  struct sigaction crash {};
  crash.sa_sigaction = on_crash;
  crash.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigaction(number, &crash, nullptr);
  struct sigaction tick {};
  tick.sa_sigaction = on_tick;
  tick.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(SIGPROF, &tick, nullptr);
  itimerval interval{};
  interval.it_interval.tv_usec = interval.it_value.tv_usec = kTickMilliseconds * 1000;
  setitimer(ITIMER_PROF, &interval, nullptr);
  signal(SIGINT, SIG_IGN);  // the parent decides
  signal(SIGPIPE, SIG_DFL);
}

// --- scenarios through shared memory ---------------------------------------------------------------------------

template <class T>
std::byte* store(std::byte* to, std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::uint64_t count = values.size();
  std::memcpy(to, &count, sizeof count);
  to += sizeof count;
  if (count != 0) std::memcpy(to, values.data(), values.size_bytes());
  return to + ((values.size_bytes() + 7) & ~std::size_t{7});
}

template <class T>
const std::byte* load(const std::byte* from, std::vector<T>& values) {
  std::uint64_t count = 0;
  std::memcpy(&count, from, sizeof count);
  from += sizeof count;
  values.resize(count);
  if (count != 0) std::memcpy(static_cast<void*>(values.data()), from, count * sizeof(T));
  return from + ((count * sizeof(T) + 7) & ~std::size_t{7});
}

// The configuration without its vectors.
struct PlainConfiguration {
  model::SystemPageShift system_page;
  model::Window window;
  model::DeviceLimits device;
  std::uint64_t block_entries;
  std::uint32_t cpus;
  bool virtual_merge, crash_kernel;
  model::Installation installation;
  model::Translation translation;
  model::VmId device_vm;
  std::uint64_t granule;
};

void store(std::byte* to, const Scenario& scenario) {
  const model::Configuration& c = scenario.configuration;
  const PlainConfiguration plain{c.system_page,  c.window,       c.device,       c.block_entries, c.cpus, c.virtual_merge,
                                 c.crash_kernel, c.installation, c.translation, c.device_vm,     c.granule};
  to = store(to, std::span(&plain, 1));
  to = store(to, std::span(c.inherited));
  to = store(to, std::span(c.blocks));
  to = store(to, std::span(scenario.commands));
  store(to, std::span(scenario.elements));
}

void load(const std::byte* from, Scenario& scenario) {
  model::Configuration& c = scenario.configuration;
  std::vector<PlainConfiguration> plain;
  from = load(from, plain);
  from = load(from, c.inherited);
  from = load(from, c.blocks);
  from = load(from, scenario.commands);
  load(from, scenario.elements);
  const PlainConfiguration& p = plain.at(0);
  c.system_page = p.system_page;
  c.window = p.window;
  c.device = p.device;
  c.block_entries = p.block_entries;
  c.cpus = p.cpus;
  c.virtual_merge = p.virtual_merge;
  c.crash_kernel = p.crash_kernel;
  c.installation = p.installation;
  c.translation = p.translation;
  c.device_vm = p.device_vm;
  c.granule = p.granule;
}

void store(OutcomeRecord& to, const Outcome& outcome) {
  to.command = outcome.command;
  to.violations = std::min(outcome.violations.size(), kMostViolations);
  to.tolerated[0] = '\0';
  if (outcome.tolerated != nullptr) {
    const std::size_t size = std::min(outcome.tolerated->id.size(), sizeof to.tolerated - 1);
    std::memcpy(to.tolerated, outcome.tolerated->id.data(), size);
    to.tolerated[size] = '\0';
  }
  for (std::size_t i = 0; i < to.violations; ++i) {
    const model::Violation& violation = outcome.violations[i];
    ViolationRecord& record = to.records[i];
    record.invariant = violation.invariant;
    record.has_tce = violation.tce.has_value();
    record.has_page = violation.page.has_value();
    record.has_foreign = violation.foreign_byte.has_value();
    record.has_owner = violation.foreign_owner.has_value();
    record.owner = violation.foreign_owner.value_or(model::VmId{}).value;
    record.tce = violation.tce.value_or(model::TceIndex{}).value;
    record.page = violation.page.value_or(model::GuestAddress{}).value;
    record.foreign = violation.foreign_byte.value_or(model::RealAddress{}).value;
    copy_text(record.expected, violation.expected);
    copy_text(record.actual, violation.actual);
  }
}

Outcome load(const OutcomeRecord& from) {
  Outcome outcome;
  outcome.command = from.command;
  if (from.tolerated[0] != '\0') outcome.tolerated = guard_with_id(from.tolerated);
  for (std::size_t i = 0; i < from.violations; ++i) {
    const ViolationRecord& record = from.records[i];
    model::Violation violation;
    violation.invariant = record.invariant;
    violation.expected = record.expected;
    violation.actual = record.actual;
    if (record.has_tce) violation.tce = model::TceIndex{record.tce};
    if (record.has_page) violation.page = model::GuestAddress{record.page};
    if (record.has_owner) violation.foreign_owner = model::VmId{record.owner};
    if (record.has_foreign) violation.foreign_byte = model::RealAddress{record.foreign};
    outcome.violations.push_back(std::move(violation));
  }
  return outcome;
}

Tally sum(const Tally& a, const Tally& b) {
  Tally total = a;
  total.scenarios += b.scenarios;
  total.commands += b.commands;
  total.idle += b.idle;
  total.maps_granted += b.maps_granted;
  total.maps_refused += b.maps_refused;
  total.lists_merged += b.lists_merged;
  total.faults_fired += b.faults_fired;
  total.hypervisor_refusals += b.hypervisor_refusals;
  total.no_table += b.no_table;
  total.warnings += b.warnings;
  total.skipped += b.skipped;
  total.tolerated += b.tolerated;
  return total;
}

}  // namespace

void generate_numbered(const CampaignPlan& plan, std::uint64_t number, ScenarioGenerator& generator,
                       Scenario& scenario) {
  begin_numbered(plan, number, generator, scenario);
  while (generator.extend()) {
  }
}

void begin_numbered(const CampaignPlan& plan, std::uint64_t number, ScenarioGenerator& generator,
                    Scenario& scenario) {
  // Sizes go round, so that short scenarios, which fill few tables but are cheap, never stop coming.
  const int size = static_cast<int>(number % (kGreatestSize + 1));
  generator.begin(mix(plan.seed) ^ mix(number), size, scenario);
}

std::unique_ptr<SharedCounters, void (*)(SharedCounters*)> SharedCounters::create() {
  void* memory = mmap(nullptr, sizeof(SharedCounters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const auto release = [](SharedCounters* counters) { munmap(counters, sizeof(SharedCounters)); };
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return {new (memory) SharedCounters, release};
}

Worker::Worker(const nospan_target& target, GuardSet guards, HangLimit limit)
    : target_(target), guards_(std::move(guards)), limit_(limit) {
  void* memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  board_ = new (memory) Board;
}

Worker::~Worker() {
  end_process();
  munmap(board_, sizeof(Board));
}

void Worker::end_process() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  close(request_);
  close(response_);
  process_ = -1;
  earlier_tally_ = sum(earlier_tally_, board_->tally);
  earlier_coverage_.add(board_->coverage);
  board_->tally = {};
  board_->coverage = {};
}

void Worker::ensure_process() {
  if (process_ > 0) return;
  int request[2];
  int response[2];
  if (pipe2(request, O_CLOEXEC) != 0) throw std::bad_alloc();
  if (pipe2(response, O_CLOEXEC) != 0) {
    close(request[0]);
    close(request[1]);
    throw std::bad_alloc();
  }
  board_->loss = Loss::kNone;
  board_->signal = 0;
  board_->fault_library[0] = '\0';
  board_->text[0] = '\0';
  process_ = fork();
  if (process_ < 0) throw std::bad_alloc();
  if (process_ == 0) {
    close(request[1]);
    close(response[0]);
    serve(request[0], response[1]);
  }
  close(request[0]);
  close(response[1]);
  request_ = request[1];
  response_ = response[0];
}

void Worker::serve(int request, int response) {
  Board& board = *board_;
  board.tally = {};
  board.coverage = {};
  Executor executor(target_, on_target_failure);
  here = {};
  here.beat = &board.beat;
  here.loss = &board.loss;
  here.signal = &board.signal;
  here.failure = &board.failure;
  here.text = &board.text;
  here.library = &board.fault_library;
  here.address = &board.fault_address;
  here.offset = &board.fault_offset;
  here.guarded = &board.fault_guarded;
  here.executor = &executor;
  // The dynamic linker's lookups that dladdr needs happen before files are out of reach.
  note_place(reinterpret_cast<const void*>(target_.create));
  board.fault_library[0] = '\0';
  install_handlers();
  confine();

  Scenario scenario;
  for (;;) {
    char byte = 0;
    ssize_t got = 0;
    while ((got = read(request, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (got != 1) _exit(0);
    watch(board.hang_milliseconds);
    if (board.request == Request::kScenario) {
      load(board.transfer, scenario);
      board.beat = board.beat + 1;
      const Outcome outcome = executor.run(scenario, guards_, board.progress);
      board.tally = executor.tally();
      store(board.outcome, outcome);
    } else {
      ScenarioGenerator generator(board.plan.generator);
      const Executor::MoreCommands more = [&generator] { return generator.extend(); };
      SharedCounters& counters = *board.counters;
      board.outcome.violations = 0;
      bool found = false;
      while (!found && !counters.stop.load(std::memory_order_relaxed)) {
        const std::uint64_t start = counters.next.fetch_add(kChunk, std::memory_order_relaxed);
        const std::uint64_t end = std::min(start + kChunk, board.plan.end);
        if (start >= board.plan.end || start > counters.lowest_failure.load(std::memory_order_relaxed)) break;
        for (std::uint64_t number = start; number < end; ++number) {
          board.number = number;
          board.beat = board.beat + 1;
          begin_numbered(board.plan, number, generator, scenario);
          const Outcome outcome = executor.run(scenario, guards_, board.progress, more);
          board.coverage.count(scenario);
          if (!outcome.violated()) continue;
          store(board.outcome, outcome);
          found = true;
          break;
        }
        board.tally = executor.tally();
      }
    }
    board.beat = board.beat + 1;
    byte = 1;
    while (write(response, &byte, 1) < 0 && errno == EINTR) {
    }
  }
}

void Worker::start_campaign(const CampaignPlan& plan, SharedCounters& counters) {
  ensure_process();
  board_->request = Request::kCampaign;
  board_->plan = plan;
  board_->counters = &counters;
  board_->hang_milliseconds = limit_.milliseconds;
  const char byte = 1;
  if (write(request_, &byte, 1) != 1) end_process();
}

void Worker::start_scenario(const Scenario& scenario) {
  ensure_process();
  board_->request = Request::kScenario;
  board_->hang_milliseconds = limit_.milliseconds;
  store(board_->transfer, scenario);
  const char byte = 1;
  if (write(request_, &byte, 1) != 1) end_process();
}

int Worker::file_descriptor() const { return response_; }

Outcome Worker::outcome_of_loss() {
  Outcome outcome;
  outcome.command = board_->progress.command;
  model::Violation violation;
  violation.invariant = model::Invariant::kSafe1;
  violation.expected = "the call returns";
  std::string place;
  if (board_->fault_library[0] != '\0') {
    place = std::string(" at ") + board_->fault_library + "+" + model::hex(board_->fault_offset);
  }
  switch (board_->loss) {
    case Loss::kHang:
      violation.actual = "it hangs: no end after " + std::to_string(limit_.milliseconds) + " ms of CPU time" + place;
      break;
    case Loss::kSignal:
      violation.actual = std::string("it crashes: ") + strsignal(board_->signal) +
                         (board_->fault_guarded ? ", an access outside the table's own memory"
                                                : ", address " + model::hex(board_->fault_address)) +
                         place;
      break;
    case Loss::kFailure: {
      const char* kind = board_->failure == NOSPAN_FAILURE_BUG         ? "BUG: "
                         : board_->failure == NOSPAN_FAILURE_LOCK_HELD ? "lock left held: "
                         : board_->failure == NOSPAN_FAILURE_UNDEFINED ? "undefined behaviour: "
                                                                      : "the target's glue cannot go on: ";
      violation.actual = std::string(kind) + board_->text;
      break;
    }
    case Loss::kNone: {
      int status = 0;
      waitpid(process_, &status, WNOHANG);
      violation.actual = "the process running it disappeared (out of memory?)";
      break;
    }
  }
  outcome.violations.push_back(std::move(violation));
  return outcome;
}

Worker::Event Worker::finish() {
  char byte = 0;
  ssize_t got = 0;
  if (process_ > 0) {
    while ((got = read(response_, &byte, 1)) < 0 && errno == EINTR) {
    }
  }
  if (got != 1) {
    outcome_ = outcome_of_loss();
    number_ = board_->number;
    end_process();
    return Event::kLost;
  }
  outcome_ = load(board_->outcome);
  number_ = board_->number;
  if (board_->request == Request::kCampaign && outcome_.violations.empty()) return Event::kDone;
  return Event::kOutcome;
}

Outcome Worker::run(const Scenario& scenario) {
  start_scenario(scenario);
  finish();
  return outcome_;
}

Tally Worker::tally() const { return sum(earlier_tally_, board_->tally); }

Coverage Worker::coverage() const {
  Coverage coverage = earlier_coverage_;
  coverage.add(board_->coverage);
  return coverage;
}

}  // namespace nospan::props
