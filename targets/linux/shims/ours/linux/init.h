/* SPDX-License-Identifier: BSD-2-Clause */
/* Initcalls and boot parameters become constants that point at them; the glue calls what it needs by name. */
#ifndef NOSPAN_LINUX_INIT_H
#define NOSPAN_LINUX_INIT_H

#include <linux/compiler.h>
#include <linux/types.h>

#define __init
#define __initdata
#define __exit
#define __ref

#define NOSPAN_INITCALL(function) \
  static int (*const nospan_initcall_##function)(void) __attribute__((unused)) = (function)
#define core_initcall(function) NOSPAN_INITCALL(function);
#define postcore_initcall(function) NOSPAN_INITCALL(function);
#define postcore_initcall_sync(function) NOSPAN_INITCALL(function);
#define arch_initcall(function) NOSPAN_INITCALL(function);
#define subsys_initcall(function) NOSPAN_INITCALL(function);
#define fs_initcall(function) NOSPAN_INITCALL(function);
#define device_initcall(function) NOSPAN_INITCALL(function);
#define late_initcall(function) NOSPAN_INITCALL(function);
#define module_init(function) NOSPAN_INITCALL(function);

#define __setup(parameter, function) \
  static int (*const nospan_parameter_##function)(char*) __attribute__((unused)) = (function);
#define early_param(parameter, function) __setup(parameter, function)

#endif
