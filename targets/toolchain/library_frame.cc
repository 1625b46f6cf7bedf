// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/library_frame.h"

namespace nospan::toolchain {

reports::Expected<void> link_library(const LibraryFrame& frame, const std::filesystem::path& module_object,
                                     const std::filesystem::path& library) {
  Command command;
  command.arguments = frame.link;
  if (!module_object.empty()) command.arguments.push_back(module_object.string());
  for (const std::filesystem::path& object : frame.objects) command.arguments.push_back(object.string());
  command.arguments.insert(command.arguments.end(), {"-o", library.string()});
  command.folder = library.parent_path();
  auto outcome = run(command);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->status != 0) {
    return compilation_failed(frame.link.front(), frame.subject, *outcome, frame.mend);
  }
  return {};
}

}  // namespace nospan::toolchain
