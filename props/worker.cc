// SPDX-License-Identifier: BSD-2-Clause
#include "props/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <utility>

#include "props/crash_handlers.h"
#include "props/scenario_transfer.h"

namespace nospan::props {
namespace {

// Enough for every scenario that a file of kMostFileBytes can hold; untouched pages cost nothing.
constexpr std::size_t kTransferSize = std::size_t{64} << 20;
// How many scenarios a worker takes at a time: few enough that the lowest failing number is soon known.
constexpr std::uint64_t kChunk = 64;

// The one byte that says "begin" or "ended". False: the other process is gone.
bool receive(int descriptor) {
  char byte = 0;
  ssize_t got = 0;
  while ((got = read(descriptor, &byte, 1)) < 0 && errno == EINTR) {
  }
  return got == 1;
}

}  // namespace

// Shared with the process. Written by one side at a time, but for the progress.
struct Worker::Board {
  enum class Request : std::uint32_t { kCampaign, kScenario };

  Request request;
  CampaignPlan plan;
  SharedCounters* counters;
  unsigned hang_milliseconds;
  volatile std::uint64_t number;
  volatile std::uint64_t beat;  // scenarios begun
  Progress progress;
  Tally tally;
  Coverage coverage;
  CrashReport crash;  // how the process ended, if it did not end a request
  OutcomeRecord outcome;
  std::byte transfer[kTransferSize];
};

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
  void* memory =
      mmap(nullptr, sizeof(SharedCounters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
  earlier_tally_.add(board_->tally);
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
  board_->crash.clear();
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
  Executor executor(target_, report_failure);
  install_crash_handlers(board.crash, board.beat, executor, reinterpret_cast<const void*>(target_.create));
  confine_process();

  Scenario scenario;
  for (;;) {
    if (!receive(request)) _exit(0);
    watch_for_hangs(board.hang_milliseconds);
    if (board.request == Board::Request::kScenario) {
      load_scenario(board.transfer, scenario);
      board.beat = board.beat + 1;
      const Outcome outcome = executor.run(scenario, guards_, board.progress);
      board.tally = executor.tally();
      board.outcome.store(outcome);
    } else {
      ScenarioGenerator generator(board.plan.generator);
      const Executor::MoreCommands more = [&generator] { return generator.extend(); };
      SharedCounters& counters = *board.counters;
      board.outcome.store(Outcome{});
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
          board.outcome.store(outcome);
          found = true;
          break;
        }
        board.tally = executor.tally();
      }
    }
    board.beat = board.beat + 1;
    const char byte = 1;
    while (write(response, &byte, 1) < 0 && errno == EINTR) {
    }
  }
}

void Worker::start_campaign(const CampaignPlan& plan, SharedCounters& counters) {
  ensure_process();
  board_->request = Board::Request::kCampaign;
  board_->plan = plan;
  board_->counters = &counters;
  board_->hang_milliseconds = limit_.milliseconds;
  const char byte = 1;
  if (write(request_, &byte, 1) != 1) end_process();
}

void Worker::start_scenario(const Scenario& scenario) {
  ensure_process();
  board_->request = Board::Request::kScenario;
  board_->hang_milliseconds = limit_.milliseconds;
  store_scenario(scenario, board_->transfer);
  const char byte = 1;
  if (write(request_, &byte, 1) != 1) end_process();
}

int Worker::file_descriptor() const { return response_; }

Outcome Worker::outcome_of_loss() const {
  Outcome outcome;
  outcome.command = board_->progress.command;
  model::Violation violation;
  violation.invariant = model::Invariant::kSafe1;
  violation.expected = "the call returns";
  violation.actual = board_->crash.describe(limit_.milliseconds);
  outcome.violations.push_back(std::move(violation));
  return outcome;
}

Worker::Event Worker::finish() {
  vanished_ = false;
  if (process_ <= 0 || !receive(response_)) {
    outcome_ = outcome_of_loss();
    vanished_ = board_->crash.loss == Loss::kNone;
    number_ = board_->number;
    end_process();
    return Event::kLost;
  }
  outcome_ = board_->outcome.load();
  number_ = board_->number;
  if (board_->request == Board::Request::kCampaign && outcome_.violations.empty()) return Event::kDone;
  return Event::kOutcome;
}

Outcome Worker::run(const Scenario& scenario) {
  start_scenario(scenario);
  finish();
  return outcome_;
}

Tally Worker::tally() const {
  Tally tally = earlier_tally_;
  tally.add(board_->tally);
  return tally;
}

Coverage Worker::coverage() const {
  Coverage coverage = earlier_coverage_;
  coverage.add(board_->coverage);
  return coverage;
}

}  // namespace nospan::props
