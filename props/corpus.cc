// SPDX-License-Identifier: BSD-2-Clause
#include "props/corpus.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "props/crash_handlers.h"
#include "props/durable_file.h"
#include "props/scenario_file.h"
#include "props/worker.h"

namespace nospan::props {
namespace {

namespace fs = std::filesystem;
using reports::Expected;
using reports::failure;

// CPU seconds for the run that takes the fingerprint: what hangs is cut off, its last state counts.
constexpr rlim_t kFingerprintSeconds = 2;

// FNV-1a with 64 bits: a name for files and a fingerprint, not a defence against anybody.
class Hash {
 public:
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) add_byte(static_cast<unsigned char>(value));
  }
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
  }
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

// "ALIGN-1-0123456789abcdef": the part before the last hyphen.
std::optional<model::Invariant> invariant_of(const fs::path& file) {
  const std::string name = file.stem().string();
  return model::invariant_with_id(std::string_view(name).substr(0, name.rfind('-')));
}

std::uint64_t state_after(const Scenario& scenario, std::size_t command, const model::Reference& reference) {
  const model::Window& window = scenario.configuration.window;
  Hash hash;
  hash.add(scenario.configuration.system_page.value);
  hash.add(window.page.bytes());
  hash.add(window.first.value);
  hash.add(window.entries);
  for (std::uint64_t entry = 0; entry < window.entries; ++entry) {
    const std::uint64_t tce = reference.table().at(window.first + entry).value;
    const bool allocated = reference.allocated(entry);
    if (tce == 0 && !allocated) continue;
    hash.add(entry);
    hash.add(tce);
    hash.add(allocated ? 1 : 0);
  }
  hash.add(command < scenario.commands.size() ? command_name(scenario.commands[command].kind) : "clean-up");
  return hash.value();
}

// Shared with the process that runs the scenario, which may crash.
struct Fingerprint {
  volatile std::uint64_t last = 0;
};

std::uint64_t fingerprint(const nospan_target& target, const GuardSet& guards, const Scenario& scenario,
                          const Outcome& outcome) {
  void* memory = mmap(nullptr, sizeof(Fingerprint), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* shared = new (memory) Fingerprint;
  const pid_t child = fork();
  if (child < 0) {
    munmap(memory, sizeof(Fingerprint));
    throw std::bad_alloc();
  }
  if (child == 0) {
    confine_process();
    const rlimit seconds{kFingerprintSeconds, kFingerprintSeconds};
    setrlimit(RLIMIT_CPU, &seconds);
    Executor executor(target, [](std::uint32_t, const char*) { _exit(0); });
    executor.set_spectator([&](std::size_t command, const model::Reference& reference) {
      shared->last = state_after(scenario, command, reference);
    });
    Progress progress;
    executor.run(scenario, guards, progress);
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Hash hash;
  hash.add(shared->last);
  munmap(memory, sizeof(Fingerprint));
  // The command of a crash is not in the last state.
  hash.add(outcome.command < scenario.commands.size() ? command_name(scenario.commands[outcome.command].kind)
                                                      : std::string_view("clean-up"));
  return hash.value();
}

}  // namespace

Expected<std::vector<CorpusEntry>> read_corpus(const fs::path& folder) {
  std::vector<CorpusEntry> entries;
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return entries;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& file = entry->path();
    if (file.extension() == ".json" && !file.filename().string().starts_with('.')) files.push_back(file);
  }
  if (error) {
    return failure(folder.string(), "the corpus cannot be read: " + error.message(),
                   "name a folder of scenario files");
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    auto scenario = read_scenario(file);
    if (!scenario) {
      if (scenario.error().mend.empty()) scenario.error().mend = "mend it, or take it out of the corpus";
      return tl::make_unexpected(scenario.error());
    }
    entries.push_back({file, invariant_of(file), std::move(*scenario)});
  }
  return entries;
}

Expected<fs::path> keep_in_corpus(const fs::path& folder, model::Invariant invariant,
                                  const Scenario& scenario) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return failure(folder.string(), "the corpus cannot be made: " + error.message(), "name another folder");
  }
  Scenario bare = scenario;
  bare.note.clear();
  Hash hash;
  hash.add(to_json(bare));
  fs::path file = folder / fmt::format("{}-{:016x}.json", model::rule(invariant).id, hash.value());
  if (fs::exists(file, error)) return file;
  if (auto written = write_file_atomically(file, to_json(scenario)); !written) {
    return tl::make_unexpected(written.error());
  }
  return file;
}

Replayed replay(const nospan_target& target, const GuardSet& guards, const Scenario& scenario) {
  Replayed replayed;
  Worker worker(target, guards, HangLimit{});
  replayed.outcome = worker.run(scenario);
  if (replayed.outcome.violated()) {
    replayed.state = fingerprint(target, guards, scenario, replayed.outcome);
  }
  return replayed;
}

}  // namespace nospan::props
