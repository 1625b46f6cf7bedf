/* SPDX-License-Identifier: BSD-2-Clause */
/* There is no softirq to hold off. */
#define local_bh_disable() ((void)0)
#define local_bh_enable() ((void)0)
