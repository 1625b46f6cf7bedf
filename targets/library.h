// SPDX-License-Identifier: BSD-2-Clause
// An implementation under test in a shared library: `--target ./libmine.so`.
#ifndef NOSPAN_TARGETS_LIBRARY_H
#define NOSPAN_TARGETS_LIBRARY_H

#include <string>

#include "reports/error.h"
#include "targets/target.h"

namespace nospan::targets {

// A target library that was loaded and looked over. Copies are cheap and mean the same library.
//
// A library is never unloaded: its functions may be on the stack of another thread, its strings in a report,
// and destructors of thread-local objects that it registered would run after their code is gone. The process
// that loads an untrusted library is a worker that ends soon.
class Library {
 public:
  // Loads `path`. A path without a slash is looked up here, not in the system's library directories: it names
  // a file, as everywhere on a command line. Errors say what is wrong with the file and how to mend it: not
  // there, not a shared library, no nospan_target_entry, an interface of another version, a member that must
  // not be NULL.
  static reports::Expected<Library> open(const std::string& path);

  const nospan_target* get() const { return target_; }
  const std::string& path() const { return path_; }

 private:
  Library(std::string path, const nospan_target* target) : path_(std::move(path)), target_(target) {}

  std::string path_;
  const nospan_target* target_;
};

}  // namespace nospan::targets

#endif  // NOSPAN_TARGETS_LIBRARY_H
