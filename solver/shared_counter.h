// SPDX-License-Identifier: BSD-2-Clause
// A number that processes share with those that they fork.
#ifndef NOSPAN_SOLVER_SHARED_COUNTER_H
#define NOSPAN_SOLVER_SHARED_COUNTER_H

#include <atomic>

namespace nospan::solver {

// Thread-safe, and safe between processes; a process that is killed leaves the number as it is. Without memory
// for it the number is 0 and stays so.
class SharedCounter {
 public:
  explicit SharedCounter(unsigned value);
  ~SharedCounter();
  SharedCounter(SharedCounter&& other) noexcept;
  SharedCounter& operator=(SharedCounter&& other) noexcept;

  // One less, if it is not 0. False: it is.
  bool take();
  void add(unsigned count);
  unsigned value() const { return value_ == nullptr ? 0 : value_->load(); }

 private:
  std::atomic<unsigned>* value_ = nullptr;  // in memory of its own, which forked processes see
};

}  // namespace nospan::solver

#endif  // NOSPAN_SOLVER_SHARED_COUNTER_H
