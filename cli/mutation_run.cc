// SPDX-License-Identifier: BSD-2-Clause
#include "cli/mutation_run.h"

#include <fmt/format.h>
#include <llvm/IR/Module.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "props/mutants/library_run.h"
#include "solver/mutation/native_code.h"
#include "targets/toolchain/cache.h"

namespace nospan::cli {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using Clock = std::chrono::steady_clock;

// For one mutant: LLVM, the campaign and the solver have limits of their own, this is for when they do not
// hold.
constexpr unsigned kMutantSeconds = 300;
constexpr int kPollMilliseconds = 200;
constexpr std::size_t kNone = SIZE_MAX;

// One copy of the program, and everything that it takes to try its mutants.
class MutantMaker {
 public:
  static Expected<std::unique_ptr<MutantMaker>> make(const MutationSubject& subject) {
    auto program = solver::Program::load(subject.bitcode);
    if (!program) return tl::unexpected(program.error());
    auto maker = std::unique_ptr<MutantMaker>(new MutantMaker(subject, std::move(*program)));
    auto native = solver::NativeCode::prepare(maker->program_, subject.entry);
    if (!native) return tl::unexpected(native.error());
    maker->native_.emplace(std::move(*native));
    maker->equivalence_.emplace(maker->program_, subject.facts);
    auto control = maker->native_->object_code(*maker->native_->copy());
    if (!control) return tl::unexpected(control.error());
    maker->control_ = std::move(*control);
    return maker;
  }

  Expected<void> link(const std::string& object_code, const fs::path& library) const {
    const fs::path object = fs::path(library).replace_extension(".o");
    if (auto written = toolchain::write_file(object, object_code); !written) return written;
    auto linked = toolchain::link_library(subject_.frame, object, library);
    std::error_code error;
    fs::remove(object, error);
    return linked;
  }

  const std::string& control() const { return control_; }

  MutantOutcome attempt(const solver::Mutation& mutation, const fs::path& library) {
    MutantOutcome outcome;
    if (auto tried = attempt(mutation, library, outcome); !tried) {
      outcome.fate = Fate::kError;
      outcome.how = tried.error().line();
    }
    std::error_code error;
    fs::remove(library, error);
    return outcome;
  }

 private:
  MutantMaker(const MutationSubject& subject, solver::Program program)
      : subject_(subject), program_(std::move(program)), proof_(subject.proof) {}

  Expected<void> attempt(const solver::Mutation& mutation, const fs::path& library, MutantOutcome& outcome) {
    const auto start = Clock::now();
    const auto built = [&] {
      outcome.build_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    };
    auto module = native_->copy();
    if (auto applied = solver::apply(mutation, *module); !applied) return applied;
    auto code = native_->object_code(*module);
    if (!code) return tl::unexpected(code.error());
    if (*code == control_) {
      built();
      outcome.fate = Fate::kIdentical;
      return {};
    }
    if (auto linked = link(*code, library); !linked) return linked;
    built();
    const fs::path file = fs::path(library).replace_extension(".bc");
    if (subject_.only_prove) return ask_claims(mutation, file, library, outcome);
    // Most mutants fail soon, and the solver is quicker than a whole campaign.
    props::CampaignOptions campaign = subject_.campaign;
    campaign.scenarios = std::min(subject_.first_scenarios, *campaign.scenarios);
    if (auto checked = check(library, campaign, outcome); !checked || outcome.fate != Fate::kSurvived)
      return checked;
    if (is_identical_when_optimized(mutation)) {
      outcome.fate = Fate::kIdentical;
      return {};
    }
    if (auto asked = ask_solver(mutation, file, outcome); !asked || outcome.fate != Fate::kSurvived)
      return asked;
    if (*subject_.campaign.scenarios > *campaign.scenarios) {
      if (auto checked = check(library, subject_.campaign, outcome);
          !checked || outcome.fate != Fate::kSurvived)
        return checked;
    }
    return ask_claims(mutation, file, library, outcome);
  }

  // Killed by a claim, or survived.
  Expected<void> ask_claims(const solver::Mutation& mutation, const fs::path& file, const fs::path& library,
                            MutantOutcome& outcome) {
    outcome.fate = Fate::kSurvived;
    const llvm::Function* function = program_.module().getFunction(mutation.function);
    std::string name = function == nullptr ? "" : solver::Program::scoped_name(*function);
    if (name.empty()) name = mutation.function;
    if (!proof_.has_claims_about(name)) return {};
    const auto start = Clock::now();
    if (auto written = solver::write_mutant(program_, mutation, file); !written) return written;
    std::string why_not;
    const auto refuted = proof_.refuted(name, file, library, &why_not);
    std::error_code error;
    fs::remove(file, error);
    if (!refuted) return tl::unexpected(refuted.error());
    outcome.prove_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (*refuted) {
      outcome.fate = Fate::kKilled;
      outcome.by = "prove " + (*refuted)->claim;
      outcome.how = (*refuted)->how;
    } else if (!why_not.empty()) {
      outcome.how += (outcome.how.empty() ? "" : "; ") + why_not;
    }
    return {};
  }

  // Runs scenarios: killed, or survived until now.
  Expected<void> check(const fs::path& library, const props::CampaignOptions& campaign,
                       MutantOutcome& outcome) const {
    auto run = props::run_library(library, subject_.guards, campaign, {});
    if (!run) return tl::unexpected(run.error());
    outcome.scenarios = run->scenarios;
    outcome.cpu_seconds += run->cpu_seconds;
    outcome.fate = Fate::kSurvived;
    if (run->failure) {
      const model::Violation& violation = run->failure->outcome.violations.front();
      outcome.fate = Fate::kKilled;
      outcome.by = model::rule(violation.invariant).id;
      outcome.how = fmt::format("expected: {}; but: {}", violation.expected, violation.actual);
    }
    return {};
  }

  Expected<void> ask_solver(const solver::Mutation& mutation, const fs::path& file, MutantOutcome& outcome) {
    const auto start = Clock::now();
    if (auto written = solver::write_mutant(program_, mutation, file); !written) return written;
    auto mutant = solver::Program::load(file);
    std::error_code error;
    fs::remove(file, error);
    if (!mutant) return tl::unexpected(mutant.error());
    const solver::Equivalence equivalence = equivalence_->compare(*mutant, mutation.function);
    if (equivalence.proved) {
      outcome.fate = equivalence.assumed.empty() ? Fate::kEquivalent : Fate::kEquivalentAssuming;
      outcome.how = fmt::format("{}", fmt::join(equivalence.assumed, ", "));
    } else {
      outcome.how = "not proved equivalent: " + equivalence.why_not;
    }
    outcome.solver_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return {};
  }

  bool is_identical_when_optimized(const solver::Mutation& mutation) const {
    auto mutant = native_->copy();
    if (!solver::apply(mutation, *mutant)) return false;
    return native_->optimized_text(*mutant, mutation.function) ==
           native_->optimized_text(*native_->copy(), mutation.function);
  }

  const MutationSubject& subject_;
  solver::Program program_;
  std::optional<solver::NativeCode> native_;
  std::optional<solver::EquivalenceChecker> equivalence_;
  MutationProof proof_;
  std::string control_;  // its object file
};

void to_json(nlohmann::json& json, const MutantOutcome& outcome) {
  json = {{"fate", outcome.fate},
          {"by", outcome.by},
          {"how", outcome.how},
          {"scenarios", outcome.scenarios},
          {"cpu", outcome.cpu_seconds},
          {"build", outcome.build_seconds},
          {"solver", outcome.solver_seconds},
          {"prove", outcome.prove_seconds}};
}

MutantOutcome outcome_from(const nlohmann::json& json) {
  MutantOutcome outcome;
  outcome.fate = json.at("fate").get<Fate>();
  json.at("by").get_to(outcome.by);
  json.at("how").get_to(outcome.how);
  json.at("scenarios").get_to(outcome.scenarios);
  json.at("cpu").get_to(outcome.cpu_seconds);
  json.at("build").get_to(outcome.build_seconds);
  json.at("solver").get_to(outcome.solver_seconds);
  json.at("prove").get_to(outcome.prove_seconds);
  return outcome;
}

// Shared by all processes of one run.
struct Board {
  std::atomic<std::size_t> next{0};  // the next mutant that nobody has taken
  std::atomic<bool> stop{false};
};

// What one process is at; shared with it.
struct Desk {
  std::atomic<std::size_t> mutant{kNone};
};

template <class T>
T* shared() {
  void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return new (memory) T;
}

struct Process {
  pid_t pid = -1;
  int output = -1;
  Desk* desk = nullptr;
  std::string text;  // read, without its end of line yet
};

class Pool {
 public:
  Pool(const MutationSubject& subject, const std::vector<solver::Mutation>& mutations,
       const MutationRunOptions& options)
      : subject_(subject), mutations_(mutations), options_(options), outcomes_(mutations.size()) {}

  Expected<std::vector<MutantOutcome>> run() {
    const std::size_t count = std::min<std::size_t>(std::max(1u, options_.jobs), mutations_.size());
    processes_.resize(count);
    for (Process& process : processes_) {
      process.desk = shared<Desk>();
      start(process);
    }
    while (std::any_of(processes_.begin(), processes_.end(), [](const Process& p) { return p.pid > 0; })) {
      wait_and_read();
      if (options_.stop && options_.stop()) board_->stop = true;
    }
    for (Process& process : processes_) munmap(process.desk, sizeof(Desk));
    munmap(board_, sizeof(Board));
    if (failure_) return tl::unexpected(*failure_);
    return std::move(outcomes_);
  }

 private:
  void start(Process& process) {
    int ends[2];
    if (pipe(ends) != 0) throw std::bad_alloc();
    process.desk->mutant = kNone;
    process.text.clear();
    const pid_t parent = getpid();
    process.pid = fork();
    if (process.pid < 0) throw std::bad_alloc();
    if (process.pid == 0) {
      close(ends[0]);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      // The parent decides when to stop.
      signal(SIGINT, SIG_IGN);
      signal(SIGTERM, SIG_IGN);
      serve(ends[1], *process.desk);
      _exit(0);
    }
    close(ends[1]);
    process.output = ends[0];
  }

  static bool tell(int output, const nlohmann::json& json) {
    const std::string line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    for (std::size_t at = 0; at < line.size();) {
      const ssize_t written = write(output, line.data() + at, line.size() - at);
      if (written <= 0) return false;
      at += static_cast<std::size_t>(written);
    }
    return true;
  }

  void serve(int output, Desk& desk) {
    auto maker = MutantMaker::make(subject_);
    if (!maker) {
      tell(output, {{"failure", maker.error().line()}});
      return;
    }
    const fs::path library = subject_.folder / fmt::format("mutant-{}.so", getpid());
    while (!board_->stop) {
      const std::size_t mutant = board_->next++;
      if (mutant >= mutations_.size()) return;
      desk.mutant = mutant;
      alarm(kMutantSeconds);
      nlohmann::json json;
      to_json(json, (*maker)->attempt(mutations_[mutant], library));
      alarm(0);
      json["mutant"] = mutant;
      if (!tell(output, json)) return;
      desk.mutant = kNone;
    }
  }

  void wait_and_read() {
    std::vector<pollfd> descriptors;
    std::vector<Process*> of;
    for (Process& process : processes_) {
      if (process.pid <= 0) continue;
      descriptors.push_back({process.output, POLLIN, 0});
      of.push_back(&process);
    }
    poll(descriptors.data(), descriptors.size(), kPollMilliseconds);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      if (descriptors[i].revents != 0) read_from(*of[i]);
    }
  }

  void read_from(Process& process) {
    char buffer[4096];
    const ssize_t got = read(process.output, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
      end_of(process);
      return;
    }
    process.text.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t end = process.text.find('\n'); end != std::string::npos; end = process.text.find('\n')) {
      take(process.text.substr(0, end));
      process.text.erase(0, end + 1);
    }
  }

  void take(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded()) return;
    if (json.contains("failure")) {
      failure_ = reports::Error{subject_.bitcode.string(), json["failure"].get<std::string>(), {}};
      board_->stop = true;
      return;
    }
    record(json.at("mutant").get<std::size_t>(), outcome_from(json));
  }

  void record(std::size_t mutant, MutantOutcome outcome) {
    outcomes_[mutant] = std::move(outcome);
    if (options_.done) options_.done(mutant, outcomes_[mutant]);
  }

  // A process that ends in the middle of a mutant was ended by it.
  void end_of(Process& process) {
    close(process.output);
    int status = 0;
    waitpid(process.pid, &status, 0);
    process.pid = -1;
    const std::size_t mutant = process.desk->mutant;
    if (mutant == kNone || outcomes_[mutant].fate != Fate::kNotTried) return;
    MutantOutcome outcome;
    outcome.fate = Fate::kError;
    outcome.how = WIFSIGNALED(status)
                      ? fmt::format("the process that made it ended by signal {}", WTERMSIG(status))
                      : "the process that made it ended";
    record(mutant, std::move(outcome));
    if (!board_->stop) start(process);
  }

  const MutationSubject& subject_;
  const std::vector<solver::Mutation>& mutations_;
  const MutationRunOptions& options_;
  std::vector<MutantOutcome> outcomes_;
  std::vector<Process> processes_;
  Board* board_ = shared<Board>();
  std::optional<reports::Error> failure_;
};

}  // namespace

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::kNotTried: return "not tried";
    case Fate::kError: return "error";
    case Fate::kKilled: return "killed";
    case Fate::kIdentical: return "identical after optimization";
    case Fate::kEquivalent: return "proved equivalent";
    case Fate::kEquivalentAssuming: return "proved equivalent for the inputs that the API allows";
    case Fate::kSurvived: return "survived";
  }
  return "";
}

Expected<void> build_control(const MutationSubject& subject, const fs::path& library) {
  return MutantMaker::make(subject).and_then(
      [&](const std::unique_ptr<MutantMaker>& maker) { return maker->link(maker->control(), library); });
}

Expected<std::vector<MutantOutcome>> run_mutants(const MutationSubject& subject,
                                                 const std::vector<solver::Mutation>& mutations,
                                                 const MutationRunOptions& options) {
  return Pool(subject, mutations, options).run();
}

}  // namespace nospan::cli
