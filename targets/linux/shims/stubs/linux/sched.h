/* SPDX-License-Identifier: BSD-2-Clause */
struct task_struct;
