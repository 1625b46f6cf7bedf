// SPDX-License-Identifier: BSD-2-Clause
#include "reports/html/matrix.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "reports/quantity.h"

namespace nospan::reports::html_page {
namespace {

using Json = nlohmann::ordered_json;
using Shifts = std::bitset<kShifts>;

const std::vector<std::string_view> kMapClaims{"exact",  "iso-granule", "iso-blocks", "iso-two-stage",
                                               "handle", "fail-atomic", "safe"};
const std::vector<std::string_view> kUnmapClaims{"inverse", "safe"};
const std::vector<std::string_view> kCheckClaims{"exact", "safe"};

const Json* member(const Json& value, std::string_view key) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(std::string(key));
  return found == value.end() ? nullptr : &*found;
}

// "64K", "0x10000", 65536 as a number (docs/scenario-format.md, Numbers).
std::optional<std::uint64_t> number(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  unsigned shift = 0;
  constexpr std::string_view kUnits = "KMGT";
  if (!text.empty() && kUnits.find(text.back()) != std::string_view::npos) {
    shift = 10 * (static_cast<unsigned>(kUnits.find(text.back())) + 1);
    text.pop_back();
  }
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.erase(0, 2);
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (shift != 0 && result > (~std::uint64_t{0} >> shift)) return std::nullopt;
  return result << shift;
}

// The command of a finding's scenario that shows it.
const Json* failing_command(const Finding& finding) {
  const Json* commands = member(finding.scenario, "commands");
  if (commands == nullptr || !commands->is_array() || finding.command >= commands->size()) return nullptr;
  return &(*commands)[finding.command];
}

// "map_page" of "nospan::builtin::Mapper::map_page".
std::string_view last_name(std::string_view function) {
  const auto colon = function.rfind(':');
  return colon == std::string_view::npos ? function : function.substr(colon + 1);
}

const EntryPoint* by_function(std::string_view function) {
  for (const EntryPoint& point : entry_points()) {
    if (function == point.kernel || last_name(function) == point.builtin) return &point;
  }
  return nullptr;
}

const EntryPoint* by_command(const Finding& finding) {
  const Json* command = failing_command(finding);
  const Json* what = command == nullptr ? nullptr : member(*command, "do");
  if (what == nullptr || !what->is_string()) return nullptr;
  for (const EntryPoint& point : entry_points()) {
    if (what->get_ref<const std::string&>() == point.command) return &point;
  }
  return nullptr;
}

void raise(Cell& cell, Cell to) { cell = std::max(cell, to); }

std::optional<std::size_t> index_of(unsigned shift) {
  if (shift < kFirstShift || shift > kLastShift) return std::nullopt;
  return shift - kFirstShift;
}

// What a result says about one target with one system page.
class Subject {
 public:
  Subject(const Result& result, const std::string& target, unsigned system_page_shift) {
    for (const TargetCheck& check : result.targets) {
      if (check.target == target && check.page_shift == system_page_shift) checks_[check.sanitized] = &check;
    }
    for (const ClaimOutcome& claim : result.claims) {
      const bool here = claim.page_shift == system_page_shift || claim.page_shift == 0;
      // A claim without a target is a lemma, and holds for all.
      if (claim.target.empty() || (here && target_of(claim) == target)) claims_[claim.id] = &claim;
    }
  }

  Cells cells(const EntryPoint& point) {
    Cells result;
    const auto [proved, assumed] = proved_of(point);
    for (std::size_t i = 0; i < kShifts; ++i) {
      if (proved[i]) raise(result.cells[i], Cell::kProved);
      if (assumed[i]) raise(result.cells[i], Cell::kAssumed);
    }
    for (const auto& [sanitized, check] : checks_) {
      if (check->verdict != Verdict::kHolds || check->interrupted || !check->coverage_judgeable) continue;
      for (const Exercise& exercise : check->exercised) {
        const auto index = index_of(exercise.iommu_page_shift);
        if (exercise.entry_point == point.command && exercise.commands > 0 && index) {
          raise(result.cells[*index], Cell::kChecked);
        }
      }
    }
    for (const auto& [sanitized, check] : checks_) {
      if (check->finding && by_command(*check->finding) == &point) refute(*check->finding, result);
    }
    for (const auto& [id, claim] : claims_) {
      if (!claim->finding) continue;
      const EntryPoint* about = by_function(claim->function);
      if ((about != nullptr ? about : by_command(*claim->finding)) == &point) refute(*claim->finding, result);
    }
    return result;
  }

 private:
  static void refute(const Finding& finding, Cells& cells) {
    if (const auto index = index_of(iommu_page_shift_of(finding))) raise(cells.cells[*index], Cell::kRefuted);
  }

  // Where every claim that the entry point needs is proved; and where all are, but for a page size that a
  // hypothesis of one of them takes out.
  std::pair<Shifts, Shifts> proved_of(const EntryPoint& point) {
    std::set<std::string_view> missing(point.claims.begin(), point.claims.end());
    if (missing.empty()) return {};
    Shifts covered;
    covered.set();
    for (const auto& [id, claim] : claims_) {
      if (by_function(claim->function) != &point) continue;
      const std::optional<Shifts> shifts = covered_by(*claim);
      if (!shifts) return {};
      covered &= *shifts;
      missing.erase(claim->claim);
    }
    if (!missing.empty() || covered.none()) return {};
    return {covered, ~covered};
  }

  // The page sizes for which a claim is proved, with all that it rests on; nothing if it is not proved.
  std::optional<Shifts> covered_by(const ClaimOutcome& claim) {
    const auto known = covered_.find(claim.id);
    if (known != covered_.end()) return known->second;
    covered_[claim.id] = std::nullopt;  // a claim that rests on itself is not proved
    if (claim.verdict != Verdict::kProved) return std::nullopt;
    Shifts shifts;
    for (const unsigned shift : claim.page_shifts) {
      if (const auto index = index_of(shift)) shifts.set(*index);
    }
    for (const std::string& id : claim.rests_on) {
      const auto below = claims_.find(id);
      if (below == claims_.end()) return std::nullopt;  // a hole in the chain
      const std::optional<Shifts> covered = covered_by(*below->second);
      if (!covered) return std::nullopt;
      shifts &= *covered;
    }
    return covered_[claim.id] = shifts;
  }

  std::map<bool, const TargetCheck*> checks_;  // by whether it is a sanitizer build
  std::map<std::string, const ClaimOutcome*> claims_;
  std::map<std::string, std::optional<Shifts>> covered_;
};

// The name that the people of a target know an entry point by.
std::string_view name_in(const std::string& target, const EntryPoint& point) {
  if (target.starts_with("linux")) return point.kernel;
  return point.command;
}

}  // namespace

std::string_view name(Cell cell) {
  switch (cell) {
    case Cell::kUnknown: return "unknown";
    case Cell::kAssumed: return "assumed";
    case Cell::kChecked: return "checked";
    case Cell::kProved: return "proved";
    case Cell::kRefuted: return "refuted";
  }
  return "unknown";
}

const std::vector<EntryPoint>& entry_points() {
  static const std::vector<EntryPoint> points{
      {"map_page", "iommu_map_page", "map_page", kMapClaims},
      {"unmap_page", "iommu_unmap_page", "unmap_page", kUnmapClaims},
      {"map_sg", "ppc_iommu_map_sg", "map_list", kMapClaims},
      {"unmap_sg", "ppc_iommu_unmap_sg", "unmap_list", kUnmapClaims},
      {"alloc_coherent", "iommu_alloc_coherent", "allocate_coherent", kMapClaims},
      {"free_coherent", "iommu_free_coherent", "free_coherent", kUnmapClaims},
      {"in_use", "iommu_table_in_use", "in_use", {}},
      {"check_ioba", "iommu_tce_check_ioba", "check_ioba", kCheckClaims},
      {"check_gpa", "iommu_tce_check_gpa", "check_gpa", kCheckClaims},
      {"tce_direction", "iommu_tce_direction", "tce_direction", kCheckClaims},
      {"direction_permissions", "iommu_direction_to_tce_perm", "direction_permissions", kCheckClaims},
  };
  return points;
}

std::string target_of(const ClaimOutcome& claim) {
  const std::string size = " " + format_size(std::uint64_t{1} << (claim.page_shift & 63));
  if (claim.page_shift == 0 || !claim.target.ends_with(size)) return claim.target;
  return claim.target.substr(0, claim.target.size() - size.size());
}

unsigned iommu_page_shift_of(const Finding& finding) {
  const Json* command = failing_command(finding);
  // The checks of VFIO and KVM have no table, and say themselves what page they are about.
  const Json* page = command == nullptr ? nullptr : member(*command, "iommu_page");
  if (page == nullptr) {
    const Json* window = member(finding.scenario, "window");
    page = window == nullptr ? nullptr : member(*window, "iommu_page");
  }
  const auto bytes = page == nullptr ? std::nullopt : number(*page);
  if (!bytes || !std::has_single_bit(*bytes)) return 0;
  return static_cast<unsigned>(std::countr_zero(*bytes));
}

std::vector<Matrix> matrices(const Result& result) {
  std::vector<Matrix> all;
  const auto add = [&](const std::string& target, unsigned system_page_shift) {
    auto matrix = std::find_if(all.begin(), all.end(), [&](const Matrix& m) { return m.target == target; });
    if (matrix == all.end()) {
      all.push_back({target, {}, {}});
      matrix = std::prev(all.end());
    }
    std::vector<unsigned>& shifts = matrix->system_page_shifts;
    const auto place = std::lower_bound(shifts.begin(), shifts.end(), system_page_shift);
    if (place == shifts.end() || *place != system_page_shift) shifts.insert(place, system_page_shift);
  };
  for (const TargetCheck& check : result.targets) add(check.target, check.page_shift);
  for (const ClaimOutcome& claim : result.claims) {
    if (claim.target.empty()) continue;
    if (claim.page_shift != 0) {
      add(target_of(claim), claim.page_shift);
    } else {
      for (const unsigned shift : {12U, 16U}) add(target_of(claim), shift);
    }
  }
  for (Matrix& matrix : all) {
    std::vector<Subject> subjects;
    subjects.reserve(matrix.system_page_shifts.size());
    for (const unsigned shift : matrix.system_page_shifts) subjects.emplace_back(result, matrix.target, shift);
    for (const EntryPoint& point : entry_points()) {
      MatrixRow row{std::string(name_in(matrix.target, point)), {}};
      for (std::size_t i = 0; i < subjects.size(); ++i) {
        Cells cells = subjects[i].cells(point);
        cells.system_page_shift = matrix.system_page_shifts[i];
        row.by_system_page.push_back(cells);
      }
      matrix.rows.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace nospan::reports::html_page
