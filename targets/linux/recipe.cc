// SPDX-License-Identifier: BSD-2-Clause
#include "targets/linux/recipe.h"

#include <fmt/format.h>

#include <algorithm>

namespace nospan::linux_target {

const std::vector<std::string>& required_files() {
  static const std::vector<std::string> files = {
      "Makefile",
      "arch/powerpc/kernel/iommu.c",
      "arch/powerpc/include/asm/iommu.h",
      "arch/powerpc/include/asm/tce.h",
      "include/linux/bitmap.h",
      "include/linux/dma-mapping.h",
      "include/linux/iommu-helper.h",
      "lib/bitmap.c",
      "lib/find_bit.c",
      "lib/iommu-helper.c",
  };
  return files;
}

const std::vector<std::string>& readable_paths() {
  static const std::vector<std::string> paths = {
      "Makefile",
      "arch/powerpc/include/asm",
      "arch/powerpc/kernel/iommu.c",
      "arch/powerpc/platforms/powernv/pci-ioda-tce.c",
      "arch/powerpc/platforms/powernv/pci.h",
      "arch/powerpc/platforms/pseries/iommu.c",
      "arch/powerpc/platforms/pseries/pseries.h",
      "include/asm-generic",
      "include/linux",
      "include/uapi/asm-generic",
      "include/uapi/linux",
      "include/vdso",
      "lib/bitmap.c",
      "lib/find_bit.c",
      "lib/iommu-helper.c",
      "lib/kstrtox.h",
  };
  return paths;
}

bool is_readable(std::string_view file) {
  return std::any_of(readable_paths().begin(), readable_paths().end(), [&](const std::string& path) {
    return file == path || (file.starts_with(path) && file.size() > path.size() && file[path.size()] == '/');
  });
}

const std::vector<std::string>& extracted_paths() {
  static const std::vector<std::string> paths = {
      "arch/powerpc/platforms/powernv",
      "arch/powerpc/platforms/pseries",
  };
  return paths;
}

std::vector<Source> sources(bool sanitized) {
  using World = Source::World;
  std::vector<Source> list = {
      // Includes the tree's arch/powerpc/kernel/iommu.c.
      {World::kGlue, "targets/linux/glue.c"},
      {World::kTree, "lib/iommu-helper.c"},
      {World::kTree, "lib/bitmap.c"},
      {World::kTree, "lib/find_bit.c"},
      {World::kHost, "targets/linux/runtime.c"},
  };
  if (sanitized) list.push_back({World::kHost, "targets/linux/undefined.c"});
  return list;
}

std::vector<Source> platform_sources() {
  using World = Source::World;
  return {
      {World::kTree, "arch/powerpc/platforms/pseries/iommu.c"},
      {World::kTree, "arch/powerpc/platforms/powernv/pci-ioda-tce.c"},
  };
}

std::vector<std::string> platform_flags(const std::filesystem::path& share) {
  return {"-I" + (share / "targets/linux/shims/platform").string()};
}

std::vector<std::string> kernel_flags(const std::filesystem::path& share, int system_page_shift,
                                      std::string_view version) {
  const std::string shims = (share / "targets/linux/shims").string();
  return {
      // The kernel's own dialect and promises (its top-level Makefile).
      "-std=gnu11",
      "-fno-strict-aliasing",
      "-fno-strict-overflow",
      "-fno-delete-null-pointer-checks",
      "-fno-common",
      // `linux` and `unix` are macros in gnu modes, and would mangle computed include paths.
      "-Ulinux",
      "-Uunix",
      "-D__KERNEL__",
      fmt::format("-DNOSPAN_PAGE_SHIFT={}", system_page_shift),
      fmt::format("-DNOSPAN_KERNEL_VERSION=\"{}\"", version),
      // Shims first, the tree's own headers as fall-back, nothing of the host. -I. is for names that begin with
      // arch/.
      "-nostdinc",
      "-I" + shims + "/ours",
      "-I" + shims + "/contracts",
      "-I" + shims + "/stubs",
      "-Iinclude",
      "-Iinclude/uapi",
      "-Ilib",
      "-I.",
      "-iquote",
      share.string(),
      "-include",
      "linux/kconfig.h",
      "-include",
      "linux/compiler_types.h",
      // The kernel's warnings are not ours to mend (and nobody sees them), but a function without a shim must
      // not become
      // an implicit one. No -w: gcc would drop these errors with it.
      "-Werror=implicit-function-declaration",
      "-Werror=implicit-int",
      "-Werror=incompatible-pointer-types",
  };
}

std::vector<std::string> host_flags(const std::filesystem::path& share) {
  return {"-std=gnu11", "-Wall", "-Wextra", "-iquote", share.string()};
}

std::vector<std::string> library_flags() {
  return {
      "-O2",
      "-fPIC",
      "-fvisibility=hidden",
      // One instruction per access to nospan_thread; its few bytes fit what the loader keeps in reserve.
      "-ftls-model=initial-exec",
      // environment.fail() may leave by an exception or by longjmp.
      "-fexceptions",
      "-ffunction-sections",
      "-fdata-sections",
  };
}

std::vector<std::string> sanitizer_flags() {
  return {"-fsanitize=shift,integer-divide-by-zero,bounds,null,unreachable,vla-bound,bool"};
}

std::vector<std::string> link_flags() {
  // Sections that no entry point reaches go, with their references; a reference that stays must be resolved.
  return {"-shared", "-Wl,--gc-sections", "-Wl,-z,defs", "-Wl,-z,now", "-Wl,--build-id=none"};
}

}  // namespace nospan::linux_target
