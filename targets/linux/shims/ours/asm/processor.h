/* SPDX-License-Identifier: BSD-2-Clause */
/* What a waiting thread does between two looks at a lock. */
#ifndef NOSPAN_ASM_PROCESSOR_H
#define NOSPAN_ASM_PROCESSOR_H

#if defined(__x86_64__)
#define nospan_pause() __builtin_ia32_pause()
#else
#define nospan_pause() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif
#define cpu_relax() nospan_pause()

#endif
