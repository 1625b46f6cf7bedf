/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration of the mapping code, and the platforms on top of it. */
#include_next <generated/autoconf.h>
#ifndef NOSPAN_PLATFORM_AUTOCONF_H
#define NOSPAN_PLATFORM_AUTOCONF_H
#define CONFIG_OF 1
#define CONFIG_PPC_PSERIES 1
#define CONFIG_PPC_POWERNV 1
#define CONFIG_SPAPR_TCE_IOMMU 1
#endif
