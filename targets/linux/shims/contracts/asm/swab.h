/* SPDX-License-Identifier: BSD-2-Clause */
/* No instruction of its own: include/uapi/linux/swab.h falls back to the compiler. */
