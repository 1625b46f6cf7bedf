// SPDX-License-Identifier: BSD-2-Clause
// Compiling sources at run time into something that is kept in the cache: target libraries, LLVM bitcode.
//
// A caller says what goes in (a key), and how it is made; that an entry of the cache is whole, is made once and
// appears at once is this file's business, as is telling a source that does not compile from a machine that
// cannot compile. All functions may be called from several threads and processes at once.
#ifndef NOSPAN_TARGETS_TOOLCHAIN_COMPILATION_H
#define NOSPAN_TARGETS_TOOLCHAIN_COMPILATION_H

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/error.h"
#include "targets/toolchain/process.h"

namespace nospan::toolchain {

// Whose code is compiled: what an error says and weighs.
struct Subject {
  std::string name;                                       // "Linux 6.12.90"
  std::string place;                                      // stands in an error whose message names no file
  reports::Verdict if_broken = reports::Verdict::kError;  // kSkip for code under test
};

// A source file.
struct Unit {
  std::string input;               // relative to the working folder, or absolute
  std::vector<std::string> flags;  // all but -c, -o and the input
  bool restricted = true;          // files that it includes must pass Compilation::may_read
};

struct Compilation {
  std::string compiler;          // gcc, clang or the like, looked up in PATH
  std::filesystem::path folder;  // working folder
  std::vector<Unit> units;
  Subject subject;
  // Whether what a restricted unit includes is part of the key. Names are as the compiler prints them,
  // normalized.
  std::function<bool(const std::filesystem::path& file)> may_read;
  std::string may_read_mend;  // what to do about a file that it may not read
};

// What `program --version` prints, for keys. The Error's mend is `mend` if the program cannot be run.
reports::Expected<std::string> version_of(const std::string& program, const std::string& mend);

// Compiles all units, two at a time, to files in `folder`, in the order of the units. If several fail, the
// Error is the first unit's.
reports::Expected<std::vector<std::filesystem::path>> compile(const Compilation& compilation,
                                                              const std::filesystem::path& folder);

// The key of what is made from the compilation: what the compiler sees after preprocessing, so that it covers
// headers of the host too; the flags; and `identity`, which stands for the tools and what else goes in. Uses
// `scratch`, a folder. The Error of sources that cannot be preprocessed is that of compile().
reports::Expected<std::string> preprocessed_key(const Compilation& compilation, const std::string& identity,
                                                const std::filesystem::path& scratch);

// What went wrong when a compiler, linker or the like ended with an error: the fault of the subject, with its
// first message, or of the machine (out of memory, disk full), which is Verdict::kError whatever the subject.
tl::unexpected<reports::Error> compilation_failed(const std::string& program, const Subject& subject,
                                                  const Outcome& outcome, std::string mend);

// The file `name` of the entry `key` below `kind`, a folder of the cache. If it is not there or is damaged,
// `make` is called to write `file`; it may use `scratch`, a folder that is removed afterwards.
reports::Expected<std::filesystem::path> cached(
    const std::string& kind, const std::string& key, const std::string& name,
    const std::function<reports::Expected<void>(const std::filesystem::path& scratch,
                                                const std::filesystem::path& file)>& make);

}  // namespace nospan::toolchain

#endif  // NOSPAN_TARGETS_TOOLCHAIN_COMPILATION_H
