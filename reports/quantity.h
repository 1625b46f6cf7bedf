// SPDX-License-Identifier: BSD-2-Clause
// Sizes and addresses as people write them: 4096, 64K, 0x1000. The one place that reads and writes them.
#ifndef NOSPAN_REPORTS_QUANTITY_H
#define NOSPAN_REPORTS_QUANTITY_H

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/error.h"

namespace nospan::reports {

// Reads a decimal number, a decimal number with one of the units K, M, G, T (of either case; powers of 1024),
// or a hexadecimal number after "0x". Nothing else: no sign, no space, no leading zero (is "010" eight or
// ten?), no fraction. The error's `where` is empty.
Expected<std::uint64_t> parse_quantity(std::string_view text);

// A size with the largest unit that divides it: "64K", "1536", "4G". parse_quantity() gives the same size back.
std::string format_size(std::uint64_t bytes);

// An address, a mask or a TCE: "0x10000". parse_quantity() gives the same value back.
std::string format_address(std::uint64_t address);

// A size for people, at most seven characters, rounded down: "64K", "15.9M", "1023K". Not for files.
std::string approximate_size(std::uint64_t bytes);

// Text of others in a message of one line: in double quotes, control characters and what is not UTF-8 as "?",
// cut after 48 characters.
std::string quote(std::string_view text);

}  // namespace nospan::reports

#endif  // NOSPAN_REPORTS_QUANTITY_H
