// SPDX-License-Identifier: BSD-2-Clause
// Linux's ppc_iommu_map_sg() and ppc_iommu_unmap_sg() ready to be executed: a table, a scatter/gather list, and
// contracts that keep an account of what happens to one arbitrary TCE and to one arbitrary byte of the list.
//
// Both are free constants, chosen before anything happens: what is shown of them holds for all. So no question
// has to speak about all elements at once.
#ifndef NOSPAN_SOLVER_CLAIMS_LINUX_LIST_H
#define NOSPAN_SOLVER_CLAIMS_LINUX_LIST_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solver/claims/claim.h"
#include "solver/claims/linux_table.h"
#include "solver/executor.h"
#include "solver/records.h"

namespace nospan::solver {

// What a driver put into one element.
struct ListElement {
  Term address;  // guest address of the first byte
  Term length;   // in bytes, 32 bits; may be 0
  Term last() const { return address + zero_extend(length, 64) - word(1); }
};

// What the account says, in State::ghosts. Truth values speak about the TCE `LinuxList::index`.
struct ListAccount {
  static constexpr const char* kElement = "element";  // that is being mapped, its index
  static constexpr const char* kTaken = "taken";      // its entry was allocated in this call
  static constexpr const char* kSet = "set";          // it may have been written
  static constexpr const char* kCleared = "cleared";
  static constexpr const char* kFreed = "freed";
  static constexpr const char* kBytes = "bytes";  // of all elements that were mapped
  static constexpr const char* kAddress =
      "address_at";  // where the device sees byte `position` of the list, by what was set
};

// Not thread-safe. Kept by the contracts.
struct LinuxList {
  // `fixed`: a list of that many elements; otherwise one of any length.
  static reports::Expected<std::shared_ptr<LinuxList>> make(Executor& executor, unsigned system_page_shift,
                                                            std::optional<unsigned> fixed);

  LinuxTable table;
  std::optional<unsigned> fixed;
  Term count;                         // elements, 64 bits
  ObjectId object = ObjectId::kNone;  // the list
  uint64_t stride = 0;                // bytes of an element
  uint64_t dma_address_at = 0;        // in an element
  uint64_t dma_length_at = 0;
  Term index = free_word("index");        // of the arbitrary TCE
  Term position = free_word("position");  // of the arbitrary byte in the list
  Term no_merge = Term::free_bits(32, "novmerge");
  Term direction = Term::free_bits(32, "direction");
  Term mask = free_word("dma_mask");
  Term attributes = free_word("attributes");

  // Of lists of any length: what the driver put into the elements.
  FreeFunction addresses{"address", 64};
  FreeFunction lengths{"length", 32};
  Term place = zero_extend(Term::free_bits(32, "i"), 64);  // an arbitrary element

  ListElement element(const Term& at) const;
  // What it_ops->set() answers for that element.
  Term set_result(const Term& at) const;
  // Where the device sees the element, if the TCE `first` is its first.
  Term seen_at(const Term& first, const ListElement& element) const;
  // What the list says after the call.
  Term dma_address(const Memory& memory, const Term& at) const;
  Term dma_length(const Memory& memory, const Term& at) const;  // 32 bits

  // Contracts of all that the two functions call, with the account.
  void add_contracts(Executor& executor) const;
  std::vector<Value> map_arguments() const;
  std::vector<Value> unmap_arguments() const;

  // function, target, assumptions, domain, inputs and preferences of a claim about the list.
  Instance base(const std::string& target) const;
  // Of a model with a list of a few elements: the entries that all but the last of them take that are not
  // empty.
  uint64_t entries_but_the_last(const class ScenarioText& text) const;
  // The command that maps the list of a model.
  void tell(class ScenarioText& text) const;

 private:
  reports::Expected<void> add_cells(const Program& program);
  reports::Expected<void> add_records(const Program& program);
  Term offset_in_page(const Term& address) const;
};

// Does [first, first + count) contain it? The end does not wrap.
inline Term covers(const Term& first, const Term& count, const Term& what) { return less(what - first, count); }

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_CLAIMS_LINUX_LIST_H
