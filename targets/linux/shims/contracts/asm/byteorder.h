/* SPDX-License-Identifier: BSD-2-Clause */
/* powerpc64le: the order of the host, so bitmaps and TCEs need no swapping. */
#include <linux/byteorder/little_endian.h>
