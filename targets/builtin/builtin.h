/* SPDX-License-Identifier: BSD-2-Clause */
/* The mapper that ships with nospan, as a target. */
#ifndef NOSPAN_TARGETS_BUILTIN_BUILTIN_H
#define NOSPAN_TARGETS_BUILTIN_BUILTIN_H

#include "targets/target.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Lives as long as the program. */
const struct nospan_target* nospan_builtin_target(void);

#ifdef __cplusplus
}
#endif

#endif /* NOSPAN_TARGETS_BUILTIN_BUILTIN_H */
