// SPDX-License-Identifier: BSD-2-Clause
// GoogleTest's headers are compiled once, beside this file, for all tests (CMakeLists.txt,
// nospan_test_headers).
