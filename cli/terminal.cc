// SPDX-License-Identifier: BSD-2-Clause
#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nospan::cli {
namespace {

bool is_terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  return isatty(descriptor) == 1 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

bool in_colour() {
  // https://no-color.org
  const char* none = std::getenv("NO_COLOR");
  return output_is_terminal() && (none == nullptr || *none == '\0');
}

}  // namespace

bool output_is_terminal() { return is_terminal(STDOUT_FILENO); }
bool error_is_terminal() { return is_terminal(STDERR_FILENO); }

std::string verdict_text(reports::Verdict verdict, std::size_t width) {
  std::string padded = fmt::format("{:<{}}", reports::name(verdict), width);
  if (!in_colour()) return padded;
  const char* colour = "31";  // red
  if (verdict == reports::Verdict::kHolds || verdict == reports::Verdict::kProved) colour = "32";
  if (verdict == reports::Verdict::kUnknown || verdict == reports::Verdict::kVacuous) colour = "33";
  return fmt::format("\033[{}m{}\033[0m", colour, padded);
}

std::string emphasized(std::string_view text) {
  return in_colour() ? fmt::format("\033[1m{}\033[0m", text) : std::string(text);
}

void ProgressLine::show(std::string_view text) {
  if (!error_is_terminal()) return;
  winsize size{};
  std::size_t width = 80;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10) width = size.ws_col;
  fmt::print(stderr, "\r{}\033[K", text.substr(0, width - 1));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace nospan::cli
