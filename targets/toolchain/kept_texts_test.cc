// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/kept_texts.h"

#include <gtest/gtest.h>

#include "targets/toolchain/test_folder.h"

namespace nospan::toolchain {
namespace {

namespace fs = std::filesystem;

class KeptTextsTest : public testing::Test {
 protected:
  TestFolder folder_;
  KeptTexts texts_{folder_.path() / "texts"};
};

TEST_F(KeptTextsTest, FindsWhatWasKept) {
  for (const std::string& text :
       {std::string(), std::string("a line\nand another\n"), std::string("\0\n\xff", 3)}) {
    texts_.keep("key", text);
    EXPECT_EQ(texts_.find("key"), text);
  }
  EXPECT_EQ(texts_.find("other"), std::nullopt);
}

TEST_F(KeptTextsTest, NoByteCanBeChanged) {
  texts_.keep("key", "a text");
  const fs::path file = folder_.path() / "texts/key";
  const std::string whole = read_text(file);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_text(file, damaged);
    EXPECT_EQ(texts_.find("key"), std::nullopt) << i;
    write_text(file, whole.substr(0, i));
    EXPECT_EQ(texts_.find("key"), std::nullopt) << i;
  }
  write_text(file, whole);
  EXPECT_EQ(texts_.find("key"), "a text");
}

TEST_F(KeptTextsTest, AnotherKeysTextIsNotBelieved) {
  texts_.keep("other", "a text");
  fs::copy_file(folder_.path() / "texts/other", folder_.path() / "texts/key");
  EXPECT_EQ(texts_.find("key"), std::nullopt);
}

TEST_F(KeptTextsTest, LeavesNothingButEntries) {
  texts_.keep("key", "a text");
  texts_.keep("key", "another");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "texts"), {}), 1);
}

TEST_F(KeptTextsTest, AFolderThatCannotBeWrittenOrIsNoneIsNoError) {
  write_text(folder_.path() / "file", "");
  for (const fs::path& folder : {folder_.path() / "file", fs::path()}) {
    KeptTexts(folder).keep("key", "a text");
    EXPECT_EQ(KeptTexts(folder).find("key"), std::nullopt);
  }
  texts_.keep("", "a text");
  EXPECT_EQ(texts_.find(""), std::nullopt);
}

}  // namespace
}  // namespace nospan::toolchain
