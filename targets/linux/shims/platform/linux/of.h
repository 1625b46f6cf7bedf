/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree (include/linux/of.h): nodes with properties whose values are big-endian cells. Looking one up
 * is declared: what the firmware says is the prover's to choose.
 */
#ifndef NOSPAN_LINUX_OF_H
#define NOSPAN_LINUX_OF_H
#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/types.h>
typedef u32 phandle;
struct property {
  char* name;
  int length;
  void* value;
  struct property* next;
};
struct device_node {
  const char* name;
  phandle phandle;
  const char* full_name;
  struct property* properties;
  struct device_node* parent;
  struct device_node* child;
  struct device_node* sibling;
  void* data;
};
struct of_reconfig_data {
  struct device_node* dn;
  struct property* prop;
  struct property* old_prop;
};
#define OF_RECONFIG_ATTACH_NODE 0x0001
#define OF_RECONFIG_DETACH_NODE 0x0002
#define OF_RECONFIG_ADD_PROPERTY 0x0003
#define OF_RECONFIG_REMOVE_PROPERTY 0x0004
#define OF_RECONFIG_UPDATE_PROPERTY 0x0005

extern struct device_node* of_chosen;
extern struct device_node* of_node_get(struct device_node* node);
extern void of_node_put(struct device_node* node);
extern struct device_node* of_find_node_by_type(struct device_node* from, const char* type);
extern struct device_node* of_find_node_by_name(struct device_node* from, const char* name);
extern struct device_node* of_find_node_with_property(struct device_node* from, const char* name);
extern struct device_node* of_find_node_by_path(const char* path);
extern struct device_node* of_get_parent(const struct device_node* node);
extern const void* of_get_property(const struct device_node* node, const char* name, int* length);
extern struct property* of_find_property(const struct device_node* node, const char* name, int* length);
extern bool of_property_read_bool(const struct device_node* node, const char* name);
extern bool of_property_present(const struct device_node* node, const char* name);
extern int of_property_count_u32_elems(const struct device_node* node, const char* name);
extern int of_property_read_u32(const struct device_node* node, const char* name, u32* value);
extern int of_property_read_u32_index(const struct device_node* node, const char* name, u32 index, u32* value);
extern int of_property_read_u32_array(const struct device_node* node, const char* name, u32* values,
                                      size_t count);
extern int of_add_property(struct device_node* node, struct property* property);
extern int of_remove_property(struct device_node* node, struct property* property);
extern int of_reconfig_notifier_register(struct notifier_block* block);
extern bool of_device_is_compatible(const struct device_node* node, const char* name);
extern int of_n_addr_cells(struct device_node* node);
extern int of_n_size_cells(struct device_node* node);

#define for_each_node_with_property(node, name)                     \
  for ((node) = of_find_node_with_property(0, (name)); (node) != 0; \
       (node) = of_find_node_with_property((node), (name)))
#define for_each_node_by_type(node, type) \
  for ((node) = of_find_node_by_type(0, (type)); (node) != 0; (node) = of_find_node_by_type((node), (type)))
#define for_each_node_by_name(node, name) \
  for ((node) = of_find_node_by_name(0, (name)); (node) != 0; (node) = of_find_node_by_name((node), (name)))

/* `size` cells, the most significant first. */
static inline u64 of_read_number(const __be32* cell, int size) {
  u64 value = 0;

  for (; size > 0; size--, cell++) value = (value << 32) | be32_to_cpu(*cell);
  return value;
}
#endif
