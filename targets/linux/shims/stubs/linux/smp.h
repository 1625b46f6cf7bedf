/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/cpumask.h>
#include <linux/preempt.h>
