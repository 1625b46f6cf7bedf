// SPDX-License-Identifier: BSD-2-Clause
#include "props/memory_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/quantity.h"

namespace nospan::props {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kMargin = 14;  // the names of the bands
constexpr std::size_t kLastColumn = kColumns - kMargin - 1;
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
  void reserve(MemoryRange range, std::size_t width) {
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

char fill_of(OwnerBand::Kind kind) {
  switch (kind) {
    case OwnerBand::Kind::kOwn: return '#';
    case OwnerBand::Kind::kForeign: return '=';
    case OwnerBand::Kind::kHypervisor: return '-';
    case OwnerBand::Kind::kSeveral: return '.';
  }
  return '.';
}

class Picture {
 public:
  explicit Picture(const PictureInput& input) : memory_(input) {}

  std::string draw() {
    std::vector<std::uint64_t> points = memory_.boundaries;
    points.insert(points.end(), {memory_.reached.start, memory_.reached.end});
    std::vector<std::uint64_t> ticks = points;
    if (memory_.buffer)
      points.insert(points.end(), {memory_.buffer->start, memory_.buffer->end, memory_.system_pages.start,
                                   memory_.system_pages.end});
    Axis axis(std::move(points));
    // Room for all names first, then for the addresses beside each other.
    for (const auto& [range, name, kind] : memory_.owner_bands()) axis.reserve(range, name.size() + 3);
    for (const auto& [range, name, kind] : memory_.owner_bands()) {
      axis.reserve(range, std::max(name.size() + 5, reports::format_address(range.start).size() + 2));
    }
    axis.finish();

    std::sort(ticks.begin(), ticks.end());
    ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
    return AddressLines(axis, std::move(ticks)).text() + owners(axis) + pages(axis) + buffer(axis) +
           exposed(axis);
  }

 private:
  std::string owners(const Axis& axis) const {
    Line line("owner");
    for (const auto& [range, name, kind] : memory_.owner_bands()) {
      const std::size_t first = axis.column(range.start);
      const std::size_t end = axis.column(range.end);
      line.fill(first + 1, end, fill_of(kind));
      line.write_centred(first + 1, end, name);
      line.put(first, '|');
      line.put(end, '|');
    }
    return line.text();
  }

  // A band with ends and a text in it, or beside it if it is too short.
  static std::string span(const Axis& axis, std::string_view name, MemoryRange range, std::string_view text) {
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
    if (memory_.buffer) {
      const std::uint64_t count = (memory_.system_pages.end - memory_.system_pages.start) >>
                                  memory_.input.configuration.system_page.value;
      const std::string size = reports::format_size(memory_.input.configuration.system_page.bytes());
      text += span(axis, count > 1 ? "system pages" : "system page", memory_.system_pages,
                   count > 1 ? fmt::format("{} x {}", count, size) : size);
    }
    return text +
           span(axis, "IOMMU page", memory_.reached,
                fmt::format("{}, TCE {}", reports::format_size(memory_.input.configuration.window.page.bytes()),
                            reports::format_address(memory_.input.tce.value)));
  }

  static std::string bytes_text(std::uint64_t size) {
    if (size == 1) return "1 byte";
    const std::string text = reports::format_size(size);
    return text.back() > '9' ? text : text + " bytes";
  }

  std::string buffer(const Axis& axis) const {
    if (memory_.input.buffer_size == 0) return {};
    const std::uint64_t here =
        memory_.buffer ? memory_.buffer->end - memory_.buffer->start : memory_.shown.end - memory_.shown.start;
    std::string text =
        fmt::format("{} at guest {}", bytes_text(here), reports::format_address(memory_.shown.start));
    if (here != memory_.input.buffer_size)
      text += fmt::format(" (of {})", bytes_text(memory_.input.buffer_size));
    Line line("buffer");
    if (!memory_.buffer) {
      line.write(0, text + ": no real memory");
      return line.text();
    }
    const std::size_t first = axis.column(memory_.buffer->start);
    const std::size_t end = axis.column(memory_.buffer->end);
    line.fill(first, end, '^');
    return beside(line, first, end, text);
  }

  std::string exposed(const Axis& axis) const {
    if (memory_.exposed_bytes == 0) return {};
    Line line("exposed");
    // Where several owners are drawn as one, a foreign one marks all that the device reaches of them.
    std::size_t first_column = kLastColumn;
    for (const OwnerBand& band : memory_.owner_bands()) {
      const MemoryRange range{std::max(band.range.start, memory_.reached.start),
                              std::min(band.range.end, memory_.reached.end)};
      if (range.start >= range.end || band.kind == OwnerBand::Kind::kOwn) continue;
      const std::size_t first = axis.column(range.start);
      line.fill(first, std::max(axis.column(range.end), first + 1), 'X');
      first_column = std::min(first_column, first);
    }
    std::string text;
    if (memory_.exposed.size() == 1) {
      text = fmt::format("{} of {}, from {} on", reports::approximate_size(memory_.exposed_bytes),
                         memory_.exposed[0].first, reports::format_address(*memory_.first_foreign));
    } else {
      text = fmt::format("{}: ", reports::approximate_size(memory_.exposed_bytes));
      constexpr std::string_view kMore = ", and more";
      bool all = !memory_.others_exposed;
      for (std::size_t i = 0; i < memory_.exposed.size(); ++i) {
        const std::string entry =
            fmt::format("{}{} of {}", i == 0 ? "" : ", ", reports::approximate_size(memory_.exposed[i].second),
                        memory_.exposed[i].first);
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

  ConcernedMemory memory_;
};

}  // namespace

std::string memory_picture(const PictureInput& input) { return Picture(input).draw(); }

}  // namespace nospan::props
