/* SPDX-License-Identifier: BSD-2-Clause */
/* ISA DMA: not looked at. */
