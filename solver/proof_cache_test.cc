// SPDX-License-Identifier: BSD-2-Clause
#include "solver/proof_cache.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "targets/toolchain/digest.h"
#include "targets/toolchain/test_folder.h"

namespace nospan::solver {
namespace {

namespace fs = std::filesystem;
using toolchain::read_text;
using toolchain::write_text;

class ProofCacheTest : public testing::Test {
 protected:
  ProofCacheTest() {
    Answer answer;
    answer.kind = Answer::Kind::kUnsatisfiable;
    answer.values = {{"x", ~uint64_t{0}}};
    cache_.keep("question", "Z3 1", answer);
  }

  fs::path entry() const {
    for (const auto& file : fs::recursive_directory_iterator(folder_.path())) {
      if (file.is_regular_file()) return file.path();
    }
    return {};
  }

  toolchain::TestFolder folder_;
  ProofCache cache_{folder_.path()};
};

TEST_F(ProofCacheTest, FindsWhatWasKept) {
  const auto answer = cache_.find("question", "Z3 1");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Answer::Kind::kUnsatisfiable);
  EXPECT_EQ(answer->values.at("x"), ~uint64_t{0});
}

TEST_F(ProofCacheTest, OnlyReadItFindsAndKeepsNothing) {
  const ProofCache reader(folder_.path(), /*only_read=*/true);
  ASSERT_TRUE(reader.find("question", "Z3 1"));
  reader.keep("another", "Z3 1", *reader.find("question", "Z3 1"));
  EXPECT_FALSE(cache_.find("another", "Z3 1"));
}

TEST_F(ProofCacheTest, AnswersOnlyThisQuestionOfThisSolver) {
  EXPECT_FALSE(cache_.find("question ", "Z3 1"));
  EXPECT_FALSE(cache_.find("question", "Z3 2"));
  EXPECT_FALSE(ProofCache("").find("question", "Z3 1"));
}

TEST_F(ProofCacheTest, ATimeOutIsNoAnswerAndIsRememberedForNoLongerTime) {
  using std::chrono::milliseconds;
  cache_.keep_without_answer("hard", "Z3 1", milliseconds(3000));
  EXPECT_FALSE(cache_.find("hard", "Z3 1"));
  EXPECT_TRUE(cache_.was_without_answer("hard", "Z3 1", milliseconds(3000)));
  EXPECT_TRUE(cache_.was_without_answer("hard", "Z3 1", milliseconds(10)));
  EXPECT_FALSE(cache_.was_without_answer("hard", "Z3 1", milliseconds(3001)));
  EXPECT_FALSE(cache_.was_without_answer("hard", "Z3 2", milliseconds(10)));
  EXPECT_FALSE(cache_.was_without_answer("question", "Z3 1", milliseconds(10))) << "it has an answer";
  Answer answer;
  answer.kind = Answer::Kind::kUnsatisfiable;
  cache_.keep("hard", "Z3 1", answer);
  EXPECT_TRUE(cache_.find("hard", "Z3 1"));
  EXPECT_FALSE(cache_.was_without_answer("hard", "Z3 1", milliseconds(10)));
}

TEST_F(ProofCacheTest, NoByteCanBeChanged) {
  const fs::path file = entry();
  const std::string whole = read_text(file);
  ASSERT_GT(whole.size(), 100u);
  const auto kept = cache_.find("question", "Z3 1");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_text(file, damaged);
    const auto found = cache_.find("question", "Z3 1");
    // White space and the like may change without changing what is said.
    if (found) {
      EXPECT_EQ(found->kind, kept->kind) << i;
      EXPECT_EQ(found->values, kept->values) << i;
    }
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_text(file, whole.substr(0, length));
    EXPECT_FALSE(cache_.find("question", "Z3 1")) << length;
  }
}

TEST_F(ProofCacheTest, AnotherQuestionsEntryIsNotBelieved) {
  Answer answer;
  answer.kind = Answer::Kind::kSatisfiable;
  const fs::path first = entry();
  toolchain::TestFolder other;
  ProofCache(other.path()).keep("other question", "Z3 1", answer);
  for (const auto& file : fs::recursive_directory_iterator(other.path())) {
    if (file.is_regular_file()) fs::copy_file(file.path(), first, fs::copy_options::overwrite_existing);
  }
  EXPECT_FALSE(cache_.find("question", "Z3 1"));
}

// Was an exception that ended the process.
TEST_F(ProofCacheTest, MembersOfOtherTypesAreNotBelieved) {
  const fs::path file = entry();
  const auto good = nlohmann::json::parse(read_text(file));
  for (const char* member : {"key", "answer", "values", "seconds", "peak_kib"}) {
    nlohmann::json entry = good;
    entry["content"][member] = {{"surprise", nullptr}};
    entry["checksum"] = toolchain::Digest().add(entry["content"].dump()).hex();
    write_text(file, entry.dump());
    EXPECT_FALSE(cache_.find("question", "Z3 1")) << member;
  }
  for (const char* text : {"[]", "null", "{}", "{\"content\":1,\"checksum\":2}", "\"\""}) {
    write_text(file, text);
    EXPECT_FALSE(cache_.find("question", "Z3 1")) << text;
  }
}

TEST_F(ProofCacheTest, WhatIsNoAnswerIsNotKept) {
  Answer answer;
  answer.kind = Answer::Kind::kUnknown;
  cache_.keep("hard question", "Z3 1", answer);
  EXPECT_FALSE(cache_.find("hard question", "Z3 1"));
  answer.kind = Answer::Kind::kError;
  cache_.keep("hard question", "Z3 1", answer);
  EXPECT_FALSE(cache_.find("hard question", "Z3 1"));
}

TEST_F(ProofCacheTest, AFolderThatCannotBeWrittenIsNoError) {
  write_text(folder_.path() / "file", "");
  Answer answer;
  answer.kind = Answer::Kind::kUnsatisfiable;
  ProofCache(folder_.path() / "file").keep("question", "Z3 1", answer);
  EXPECT_FALSE(ProofCache(folder_.path() / "file").find("question", "Z3 1"));
}

}  // namespace
}  // namespace nospan::solver
