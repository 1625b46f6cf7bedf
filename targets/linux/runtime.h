/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shims need from the world outside the kernel. Implemented in runtime.c, which is compiled against
 * the host's headers; this file is read on both sides and uses built-in types only.
 */
#ifndef NOSPAN_TARGETS_LINUX_RUNTIME_H
#define NOSPAN_TARGETS_LINUX_RUNTIME_H

struct nospan_environment;

/*
 * One thread is one CPU. What must be given back before a call ends is counted one by one, so that the report
 * can say what was not.
 */
struct nospan_thread {
  const struct nospan_environment* environment; /* of the table that this thread is working on */
  unsigned int cpu;
  int crash_kernel; /* is_kdump_kernel() */
  int making;       /* a table that no other thread has seen yet: nothing that is done to it can race */
  int locks;
  int irqs_off;
  int preemption_off;
};
extern __thread struct nospan_thread nospan_thread;

#define NOSPAN_COLD __attribute__((cold))
#define NOSPAN_NO_RETURN __attribute__((cold, noreturn))
#define NOSPAN_FORMAT(text, first) __attribute__((format(printf, text, first)))

/* The line that a report of BUG or WARN names. Builds that are only compared with one another leave it out
 * (BuildOptions::line_numbers in build.h). */
#ifndef NOSPAN_LINE
#define NOSPAN_LINE __LINE__
#endif

/* Reports what the kernel would have printed as a warning. */
NOSPAN_COLD NOSPAN_FORMAT(3, 4) void nospan_warn(const char* file, int line, const char* format, ...);

/* Ends the call: `failure` is an enum nospan_failure. */
NOSPAN_NO_RETURN NOSPAN_FORMAT(2, 3) void nospan_fail(unsigned int failure, const char* format, ...);

/* BUG(), with the place and the condition that held. */
NOSPAN_NO_RETURN void nospan_bug(const char* file, int line, const char* condition);

/* A lock, disabled interrupts or disabled preemption outlived `call`. */
NOSPAN_NO_RETURN void nospan_unbalanced(const char* call);

/* The environment, for headers that must not see target.h. Sizes in bytes; addresses are guest addresses. */
void* nospan_allocate(unsigned long size);
void nospan_release(const void* memory);
int nospan_allocate_pages(unsigned int order, unsigned long* address);
void nospan_free_pages(unsigned long address, unsigned int order);
void nospan_zero(unsigned long address, unsigned long size);

/* Memory of the glue itself, outside the environment's accounts and its injected failures. Size 0 frees. */
void* nospan_resize(void* memory, unsigned long size);

#endif
