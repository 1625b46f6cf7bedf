/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shims need from the world outside the kernel. Implemented in runtime.c, which is compiled against the
 * host's headers; this file is read on both sides and uses built-in types only.
 */
#ifndef NOSPAN_TARGETS_LINUX_RUNTIME_H
#define NOSPAN_TARGETS_LINUX_RUNTIME_H

struct nospan_environment;

/*
 * One thread is one CPU. `held` counts what must be given back before a call ends: locks, disabled interrupts,
 * disabled preemption. They are separate so that the report can say which.
 */
struct nospan_thread {
  const struct nospan_environment *environment; /* of the table that this thread is working on */
  unsigned int cpu;
  int crash_kernel; /* is_kdump_kernel() */
  int locks;
  int irqs_off;
  int preemption_off;
};

/* Initial-exec: one instruction per access; the few bytes fit the reserve that dlopen() keeps for that. */
extern __thread struct nospan_thread nospan_thread __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Reports what the kernel would have printed as a warning. */
__attribute__((cold, visibility("hidden"), format(printf, 3, 4))) void nospan_warn(const char *file, int line,
                                                                                  const char *format, ...);

/* Ends the call: `failure` is an enum nospan_failure. */
__attribute__((cold, noreturn, visibility("hidden"), format(printf, 2, 3))) void nospan_fail(unsigned int failure,
                                                                                            const char *format,
                                                                                            ...);

/* BUG(), with the place and the condition that held. */
__attribute__((cold, noreturn, visibility("hidden"))) void nospan_bug(const char *file, int line,
                                                                      const char *condition);

/* A lock, disabled interrupts or disabled preemption outlived `call`. */
__attribute__((cold, noreturn, visibility("hidden"))) void nospan_unbalanced(const char *call);

/* Environment functions for headers that must not see target.h. Sizes in bytes, addresses are guest addresses. */
__attribute__((visibility("hidden"))) void *nospan_allocate(unsigned long size);
__attribute__((visibility("hidden"))) void nospan_release(const void *memory);
__attribute__((visibility("hidden"))) int nospan_allocate_pages(unsigned int order, unsigned long *address);
__attribute__((visibility("hidden"))) void nospan_free_pages(unsigned long address, unsigned int order);
__attribute__((visibility("hidden"))) void nospan_zero(unsigned long address, unsigned long size);

/* Memory of the glue itself, outside the environment's accounts and its injected failures. */
__attribute__((visibility("hidden"))) void *nospan_resize(void *memory, unsigned long size);

#endif
