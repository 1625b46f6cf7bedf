/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's IOMMU mapping behind target.h.
 *
 * Includes the unmodified source of the tree, so that its static functions and variables are in reach, and
 * presents it as a struct nospan_target. No kernel type leaves this file.
 *
 * One table of the harness is one struct iommu_table of the kernel plus what a driver and the platform would
 * have around it: a device with its limits, and table operations. The operations are the platform's part
 * (pseries and powernv have their own): here they hand TCEs to the environment.
 */
#include "arch/powerpc/kernel/iommu.c"
#include "targets/linux/runtime.h"
#include "targets/target.h"

/* A scatter/gather list in the kernel's form. One per CPU number, as calls with different ones may run
 * together. */
struct nospan_list {
  struct scatterlist* elements;
  u32 capacity;
};

struct nospan_table {
  struct iommu_table* kernel; /* the kernel frees it with its last reference, so it is an object of its own */
  struct iommu_table_ops operations;
  struct nospan_environment environment;
  struct device device;
  struct device_dma_parameters limits;
  u64 dma_mask;
  u64 coherent_mask;
  int no_merge;
  int crash_kernel;
  u32 cpus;
  struct nospan_list* lists;
};

/* For calls without a table: what the last created table had. */
static struct nospan_environment nospan_last_environment;
static struct device nospan_last_device;
static struct device_dma_parameters nospan_last_limits;

/* ---- Entering and leaving the kernel ---- */

static __always_inline void nospan_enter(struct nospan_table* table, u32 cpu) {
  struct nospan_thread* thread = &nospan_thread;

  thread->environment = table ? &table->environment : &nospan_last_environment;
  thread->crash_kernel = table && table->crash_kernel;
  thread->making = 0;
  thread->cpu = cpu;
  /* Not only for a new thread: a call that ended in fail() may have left them set. */
  thread->locks = 0;
  thread->irqs_off = 0;
  thread->preemption_off = 0;
  if (unlikely(cpu >= NR_CPUS))
    nospan_fail(NOSPAN_FAILURE_GLUE, "CPU number %u, but the target is built for %d", cpu, NR_CPUS);
  /* A boot parameter of the kernel, a property of the table here. Written only on change: tables share it. */
  if (table && unlikely(novmerge != table->no_merge)) novmerge = table->no_merge;
}

static __always_inline void nospan_leave(const char* call) {
  const struct nospan_thread* thread = &nospan_thread;

  if (unlikely(thread->locks | thread->irqs_off | thread->preemption_off)) nospan_unbalanced(call);
}

/* ---- Table operations: what a platform provides ---- */

static __always_inline struct nospan_table* nospan_owner(struct iommu_table* tbl) {
  return container_of(tbl->it_ops, struct nospan_table, operations);
}

/*
 * A TCE as powernv builds it: the kernel's permissions for the direction, readable whenever writable (LoPAR has
 * no write-only TCE; arch/powerpc/platforms/powernv/pci-ioda-tce.c, pnv_tce_build), address bits below the page
 * cleared.
 */
static int nospan_set(struct iommu_table* tbl, long index, long npages, unsigned long uaddr,
                      enum dma_data_direction direction, unsigned long attrs) {
  const struct nospan_environment* environment = &nospan_owner(tbl)->environment;
  unsigned long shift = tbl->it_page_shift;
  u64 permissions = iommu_direction_to_tce_perm(direction);

  if (permissions & TCE_PCI_WRITE) permissions |= TCE_PCI_READ;
  return environment->put_tces(environment->context, index, npages,
                               ((u64)__pa(uaddr) >> shift << shift) | permissions);
}

static void nospan_clear(struct iommu_table* tbl, long index, long npages) {
  const struct nospan_environment* environment = &nospan_owner(tbl)->environment;

  environment->clear_tces(environment->context, index, npages);
}

static unsigned long nospan_get(struct iommu_table* tbl, long index) {
  const struct nospan_environment* environment = &nospan_owner(tbl)->environment;

  return environment->get_tce(environment->context, index);
}

static void nospan_flush(struct iommu_table* tbl) {
  const struct nospan_environment* environment = &nospan_owner(tbl)->environment;

  environment->flush(environment->context);
}

/* ---- Making and freeing a table ---- */

static struct nospan_table* nospan_prepare(const struct nospan_environment* environment,
                                           const struct nospan_configuration* configuration) {
  struct nospan_table* table = nospan_resize(0, sizeof(*table));

  table->environment = *environment;
  table->operations.set = nospan_set;
  table->operations.clear = nospan_clear;
  table->operations.get = nospan_get;
  table->operations.flush = nospan_flush;
  table->dma_mask = configuration->dma_mask;
  table->coherent_mask = configuration->coherent_mask;
  table->no_merge = !configuration->virtual_merge;
  table->crash_kernel = configuration->inherited != 0;
  table->cpus = configuration->cpus;
  table->lists = nospan_resize(0, sizeof(*table->lists) * configuration->cpus);
  table->limits.max_segment_size = configuration->max_segment_size;
  table->limits.segment_boundary_mask = configuration->segment_boundary;
  table->device.dma_mask = &table->dma_mask;
  table->device.coherent_dma_mask = configuration->coherent_mask;
  table->device.dma_parms = &table->limits;

  nospan_last_environment = *environment;
  nospan_last_device = table->device;
  nospan_last_limits = table->limits;
  nospan_last_device.dma_mask = &nospan_last_device.coherent_dma_mask;
  nospan_last_device.dma_parms = &nospan_last_limits;
  return table;
}

static void nospan_discard(struct nospan_table* table) {
  for (u32 cpu = 0; cpu < table->cpus; cpu++) nospan_resize(table->lists[cpu].elements, 0);
  nospan_resize(table->lists, 0);
  nospan_resize(table, 0);
}

static void* nospan_create(const struct nospan_environment* environment,
                           const struct nospan_configuration* configuration) {
  struct nospan_table* table = nospan_prepare(environment, configuration);
  struct iommu_table* tbl;

  nospan_enter(table, 0);
  if (configuration->system_page_shift != PAGE_SHIFT)
    nospan_fail(NOSPAN_FAILURE_GLUE, "system page shift %u asked for, built for %d",
                configuration->system_page_shift, PAGE_SHIFT);
  if (configuration->cpus > NR_CPUS)
    nospan_fail(NOSPAN_FAILURE_GLUE, "%u CPUs asked for, built for %d", configuration->cpus, NR_CPUS);

  tbl = kzalloc(sizeof(*tbl), GFP_KERNEL);
  if (!tbl) {
    nospan_discard(table);
    return 0;
  }
  table->kernel = tbl;
  tbl->it_offset = configuration->first_index;
  tbl->it_size = configuration->entries;
  tbl->it_page_shift = configuration->page_shift;
  tbl->it_blocksize = configuration->block_entries;
  tbl->it_type = TCE_PCI;
  tbl->it_ops = &table->operations;
  tbl->it_nid = NUMA_NO_NODE;
  INIT_LIST_HEAD(&tbl->it_group_list);
  kref_init(&tbl->it_kref);
  table->device.archdata.iommu_table_base = tbl;

  nospan_thread.making = 1;
  if (!iommu_init_table(tbl, NUMA_NO_NODE, configuration->reserved_start, configuration->reserved_end)) {
    nospan_release(tbl);
    nospan_discard(table);
    table = 0;
  }
  nospan_thread.making = 0;
  nospan_leave("create");
  return table;
}

static void nospan_destroy(void* handle) {
  struct nospan_table* table = handle;

  if (!table) return;
  nospan_enter(table, 0);
  iommu_tce_table_put(table->kernel);
  nospan_leave("destroy");
  nospan_thread.environment = &nospan_last_environment;
  nospan_discard(table);
}

/* ---- Mapping ---- */

static __always_inline struct iommu_table* nospan_kernel_table(struct nospan_table* table) {
  return table ? table->kernel : 0;
}

static __always_inline struct device* nospan_device(struct nospan_table* table) {
  return table ? &table->device : &nospan_last_device;
}

static uint64_t nospan_map_page(void* handle, const struct nospan_map_request* request) {
  struct nospan_table* table = handle;
  dma_addr_t address;

  nospan_enter(table, request->cpu);
  address = iommu_map_page(nospan_device(table), nospan_kernel_table(table), phys_to_page(request->page),
                           request->offset, request->size, table ? table->dma_mask : ~0ULL, request->direction,
                           request->attributes);
  nospan_leave("map_page");
  return address;
}

static void nospan_unmap_page(void* handle, uint64_t dma_address, uint64_t size, uint32_t direction,
                              uint64_t attributes, uint32_t cpu) {
  struct nospan_table* table = handle;

  nospan_enter(table, cpu);
  iommu_unmap_page(nospan_kernel_table(table), dma_address, size, direction, attributes);
  nospan_leave("unmap_page");
}

/* A list for at least `count` elements. It only grows, and never inside the hot path of a settled run. */
static struct scatterlist* nospan_list_for(struct nospan_table* table, u32 cpu, u32 count) {
  static struct nospan_list without_table;
  struct nospan_list* list = &without_table;

  if (table) {
    if (cpu >= table->cpus)
      nospan_fail(NOSPAN_FAILURE_GLUE, "CPU number %u on a table made for %u CPUs", cpu, table->cpus);
    list = &table->lists[cpu];
  }
  if (count > list->capacity || !list->elements) {
    list->capacity = count < 8 ? 8 : count * 2;
    list->elements = nospan_resize(list->elements, list->capacity * sizeof(*list->elements));
  }
  return list->elements;
}

/*
 * Drivers use their lists again and again, so dma_address and dma_length come in as the last call left them.
 * The kernel's lists have no terminator of their own at count 0, but sg_next() must never leave the array.
 */
static struct scatterlist* nospan_list_in(struct nospan_table* table, const struct nospan_segment* segments,
                                          u32 count, u32 cpu) {
  struct scatterlist* list = nospan_list_for(table, cpu, count);

  for (u32 i = 0; i < count; i++) {
    list[i].page_link = 0;
    sg_set_page(&list[i], phys_to_page(segments[i].address), segments[i].length,
                segments[i].address & (PAGE_SIZE - 1));
    list[i].dma_address = segments[i].dma_address;
    list[i].dma_length = segments[i].dma_length;
  }
  if (count) sg_mark_end(&list[count - 1]);
  return list;
}

static void nospan_list_out(const struct scatterlist* list, struct nospan_segment* segments, u32 count) {
  for (u32 i = 0; i < count; i++) {
    segments[i].dma_address = list[i].dma_address;
    segments[i].dma_length = list[i].dma_length;
  }
}

static int nospan_map_sg(void* handle, struct nospan_segment* segments, uint32_t count, uint32_t direction,
                         uint64_t attributes, uint32_t cpu) {
  struct nospan_table* table = handle;
  struct scatterlist* list;
  int result;

  nospan_enter(table, cpu);
  list = nospan_list_in(table, segments, count, cpu);
  result = ppc_iommu_map_sg(nospan_device(table), nospan_kernel_table(table), list, count,
                            table ? table->dma_mask : ~0ULL, direction, attributes);
  nospan_list_out(list, segments, count);
  nospan_leave("map_sg");
  return result;
}

static void nospan_unmap_sg(void* handle, struct nospan_segment* segments, uint32_t count, uint32_t direction,
                            uint64_t attributes, uint32_t cpu) {
  struct nospan_table* table = handle;
  struct scatterlist* list;

  nospan_enter(table, cpu);
  list = nospan_list_in(table, segments, count, cpu);
  ppc_iommu_unmap_sg(nospan_kernel_table(table), list, count, direction, attributes);
  nospan_list_out(list, segments, count);
  nospan_leave("unmap_sg");
}

static int nospan_alloc_coherent(void* handle, uint64_t size, uint32_t cpu, uint64_t* guest_address,
                                 uint64_t* dma_address) {
  struct nospan_table* table = handle;
  dma_addr_t dma = DMA_MAPPING_ERROR;
  void* memory;

  nospan_enter(table, cpu);
  memory = iommu_alloc_coherent(nospan_device(table), nospan_kernel_table(table), size, &dma,
                                table ? table->coherent_mask : ~0ULL, GFP_KERNEL, NUMA_NO_NODE);
  nospan_leave("alloc_coherent");
  if (!memory) return -ENOMEM;
  *guest_address = __pa(memory);
  *dma_address = dma;
  return 0;
}

static void nospan_free_coherent(void* handle, uint64_t size, uint64_t guest_address, uint64_t dma_address,
                                 uint32_t cpu) {
  struct nospan_table* table = handle;

  nospan_enter(table, cpu);
  iommu_free_coherent(nospan_kernel_table(table), size, __va(guest_address), dma_address);
  nospan_leave("free_coherent");
}

/* ---- Observation ---- */

static int nospan_in_use(void* handle) {
  struct nospan_table* table = handle;
  int used;

  nospan_enter(table, 0);
  used = iommu_table_in_use(table->kernel);
  nospan_leave("in_use");
  return used;
}

static void nospan_read_allocation(void* handle, uint64_t first, uint64_t count, uint64_t* words) {
  struct nospan_table* table = handle;

  memcpy(words, table->kernel->it_map + first / BITS_PER_LONG, BITS_TO_LONGS(count) * sizeof(*words));
}

static uint32_t nospan_pools(void* handle, struct nospan_pool* pools, uint32_t most) {
  struct nospan_table* table = handle;
  const struct iommu_table* tbl = table->kernel;

  for (u32 i = 0; i <= tbl->nr_pools && i < most; i++) {
    const struct iommu_pool* pool = i < tbl->nr_pools ? &tbl->pools[i] : &tbl->large_pool;

    pools[i].start = pool->start;
    pools[i].end = pool->end;
  }
  return tbl->nr_pools + 1;
}

/* ---- The checks of VFIO and KVM ---- */

static int nospan_check_ioba(uint32_t page_shift, uint64_t first_index, uint64_t entries, uint64_t ioba,
                             uint64_t count) {
  nospan_enter(0, 0);
  return iommu_tce_check_ioba(page_shift, first_index, entries, ioba, count);
}

static int nospan_check_gpa(uint32_t page_shift, uint64_t guest_address) {
  nospan_enter(0, 0);
  return iommu_tce_check_gpa(page_shift, guest_address);
}

static uint32_t nospan_tce_direction(uint64_t tce) {
  nospan_enter(0, 0);
  return iommu_tce_direction(tce);
}

static uint64_t nospan_direction_permissions(uint32_t direction) {
  nospan_enter(0, 0);
  return iommu_direction_to_tce_perm(direction);
}

/* ---- Functions of files that are not compiled, because they need too much else ---- */

/* Contract of lib/scatterlist.c: the element after this one, nothing after the marked end; chains are followed.
 */
struct scatterlist* sg_next(struct scatterlist* element) {
  struct scatterlist* next = element + 1;

  if (sg_is_last(element)) return 0;
  return unlikely(sg_is_chain(next)) ? sg_chain_ptr(next) : next;
}

/* Contract of lib/refcount.c: the counter stays where it can do no harm, and the kernel warns. */
void refcount_warn_saturate(refcount_t* counter, enum refcount_saturation_type type) {
  refcount_set(counter, REFCOUNT_SATURATED);
  WARN(1, "refcount_t: saturated, kind %d", type);
}

static const struct nospan_target nospan_linux = {
    .abi = NOSPAN_TARGET_ABI,
    .flags = NOSPAN_TARGET_CONCURRENT | NOSPAN_TARGET_LARGE_POOL,
    .name = "linux",
    .version = NOSPAN_KERNEL_VERSION,
    .system_page_shifts = 1ULL << PAGE_SHIFT,
    .create = nospan_create,
    .destroy = nospan_destroy,
    .map_page = nospan_map_page,
    .unmap_page = nospan_unmap_page,
    .map_sg = nospan_map_sg,
    .unmap_sg = nospan_unmap_sg,
    .alloc_coherent = nospan_alloc_coherent,
    .free_coherent = nospan_free_coherent,
    .in_use = nospan_in_use,
    .read_allocation = nospan_read_allocation,
    .pools = nospan_pools,
    .check_ioba = nospan_check_ioba,
    .check_gpa = nospan_check_gpa,
    .tce_direction = nospan_tce_direction,
    .direction_permissions = nospan_direction_permissions,
};

__attribute__((visibility("default"))) const struct nospan_target* nospan_target_entry(void) {
  /* The kernel's boot-time initcall: which CPU number starts in which pool. */
  setup_iommu_pool_hash();
  return &nospan_linux;
}
