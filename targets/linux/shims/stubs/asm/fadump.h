/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware-assisted dump cleans the table by a reboot: as if the machine had booted normally. */
#ifndef NOSPAN_ASM_FADUMP_H
#define NOSPAN_ASM_FADUMP_H
static inline int is_fadump_active(void) { return 0; }
#endif
