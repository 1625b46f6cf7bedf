/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler calls on undefined behaviour in a sanitized build (-fsanitize=...), so that no sanitizer
 * library is needed and the report reaches the harness. Only the checks that recipe.cc switches on have a
 * handler: another one is a link error.
 *
 * The layouts are the compilers' (compiler-rt, lib/ubsan/ubsan_handlers.h); gcc and clang agree on them.
 */
#include <stdint.h>
#include <string.h>

#include "targets/linux/runtime.h"
#include "targets/target.h"

struct location {
  const char* file;
  uint32_t line;
  uint32_t column;
};

struct type {
  uint16_t kind;  /* 0: integer */
  uint16_t width; /* integers: binary logarithm of the width, shifted left by one, or-ed with "signed" */
  char name[];
};

static _Noreturn void undefined(const struct location* where, const char* what) {
  const char* file = where->file ? where->file : "?";

  if (strncmp(file, "./", 2) == 0) file += 2;
  nospan_fail(NOSPAN_FAILURE_UNDEFINED, "%s:%u:%u: %s", file, where->line, where->column, what);
}

/* A value is passed in the word itself if it fits; wider ones, by address, do not occur here. */
static long long number(const struct type* type, uintptr_t value) {
  int bits = 1 << (type->width >> 1);

  if (bits >= 64 || !(type->width & 1)) return (long long)value;
  return (long long)(value << (64 - bits)) >> (64 - bits);
}

struct shift {
  struct location where;
  const struct type* left;
  const struct type* right;
};

void __ubsan_handle_shift_out_of_bounds(const struct shift* data, uintptr_t left, uintptr_t right) {
  const char* file = data->where.file ? data->where.file : "?";

  if (strncmp(file, "./", 2) == 0) file += 2;
  nospan_fail(NOSPAN_FAILURE_UNDEFINED, "%s:%u:%u: shift out of bounds: %lld, a %d-bit %s, by %lld", file,
              data->where.line, data->where.column, number(data->left, left), 1 << (data->left->width >> 1),
              data->left->name, number(data->right, right));
}

void __ubsan_handle_divrem_overflow(const struct location* where) { undefined(where, "division by zero"); }

struct bounds {
  struct location where;
  const struct type* array;
  const struct type* index;
};

void __ubsan_handle_out_of_bounds(const struct bounds* data, uintptr_t index) {
  const char* file = data->where.file ? data->where.file : "?";

  if (strncmp(file, "./", 2) == 0) file += 2;
  nospan_fail(NOSPAN_FAILURE_UNDEFINED, "%s:%u:%u: index %lld out of bounds of %s", file, data->where.line,
              data->where.column, number(data->index, index), data->array->name);
}

struct mismatch {
  struct location where;
  const struct type* type;
  uint8_t log_alignment;
  uint8_t kind;
};

void __ubsan_handle_type_mismatch_v1(const struct mismatch* data, uintptr_t pointer) {
  undefined(&data->where, pointer ? "access through a misaligned pointer" : "access through a null pointer");
}

void __ubsan_handle_builtin_unreachable(const struct location* where) {
  undefined(where, "a point declared unreachable was reached");
}

void __ubsan_handle_vla_bound_not_positive(const struct location* where) {
  undefined(where, "array of variable length without elements");
}

void __ubsan_handle_load_invalid_value(const struct location* where) {
  undefined(where, "a bool that is neither 0 nor 1");
}
