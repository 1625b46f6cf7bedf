/* SPDX-License-Identifier: BSD-2-Clause */
/* See stdint.h. */
#ifndef NOSPAN_STDDEF_H
#define NOSPAN_STDDEF_H
#include <linux/stddef.h>
#include <linux/types.h>
#endif
