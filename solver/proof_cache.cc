// SPDX-License-Identifier: BSD-2-Clause
#include "solver/proof_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "targets/toolchain/cache.h"
#include "targets/toolchain/digest.h"

namespace nospan::solver {
namespace {

constexpr const char* kNoAnswer = "none in time";

std::string key_of(std::string_view smtlib, std::string_view solver) {
  return toolchain::Digest().add("answer 1").add(solver).add(smtlib).hex();
}

std::string checksum(const nlohmann::json& content) { return toolchain::Digest().add(content.dump()).hex(); }

}  // namespace

std::optional<Answer> ProofCache::find(std::string_view smtlib, std::string_view solver) const {
  if (folder_.empty()) return std::nullopt;
  try {
    const nlohmann::json content = read(key_of(smtlib, solver));
    if (!content.is_object()) return std::nullopt;
    Answer answer;
    const std::string kind = content.value("answer", "");
    if (kind == name(Answer::Kind::kUnsatisfiable)) {
      answer.kind = Answer::Kind::kUnsatisfiable;
    } else if (kind == name(Answer::Kind::kSatisfiable)) {
      answer.kind = Answer::Kind::kSatisfiable;
    } else {
      return std::nullopt;
    }
    answer.values = content.value("values", std::map<std::string, uint64_t>());
    answer.seconds = std::chrono::duration<double>(content.value("seconds", 0.0));
    answer.peak_kib = content.value("peak_kib", uint64_t{0});
    return answer;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // members of other types than ours: whoever wrote it, we did not
  }
}

bool ProofCache::was_without_answer(std::string_view smtlib, std::string_view solver,
                                    std::chrono::milliseconds time) const {
  if (folder_.empty()) return false;
  try {
    const nlohmann::json content = read(key_of(smtlib, solver));
    return content.is_object() && content.value("answer", "") == kNoAnswer &&
           content.value("milliseconds", int64_t{0}) >= time.count();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

void ProofCache::keep(std::string_view smtlib, std::string_view solver, const Answer& answer) const {
  if (answer.kind != Answer::Kind::kUnsatisfiable && answer.kind != Answer::Kind::kSatisfiable) return;
  write(key_of(smtlib, solver), {{"answer", name(answer.kind)},
                                 {"values", answer.values},
                                 {"seconds", answer.seconds.count()},
                                 {"peak_kib", answer.peak_kib}});
}

void ProofCache::keep_without_answer(std::string_view smtlib, std::string_view solver,
                                     std::chrono::milliseconds time) const {
  write(key_of(smtlib, solver), {{"answer", kNoAnswer}, {"milliseconds", time.count()}});
}

nlohmann::json ProofCache::read(const std::string& key) const {
  const auto text = toolchain::read_file(folder_ / key.substr(0, 2) / key);
  if (!text) return nullptr;
  const nlohmann::json entry = nlohmann::json::parse(*text, nullptr, false);
  if (!entry.is_object() || !entry.contains("content") || !entry.contains("checksum")) return nullptr;
  const nlohmann::json& content = entry["content"];
  if (entry["checksum"] != checksum(content) || !content.is_object() || content.value("key", "") != key) {
    return nullptr;
  }
  return content;
}

void ProofCache::write(const std::string& key, const nlohmann::json& members) const {
  if (folder_.empty() || only_read_) return;
  nlohmann::json content = members;
  content["key"] = key;
  const nlohmann::json entry = {{"content", content}, {"checksum", checksum(content)}};
  const std::filesystem::path place = folder_ / key.substr(0, 2);
  std::error_code error;
  std::filesystem::create_directories(place, error);
  const std::filesystem::path fresh = place / fmt::format("{}.{}", key, getpid());
  if (!toolchain::write_file(fresh, entry.dump())) {
    std::filesystem::remove(fresh, error);
    return;
  }
  std::filesystem::rename(fresh, place / key, error);
}

}  // namespace nospan::solver
