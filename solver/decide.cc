// SPDX-License-Identifier: BSD-2-Clause
#include "solver/decide.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <z3.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>

#include "solver/write_all.h"

namespace nospan::solver {
namespace {

using Clock = std::chrono::steady_clock;

Answer without(Answer::Kind kind, std::string reason) {
  Answer answer;
  answer.kind = kind;
  answer.reason = std::move(reason);
  return answer;
}

void limit_memory(uint64_t mebibytes) {
  const rlimit limit{mebibytes << 20, mebibytes << 20};
  setrlimit(RLIMIT_AS, &limit);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

// What a child left behind.
struct Ended {
  std::string output;
  Answer trouble;  // kError or kUnknown with its reason, if it did not end well; else kSatisfiable
  std::chrono::duration<double> seconds{0};
  uint64_t peak_kib = 0;
};

// What a process has computed so far. Its zombie, too, has a clock.
std::chrono::milliseconds processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(used.tv_sec) +
                                                               std::chrono::nanoseconds(used.tv_nsec));
}

// When a child has had its time. Asking costs a system call: not more often than the limit needs.
class Deadline {
 public:
  Deadline(pid_t process, const DecisionLimits& limits) : process_(process), limits_(limits) {}

  // A process that sleeps uses no processor time, and must end as well.
  bool passed() const {
    return processor_time(process_) >= limits_.time || Clock::now() - start_ >= limits_.time * kPatience;
  }
  // How long to wait before it makes sense to ask again.
  std::chrono::milliseconds until_next_look() const {
    return std::clamp(limits_.time - processor_time(process_), std::chrono::milliseconds(1),
                      std::chrono::milliseconds(200));
  }

 private:
  // A machine on which each process gets a tenth of a processor is too busy to prove anything.
  static constexpr int kPatience = 10;
  pid_t process_;
  const DecisionLimits& limits_;
  Clock::time_point start_ = Clock::now();
};

// Runs `body` in a child; what it writes to `output` comes back. Its standard input is `input`.
Ended run_in_child(const std::function<void(int output)>& body, const std::string& input,
                   const DecisionLimits& limits) {
  int to[2];
  int from[2];
  Ended ended;
  if (pipe2(to, O_CLOEXEC) != 0) {
    ended.trouble = without(Answer::Kind::kError, std::strerror(errno));
    return ended;
  }
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    close(to[1]);
    ended.trouble = without(Answer::Kind::kError, std::strerror(errno));
    return ended;
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    // A solver that outlives us would go on for hours.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    dup2(to[0], STDIN_FILENO);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    limit_memory(limits.memory_mib);
    if (getppid() != parent) _exit(1);
    body(from[1]);
    _exit(0);
  }
  // Here, too: whoever is first. It must not be killed before it leads its group.
  if (child > 0) setpgid(child, child);
  close(to[0]);
  close(from[1]);
  if (child < 0) {
    close(to[1]);
    close(from[0]);
    ended.trouble =
        without(Answer::Kind::kError, fmt::format("no process can be started: {}", std::strerror(errno)));
    return ended;
  }

  // The text may be longer than a pipe holds while the child already prints: both ends are polled.
  std::string output;
  std::string_view rest = input;
  struct sigaction ignore{};
  struct sigaction before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  fcntl(to[1], F_SETFL, O_NONBLOCK);
  bool writing = true;
  bool timed_out = false;
  const Deadline deadline(child, limits);
  constexpr std::size_t kMostOutput = 1 << 20;
  while (output.size() < kMostOutput) {
    timed_out = deadline.passed();
    if (timed_out) break;
    if (writing && rest.empty()) {
      close(to[1]);
      writing = false;
    }
    pollfd files[2] = {{from[0], POLLIN, 0}, {to[1], POLLOUT, 0}};
    if (poll(files, writing ? 2 : 1, static_cast<int>(deadline.until_next_look().count())) < 0 &&
        errno != EINTR)
      break;
    if (writing && files[1].revents != 0) {
      const ssize_t written = write(to[1], rest.data(), rest.size());
      if (written > 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EAGAIN && errno != EINTR) {
        rest = {};
      }
    }
    if (files[0].revents != 0) {
      char buffer[65536];
      const ssize_t got = read(from[0], buffer, sizeof buffer);
      if (got == 0 || (got < 0 && errno != EINTR)) break;
      if (got > 0) output.append(buffer, static_cast<std::size_t>(got));
    }
  }
  const bool talks_too_much = output.size() >= kMostOutput;
  // Before the pipe is closed: it might end of that as if it had said all.
  if (timed_out || talks_too_much) kill(-child, SIGKILL);
  if (writing) close(to[1]);
  close(from[0]);
  sigaction(SIGPIPE, &before, nullptr);
  int status = 0;
  rusage usage{};
  // It may have closed its output and go on for ever.
  while (!timed_out && wait4(child, &status, WNOHANG, &usage) == 0) {
    timed_out = deadline.passed();
    if (timed_out) kill(-child, SIGKILL);
    usleep(500);
  }
  if (timed_out) {
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
  }
  // Whatever it started goes with it.
  kill(-child, SIGKILL);

  ended.trouble.kind = Answer::Kind::kSatisfiable;
  if (timed_out) {
    ended.trouble = without(Answer::Kind::kUnknown,
                            fmt::format("no answer within {} ms of processor time", limits.time.count()));
    ended.trouble.timed_out = true;
  } else if (talks_too_much) {
    ended.trouble = without(Answer::Kind::kUnknown, "the solver says more than an answer can be");
  } else if (WIFSIGNALED(status)) {
    ended.trouble =
        without(Answer::Kind::kUnknown, fmt::format("the solver was ended by signal {}", WTERMSIG(status)));
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    ended.trouble = without(Answer::Kind::kError, "the solver cannot be started");
  }
  ended.output = std::move(output);
  const auto seconds_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  ended.seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  ended.peak_kib = static_cast<uint64_t>(usage.ru_maxrss);
  return ended;
}

Answer decide_in_child(const std::function<void(int output)>& body, const std::string& input,
                       const DecisionLimits& limits) {
  const Ended ended = run_in_child(body, input, limits);
  Answer answer = ended.trouble.kind == Answer::Kind::kSatisfiable ? parse_answer(ended.output) : ended.trouble;
  answer.seconds = ended.seconds;
  answer.peak_kib = ended.peak_kib;
  return answer;
}

std::string_view next_line(std::string_view* text) {
  const std::size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  *text = end == std::string_view::npos ? std::string_view() : text->substr(end + 1);
  return line;
}

// "#x0a", "#b01", "true", "false"; nothing for anything else or more than 64 bits.
std::optional<uint64_t> number(std::string_view text) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  if (text.size() < 3 || text[0] != '#') return std::nullopt;
  const int base = text[1] == 'x' ? 16 : text[1] == 'b' ? 2 : 0;
  if (base == 0) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The last word of "((term value))", which may go over several lines.
std::optional<uint64_t> value_in(std::string_view text) {
  std::size_t end = text.find_last_not_of(") \n\t");
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t begin = text.find_last_of(" \n\t(", end);
  if (begin == std::string_view::npos) return std::nullopt;
  return number(text.substr(begin + 1, end - begin));
}

}  // namespace

std::string_view name(Answer::Kind kind) {
  switch (kind) {
    case Answer::Kind::kError: return "error";
    case Answer::Kind::kUnknown: return "unknown";
    case Answer::Kind::kSatisfiable: return "sat";
    case Answer::Kind::kUnsatisfiable: return "unsat";
  }
  return "";
}

Answer parse_answer(std::string_view output) {
  Answer answer;
  const std::string_view verdict = next_line(&output);
  if (verdict == "unknown" || verdict == "timeout")
    return without(Answer::Kind::kUnknown, "the solver gave up");
  if (verdict == "unsat") {
    answer.kind = Answer::Kind::kUnsatisfiable;
    return answer;
  }
  if (verdict != "sat") {
    return without(Answer::Kind::kError,
                   verdict.empty() ? "the solver says nothing" : fmt::format("the solver says: {}", verdict));
  }
  answer.kind = Answer::Kind::kSatisfiable;
  while (!output.empty()) {
    std::string_view label = next_line(&output);
    if (label.starts_with('"') && label.ends_with('"') && label.size() >= 2)
      label = label.substr(1, label.size() - 2);
    if (label.empty()) continue;
    // The value's expression ends where the parentheses do.
    std::size_t end = 0;
    int depth = 0;
    do {
      if (end >= output.size()) return without(Answer::Kind::kError, fmt::format("no value of {}", label));
      depth += output[end] == '(' ? 1 : output[end] == ')' ? -1 : 0;
      ++end;
    } while (depth > 0);
    const auto value = value_in(output.substr(0, end));
    if (!value) return without(Answer::Kind::kError, fmt::format("no number for {}", label));
    answer.values.emplace(label, *value);
    output.remove_prefix(end);
    next_line(&output);
  }
  return answer;
}

namespace {

// One question, in this process.
std::string evaluate_with_z3(const std::string& smtlib) {
  Z3_config config = Z3_mk_config();
  Z3_context context = Z3_mk_context(config);
  // What went wrong is in the output. The default handler would end the process.
  Z3_set_error_handler(context, [](Z3_context, Z3_error_code) {});
  std::string output = Z3_eval_smtlib2_string(context, smtlib.c_str());
  Z3_del_context(context);
  Z3_del_config(config);
  return output;
}

// Between the answers to several questions: no solver prints it.
constexpr std::string_view kNextAnswer = "\n;; next answer\n";

}  // namespace

Answer decide_with_z3(const std::string& smtlib, const DecisionLimits& limits) {
  return decide_parts_with_z3({smtlib}, limits).front();
}

std::vector<Answer> decide_parts_with_z3(const std::vector<std::string>& parts, const DecisionLimits& limits) {
  std::vector<Answer> answers;
  // A part that takes too long ends the process; those after it are asked in a new one.
  while (answers.size() < parts.size()) {
    const std::size_t first = answers.size();
    const Ended ended = run_in_child(
        [&](int output) {
          // Each question builds a Z3 context and frees it. Giving the memory back to the kernel and asking for
          // it again takes longer than most answers.
          mallopt(M_TRIM_THRESHOLD, 1 << 30);
          mallopt(M_MMAP_THRESHOLD, 1 << 30);
          mallopt(M_TOP_PAD, 16 << 20);
          for (std::size_t i = first; i < parts.size(); ++i) {
            const std::string answer = evaluate_with_z3(parts[i]);
            if (!write_all(output, answer + std::string(kNextAnswer))) break;
            if (!answer.starts_with("unsat")) break;
          }
        },
        "", limits);
    std::string_view rest = ended.output;
    for (std::size_t end = rest.find(kNextAnswer); end != std::string_view::npos;
         end = rest.find(kNextAnswer)) {
      answers.push_back(parse_answer(rest.substr(0, end)));
      rest.remove_prefix(end + kNextAnswer.size());
    }
    const std::size_t got = answers.size() - first;
    for (std::size_t i = first; i < answers.size(); ++i) {
      answers[i].seconds = ended.seconds / static_cast<double>(got);
      answers[i].peak_kib = ended.peak_kib;
    }
    if (got == 0) {
      answers.push_back(ended.trouble.kind == Answer::Kind::kSatisfiable
                            ? without(Answer::Kind::kError, "the solver says nothing")
                            : ended.trouble);
      answers.back().seconds = ended.seconds;
      answers.back().peak_kib = ended.peak_kib;
    }
    if (answers.back().kind != Answer::Kind::kUnsatisfiable) break;
  }
  return answers;
}

Answer decide_with_program(const std::vector<std::string>& command, const std::string& smtlib,
                           const DecisionLimits& limits) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  return decide_in_child(
      [&](int output) {
        dup2(output, STDOUT_FILENO);
        execvp(arguments[0], arguments.data());
        _exit(127);
      },
      smtlib, limits);
}

Answer decide_with_cvc5(const std::string& smtlib, const DecisionLimits& limits) {
  return decide_with_program({"cvc5", "--lang=smt2", "-q"}, smtlib, limits);
}

std::string z3_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned build = 0;
  unsigned revision = 0;
  Z3_get_version(&major, &minor, &build, &revision);
  return fmt::format("Z3 {}.{}.{}", major, minor, build);
}

std::string cvc5_version() {
  FILE* pipe = popen("cvc5 --version 2>/dev/null", "re");
  if (pipe == nullptr) return "";
  char line[256] = "";
  if (fgets(line, sizeof line, pipe) == nullptr) line[0] = '\0';
  pclose(pipe);
  const std::string_view text = line;
  const std::size_t at = text.find("version ");
  if (at == std::string_view::npos) return "";
  const std::string_view rest = text.substr(at + 8);
  return fmt::format("cvc5 {}", rest.substr(0, rest.find_first_of(" \n[")));
}

}  // namespace nospan::solver
