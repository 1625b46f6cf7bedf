// SPDX-License-Identifier: BSD-2-Clause
// Writes the sample reports that reports/html_browser_test opens: nospan_write_samples DIR
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "reports/html.h"
#include "reports/html/samples.h"

namespace {

void write(const std::filesystem::path& file, const nospan::reports::Result& result) {
  std::ofstream out(file, std::ios::binary);
  out << nospan::reports::html(result);
  out.close();
  if (!out) throw std::filesystem::filesystem_error("cannot write", file, {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: nospan_write_samples DIR\n");
    return 5;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    write(folder / "proved.html", nospan::reports::proved_sample());
    write(folder / "finding.html", nospan::reports::finding_sample());
    write(folder / "gate.html", nospan::reports::gate_sample());
    write(folder / "hostile.html", nospan::reports::filled_sample([] {
            return "</script></style><script>throw 1</script><img src=x onerror=\"throw 2\">'&\"";
          }));
    write(folder / "empty.html", nospan::reports::Result{});
  } catch (const std::exception& error) {
    fmt::print(stderr, "nospan_write_samples: {}\n", error.what());
    return 5;
  }
  return 0;
}
