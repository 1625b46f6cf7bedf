/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface between nospan and an implementation of IOMMU page mapping (a "target").
 *
 * Plain C, no types of nospan's own, so that an implementation in any language can be put under test:
 * build a shared library that exports nospan_target_entry() and run
 *
 *     nospan check --target ./libmine.so
 *
 * Units. Addresses and sizes are bytes. A TCE index is absolute: the DMA address shifted right by the IOMMU
 * page shift. An entry is relative to the window: entry 0 is the TCE at index `first_index`. A shift is the
 * binary logarithm of a page size.
 *
 * Guest addresses. A target works on "guest addresses": what the kernel under test calls physical addresses.
 * Whether they are real addresses (identity layout) or another stage lies behind them is not the target's
 * business. No guest address may be dereferenced: there is no memory behind them. A target that has to clear
 * memory calls environment.zero().
 *
 * Threads. Calls on one table may come from several threads, each with its own CPU number, if the target sets
 * NOSPAN_TARGET_CONCURRENT. Otherwise nospan makes one call at a time. Functions of the environment may be
 * called from inside any call of the target, and from no other place.
 *
 * Versions. NOSPAN_TARGET_ABI changes whenever a layout below does. nospan refuses a library whose `abi`
 * differs from its own.
 */
#ifndef NOSPAN_TARGETS_TARGET_H
#define NOSPAN_TARGETS_TARGET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NOSPAN_TARGET_ABI 1u

/* The value that map_page returns on failure. Linux: DMA_MAPPING_ERROR (include/linux/dma-mapping.h). */
#define NOSPAN_MAPPING_ERROR UINT64_MAX

/* Permission bits of a TCE (LoPAR, "TCE definition"; Linux: TCE_PCI_READ, TCE_PCI_WRITE in asm/tce.h). */
#define NOSPAN_TCE_READ 0x1u
#define NOSPAN_TCE_WRITE 0x2u

/* Direction of a transfer, numbered as Linux's enum dma_data_direction. */
enum nospan_direction {
  NOSPAN_BIDIRECTIONAL = 0,
  NOSPAN_TO_DEVICE = 1,
  NOSPAN_FROM_DEVICE = 2,
  NOSPAN_NO_DIRECTION = 3,
};

/* Attributes of a mapping, numbered as Linux's DMA_ATTR_* (include/linux/dma-mapping.h). */
#define NOSPAN_ATTRIBUTE_WEAK_ORDERING (UINT64_C(1) << 1)
#define NOSPAN_ATTRIBUTE_SKIP_CPU_SYNC (UINT64_C(1) << 5)
#define NOSPAN_ATTRIBUTE_NO_WARN (UINT64_C(1) << 8)

/* What a target reports through environment.fail(). */
enum nospan_failure {
  NOSPAN_FAILURE_BUG = 1,       /* the implementation's own assertion (BUG, BUG_ON, assert) */
  NOSPAN_FAILURE_LOCK_HELD = 2, /* a lock or a disabled preemption count outlived the call */
  NOSPAN_FAILURE_UNDEFINED = 3, /* undefined behaviour, as a sanitizer reports it */
  NOSPAN_FAILURE_GLUE = 4,      /* the target's glue cannot go on: not a finding, an error of ours */
};

/*
 * What the harness provides. Every pointer is set. `context` is the first argument of every function.
 */
struct nospan_environment {
  uint32_t abi; /* NOSPAN_TARGET_ABI */
  uint32_t reserved;
  void* context;

  /*
   * Writes `count` TCEs from the absolute index `index` on. TCE i gets `tce + (i << page_shift)`: a guest
   * address with its low bits cleared, or-ed with NOSPAN_TCE_READ and NOSPAN_TCE_WRITE.
   * Returns 0, or a negative errno: then some or none of the TCEs may have been written, as with a hypercall
   * that fails half-way, and the target has to undo it.
   */
  int (*put_tces)(void* context, uint64_t index, uint64_t count, uint64_t tce);

  /* Writes zero to `count` TCEs from the absolute index `index` on. Cannot fail. */
  void (*clear_tces)(void* context, uint64_t index, uint64_t count);

  /* The TCE at the absolute index `index`; 0 if there is none. */
  uint64_t (*get_tce)(void* context, uint64_t index);

  /*
   * Makes the device see all TCEs written and cleared so far. Before a call returns that changed TCEs, it must
   * follow the last change, whether the call succeeds or fails (XLAT-1, FREE-1, FAIL-1). Not asked of create().
   */
  void (*flush)(void* context);

  /*
   * Allocates 2^order system pages of guest memory, aligned to their size, for alloc_coherent.
   * Returns 0 and the guest address, or a negative errno.
   */
  int (*allocate_pages)(void* context, uint32_t order, uint64_t* guest_address);

  /* Gives back what allocate_pages returned. `order` must be the same. */
  void (*free_pages)(void* context, uint64_t guest_address, uint32_t order);

  /* Says that `size` bytes of guest memory from `guest_address` on were set to zero. */
  void (*zero)(void* context, uint64_t guest_address, uint64_t size);

  /*
   * Memory for the target's own state, zeroed; NULL if there is none. Aligned to 64 bytes if `size` is a
   * multiple of 64, else to 8. The end of the object (its size rounded up to 8) is followed by an inaccessible
   * page, so that an access past it is found.
   */
  void* (*allocate)(void* context, uint64_t size);

  /* Gives back what allocate() returned. NULL is allowed. */
  void (*release)(void* context, void* memory);

  /* A warning of the implementation (WARN, pr_warn). Counted and shown, no finding by itself. */
  void (*warn)(void* context, const char* text);

  /*
   * The implementation cannot go on. `failure` is an enum nospan_failure; `text` says what and where
   * (file:line). Does not return; the table is thrown away.
   */
  void (*fail)(void* context, uint32_t failure, const char* text);
};

/* A window, the device behind it and the machine: what create() gets. */
struct nospan_configuration {
  uint32_t page_shift;        /* of the IOMMU page: 12 to 34 */
  uint32_t system_page_shift; /* 12 or 16; one of the target's system_page_shifts */
  uint64_t first_index;       /* absolute index of the window's first TCE (Linux: it_offset) */
  uint64_t entries;           /* TCEs in the window, at least 1 (Linux: it_size) */
  uint64_t reserved_start;    /* absolute indices [start, end) that must not be handed out; start >= end: */
  uint64_t reserved_end;      /* none. May lie partly or wholly outside the window. */
  uint64_t block_entries;     /* allocation granularity hint, a power of two (Linux: it_blocksize) */
  uint32_t cpus;              /* CPU numbers are below this, at least 1 */
  uint32_t virtual_merge;     /* 1: map_sg may merge adjacent elements into one segment (Linux: iommu=vmerge) */
  uint32_t inherited;         /* 1: live TCEs found at create() stay mapped, as in a crash kernel */
  uint32_t reserved;
  uint64_t dma_mask;         /* highest DMA address for map_page and map_sg, inclusive */
  uint64_t coherent_mask;    /* the same for alloc_coherent */
  uint64_t segment_boundary; /* a segment never crosses a multiple of this + 1; 2^n - 1 */
  uint32_t max_segment_size; /* bytes; map_sg merges no further */
  uint32_t reserved2;
};

/* One call of map_page. The buffer is `size` bytes from guest address `page + offset` on. */
struct nospan_map_request {
  uint64_t page;   /* guest address of a system page */
  uint64_t offset; /* bytes; may be larger than a system page */
  uint64_t size;   /* bytes, at least 1 */
  uint64_t attributes;
  uint32_t direction; /* enum nospan_direction, not NOSPAN_NO_DIRECTION */
  uint32_t cpu;
};

/*
 * One element of a scatter/gather list. `address` and `length` describe the buffer and stay as they are;
 * map_sg writes `dma_address` and `dma_length` of the first elements of the list: the segments.
 */
struct nospan_segment {
  uint64_t address; /* guest address */
  uint32_t length;  /* bytes; 0 is allowed */
  uint32_t dma_length;
  uint64_t dma_address;
};

/* A range of entries [start, end) in which the target looks for space on its own (Linux: struct iommu_pool). */
struct nospan_pool {
  uint64_t start;
  uint64_t end;
};

/* Flags of a target. */
#define NOSPAN_TARGET_CONCURRENT 0x1u /* calls on one table may run at the same time on several threads */
/* The last pool is kept for requests of more than 15 entries: others get space in it only if no other pool has
 * room (CAP-1; Linux: large_pool). */
#define NOSPAN_TARGET_LARGE_POOL 0x2u

/*
 * An implementation. All pointers are set unless the comment says that NULL is allowed.
 * `table` is what create() returned; NULL where the comment says so.
 */
struct nospan_target {
  uint32_t abi;                /* NOSPAN_TARGET_ABI */
  uint32_t flags;              /* NOSPAN_TARGET_* */
  const char* name;            /* short, stable: "builtin", "linux" */
  const char* version;         /* of the implementation, for reports: "6.12.90" */
  uint64_t system_page_shifts; /* bit n set: system page shift n is supported */

  /*
   * Makes an empty table. Returns NULL if environment.allocate() failed. TCEs that are live in the
   * environment are cleared, or, with configuration.inherited, kept and treated as allocated.
   * The environment outlives the table; the configuration does not.
   */
  void* (*create)(const struct nospan_environment* environment,
                  const struct nospan_configuration* configuration);

  /* Frees the table. Live mappings are allowed. */
  void (*destroy)(void* table);

  /*
   * Maps one buffer and returns its DMA address, or NOSPAN_MAPPING_ERROR with nothing changed.
   * table may be NULL: then the result is NOSPAN_MAPPING_ERROR.
   */
  uint64_t (*map_page)(void* table, const struct nospan_map_request* request);

  /* Undoes map_page. Does nothing if table is NULL. */
  void (*unmap_page)(void* table, uint64_t dma_address, uint64_t size, uint32_t direction, uint64_t attributes,
                     uint32_t cpu);

  /*
   * Maps a list. Returns the number of segments, at least 1, at most `count`, or a negative errno (-EINVAL,
   * -ENOMEM, -EIO or -EREMOTEIO) with nothing changed but dma_address and dma_length. count may be 0 and table
   * may be NULL: a negative errno.
   */
  int (*map_sg)(void* table, struct nospan_segment* list, uint32_t count, uint32_t direction,
                uint64_t attributes, uint32_t cpu);

  /* Undoes map_sg; list as map_sg left it, count as given to map_sg. Does nothing if table is NULL. */
  void (*unmap_sg)(void* table, struct nospan_segment* list, uint32_t count, uint32_t direction,
                   uint64_t attributes, uint32_t cpu);

  /*
   * Allocates and maps zeroed memory (SAFE-1). Returns 0, or a negative errno with nothing changed.
   * table may be NULL: a negative errno.
   */
  int (*alloc_coherent)(void* table, uint64_t size, uint32_t cpu, uint64_t* guest_address,
                        uint64_t* dma_address);

  /* Undoes alloc_coherent; same size. Does nothing if table is NULL. */
  void (*free_coherent)(void* table, uint64_t size, uint64_t guest_address, uint64_t dma_address, uint32_t cpu);

  /* 1 if any entry is allocated that is not reserved, else 0. */
  int (*in_use)(void* table);

  /*
   * Observation, not under test. Sets bit i of words[] if entry first + i is allocated or reserved, clears it
   * otherwise, for i below count. first is a multiple of 64; bits from count on are undefined.
   */
  void (*read_allocation)(void* table, uint64_t first, uint64_t count, uint64_t* words);

  /*
   * Observation. Writes at most `most` pools and returns how many there are. Entries relative to the window.
   * Together they hold every entry that is not reserved (CAP-1). 0: the target does not tell. Asked for once,
   * when the table is new: pools stay what they are, or requests that fit them are refused (CAP-1).
   */
  uint32_t (*pools)(void* table, struct nospan_pool* pools, uint32_t most);

  /*
   * The checks that VFIO and KVM make before they install a guest's TCE. NULL is allowed for each.
   * check_ioba: 0 if `count` pages from DMA address `ioba` lie in the window of `entries` TCEs from
   *   `first_index` on and `ioba` is aligned to the IOMMU page, else a negative errno.
   * check_gpa: 0 if `guest_address` is aligned to the IOMMU page, else a negative errno.
   * tce_direction: the direction that a TCE's permission bits allow.
   * direction_permissions: the permission bits for a direction; 0 for NOSPAN_NO_DIRECTION.
   */
  int (*check_ioba)(uint32_t page_shift, uint64_t first_index, uint64_t entries, uint64_t ioba, uint64_t count);
  int (*check_gpa)(uint32_t page_shift, uint64_t guest_address);
  uint32_t (*tce_direction)(uint64_t tce);
  uint64_t (*direction_permissions)(uint32_t direction);
};

/*
 * The one symbol that a target library exports. Called once per process; the result lives as long as the
 * library is loaded.
 */
typedef const struct nospan_target* (*nospan_target_entry_function)(void);
const struct nospan_target* nospan_target_entry(void);

#ifdef __cplusplus
}
#endif

#endif /* NOSPAN_TARGETS_TARGET_H */
