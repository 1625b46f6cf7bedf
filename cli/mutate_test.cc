// SPDX-License-Identifier: BSD-2-Clause
// nospan mutate as a user sees it: exit codes, output, files.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command_fixture.h"

namespace nospan::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class MutateTest : public CommandTest {};

// What undoes a mapping.
constexpr const char* kSmall =
    "mutate --target builtin --page-shift 16 --function Mapper::withdraw --jobs 1 --no-prove ";
// Mutants survive here: commands run one at a time, so that nobody needs the locks.
constexpr const char* kSurvives =
    "mutate --target builtin --page-shift 16 --function EntrySpace::lock_all --jobs 1 --no-prove ";

TEST_F(MutateTest, MutantsOfASmallFunctionAreKilledByTheirInvariants) {
  const Ran run = nospan(std::string(kSmall) + "--time 100ms --min-score 50 --json result.json");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "") << "no progress where nobody looks";
  EXPECT_THAT(run.out, ContainsRegex("Mapper::withdraw .* %"));

  const auto json = nlohmann::json::parse(contents(folder_ / "result.json"));
  EXPECT_EQ(json["verdict"], "holds");
  bool clear_dropped = false;
  for (const auto& mutant : json["targets"][0]["mutants"]) {
    EXPECT_THAT(mutant["place"].get<std::string>(), HasSubstr("targets/builtin/mapper.cc:"));
    if (mutant["edit"] != "call dropped" ||
        mutant["words"].get<std::string>().find("clear_tces") == std::string::npos) {
      continue;
    }
    clear_dropped = true;
    EXPECT_EQ(mutant["fate"], "killed");
    // Of a mapping that is undone, or of a call that failed.
    EXPECT_THAT(mutant["by"].get<std::string>(), testing::AnyOf("FREE-1", "FAIL-1"));
  }
  EXPECT_TRUE(clear_dropped) << json.dump(2);
}

TEST_F(MutateTest, TheSameSeedGivesTheSame) {
  const auto fates = [&](const std::string& file) {
    EXPECT_EQ(nospan(std::string(kSmall) + "--time 100ms --min-score 0 --max 2 --seed 7 --json " + file).code,
              0);
    std::string result;
    for (const auto& mutant : nlohmann::json::parse(contents(folder_ / file))["targets"][0]["mutants"]) {
      result +=
          mutant["words"].get<std::string>() + mutant["by"].get<std::string>() + mutant["scenarios"].dump();
    }
    return result;
  };
  EXPECT_EQ(fates("one.json"), fates("other.json"));
}

TEST_F(MutateTest, SurvivorsAreNamedAndTheScoreDecides) {
  const Ran run = nospan(std::string(kSurvives) + "--time 100ms --min-score 100");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  EXPECT_THAT(run.out,
              ContainsRegex("Survivors\n[^\n]*targets/builtin/entry_space.cc:[0-9]+, in [^\n]*lock_all: "));
}

TEST_F(MutateTest, SurvivorsAreTriedAgain) {
  EXPECT_EQ(nospan(std::string(kSurvives) + "--time 100ms --min-score 100 --json first.json").code, 1);
  const Ran run =
      nospan(std::string(kSurvives) + "--time 100ms --min-score 100 --again first.json --json again.json");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  const auto again = nlohmann::json::parse(contents(folder_ / "again.json"))["targets"][0];
  const auto first = nlohmann::json::parse(contents(folder_ / "first.json"))["targets"][0];
  EXPECT_EQ(again["mutants"].size(), first["total"]["survived"]) << "those that survived";
  EXPECT_LT(again["mutants"].size(), first["mutants"].size());
  for (const auto& mutant : again["mutants"]) EXPECT_EQ(mutant["fate"], "survived");

  std::ofstream(folder_ / "other.json") << "{}";
  const Ran other = nospan(std::string(kSmall) + "--again other.json");
  EXPECT_EQ(other.code, 5);
  EXPECT_THAT(other.err, HasSubstr("other.json"));
}

// A function of builtin that has claims of its own, which are decided in seconds.
TEST_F(MutateTest, ClaimsAloneKill) {
  const Ran run = nospan(
      "mutate --target linux --page-shift 16 --function get_pool --jobs 1 --time 50ms --only-prove "
      "--max 2 --min-score 0 --json claims.json");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  const auto target = nlohmann::json::parse(contents(folder_ / "claims.json"))["targets"][0];
  EXPECT_GE(target["total"]["killed"], 1) << run.out;
  for (const auto& mutant : target["mutants"]) {
    EXPECT_EQ(mutant["scenarios"], 0);
    if (mutant["fate"] != "killed") continue;
    EXPECT_THAT(mutant["by"].get<std::string>(), testing::StartsWith("prove "));
    EXPECT_THAT(mutant["how"].get<std::string>(), HasSubstr("no longer holds"));
  }
}

TEST_F(MutateTest, NothingToMutateIsVacuous) {
  const Ran run = nospan("mutate --target builtin --page-shift 16 --function no_such_function");
  EXPECT_EQ(run.code, 3) << run.out;
}

TEST_F(MutateTest, MutantsAreListedWithoutBeingTried) {
  const Ran run = nospan(std::string(kSmall) + "--list");
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, HasSubstr("call of "));
  EXPECT_THAT(run.out, Not(HasSubstr("killed")));
}

TEST_F(MutateTest, WrongUsageIsAnError) {
  const Ran library = nospan("mutate --target ./libmine.so");
  EXPECT_EQ(library.code, 5);
  EXPECT_EQ(lines(library.err), 1);
  EXPECT_EQ(nospan("mutate --time soon").code, 5);
  EXPECT_EQ(nospan("mutate --seed x").code, 5);
  EXPECT_EQ(nospan("mutate --min-score 101").code, 5);
  EXPECT_EQ(nospan("mutate --prove-time never").code, 5);
  EXPECT_EQ(nospan("mutate --only-prove --no-prove").code, 5);
  EXPECT_EQ(nospan("mutate --again no-such-file.json").code, 5);
}

}  // namespace
}  // namespace nospan::cli
