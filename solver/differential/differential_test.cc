// SPDX-License-Identifier: BSD-2-Clause
// The executor against the compiled code: random concrete calls go through both, and everything that can be
// seen must be the same: results, what the environment was asked for, the allocation state.
//
// NOSPAN_DIFFERENTIAL_CASES is the number of cases for each entry point.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "solver/differential/compiled.h"
#include "solver/differential/executed.h"
#include "solver/differential/generator.h"
#include "targets/builtin/bitcode.h"
#include "targets/builtin/builtin.h"
#include "targets/library.h"
#include "targets/linux/bitcode.h"
#include "targets/linux/build.h"
#include "targets/linux/tree.h"

namespace nospan::solver::differential {
namespace {

uint64_t cases_per_entry_point() {
  const char* text = std::getenv("NOSPAN_DIFFERENTIAL_CASES");
  return text == nullptr ? 1000 : std::strtoull(text, nullptr, 10);
}

std::string text(const World::Entry& entry) {
  return fmt::format("{}({:#x}, {:#x}, {:#x})", entry[0], entry[1], entry[2], entry[3]);
}

std::string difference(const Seen& compiled, const Seen& executed, const World& a, const World& b) {
  std::string result;
  const auto differs = [&](const char* what, uint64_t x, uint64_t y) {
    if (x != y) result += fmt::format(" {}: compiled {:#x}, executed {:#x};", what, x, y);
  };
  if (compiled.failed != executed.failed) {
    return fmt::format("compiled {}, executed {}", compiled.failed ? compiled.why : "returns",
                       executed.failed ? executed.why : "returns");
  }
  if (compiled.failed) return "";
  differs("result", compiled.result, executed.result);
  differs("guest address", compiled.out[0], executed.out[0]);
  differs("DMA address", compiled.out[1], executed.out[1]);
  for (std::size_t i = 0; i < compiled.list.size(); ++i) {
    differs("dma_length", compiled.list[i].dma_length, executed.list[i].dma_length);
    differs("dma_address", compiled.list[i].dma_address, executed.list[i].dma_address);
  }
  for (std::size_t i = 0; i < compiled.allocation.size(); ++i) {
    differs("allocation", compiled.allocation[i], executed.allocation[i]);
  }
  differs("environment calls", a.trace.size(), b.trace.size());
  for (std::size_t i = 0; i < std::min(a.trace.size(), b.trace.size()); ++i) {
    if (a.trace[i] != b.trace[i])
      result += fmt::format(" call {}: compiled {}, executed {};", i, text(a.trace[i]), text(b.trace[i]));
  }
  return result;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void compare(const Program& program, const nospan_target* target, unsigned system_page_shift, uint64_t seed) {
  const uint64_t cases = cases_per_entry_point();
  Generator generator(seed);
  const bool is_kernel = std::string_view(target->name) == "linux";
  std::array<uint64_t, kNames.size()> done{};
  std::array<double, kNames.size()> seconds{};
  std::array<uint64_t, kNames.size()> changed{};  // cases that made the target ask for something
  uint64_t failed = 0;
  World executed_world(0);
  Executed executed(program, &executed_world);
  while (*std::min_element(done.begin(), done.end()) < cases) {
    const nospan_configuration configuration = generator.configuration(system_page_shift, is_kernel);
    World compiled_world(generator.seed());
    compiled_world.page_shift = configuration.page_shift;
    if (configuration.inherited != 0) {
      for (int i = 0; i < 8; ++i) {
        compiled_world.tces[configuration.first_index + generator.below(configuration.entries)] = 1;
      }
    }
    compiled_world.faults = generator.once_in(2);
    executed_world = compiled_world;
    Compiled compiled(target, &compiled_world);
    ASSERT_TRUE(compiled.create(configuration));
    ASSERT_TRUE(executed.create(configuration));
    ASSERT_EQ(compiled_world.trace, executed_world.trace) << "create";
    const uint64_t formulas = formulas_made();
    for (int i = 0; i < 300; ++i) {
      // Those that are behind more often.
      std::size_t which = generator.below(kNames.size());
      for (int again = 0; again < 3 && done[which] >= cases; ++again) which = generator.below(kNames.size());
      const Request request = generator.request(static_cast<EntryPoint>(which));
      compiled_world.trace.clear();
      executed_world.trace.clear();
      const Seen one = compiled.call(request);
      const double start = processor_seconds();
      const Seen other = executed.call(request);
      seconds[which] += processor_seconds() - start;
      const std::string different = difference(one, other, compiled_world, executed_world);
      ASSERT_EQ(different, "") << kNames[which] << ", case " << done[which] << ", seed " << seed
                               << ", page shift " << configuration.page_shift;
      ASSERT_EQ(formulas_made(), formulas) << kNames[which] << " made a formula out of numbers";
      generator.done(request, one);
      ++done[which];
      changed[which] += !compiled_world.trace.empty();
      if (one.failed) {
        ++failed;
        break;
      }
    }
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    fmt::print("{}: {} cases, {} of them asked the environment, {:.1f} s of the processor executed\n",
               kNames[i], done[i], changed[i], seconds[i]);
  }
  fmt::print("{} tables were lost to a failure\n", failed);
}

TEST(Differential, Builtin) {
  const auto bitcode = builtin::build_bitcode();
  ASSERT_TRUE(bitcode) << bitcode.error().line();
  const auto program = Program::load(*bitcode);
  ASSERT_TRUE(program) << program.error().line();
  compare(*program, nospan_builtin_target(), 12, 1);
}

class DifferentialLinux : public testing::TestWithParam<int> {};

TEST_P(DifferentialLinux, PackagedTrees) {
  const auto versions = linux_target::packaged_versions();
  ASSERT_FALSE(versions.empty()) << "apt install linux-source-6.12";
  for (const std::string& version : versions) {
    SCOPED_TRACE(version);
    const auto tree = linux_target::packaged_tree(version);
    ASSERT_TRUE(tree) << tree.error().line();
    const auto bitcode = linux_target::build_bitcode(*tree, {.system_page_shift = GetParam()});
    ASSERT_TRUE(bitcode) << bitcode.error().line();
    const auto file = linux_target::build_library(*tree, {.system_page_shift = GetParam()});
    ASSERT_TRUE(file) << file.error().line();
    const auto program = Program::load(*bitcode);
    ASSERT_TRUE(program) << program.error().line();
    const auto library = targets::Library::open(file->string());
    ASSERT_TRUE(library) << library.error().line();
    compare(*program, library->get(), static_cast<unsigned>(GetParam()), 2);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(SystemPages, DifferentialLinux, testing::Values(12, 16));

}  // namespace
}  // namespace nospan::solver::differential
