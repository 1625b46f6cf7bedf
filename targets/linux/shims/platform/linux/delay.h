/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing waits. */
#ifndef NOSPAN_LINUX_DELAY_H
#define NOSPAN_LINUX_DELAY_H
extern void msleep(unsigned int milliseconds);
extern void udelay(unsigned long microseconds);
extern void mdelay(unsigned long milliseconds);
#endif
