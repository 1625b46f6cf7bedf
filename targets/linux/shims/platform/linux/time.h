/* SPDX-License-Identifier: BSD-2-Clause */
/* Times occur in prototypes only. */
#ifndef NOSPAN_LINUX_TIME_H
#define NOSPAN_LINUX_TIME_H
struct rtc_time;
struct timespec64;
typedef long long time64_t;
#endif
