/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in /proc occur in prototypes only. */
struct seq_file;
