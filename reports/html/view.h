// SPDX-License-Identifier: BSD-2-Clause
// What the templates of the page (reports/html/templates) are filled with, and how much of a result goes in.
// All markup is in the templates, which escape every text; nothing here writes a tag.
//
// Values; safe to use from any thread.
#ifndef NOSPAN_REPORTS_HTML_VIEW_H
#define NOSPAN_REPORTS_HTML_VIEW_H

#include <cstddef>
#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/result.h"
#include "reports/verdict.h"

namespace nospan::reports::html_page {

// How much is told, so that a page stays below its size whatever the result holds. What is left out is said.
struct Limits {
  std::size_t text = 4096;             // bytes of one text
  std::size_t scenario = 64UL * 1024;  // bytes of a scenario
  std::size_t findings = 60;
  std::size_t steps = 200;  // of one finding
  std::size_t bands = 24;   // of a row of a picture
  std::size_t claims = 1000;
  std::size_t cases = 40;   // of one claim
  std::size_t items = 400;  // of any other list
};

// An object for a template. Every key that the template asks for must be set: mustache looks for a missing one
// in the objects around.
class View {
 public:
  explicit View(const Limits& limits) : limits_(limits) {}

  // A text, cut to Limits::text; an empty one is false: {{#key}} ... {{key}} ... {{/key}} shows it if there is
  // one.
  View& text(const std::string& key, std::string_view value);
  // The same, not cut.
  View& whole(const std::string& key, const std::string& value);
  View& flag(const std::string& key, bool value);
  // An object if there is one: {{#key}} ... {{/key}}.
  View& part(const std::string& key, const View& value);
  // {{#key}} ... {{/key}} for each. An empty list is false.
  View& list(const std::string& key, const std::vector<View>& items);
  // A list of texts under `key`, each {{item}}, at most Limits::items; key_more says how many are left out.
  View& texts(const std::string& key, const std::vector<std::string>& items);
  // key: the verdict's name, for classes; key_symbol and key_word: for people.
  View& verdict(const std::string& key, Verdict value);

  const Limits& limits() const { return limits_; }
  const kainjow::mustache::data& data() const { return data_; }

 private:
  Limits limits_;
  kainjow::mustache::data data_{kainjow::mustache::data::type::object};
};

// A sign that tells a verdict without its colour.
std::string_view symbol(Verdict verdict);

// Only these two are good news.
bool is_success(Verdict verdict);

// "4K", "16M", "16G": 2^shift bytes; shift below 64.
std::string size_of_shift(unsigned shift);
// "0.42 s", "3 min 20 s".
std::string duration(double seconds);
// "12,345".
std::string grouped(std::uint64_t value);
// "41.3 %" of a share from 0 to 1.
std::string percent(double share);
// An identifier for an anchor: letters, digits, '-' and '_' of the text, then its hash, so that two texts do
// not meet.
std::string anchor(std::string_view prefix, std::string_view text);

}  // namespace nospan::reports::html_page

#endif  // NOSPAN_REPORTS_HTML_VIEW_H
