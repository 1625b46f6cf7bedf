// SPDX-License-Identifier: BSD-2-Clause
#include "props/mutants/source_edit.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>
#include <regex>
#include <vector>

namespace nospan::props {
namespace {

// A part of a text, [begin, end).
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the comment, string or character that starts at `at` ends; `at` if none does.
std::size_t behind_literal(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//")) return std::min(text.find('\n', at), text.size());
  if (rest.starts_with("/*")) {
    const std::size_t end = text.find("*/", at + 2);
    return end == text.npos ? text.size() : end + 2;
  }
  // 1'000 is a number.
  const bool opens = text[at] == '"' || (text[at] == '\'' && (at == 0 || !in_name(text[at - 1])));
  if (!opens) return at;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[at]) {
      return i + 1;
    }
  }
  return text.size();
}

// Behind the bracket that closes the one at `at`; nothing if none does.
std::optional<std::size_t> behind_brackets(std::string_view text, std::size_t at) {
  const char open = text[at];
  const char close = open == '(' ? ')' : '}';
  std::size_t depth = 0;
  while (at < text.size()) {
    if (const std::size_t behind = behind_literal(text, at); behind != at) {
      at = behind;
      continue;
    }
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at + 1;
    ++at;
  }
  return std::nullopt;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

// The definition whose name stands at `at`, if one does: the name to the closing brace.
std::optional<Range> function_at(std::string_view text, std::size_t at, std::string_view name) {
  std::size_t i = skip_space(text, at + name.size());
  if (i == text.size() || text[i] != '(') return std::nullopt;
  const auto behind = behind_brackets(text, i);
  if (!behind) return std::nullopt;
  i = skip_space(text, *behind);
  if (text.substr(i).starts_with("const")) i = skip_space(text, i + 5);
  if (i == text.size() || text[i] != '{') return std::nullopt;
  const auto end = behind_brackets(text, i);
  if (!end) return std::nullopt;
  return Range{at, *end};
}

// The macro whose name stands at `at`, if it is defined there: the name to the first line that does not go on.
std::optional<Range> macro_at(std::string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t')) --before;
  if (before < 7 || text.substr(before - 7, 7) != "#define") return std::nullopt;
  std::size_t end = at;
  do {
    end = std::min(text.find('\n', end + 1), text.size());
  } while (end < text.size() && text[end - 1] == '\\');
  return Range{at, end};
}

std::vector<Range> definitions(std::string_view text, std::string_view name) {
  std::vector<Range> found;
  std::size_t at = 0;
  while (at < text.size()) {
    if (const std::size_t behind = behind_literal(text, at); behind != at) {
      at = behind;
      continue;
    }
    const bool whole = text.substr(at).starts_with(name) && (at == 0 || !in_name(text[at - 1])) &&
                       (at + name.size() == text.size() || !in_name(text[at + name.size()]));
    if (whole) {
      auto range = macro_at(text, at);
      if (!range) range = function_at(text, at, name);
      if (range) {
        found.push_back(*range);
        at = range->end;
        continue;
      }
    }
    ++at;
  }
  return found;
}

tl::unexpected<reports::Error> does_not_fit(const SourceEdit& edit, std::string what) {
  return reports::failure(fmt::format("{}, {}", edit.file, edit.function), std::move(what),
                          "the source has changed: adapt the mutant (docs/mutants.md)");
}

}  // namespace

reports::Expected<std::string> apply_edit(std::string_view text, const SourceEdit& edit) {
  const std::vector<Range> ranges = definitions(text, edit.function);
  if (ranges.size() != 1) {
    return does_not_fit(edit, fmt::format("has {} definitions instead of one", ranges.size()));
  }
  const auto [begin, end] = ranges[0];
  std::string pattern;
  for (const char c : edit.pattern) {
    if (c == ' ') {
      pattern += "\\s+";
    } else {
      pattern += c;
    }
  }
  const std::regex expression(pattern, std::regex::ECMAScript);
  const std::string body(text.substr(begin, end - begin));
  const std::sregex_iterator first(body.begin(), body.end(), expression);
  const auto matches = std::distance(first, std::sregex_iterator());
  if (matches != 1) {
    return does_not_fit(edit, fmt::format("\"{}\" matches {} times instead of once", edit.pattern, matches));
  }
  std::string result(text.substr(0, begin));
  result += first->prefix();
  result += first->format(std::string(edit.replacement));
  result += first->suffix();
  result += text.substr(end);
  return result;
}

}  // namespace nospan::props
