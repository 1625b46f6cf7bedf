// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "reports/html/matrix.h"
#include "reports/html/sections.h"

namespace nospan::reports::html_page {
namespace {

std::string_view symbol(Cell cell) {
  switch (cell) {
    case Cell::kUnknown: return "?";
    case Cell::kAssumed: return "\u25B3";  // triangle: mind it
    case Cell::kChecked: return "\u25CB";  // circle, as for "holds"
    case Cell::kProved: return "\u2713";   // check mark
    case Cell::kRefuted: return "\u2717";  // ballot x
  }
  return "?";
}

// Neighbouring cells that say the same, drawn as one. They end where IOMMU pages become larger than system
// pages: that is what the page is about.
std::vector<View> runs(const Cells& cells, const Limits& limits) {
  std::vector<View> result;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= kShifts; ++i) {
    const unsigned shift = static_cast<unsigned>(i) + kFirstShift;
    if (i < kShifts && cells.cells[i] == cells.cells[begin] && shift != cells.system_page_shift + 1) continue;
    const auto first = static_cast<unsigned>(begin) + kFirstShift;
    const unsigned last = shift - 1;
    const unsigned length = last - first + 1;
    View run(limits);
    run.whole("cell", std::string(name(cells.cells[begin])));
    run.whole("cell_symbol", std::string(symbol(cells.cells[begin])));
    run.whole("length", std::to_string(length));
    run.whole("shifts", length == 1 ? std::to_string(first) : fmt::format("{}\u2013{}", first, last));
    run.whole("sizes", length == 1 ? size_of_shift(first)
                                   : fmt::format("{} to {}", size_of_shift(first), size_of_shift(last)));
    run.flag("larger", first == cells.system_page_shift + 1);
    run.flag("wide", length >= 6);
    run.flag("wider", length >= 9);
    result.push_back(std::move(run));
    begin = i;
  }
  return result;
}

std::string count_words(const Matrix& matrix) {
  std::size_t counts[5] = {};
  for (const MatrixRow& row : matrix.rows) {
    for (const Cells& cells : row.by_system_page) {
      for (const Cell cell : cells.cells) ++counts[static_cast<std::size_t>(cell)];
    }
  }
  std::string words;
  for (const Cell cell : {Cell::kRefuted, Cell::kProved, Cell::kChecked, Cell::kAssumed, Cell::kUnknown}) {
    const std::size_t count = counts[static_cast<std::size_t>(cell)];
    if (count == 0) continue;
    words +=
        fmt::format("{}{} {} {}", words.empty() ? "" : ", ", count, count == 1 ? "cell" : "cells", name(cell));
  }
  return words;
}

}  // namespace

std::vector<View> matrix_views(const Result& result, const Limits& limits) {
  std::vector<View> views;
  for (const Matrix& matrix : matrices(result)) {
    if (views.size() == limits.items) break;
    View view(limits);
    view.text("target", matrix.target);
    view.whole("counts", count_words(matrix));
    view.flag("open", views.empty());
    std::vector<View> pages;
    for (const unsigned shift : matrix.system_page_shifts) {
      View page(limits);
      page.whole("page_shift", std::to_string(shift));
      page.whole("page_size", shift < 64 ? size_of_shift(shift) : "?");
      pages.push_back(std::move(page));
    }
    view.list("system_pages", pages);
    std::vector<View> rows;
    for (const MatrixRow& row : matrix.rows) {
      View one(limits);
      one.text("entry_point", row.entry_point);
      std::vector<View> strips;
      for (const Cells& cells : row.by_system_page) {
        View strip(limits);
        strip.whole("strip_page", size_of_shift(cells.system_page_shift & 63));
        strip.list("runs", runs(cells, limits));
        strips.push_back(std::move(strip));
      }
      one.list("strips", strips);
      rows.push_back(std::move(one));
    }
    view.list("rows", rows);
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace nospan::reports::html_page
