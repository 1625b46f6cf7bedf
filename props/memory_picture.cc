// SPDX-License-Identifier: BSD-2-Clause
#include "props/memory_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "model/layout.h"
#include "reports/quantity.h"

namespace nospan::props {
namespace {

using model::Block;
using model::GuestAddress;

constexpr std::size_t kColumns = 80;
constexpr std::size_t kMargin = 14;  // the names of the bands
constexpr std::size_t kLastColumn = kColumns - kMargin - 1;
// Owners' boundaries that are drawn: more would leave no room for their names.
constexpr std::size_t kMostBoundaries = 4;

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

// Real memory [start, end), not empty.
struct Range {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool holds(std::uint64_t address) const { return start <= address && address < end; }
};

// Memory of one owner; no VM: the hypervisor.
struct Run {
  Range range;
  std::optional<model::VmId> owner;

  std::string name() const { return owner ? fmt::format("VM {}", owner->value) : "hypervisor"; }
};

// Who owns `range`, without gaps; neighbours differ.
std::vector<Run> runs_in(Range range, const std::vector<Block>& blocks) {
  std::vector<Block> sorted;
  for (const Block& block : blocks) {
    if (block.real.value < range.end && add(block.real.value, block.size) > range.start)
      sorted.push_back(block);
  }
  std::sort(sorted.begin(), sorted.end(), [](const Block& a, const Block& b) { return a.real < b.real; });
  std::vector<Run> runs;
  const auto append = [&](std::uint64_t end, std::optional<model::VmId> owner) {
    const std::uint64_t start = runs.empty() ? range.start : runs.back().range.end;
    if (end <= start) return;
    if (!runs.empty() && runs.back().owner == owner) {
      runs.back().range.end = end;
    } else {
      runs.push_back({{start, end}, owner});
    }
  };
  for (const Block& block : sorted) {
    append(block.real.value, std::nullopt);
    append(std::min(add(block.real.value, block.size), range.end), block.owner);
  }
  append(range.end, std::nullopt);
  return runs;
}

// One line of the picture. Writing past its end is ignored.
class Line {
 public:
  explicit Line(std::string_view name) : text_(kColumns, ' ') { text_.replace(0, name.size(), name); }

  // Columns count from the left end of the bands.
  bool is_free(std::size_t first, std::size_t last) const {
    for (std::size_t column = first; column <= last; ++column) {
      if (column > kLastColumn || text_[kMargin + column] != ' ') return false;
    }
    return true;
  }
  void fill(std::size_t first, std::size_t end, char letter) {
    for (std::size_t column = first; column < end; ++column) put(column, letter);
  }
  void put(std::size_t column, char letter) {
    if (column <= kLastColumn) text_[kMargin + column] = letter;
  }
  void write(std::size_t column, std::string_view text) {
    for (const char letter : text) put(column++, letter);
  }
  // Writes in the middle of the columns between `first` and `end`, with a space on each side, if there is room.
  void write_centred(std::size_t first, std::size_t end, std::string_view text) {
    if (end < first + text.size() + 2) return;
    const std::size_t column = first + (end - first - text.size()) / 2;
    put(column - 1, ' ');
    write(column, text);
    put(column + text.size(), ' ');
  }

  std::string text() const {
    std::string text = text_;
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

 private:
  std::string text_;
};

// The axis: addresses of interest and their columns. What lies between two is drawn as long as its logarithm.
class Axis {
 public:
  explicit Axis(std::vector<std::uint64_t> points) : points_(std::move(points)) {
    std::sort(points_.begin(), points_.end());
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
    widths_.assign(points_.size() - 1, 1);
  }

  // Asks that the distance between two points be at least this wide.
  void reserve(Range range, std::size_t width) {
    const std::size_t first = index(range.start);
    const std::size_t end = index(range.end);
    const std::size_t now = sum(first, end);
    if (now >= width) return;
    // To the largest distance: small ones look small.
    std::size_t largest = first;
    for (std::size_t i = first; i < end; ++i) {
      if (points_[i + 1] - points_[i] > points_[largest + 1] - points_[largest]) largest = i;
    }
    widths_[largest] += std::min(width - now, kLastColumn - std::min(kLastColumn, sum(0, widths_.size())));
  }

  // Gives what is left to all by weight and fixes the columns.
  void finish() {
    std::vector<std::size_t> weights;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      // A few bytes get no more than their one column.
      const int bits = std::bit_width(points_[i + 1] - points_[i]);
      weights.push_back(static_cast<std::size_t>(std::max(bits - 6, 0)));
    }
    const std::size_t total =
        std::max(std::accumulate(weights.begin(), weights.end(), std::size_t{0}), std::size_t{1});
    const std::size_t used = std::min(kLastColumn, sum(0, widths_.size()));
    std::size_t weight = 0;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const std::size_t before = (kLastColumn - used) * weight / total;
      weight += weights[i];
      widths_[i] += (kLastColumn - used) * weight / total - before;
    }
    columns_.assign(1, 0);
    for (const std::size_t width : widths_) columns_.push_back(columns_.back() + width);
  }

  // The column of a point.
  std::size_t column(std::uint64_t point) const { return columns_[index(point)]; }

 private:
  std::size_t index(std::uint64_t point) const {
    const auto found = std::lower_bound(points_.begin(), points_.end(), point);
    return static_cast<std::size_t>(
        std::min<std::ptrdiff_t>(found - points_.begin(), static_cast<std::ptrdiff_t>(points_.size()) - 1));
  }
  std::size_t sum(std::size_t first, std::size_t end) const {
    std::size_t result = 0;
    for (std::size_t i = first; i < end; ++i) result += widths_[i];
    return result;
  }

  std::vector<std::uint64_t> points_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> columns_;
};

// The lines above the bands: an address at each tick, higher up where there is no room beside its neighbour.
class AddressLines {
 public:
  AddressLines(const Axis& axis, std::vector<std::uint64_t> points) {
    std::sort(points.begin(), points.end());
    // An address starts at its tick, or ends there if it would otherwise leave the picture or stand in the way
    // of such a one. Then those that start can be placed from the right and those that end from the left, and
    // no way down from an address to its tick is ever blocked.
    std::vector<Label> labels;
    std::size_t barrier = kLastColumn + 1;
    for (std::size_t i = points.size(); i-- > 0;) {
      Label label{axis.column(points[i]), reports::format_address(points[i]), true};
      label.starts_at_tick = label.column + label.text.size() - 1 < barrier;
      if (!label.starts_at_tick) barrier = label.column;
      labels.push_back(std::move(label));
    }
    for (const Label& label : labels) {
      if (label.starts_at_tick) place(label, label.column);
    }
    std::reverse(labels.begin(), labels.end());
    for (const Label& label : labels) {
      // At the left end there may be no room: then the tick goes without an address.
      if (!label.starts_at_tick && label.column + 1 >= label.text.size()) {
        place(label, label.column + 1 - label.text.size());
      }
    }
  }

  std::string text() const {
    std::string text;
    for (std::size_t i = lines_.size(); i-- > 0;) text += lines_[i].text();
    return text;
  }

 private:
  struct Label {
    std::size_t column;
    std::string text;
    bool starts_at_tick;
  };

  void place(const Label& label, std::size_t first) {
    const std::size_t last = first + label.text.size() - 1;
    for (std::size_t i = 1;; ++i) {
      if (!lines_[i - 1].is_free(label.column, label.column)) return;
      if (i == lines_.size()) lines_.emplace_back("");
      // With a free column on each side.
      if (!lines_[i].is_free(first == 0 ? 0 : first - 1, std::min(last + 1, kLastColumn))) continue;
      lines_[i].write(first, label.text);
      for (std::size_t below = 0; below < i; ++below) lines_[below].put(label.column, '|');
      return;
    }
  }

  // From the bottom; the lowest holds ticks only.
  std::vector<Line> lines_{Line(""), Line("real address")};
};

class Picture {
 public:
  explicit Picture(const PictureInput& input)
      : input_(input),
        configuration_(input.configuration),
        layout_(configuration_.translation, configuration_.device_vm, configuration_.blocks) {
    const std::uint64_t start = std::min(input.reached.value, UINT64_MAX - 1);
    reached_ = {start, add(start, configuration_.window.page.bytes())};
    find_buffer();
    Range whole = reached_;
    if (buffer_) {
      const std::uint64_t mask = configuration_.system_page.offset_mask();
      const std::uint64_t end = buffer_->end + mask < buffer_->end ? UINT64_MAX : (buffer_->end + mask) & ~mask;
      system_pages_ = {buffer_->start & ~mask, end};
      whole = {std::min(whole.start, system_pages_.start), std::max(whole.end, system_pages_.end)};
    }
    runs_ = runs_in(whole, configuration_.blocks);
    find_exposed();
  }

  std::string draw() {
    choose_boundaries();
    std::vector<std::uint64_t> points = boundaries_;
    points.insert(points.end(), {reached_.start, reached_.end});
    std::vector<std::uint64_t> ticks = points;
    if (buffer_)
      points.insert(points.end(), {buffer_->start, buffer_->end, system_pages_.start, system_pages_.end});
    Axis axis(std::move(points));
    // Room for all names first, then for the addresses beside each other.
    for (const auto& [range, name, fill] : owner_bands()) axis.reserve(range, name.size() + 3);
    for (const auto& [range, name, fill] : owner_bands()) {
      axis.reserve(range, std::max(name.size() + 5, reports::format_address(range.start).size() + 2));
    }
    axis.finish();

    std::sort(ticks.begin(), ticks.end());
    ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
    return AddressLines(axis, std::move(ticks)).text() + owners(axis) + pages(axis) + buffer(axis) +
           exposed(axis);
  }

 private:
  struct Band {
    Range range;
    std::string name;
    char fill;
  };

  bool is_foreign(const Run& run) const { return run.owner != configuration_.device_vm; }

  // In a sentence.
  static std::string named(const Run& run) { return run.owner ? run.name() : "the hypervisor"; }

  // The part of the buffer that the TCE was made for, as far as it is contiguous in real memory.
  void find_buffer() {
    if (input_.buffer_size == 0) return;
    const std::uint64_t page = input_.iommu_page.value;
    const std::uint64_t page_end = add(page, configuration_.window.page.bytes());
    std::uint64_t start = input_.buffer.value;
    std::uint64_t end = add(start, input_.buffer_size);
    // A TCE that maps no byte of the buffer is a violation too: then show how the buffer starts.
    if (start < page_end && end > page) {
      start = std::max(start, page);
      end = std::min(end, page_end);
    } else {
      end = std::min(end, add(start, configuration_.window.page.bytes()));
    }
    shown_ = {start, end};
    const auto real = layout_.translate({start});
    if (!real || start == end) return;
    std::uint64_t size = end - start;
    if (configuration_.translation == model::Translation::kTwoStage) {
      std::uint64_t done = 0;
      while (done < size) {
        const Block* block = layout_.device_block({start + done});
        if (block == nullptr || layout_.translate({start + done})->value != real->value + done) break;
        const std::uint64_t rest = block->size - (start + done - block->guest.value);
        if (rest == 0) break;
        done = std::min(size, add(done, rest));
      }
      size = done;
    }
    const Range range{real->value, add(real->value, size)};
    if (range.start < range.end) buffer_ = range;
  }

  // What the device reaches of others: the bytes of each owner, in the order of their addresses.
  void find_exposed() {
    for (const Run& run : runs_) {
      const Range range{std::max(run.range.start, reached_.start), std::min(run.range.end, reached_.end)};
      if (!is_foreign(run) || range.start >= range.end) continue;
      if (exposed_bytes_ == 0) first_foreign_ = range.start;
      exposed_bytes_ += range.end - range.start;
      const auto known = std::find_if(exposed_.begin(), exposed_.end(),
                                      [&](const auto& entry) { return entry.first == named(run); });
      if (known == exposed_.end()) {
        // Thousands of owners: only the first few are named, and a search through all would take long.
        if (exposed_.size() < kMostNamed) {
          exposed_.emplace_back(named(run), range.end - range.start);
        } else {
          others_exposed_ = true;
        }
      } else {
        known->second += range.end - range.start;
      }
    }
  }

  // All boundaries between owners if they are few; else those around the first foreign byte and the buffer, and
  // then the nearest to them.
  void choose_boundaries() {
    boundaries_.clear();
    boundaries_.push_back(runs_.front().range.start);
    boundaries_.push_back(runs_.back().range.end);
    std::vector<std::uint64_t> inner;
    for (std::size_t i = 1; i < runs_.size(); ++i) inner.push_back(runs_[i].range.start);
    const std::uint64_t focus =
        input_.first_foreign ? input_.first_foreign->value : first_foreign_.value_or(reached_.start);
    if (inner.size() > kMostBoundaries) {
      std::vector<std::uint64_t> wanted;
      for (const std::uint64_t address : {focus, buffer_ ? buffer_->start : focus}) {
        for (const Run& run : runs_) {
          if (!run.range.holds(address)) continue;
          wanted.insert(wanted.end(), {run.range.start, run.range.end});
        }
      }
      const auto is_wanted = [&](std::uint64_t point) {
        return std::find(wanted.begin(), wanted.end(), point) != wanted.end();
      };
      const auto distance = [&](std::uint64_t point) { return point < focus ? focus - point : point - focus; };
      const auto nearer = [&](std::uint64_t a, std::uint64_t b) {
        if (is_wanted(a) != is_wanted(b)) return is_wanted(a);
        return std::pair(distance(a), a) < std::pair(distance(b), b);
      };
      std::partial_sort(inner.begin(), inner.begin() + kMostBoundaries, inner.end(), nearer);
      inner.resize(kMostBoundaries);
    }
    boundaries_.insert(boundaries_.end(), inner.begin(), inner.end());
    std::sort(boundaries_.begin(), boundaries_.end());
    boundaries_.erase(std::unique(boundaries_.begin(), boundaries_.end()), boundaries_.end());
  }

  // What lies between two boundaries: one owner, or several that are not drawn.
  std::vector<Band> owner_bands() const {
    std::vector<Band> bands;
    std::size_t run = 0;
    for (std::size_t i = 0; i + 1 < boundaries_.size(); ++i) {
      const std::size_t first = run;
      while (run < runs_.size() && runs_[run].range.start < boundaries_[i + 1]) ++run;
      const Range range{boundaries_[i], boundaries_[i + 1]};
      if (run - first > 1) {
        bands.push_back({range, fmt::format("{} more", run - first), '.'});
      } else {
        const Run& owner = runs_[first];
        bands.push_back({range, owner.name(), is_foreign(owner) ? (owner.owner ? '=' : '-') : '#'});
      }
    }
    return bands;
  }

  std::string owners(const Axis& axis) const {
    Line line("owner");
    for (const auto& [range, name, fill] : owner_bands()) {
      const std::size_t first = axis.column(range.start);
      const std::size_t end = axis.column(range.end);
      line.fill(first + 1, end, fill);
      line.write_centred(first + 1, end, name);
      line.put(first, '|');
      line.put(end, '|');
    }
    return line.text();
  }

  // A band with ends and a text in it, or beside it if it is too short.
  static std::string span(const Axis& axis, std::string_view name, Range range, std::string_view text) {
    Line line(name);
    const std::size_t first = axis.column(range.start);
    const std::size_t end = axis.column(range.end);
    line.put(first, '|');
    line.put(end, '|');
    if (end >= first + 3) {
      line.fill(first + 1, end, '-');
      line.put(first + 1, '<');
      line.put(end - 1, '>');
    }
    if (end - first >= text.size() + 7) {
      line.write_centred(first + 1, end, text);
      return line.text();
    }
    return beside(line, first, end + 1, text);
  }

  // Writes to the right of columns [first, end), else to the left, else below.
  static std::string beside(Line& line, std::size_t first, std::size_t end, std::string_view text) {
    if (end + 1 + text.size() <= kLastColumn + 1) {
      line.write(end + 1, text);
      return line.text();
    }
    if (first >= text.size() + 1) {
      line.write(first - 1 - text.size(), text);
      return line.text();
    }
    Line below("");
    below.write(std::min(first, kLastColumn + 1 - std::min(text.size(), kLastColumn + 1)), text);
    return line.text() + below.text();
  }

  std::string pages(const Axis& axis) const {
    std::string text;
    if (buffer_) {
      const std::uint64_t count = (system_pages_.end - system_pages_.start) >> configuration_.system_page.value;
      const std::string size = reports::format_size(configuration_.system_page.bytes());
      text += span(axis, count > 1 ? "system pages" : "system page", system_pages_,
                   count > 1 ? fmt::format("{} x {}", count, size) : size);
    }
    return text + span(axis, "IOMMU page", reached_,
                       fmt::format("{}, TCE {}", reports::format_size(configuration_.window.page.bytes()),
                                   reports::format_address(input_.tce.value)));
  }

  static std::string bytes_text(std::uint64_t size) {
    if (size == 1) return "1 byte";
    const std::string text = reports::format_size(size);
    return text.back() > '9' ? text : text + " bytes";
  }

  std::string buffer(const Axis& axis) const {
    if (input_.buffer_size == 0) return {};
    const std::uint64_t here = buffer_ ? buffer_->end - buffer_->start : shown_.end - shown_.start;
    std::string text = fmt::format("{} at guest {}", bytes_text(here), reports::format_address(shown_.start));
    if (here != input_.buffer_size) text += fmt::format(" (of {})", bytes_text(input_.buffer_size));
    Line line("buffer");
    if (!buffer_) {
      line.write(0, text + ": no real memory");
      return line.text();
    }
    const std::size_t first = axis.column(buffer_->start);
    const std::size_t end = axis.column(buffer_->end);
    line.fill(first, end, '^');
    return beside(line, first, end, text);
  }

  std::string exposed(const Axis& axis) const {
    if (exposed_bytes_ == 0) return {};
    Line line("exposed");
    // Where several owners are drawn as one, a foreign one marks all that the device reaches of them.
    std::size_t first_column = kLastColumn;
    for (const Band& band : owner_bands()) {
      const Range range{std::max(band.range.start, reached_.start), std::min(band.range.end, reached_.end)};
      if (range.start >= range.end || band.fill == '#') continue;
      const std::size_t first = axis.column(range.start);
      line.fill(first, std::max(axis.column(range.end), first + 1), 'X');
      first_column = std::min(first_column, first);
    }
    std::string text;
    if (exposed_.size() == 1) {
      text = fmt::format("{} of {}, from {} on", reports::approximate_size(exposed_bytes_), exposed_[0].first,
                         reports::format_address(*first_foreign_));
    } else {
      text = fmt::format("{}: ", reports::approximate_size(exposed_bytes_));
      constexpr std::string_view kMore = ", and more";
      bool all = !others_exposed_;
      for (std::size_t i = 0; i < exposed_.size(); ++i) {
        const std::string entry = fmt::format("{}{} of {}", i == 0 ? "" : ", ",
                                              reports::approximate_size(exposed_[i].second), exposed_[i].first);
        if (text.size() + entry.size() + kMore.size() > kLastColumn + 1) {
          all = false;
          break;
        }
        text += entry;
      }
      if (!all) text += kMore;
    }
    Line below("");
    below.write(std::min(first_column, kLastColumn + 1 - std::min(text.size(), kLastColumn + 1)), text);
    return line.text() + below.text();
  }

  static constexpr std::size_t kMostNamed = 8;

  const PictureInput& input_;
  const model::Configuration& configuration_;
  model::Layout layout_;
  Range reached_;
  Range shown_;                  // guest addresses
  std::optional<Range> buffer_;  // real addresses
  Range system_pages_;           // real addresses; if there is a buffer_
  std::vector<Run> runs_;
  std::vector<std::uint64_t> boundaries_;  // of owners, drawn; with both ends
  std::vector<std::pair<std::string, std::uint64_t>> exposed_;
  bool others_exposed_ = false;
  std::uint64_t exposed_bytes_ = 0;
  std::optional<std::uint64_t> first_foreign_;
};

}  // namespace

std::string memory_picture(const PictureInput& input) { return Picture(input).draw(); }

}  // namespace nospan::props
