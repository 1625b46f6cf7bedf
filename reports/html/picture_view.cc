// SPDX-License-Identifier: BSD-2-Clause
// Bands over one axis of real addresses. Not to scale: what lies between two addresses of interest is drawn by
// its logarithm, so that one byte and 16 GiB both can be seen.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

constexpr double kLetter = 7.2;     // width of a letter of the labels, at their size in style.css
constexpr double kNameWidth = 112;  // the rows' names, beside the bands
constexpr double kMargin = 8;
constexpr double kBand = 26;  // height
constexpr double kGap = 10;
constexpr double kAxis = 22;
constexpr double kLine = 16;

std::uint64_t end_of(std::uint64_t last) { return last == UINT64_MAX ? last : last + 1; }

double width_of(std::string_view text) { return static_cast<double>(text.size()) * kLetter; }

// From real addresses to places.
class Axis {
 public:
  Axis(std::vector<std::uint64_t> points, double left, double width) : points_(std::move(points)) {
    std::sort(points_.begin(), points_.end());
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
    std::vector<double> weights;
    double total = 0;
    for (std::size_t i = 0; i + 1 < points_.size(); ++i) {
      weights.push_back(std::max(1.0, static_cast<double>(std::bit_width(points_[i + 1] - points_[i])) - 6));
      total += weights.back();
    }
    double at = left;
    places_.push_back(at);
    for (const double weight : weights) places_.push_back(at += width * weight / total);
  }

  double operator()(std::uint64_t point) const {
    const auto found = std::lower_bound(points_.begin(), points_.end(), point);
    const auto index = static_cast<std::size_t>(found - points_.begin());
    return places_[std::min(index, places_.size() - 1)];
  }

  const std::vector<std::uint64_t>& points() const { return points_; }

 private:
  std::vector<std::uint64_t> points_;
  std::vector<double> places_;
};

// A label that has room in `width`.
std::string fitting(std::string_view label, double width) {
  const auto most = static_cast<std::size_t>(std::max(width / kLetter, 4.0));
  if (label.size() <= most) return std::string(label);
  std::size_t end = most - 1;
  while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0U) == 0x80) --end;
  return std::string(label.substr(0, end)) + "\u2026";
}

std::string place(double value) { return fmt::format("{:.1f}", value); }

// A class of style.css.
std::string look_of(const Band& band, std::map<std::string, std::size_t>& owners) {
  if (band.kind == "owner") {
    constexpr std::size_t kOwnerLooks = 4;
    const auto known = owners.try_emplace(band.label, owners.size()).first;
    return fmt::format("owner-{}", known->second % kOwnerLooks);
  }
  for (const std::string_view kind : {"hole", "page", "buffer", "exposed"}) {
    if (band.kind == kind) return std::string(kind);
  }
  return "page";
}

// Of the bands of the picture, in their order: those that can be drawn.
std::vector<Band> drawable(const MemoryPicture& picture, const BandRow& row, std::size_t most) {
  std::vector<Band> bands;
  for (const Band& band : row.bands) {
    if (band.last < band.first || band.last < picture.first || band.first > picture.last) continue;
    if (bands.size() == most) break;
    bands.push_back(band);
    bands.back().first = std::max(band.first, picture.first);
    bands.back().last = std::min(band.last, picture.last);
  }
  return bands;
}

}  // namespace

View picture_view(const MemoryPicture& picture, unsigned width, const Limits& limits) {
  View view(limits);
  std::vector<std::vector<Band>> rows;
  std::vector<std::uint64_t> points{picture.first, end_of(picture.last)};
  std::string words;
  for (const BandRow& row : picture.rows) {
    rows.push_back(drawable(picture, row, limits.bands));
    for (const Band& band : rows.back()) points.insert(points.end(), {band.first, end_of(band.last)});
  }
  const bool narrow = width < 500;
  const double left = narrow ? kMargin : kNameWidth;
  const double bands_width = width - left - kMargin;
  const Axis axis(std::move(points), left, bands_width);

  // Addresses above: where there is no room beside the one before, none.
  std::vector<View> ticks;
  double free_from = left - kMargin;
  for (const std::uint64_t point : axis.points()) {
    const std::string address = fmt::format("{:#x}", point);
    const double x = axis(point);
    const double text = width_of(address);
    double start = x - text / 2;
    start = std::max(std::min(start, width - text), left - kMargin);
    View tick(limits);
    tick.whole("x", place(x));
    tick.flag("shown", start >= free_from);
    if (start >= free_from) {
      tick.whole("text_x", place(start)).whole("address", address);
      free_from = start + text + 2 * kLetter;
    }
    ticks.push_back(std::move(tick));
  }

  std::map<std::string, std::size_t> owners;
  std::vector<View> drawn;
  double y = kAxis + kGap;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].empty()) continue;
    View row(limits);
    const BandRow& source = picture.rows[r];
    if (narrow) y += kLine;
    row.whole("name", fitting(source.name, narrow ? bands_width : kNameWidth - kMargin));
    row.whole("name_x", place(narrow ? left : 0)).whole("name_y", place(narrow ? y - 5 : y + kBand / 2 + 4));
    std::vector<View> bands;
    double below = y + kBand;
    double beside_end = left;  // where texts below this row end
    for (const Band& band : rows[r]) {
      const double x = axis(band.first);
      const double size = std::max(axis(end_of(band.last)) - x, 2.0);
      View one(limits);
      one.whole("x", place(x)).whole("y", place(y)).whole("width", place(size)).whole("height", place(kBand));
      one.whole("look", look_of(band, owners));
      const std::string label = fitting(band.label, bands_width);
      const double text = width_of(label);
      const bool inside = text + kLetter <= size;
      one.flag("inside", inside);
      one.whole("label", label);
      if (inside) {
        one.whole("text_x", place(x + size / 2)).whole("text_y", place(y + kBand / 2 + 4));
      } else {
        // Below the band, moved left where it would leave the picture, one line further where there is another.
        double start = std::max(std::min(x, width - kMargin - text), left);
        if (start < beside_end || below == y + kBand) {
          below += kLine;
        }
        one.whole("text_x", place(start)).whole("text_y", place(below - 3));
        beside_end = start + text + kLetter;
      }
      bands.push_back(std::move(one));
      words += fmt::format("{}{}: {}, {:#x} to {:#x}", words.empty() ? "" : "; ", source.name, band.label,
                           band.first, band.last);
    }
    row.list("bands", bands);
    row.whole("more",
              source.bands.size() > rows[r].size() ? grouped(source.bands.size() - rows[r].size()) : "");
    drawn.push_back(std::move(row));
    y = below + kGap;
  }
  view.whole("width", std::to_string(width)).whole("height", place(y)).whole("bottom", place(y - kGap));
  view.whole("axis_left", place(left))
      .whole("axis_right", place(width - kMargin))
      .whole("axis_y", place(kAxis));
  view.flag("drawn", !drawn.empty());
  view.list("ticks", ticks).list("rows", drawn).text("picture_words", words);
  return view;
}

}  // namespace nospan::reports::html_page
