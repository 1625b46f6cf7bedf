/* SPDX-License-Identifier: BSD-2-Clause */
/* Every CPU number below NR_CPUS is possible. */
#ifndef NOSPAN_LINUX_CPUMASK_H
#define NOSPAN_LINUX_CPUMASK_H

#include "targets/linux/runtime.h"

#define NR_CPUS CONFIG_NR_CPUS
#define nr_cpu_ids ((unsigned int)NR_CPUS)
#define num_possible_cpus() nr_cpu_ids
#define num_online_cpus() nr_cpu_ids
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define smp_processor_id() (nospan_thread.cpu)
#define raw_smp_processor_id() (nospan_thread.cpu)
#define get_cpu()      \
  ({                   \
    preempt_disable(); \
    nospan_thread.cpu; \
  })
#define put_cpu() preempt_enable()

#endif
