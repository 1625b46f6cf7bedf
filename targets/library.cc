// SPDX-License-Identifier: BSD-2-Clause
#include "targets/library.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace nospan::targets {
namespace {

using reports::Expected;
using reports::failure;

// The first member that is NULL and must not be; nullptr if there is none.
const char* missing_member(const nospan_target& target) {
  const struct {
    const char* name;
    bool set;
  } members[] = {
      {"name", target.name != nullptr},
      {"version", target.version != nullptr},
      {"create", target.create != nullptr},
      {"destroy", target.destroy != nullptr},
      {"map_page", target.map_page != nullptr},
      {"unmap_page", target.unmap_page != nullptr},
      {"map_sg", target.map_sg != nullptr},
      {"unmap_sg", target.unmap_sg != nullptr},
      {"alloc_coherent", target.alloc_coherent != nullptr},
      {"free_coherent", target.free_coherent != nullptr},
      {"in_use", target.in_use != nullptr},
      {"read_allocation", target.read_allocation != nullptr},
      {"pools", target.pools != nullptr},
  };
  for (const auto& member : members) {
    if (!member.set) return member.name;
  }
  return nullptr;
}

// Whether a file is a shared library with all the bytes that loading it maps; if not, *what says why. The
// dynamic loader does not check this: it maps a truncated library and dies of SIGBUS.
bool is_whole(const std::string& path, uint64_t file_size, std::string* what) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    *what = "cannot be read";
    return false;
  }
  Elf64_Ehdr header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr)) {
    *what = "is not a 64-bit shared library";
    return false;
  }
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (uint32_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part;
    if (!file.read(reinterpret_cast<char*>(&part), sizeof part) ||
        (part.p_type == PT_LOAD && (part.p_offset > file_size || part.p_filesz > file_size - part.p_offset))) {
      *what = "is truncated";
      return false;
    }
  }
  return true;
}

// What dlerror() says, without the path in front, which the error has already.
std::string loader_message(const std::string& path) {
  const char* text = dlerror();
  std::string message = text != nullptr ? text : "unknown error of the dynamic loader";
  for (const std::string& prefix : {path + ": ", "./" + path + ": "}) {
    if (message.starts_with(prefix)) return message.substr(prefix.size());
  }
  return message;
}

}  // namespace

Expected<Library> Library::open(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return failure(path, "there is no such file", "name a shared library, as in --target ./libmine.so");
  }
  if (error) return failure(path, "cannot be read: " + error.message(), "check the path and its permissions");
  if (status.type() != std::filesystem::file_type::regular) {
    return failure(path, "is not a file", "name a shared library, as in --target ./libmine.so");
  }

  const char* const build_it = "build it as a shared library for this machine, with all it needs linked in";
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return failure(path, "cannot be read: " + error.message(), "check the path and its permissions");
  std::string what;
  if (!is_whole(path, size, &what)) return failure(path, what, build_it);

  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  // RTLD_NOW: a symbol that is missing is found here, not in the middle of a run.
  // RTLD_LOCAL: two targets in one process do not see each other's symbols.
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return failure(path, "cannot be loaded: " + loader_message(path), build_it);
  }
  // No dlclose() from here on; see the class comment.
  void* symbol = dlsym(handle, "nospan_target_entry");
  if (symbol == nullptr) {
    return failure(path, "does not export nospan_target_entry",
                   "define it as targets/target.h declares it (extern \"C\" in C++, default visibility)");
  }
  const auto entry = reinterpret_cast<nospan_target_entry_function>(symbol);
  const nospan_target* target = entry();
  if (target == nullptr) {
    return failure(path, "nospan_target_entry returned NULL", "return a struct nospan_target that stays valid");
  }
  // First of all members: the others may lie elsewhere in another version.
  if (target->abi != NOSPAN_TARGET_ABI) {
    return failure(path,
                   "is built for version " + std::to_string(target->abi) +
                       " of the target interface, this nospan has " + std::to_string(NOSPAN_TARGET_ABI),
                   "rebuild it with this nospan's targets/target.h");
  }
  if (const char* member = missing_member(*target)) {
    return failure(path, std::string("the target's member `") + member + "` is NULL",
                   "set it; targets/target.h says which members may be NULL");
  }
  if (target->system_page_shifts == 0) {
    return failure(path, "the target supports no system page size",
                   "set bit 12 for 4K or bit 16 for 64K in its system_page_shifts");
  }
  return Library(path, target);
}

}  // namespace nospan::targets
