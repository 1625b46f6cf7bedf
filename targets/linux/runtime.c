/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's side of runtime.h: formatting, memory, and the environment of the current call. */
#include "targets/linux/runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets/target.h"

__thread struct nospan_thread nospan_thread;

/* Compilation runs in the tree's root, so names come as "./include/..." when found through -I. */
static const char* plain(const char* file) { return strncmp(file, "./", 2) == 0 ? file + 2 : file; }

/* Kernel messages end in a newline, reports do not. */
static void trim(char* text) {
  size_t length = strlen(text);

  while (length && text[length - 1] == '\n') text[--length] = 0;
}

void nospan_warn(const char* file, int line, const char* format, ...) {
  const struct nospan_environment* environment = nospan_thread.environment;
  char text[512];
  int length = snprintf(text, sizeof text, "%s:%d: ", plain(file), line);
  va_list arguments;

  if (!environment || !environment->warn) return;
  if (length > 0 && (size_t)length < sizeof text) {
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
  }
  trim(text);
  environment->warn(environment->context, text);
}

static _Noreturn void fail(unsigned int failure, char* text) {
  const struct nospan_environment* environment = nospan_thread.environment;

  trim(text);
  if (environment && environment->fail) environment->fail(environment->context, failure, text);
  /* No table was ever created, or fail() came back although it must not. */
  fprintf(stderr, "nospan: %s\n", text);
  abort();
}

void nospan_fail(unsigned int failure, const char* format, ...) {
  char text[512];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fail(failure, text);
}

void nospan_bug(const char* file, int line, const char* condition) {
  nospan_fail(NOSPAN_FAILURE_BUG, "BUG at %s:%d: %s", plain(file), line, condition);
}

void nospan_unbalanced(const char* call) {
  nospan_fail(NOSPAN_FAILURE_LOCK_HELD, "after %s: %d locks held, interrupts %s, preemption count %d", call,
              nospan_thread.locks, nospan_thread.irqs_off ? "off" : "on", nospan_thread.preemption_off);
}

void* nospan_allocate(unsigned long size) {
  const struct nospan_environment* environment = nospan_thread.environment;

  return environment->allocate(environment->context, size);
}

void nospan_release(const void* memory) {
  const struct nospan_environment* environment = nospan_thread.environment;

  environment->release(environment->context, (void*)memory);
}

int nospan_allocate_pages(unsigned int order, unsigned long* address) {
  const struct nospan_environment* environment = nospan_thread.environment;
  uint64_t guest_address = 0;
  int error = environment->allocate_pages(environment->context, order, &guest_address);

  *address = guest_address;
  return error;
}

void nospan_free_pages(unsigned long address, unsigned int order) {
  const struct nospan_environment* environment = nospan_thread.environment;

  environment->free_pages(environment->context, address, order);
}

void nospan_zero(unsigned long address, unsigned long size) {
  const struct nospan_environment* environment = nospan_thread.environment;

  environment->zero(environment->context, address, size);
}

void* nospan_resize(void* memory, unsigned long size) {
  void* result;

  if (!size) {
    free(memory);
    return NULL;
  }
  result = memory ? realloc(memory, size) : calloc(1, size);
  if (!result) nospan_fail(NOSPAN_FAILURE_GLUE, "out of memory for %lu bytes", size);
  return result;
}
