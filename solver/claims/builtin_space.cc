// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_space.h"
