/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing is a module. */
#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)
#define EXPORT_SYMBOL_NS(symbol, space)
#define EXPORT_SYMBOL_NS_GPL(symbol, space)
#define THIS_MODULE ((struct module*)0)
