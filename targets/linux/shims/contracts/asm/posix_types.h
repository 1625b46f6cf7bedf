/* SPDX-License-Identifier: BSD-2-Clause */
#include <asm-generic/posix_types.h>
