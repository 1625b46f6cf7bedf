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
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "solver/feasibility.h"
#include "targets/toolchain/digest.h"
#include "targets/toolchain/kept_texts.h"

namespace nospan::solver {
namespace {

using Clock = std::chrono::steady_clock;
using reports::Verdict;

constexpr const char* kStopped = "stopped before it was decided";

// A process at work.
struct Running {
  std::size_t task;
  pid_t process;
  int output;
  std::string text;
  Clock::time_point start;
};

ClaimResult failed(const GroupTask& task, Verdict verdict, std::string reason) {
  ClaimResult result;
  result.id = task.group;
  result.target = task.target;
  result.verdict = verdict;
  result.reason = std::move(reason);
  return result;
}

// Ids of the instances that are asked for.
std::set<std::string> wanted_ids(const std::vector<Instance>& instances, const std::set<std::string>& claims) {
  std::set<std::string> ids;
  for (const Instance& instance : instances) {
    if (claims.empty() || claims.contains(instance.claim) || claims.contains(instance.id()))
      ids.insert(instance.id());
  }
  return ids;
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
bool is_nothing_wanted(const ClaimGroup& group, const Setting& setting, const std::set<std::string>& claims) {
  constexpr int kNothing = 7;
  // Of other code than today's the paths might be too many to follow all. Nothing is lost by not knowing.
  constexpr unsigned kMostSeconds = 10;
  const pid_t process = fork();
  if (process < 0) return false;
  if (process == 0) {
    alarm(kMostSeconds);
    try {
      const auto instances = described(group, setting);
      _exit(instances && wanted_ids(*instances, claims).empty() ? kNothing : 0);
    } catch (const std::exception&) {
      _exit(0);  // whoever decides the claims comes upon it, too
    }
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == kNothing;
}

// In the child: makes and decides the claims of one group. Each result is told as soon as it is there.
void decide_group(const GroupTask& task, const RunnerOptions& options,
                  const std::function<void(const ClaimResult&)>& tell) {
  const auto error = [&](const reports::Error& what) { tell(failed(task, what.verdict, what.line())); };
  const ClaimGroup* group = claim_group(task.group, task.subject);
  if (group == nullptr) return error({task.group, "is no group of claims", "", Verdict::kError});
  if (!group->open.empty() && !options.open_groups) {
    tell(failed(task, Verdict::kUnknown, "not decided yet: " + group->open));
    return;
  }
  const auto program = Program::load(task.bitcode);
  if (!program) return error(program.error());
  const Setting setting{*program, task.system_page_shift, task.target};
  if (!options.claims.empty() && is_nothing_wanted(*group, setting, options.claims)) return;
  const auto instances = options.prove.describe_only ? described(*group, setting) : group->make(setting);
  if (!instances) return error(instances.error());
  const std::set<std::string> wanted = wanted_ids(*instances, options.claims);
  for (const Instance& instance : *instances) {
    if (wanted.contains(instance.id())) tell(prove(instance, options.prove));
  }
}

// Everything that a group's results depend on: the module, this program, and what was asked.
std::string key_of(const GroupTask& task, const std::string& module, const RunnerOptions& options) {
  const auto& self = toolchain::digest_of_this_program();
  if (module.empty() || !self) return "";
  toolchain::Digest digest;
  digest.add("group 1").add(module).add(*self).add(task.group).add(task.target);
  digest.add(std::to_string(task.system_page_shift)).add(z3_version());
  digest.add(options.prove.cross_check ? cvc5_version() : "").add(options.prove.drop_table ? "drops" : "");
  digest.add(options.open_groups ? "open" : "");
  for (const std::string& claim : options.claims) digest.add(claim);
  for (const std::string& hypothesis : options.prove.dropped) digest.add("without").add(hypothesis);
  return digest.hex();
}

// Keys in the order of the tasks; "" where what they depend on cannot be read. Many tasks are about one module.
std::vector<std::string> keys_of(const std::vector<GroupTask>& tasks, const RunnerOptions& options) {
  std::map<std::filesystem::path, std::string> modules;
  std::vector<std::string> keys;
  for (const GroupTask& task : tasks) {
    const auto [module, is_new] = modules.try_emplace(task.bitcode);
    if (is_new) module->second = toolchain::digest_of_file(task.bitcode).value_or("");
    keys.push_back(key_of(task, module->second, options));
  }
  return keys;
}

// Indices of tasks: those that take minutes first.
std::vector<std::size_t> order_of_work(const std::vector<GroupTask>& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(), [&](std::size_t index) {
    const ClaimGroup* group = claim_group(tasks[index].group, tasks[index].subject);
    return group != nullptr && group->takes_minutes;
  });
  return order;
}

// In the child. Whoever read the lines may be gone.
void write_line(int file, std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What write_line() wrote. The last line may be cut off; nothing: some other line is no result.
std::optional<std::vector<ClaimResult>> results_of(std::string_view lines) {
  std::vector<ClaimResult> results;
  try {
    for (std::size_t end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
      results.push_back(nlohmann::json::parse(lines.substr(0, end)).get<ClaimResult>());
      lines.remove_prefix(end + 1);
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  return results;
}

std::optional<std::vector<ClaimResult>> kept_results(const toolchain::KeptTexts& kept, const std::string& key) {
  const auto text = kept.find(key);
  if (!text) return std::nullopt;
  return results_of(*text);  // nothing if they are of a version with other members
}

// What a time limit or a broken solver left open is asked again next time.
bool is_worth_keeping(const std::vector<ClaimResult>& results) {
  return std::all_of(results.begin(), results.end(), [](const ClaimResult& result) {
    return result.verdict == Verdict::kProved || result.counterexample.has_value();
  });
}

Running start(std::size_t index, const GroupTask& task, const RunnerOptions& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {index, -1, -1, "", Clock::now()};
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
    const auto tell = [&](const ClaimResult& result) {
      write_line(ends[1],
                 nlohmann::json(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    };
    try {
      decide_group(task, options, tell);
    } catch (const std::exception& exception) {  // Z3's and the JSON library's among them
      tell(failed(task, Verdict::kError, exception.what()));
    }
    _exit(0);
  }
  close(ends[1]);
  return {index, process, ends[0], "", Clock::now()};
}

}  // namespace

std::vector<GroupResult> run_groups(const std::vector<GroupTask>& tasks, const RunnerOptions& options,
                                    const std::function<void(const GroupResult&)>& done) {
  std::vector<GroupResult> results(tasks.size());
  const std::filesystem::path& cache = options.prove.cache;
  const toolchain::KeptTexts kept_groups(cache.empty() ? cache : cache / "groups");
  const std::vector<std::string> keys = keys_of(tasks, options);
  const std::vector<std::size_t> order = order_of_work(tasks);
  std::vector<Running> running;
  std::size_t next = 0;  // in `order`
  // `ended_by_us`: why, if the process did not end by itself.
  const auto finish = [&](Running& work, const std::string& ended_by_us) {
    if (!ended_by_us.empty()) kill(-work.process, SIGKILL);
    int status = 0;
    rusage usage{};
    while (wait4(work.process, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    close(work.output);
    GroupResult& result = results[work.task];
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
    } else if (is_worth_keeping(result.claims)) {
      kept_groups.keep(keys[work.task], work.text);
    }
    done(result);
  };

  const auto is_stopped = [&] { return options.stop && options.stop(); };
  while (next < tasks.size() || !running.empty()) {
    for (; next < tasks.size() && running.size() < std::max(1u, options.jobs) && !is_stopped(); ++next) {
      const std::size_t index = order[next];
      GroupResult& result = results[index];
      result.task = tasks[index];
      if (auto kept = kept_results(kept_groups, keys[index])) {
        result.claims = std::move(*kept);
        result.kept = true;
        done(result);
        continue;
      }
      Running work = start(index, tasks[index], options);
      if (work.process < 0) {
        result.claims = {failed(tasks[index], Verdict::kError, std::strerror(errno))};
        done(result);
      } else {
        running.push_back(std::move(work));
      }
    }
    if (is_stopped()) {
      for (Running& work : running) finish(work, kStopped);
      for (; next < tasks.size(); ++next) {
        const std::size_t index = order[next];
        results[index].task = tasks[index];
        results[index].claims = {failed(tasks[index], Verdict::kUnknown, kStopped)};
      }
      return results;
    }
    if (running.empty()) continue;
    std::vector<pollfd> files;
    files.reserve(running.size());
    for (const Running& work : running) files.push_back({work.output, POLLIN, 0});
    poll(files.data(), files.size(), 500);
    for (std::size_t i = running.size(); i-- > 0;) {
      bool ended = false;
      if (files[i].revents != 0) {
        char buffer[65536];
        const ssize_t got = read(running[i].output, buffer, sizeof buffer);
        if (got > 0) running[i].text.append(buffer, static_cast<std::size_t>(got));
        ended = got == 0 || (got < 0 && errno != EINTR);
      }
      const bool timed_out = !ended && Clock::now() - running[i].start > options.group_time;
      if (!ended && !timed_out) continue;
      finish(running[i], timed_out ? fmt::format("no end within {} s", options.group_time.count()) : "");
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return results;
}

}  // namespace nospan::solver
