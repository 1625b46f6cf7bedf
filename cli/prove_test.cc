// SPDX-License-Identifier: BSD-2-Clause
// nospan prove and nospan claims as a user sees them: exit codes, output, files.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "cli/command_fixture.h"

namespace nospan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProveTest : public CommandTest {};

TEST_F(ProveTest, WithoutTheGranuleHypothesisIsolationIsRefutedAndReplayed) {
  const Ran run =
      nospan("prove --target linux --page-shift 16 --claim iso-granule/iommu_map_page --drop granule");
  EXPECT_EQ(run.code, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("refuted"));
  EXPECT_THAT(run.out, HasSubstr("ISO-1"));
  EXPECT_THAT(run.out, HasSubstr("VM 1"));
  EXPECT_EQ(nospan(reproducing_arguments(run.out)).code, 1) << run.out;
}

TEST_F(ProveTest, ClaimsThatRestOnNothingAreProved) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim alloc/get_pool --claim exact/iommu_tce_check_ioba");
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, Not(HasSubstr("unknown")));
}

// Of a run whose answers were kept, too: only its texts were not written once.
TEST_F(ProveTest, QuestionsAreWrittenThoughTheirAnswersAreKept) {
  const std::string command = "prove --target linux --page-shift 12 --claim alloc/get_pool --smt2 ";
  const auto questions_in = [&](const char* name) {
    const std::filesystem::path folder = folder_ / name;
    EXPECT_EQ(nospan(command + folder.string()).code, 0);
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      names.insert(entry.path().filename().string());
    return names;
  };
  const std::set<std::string> first = questions_in("first");
  EXPECT_THAT(first, Not(IsEmpty()));
  EXPECT_EQ(questions_in("second"), first);
}

TEST_F(ProveTest, ASolverThatGetsNoTimeGivesUnknown) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim alloc/get_pool --timeout 1ms --no-cache");
  EXPECT_EQ(run.code, 2) << run.out;
  EXPECT_THAT(run.out, HasSubstr("unknown"));
}

TEST_F(ProveTest, TheSecondSolverAgrees) {
  const Ran run =
      nospan("prove --target linux --page-shift 12 --claim exact/iommu_tce_check_ioba --cross-check");
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("second solver"));
  EXPECT_THAT(run.out, HasSubstr("unsat"));
}

TEST_F(ProveTest, UnknownClaimsAndTargetsAreErrors) {
  const Ran claim = nospan("prove --target linux --page-shift 12 --claim no-such-claim");
  EXPECT_EQ(claim.code, 5) << claim.err;
  EXPECT_THAT(claim.err, HasSubstr("see nospan claims"));
  const Ran library = nospan("prove --target ./libmine.so");
  EXPECT_EQ(library.code, 5);
  EXPECT_THAT(library.err, HasSubstr("use nospan check"));
  EXPECT_EQ(nospan("prove --timeout soon").code, 5);
}

// A nospan prove that has work for many minutes, in the test's folder.
class LongProveTest : public ProveTest {
 protected:
  // Returns when processes that decide claims are there: children that stay. The process that is about to
  // execute a compiler looks like nospan, too, for a moment; a test that took it for one failed now and then.
  void SetUp() override {
    ProveTest::SetUp();
    process_ = fork();
    ASSERT_GE(process_, 0);
    if (process_ == 0) {
      const int table = open((folder_ / "table").c_str(), O_WRONLY | O_CREAT, 0600);
      // Whoever waits for the end of the test's own output must not wait for this.
      if (chdir(folder_.c_str()) != 0 || dup2(table, STDOUT_FILENO) < 0 || dup2(table, STDERR_FILENO) < 0)
        _exit(127);
      execl(NOSPAN_BINARY, NOSPAN_BINARY, "prove", "--target", "builtin", "--no-cache", "--json", "result.json",
            nullptr);
      _exit(127);
    }
    std::set<pid_t> stayed;
    int looks = 0;
    const bool decides = wait_until([&] {
      std::set<pid_t> now = processes();
      now.erase(process_);
      std::erase_if(now, [&](pid_t process) { return looks > 0 && !stayed.contains(process); });
      stayed = std::move(now);
      looks = stayed.empty() ? 0 : looks + 1;
      return looks == 10;
    });
    ASSERT_TRUE(decides) << contents(folder_ / "table");
  }

  void TearDown() override {
    kill(process_, SIGKILL);
    ProveTest::TearDown();
  }

  // Its exit code, once it and all its processes are gone.
  int end() {
    int status = 0;
    waitpid(process_, &status, 0);
    wait_until([this] { return processes().empty(); });
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  // Those that execute nospan in the test's folder.
  std::set<pid_t> processes() const {
    std::set<pid_t> found;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
      std::error_code gone;
      const fs::path folder = fs::read_symlink(entry.path() / "cwd", gone);
      if (folder == folder_ && fs::read_symlink(entry.path() / "exe", gone) == fs::path(NOSPAN_BINARY)) {
        found.insert(static_cast<pid_t>(std::stoi(entry.path().filename())));
      }
    }
    return found;
  }

  // Whether the condition came true within two minutes.
  template <typename Condition>
  static bool wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
  }

  pid_t process_ = 0;
};

// A prove that was stopped printed nothing: what it had decided was lost.
TEST_F(LongProveTest, StoppedItSaysWhatIsDecided) {
  ASSERT_EQ(kill(process_, SIGTERM), 0);
  EXPECT_EQ(end(), 2);
  EXPECT_THAT(processes(), IsEmpty());
  const std::string table = contents(folder_ / "table");
  EXPECT_THAT(table, HasSubstr("stopped before it was decided"));
  EXPECT_THAT(table, HasSubstr("Cut short."));
  EXPECT_THAT(contents(folder_ / "result.json"), HasSubstr("\"cut_short\": true"));
}

// Processes that decided claims went on for up to half an hour when prove was killed.
TEST_F(LongProveTest, KilledItLeavesNoProcessBehind) {
  ASSERT_EQ(kill(process_, SIGKILL), 0);
  EXPECT_EQ(end(), 128 + SIGKILL);
  EXPECT_THAT(processes(), IsEmpty());
}

// What is taken for granted changes only with this file: a new assumption is looked at before it is accepted.
// It is the same for both page sizes, and executing everything takes a minute for each:
// NOSPAN_ALL_ASSUMPTIONS=1 asks for both.
TEST_F(ProveTest, AssumptionsAreTheAcceptedOnes) {
  const bool all = std::getenv("NOSPAN_ALL_ASSUMPTIONS") != nullptr;
  const Ran run = nospan(all ? "claims --assumptions" : "claims --assumptions --page-shift 16");
  ASSERT_EQ(run.code, 0) << run.out;
  std::ifstream file(std::string(NOSPAN_SOURCE_DIR) + "/solver/assumptions.txt");
  std::set<std::string> accepted;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') accepted.insert(line);
  }
  std::set<std::string> made;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) made.insert(line);
  EXPECT_EQ(made, accepted);
}

}  // namespace
}  // namespace nospan::cli
