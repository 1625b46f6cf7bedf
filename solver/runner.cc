// SPDX-License-Identifier: BSD-2-Clause
#include "solver/runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "solver/claim_processes.h"
#include "solver/feasibility.h"
#include "solver/kept_group.h"
#include "solver/shared_counter.h"
#include "solver/write_all.h"

namespace nospan::solver {
namespace {

using Clock = std::chrono::steady_clock;
using reports::Verdict;

constexpr const char* kStopped = "stopped before it was decided";

// A group whose process is at work.
struct Running {
  std::size_t task;
  pid_t process;
  int output;
  std::string text;
  Clock::time_point start;
  SharedCounter lent;  // processes beside its own that it may have running
};

ClaimResult failed(const GroupTask& task, Verdict verdict, std::string reason) {
  ClaimResult result;
  result.id = task.group;
  result.target = task.target;
  result.verdict = verdict;
  result.reason = std::move(reason);
  return result;
}

// Is it asked for? `id` is a claim's: "exact/iommu_map_page".
bool is_wanted(const std::string& id, const std::set<std::string>& claims) {
  return claims.empty() || claims.contains(id) || claims.contains(id.substr(0, id.find('/')));
}

// What is claimed, and what is taken for granted for it, does not depend on which paths are possible, and most
// of the time of execution goes into telling that. Where following all of them comes to no end, they are told.
reports::Expected<std::vector<Instance>> described(const ClaimGroup& group, const Setting& setting) {
  {
    const LittleEffort effort;
    auto instances = group.make(setting);
    const auto is_incomplete = [](const Instance& instance) { return instance.incomplete.has_value(); };
    if (instances && std::none_of(instances->begin(), instances->end(), is_incomplete)) return instances;
  }
  return group.make(setting);
}

// In a process of its own: the text of questions, by which answers are kept, depends on all formulas that the
// process has made before.
bool is_nothing_wanted(const ClaimGroup& group, const Setting& setting, const std::set<std::string>& claims,
                       const KeptGroup& kept) {
  constexpr int kNothing = 7;
  // Of other code than today's the paths might be too many to follow all. Nothing is lost by not knowing.
  constexpr unsigned kMostSeconds = 10;
  const pid_t process = fork();
  if (process < 0) return false;
  if (process == 0) {
    alarm(kMostSeconds);
    try {
      const auto instances = described(group, setting);
      if (!instances) _exit(0);
      kept.keep_ids(*instances);
      const auto wanted = [&](const Instance& instance) { return is_wanted(instance.id(), claims); };
      _exit(std::none_of(instances->begin(), instances->end(), wanted) ? kNothing : 0);
    } catch (const std::exception&) {
      _exit(0);  // whoever decides the claims comes upon it, too
    }
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == kNothing;
}

// A result, and its place among those of its group.
using Tell = std::function<void(std::size_t place, const ClaimResult& result)>;

// In the child: makes and decides the claims of one group. Each result is told as soon as it is there.
void decide_group(const GroupTask& task, const RunnerOptions& options, const KeptGroup& kept,
                  ProcessSlots slots, const Tell& tell) {
  const auto error = [&](const reports::Error& what) { tell(0, failed(task, what.verdict, what.line())); };
  const ClaimGroup* group = claim_group(task.group, task.subject);
  if (group == nullptr) return error({task.group, "is no group of claims", "", Verdict::kError});
  const auto program = Program::load(task.bitcode);
  if (!program) return error(program.error());
  const Setting setting{*program, task.system_page_shift, task.target};
  if (!options.claims.empty() && !kept.ids() && is_nothing_wanted(*group, setting, options.claims, kept))
    return;
  const auto instances = options.prove.describe_only ? described(*group, setting) : group->make(setting);
  if (!instances) return error(instances.error());
  std::vector<const Instance*> to_decide;
  for (const Instance& instance : *instances) {
    if (!group->is_about(instance.id())) {
      return error({instance.id(), "its group does not say that it is about this",
                    "name it in solver/claims/registry.cc", Verdict::kError});
    }
    if (is_wanted(instance.id(), options.claims)) to_decide.push_back(&instance);
  }
  if (!options.prove.describe_only) return decide_in_processes(to_decide, options.prove, slots, tell);
  for (std::size_t i = 0; i < to_decide.size(); ++i) tell(i, prove(*to_decide[i], options.prove));
}

// Indices of tasks. A group that takes minutes comes first for one target, and last for the others: most of its
// questions are the same, and have answers then.
std::vector<std::size_t> order_of_work(const std::vector<GroupTask>& tasks) {
  enum Turn : uint8_t { kFirst, kBetween, kLast };
  std::vector<Turn> turns;
  std::set<std::string> begun;
  for (const GroupTask& task : tasks) {
    const ClaimGroup* group = claim_group(task.group, task.subject);
    const bool is_long = group != nullptr && group->takes_minutes;
    turns.push_back(!is_long ? kBetween : begun.insert(task.group).second ? kFirst : kLast);
  }
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return turns[a] < turns[b]; });
  return order;
}

// What a time limit or a broken solver left open is asked again next time. Claims that are only described have
// no verdict.
bool is_worth_keeping(const std::vector<ClaimResult>& results, bool described) {
  return std::all_of(results.begin(), results.end(), [&](const ClaimResult& result) {
    if (described) return result.verdict != Verdict::kError;
    return result.verdict == Verdict::kProved || result.counterexample.has_value();
  });
}

Running start(std::size_t index, const GroupTask& task, const RunnerOptions& options, const KeptGroup& kept,
              SharedCounter& free) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {index, -1, -1, "", Clock::now(), SharedCounter(0)};
  SharedCounter lent(0);
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process == 0) {
    setpgid(0, 0);
    const rlimit memory{options.memory_mib << 20, options.memory_mib << 20};
    setrlimit(RLIMIT_AS, &memory);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const auto tell = [&](std::size_t place, const ClaimResult& result) {
      if (!write_all(ends[1], result_line(place, result))) _exit(1);
    };
    try {
      decide_group(task, options, kept, {free, lent}, tell);
    } catch (const std::exception& exception) {  // Z3's and the JSON library's among them
      tell(0, failed(task, Verdict::kError, exception.what()));
    }
    _exit(0);
  }
  close(ends[1]);
  return {index, process, ends[0], "", Clock::now(), std::move(lent)};
}

// One call of run_groups().
class GroupRun {
 public:
  GroupRun(const std::vector<GroupTask>& tasks, const RunnerOptions& options,
           const std::function<void(const GroupResult&)>& done)
      : tasks_(tasks),
        options_(options),
        done_(done),
        kept_(kept_groups(tasks, options)),
        order_(order_of_work(tasks)),
        jobs_(std::max(1u, options.jobs)),
        free_(jobs_),
        results_(tasks.size()) {}

  std::vector<GroupResult> run() {
    while (next_ < tasks_.size() || !running_.empty()) {
      while (next_ < tasks_.size() && !is_stopped() && may_start()) begin(order_[next_++]);
      if (is_stopped()) {
        stop();
      } else if (!running_.empty()) {
        wait();
      }
    }
    return std::move(results_);
  }

 private:
  bool is_stopped() const { return options_.stop && options_.stop(); }

  bool may_start() {
    if (!running_.empty()) return free_.take();
    // What a group that was killed had just taken may be lost. One can always work.
    free_ = SharedCounter(jobs_);
    static_cast<void>(free_.take());
    return true;
  }

  void begin(std::size_t index) {
    GroupResult& result = results_[index];
    result.task = tasks_[index];
    if (auto known = kept_[index].results()) {
      result.claims = std::move(*known);
      result.kept = true;
    } else if (!makes_wanted(index)) {
      result.kept = true;
    } else {
      Running work = start(index, tasks_[index], options_, kept_[index], free_);
      if (work.process >= 0) {
        running_.push_back(std::move(work));
        return;
      }
      result.claims = {failed(tasks_[index], Verdict::kError, std::strerror(errno))};
    }
    free_.add(1);
    done_(result);
  }

  // False only if it is known.
  bool makes_wanted(std::size_t index) const {
    if (options_.claims.empty()) return true;
    const ClaimGroup* group = claim_group(tasks_[index].group, tasks_[index].subject);
    if (group != nullptr && !group->may_make(options_.claims)) return false;
    const auto ids = kept_[index].ids();
    return !ids || std::any_of(ids->begin(), ids->end(),
                               [&](const std::string& id) { return is_wanted(id, options_.claims); });
  }

  void stop() {
    for (Running& work : running_) finish(work, kStopped);
    running_.clear();
    for (; next_ < tasks_.size(); ++next_) {
      const std::size_t index = order_[next_];
      results_[index].task = tasks_[index];
      results_[index].claims = {failed(tasks_[index], Verdict::kUnknown, kStopped)};
    }
  }

  // For what processes say, half a second at most.
  void wait() {
    std::vector<pollfd> files;
    files.reserve(running_.size());
    for (const Running& work : running_) files.push_back({work.output, POLLIN, 0});
    poll(files.data(), files.size(), 500);
    for (std::size_t i = running_.size(); i-- > 0;) {
      Running& work = running_[i];
      bool ended = false;
      if (files[i].revents != 0) {
        char buffer[65536];
        const ssize_t got = read(work.output, buffer, sizeof buffer);
        if (got > 0) work.text.append(buffer, static_cast<std::size_t>(got));
        ended = got == 0 || (got < 0 && errno != EINTR);
      }
      const bool timed_out = !ended && Clock::now() - work.start > options_.group_time;
      if (!ended && !timed_out) continue;
      finish(work, timed_out ? fmt::format("no end within {} s", options_.group_time.count()) : "");
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  // `ended_by_us`: why, if the process did not end by itself.
  void finish(const Running& work, const std::string& ended_by_us) {
    if (!ended_by_us.empty()) kill(-work.process, SIGKILL);
    int status = 0;
    rusage usage{};
    while (wait4(work.process, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    close(work.output);
    free_.add(1 + work.lent.value());
    GroupResult& result = results_[work.task];
    result.seconds = std::chrono::duration<double>(Clock::now() - work.start).count();
    result.peak_kib = static_cast<uint64_t>(usage.ru_maxrss);
    auto claims = results_of(work.text);
    std::string trouble = ended_by_us;
    if (trouble.empty() && WIFSIGNALED(status)) {
      trouble = fmt::format("the prover's process was ended by signal {}", WTERMSIG(status));
    } else if (trouble.empty() && (WEXITSTATUS(status) != 0 || !claims)) {
      trouble = "the prover's process was ended by an error";
    }
    result.claims = claims ? std::move(*claims) : std::vector<ClaimResult>{};
    for (const ClaimResult& claim : result.claims) result.peak_kib = std::max(result.peak_kib, claim.peak_kib);
    if (!trouble.empty()) {
      result.claims.push_back(failed(result.task, Verdict::kUnknown, trouble));
    } else if (is_worth_keeping(result.claims, options_.prove.describe_only)) {
      kept_[work.task].keep_results(work.text);
    }
    done_(result);
  }

  const std::vector<GroupTask>& tasks_;
  const RunnerOptions& options_;
  const std::function<void(const GroupResult&)>& done_;
  const std::vector<KeptGroup> kept_;
  const std::vector<std::size_t> order_;
  const unsigned jobs_;
  SharedCounter free_;  // processes that may be started
  std::vector<GroupResult> results_;
  std::vector<Running> running_;
  std::size_t next_ = 0;  // in order_
};

}  // namespace

std::vector<GroupResult> run_groups(const std::vector<GroupTask>& tasks, const RunnerOptions& options,
                                    const std::function<void(const GroupResult&)>& done) {
  return GroupRun(tasks, options, done).run();
}

}  // namespace nospan::solver
