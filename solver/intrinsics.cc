// SPDX-License-Identifier: BSD-2-Clause
// LLVM's intrinsic functions, as far as kernel code and builtin use them.
#include <fmt/format.h>
#include <llvm/IR/IntrinsicsX86.h>

#include "solver/engine.h"

namespace nospan::solver {
// Copies cell by cell, so that pointers stay pointers.
bool Executor::Engine::copy(State& state, const llvm::MemTransferInst& instruction) {
  auto to = operand(state, *instruction.getDest());
  auto from = operand(state, *instruction.getSource());
  auto length = number(state, *instruction.getLength());
  if (!to || !from || !length) {
    stop(state, !to ? to.error() : !from ? from.error() : length.error());
    return false;
  }
  const auto count = length->constant();
  if (!count || !to->bits.constant() || !from->bits.constant()) {
    stop(state, unsupported(instruction, "a copy whose length or place is not one number").value());
    return false;
  }
  if (*count == 0) return true;
  if (!check_access(state, *from, *count, instruction)) return true;
  if (!check_access(state, *to, *count, instruction)) return true;
  const uint64_t start = *from->bits.constant();
  // All is read before anything is written: the places may overlap.
  std::vector<std::pair<Object::Piece, Value>> content;
  const Object& source = state.memory.at(from->object);
  for (const Object::Piece& piece : source.pieces(start, *count)) {
    // Padding and members that were never set may be copied: the copy is undefined, too.
    auto value = piece.defined ? source.load(word(piece.offset), piece.bytes) : Value{};
    if (!value) {
      stop(state, unsupported(instruction, value.error().line()).value());
      return false;
    }
    content.emplace_back(piece, std::move(*value));
  }
  Object& destination = state.memory.change(to->object);
  for (const auto& [piece, value] : content) {
    const uint64_t target = *to->bits.constant() + (piece.offset - start);
    auto done = piece.defined ? destination.store(word(target), piece.bytes, value)
                              : destination.forget(target, piece.bytes);
    if (!done) {
      stop(state, unsupported(instruction, done.error().line()).value());
      return false;
    }
  }
  return true;
}

bool Executor::Engine::fill(State& state, const llvm::MemSetInst& instruction) {
  auto to = operand(state, *instruction.getDest());
  auto byte = number(state, *instruction.getValue());
  auto length = number(state, *instruction.getLength());
  if (!to || !byte || !length) {
    stop(state, !to ? to.error() : !byte ? byte.error() : length.error());
    return false;
  }
  if (!length->constant() || !byte->constant() || !to->bits.constant()) {
    stop(state,
         unsupported(instruction, "filling memory whose place, length or content is not one number").value());
    return false;
  }
  if (*length->constant() == 0) return true;
  if (!check_access(state, *to, *length->constant(), instruction)) return true;
  auto done = state.memory.change(to->object)
                  .fill(*to->bits.constant(), *length->constant(), static_cast<uint8_t>(*byte->constant()));
  if (!done) {
    stop(state, unsupported(instruction, done.error().line()).value());
    return false;
  }
  return true;
}

// Where a local's scope begins or ends its content is lost: a loop's body must not see that of the iteration
// before.
bool Executor::Engine::end_of_scope(State& state, const llvm::IntrinsicInst& instruction) {
  auto local = operand(state, *instruction.getArgOperand(1));
  if (!local) {
    stop(state, local.error());
    return false;
  }
  if (!local->is_pointer()) return true;
  const auto size = state.memory.at(local->object).size().constant();
  if (!size || local->bits.constant() != 0) return true;
  if (auto done = state.memory.change(local->object).forget(0, *size); !done) {
    stop(state, unsupported(instruction, done.error().line()).value());
    return false;
  }
  return true;
}

bool Executor::Engine::intrinsic(State& state, const llvm::IntrinsicInst& instruction) {
  const auto finish = [&](const Term& term) {
    define(state, instruction, Value::number(term));
    return true;
  };
  const llvm::Intrinsic::ID id = instruction.getIntrinsicID();
  switch (id) {
    case llvm::Intrinsic::lifetime_start:
    case llvm::Intrinsic::lifetime_end: return end_of_scope(state, instruction);
    case llvm::Intrinsic::x86_sse2_pause: return true;
    case llvm::Intrinsic::is_constant: return finish(Term::boolean(false));
    case llvm::Intrinsic::expect:
    case llvm::Intrinsic::threadlocal_address: {
      auto value = operand(state, *instruction.getArgOperand(0));
      if (!value) {
        stop(state, value.error());
        return false;
      }
      define(state, instruction, std::move(*value));
      return true;
    }
    case llvm::Intrinsic::memcpy:
    case llvm::Intrinsic::memmove: return copy(state, llvm::cast<llvm::MemTransferInst>(instruction));
    case llvm::Intrinsic::memset: return fill(state, llvm::cast<llvm::MemSetInst>(instruction));
    default: break;
  }

  std::vector<Term> arguments;
  for (const llvm::Use& use : instruction.args()) {
    auto term = number(state, *use);
    if (!term) {
      stop(state, term.error());
      return false;
    }
    arguments.push_back(std::move(*term));
  }
  switch (id) {
    case llvm::Intrinsic::assume:
      require(state, Obligation::Kind::kUndefined, arguments[0],
              "what the compiler was told to assume does not hold", instruction);
      return true;
    case llvm::Intrinsic::cttz:
    case llvm::Intrinsic::ctlz:
      if (arguments[1].is_true()) {
        require(state, Obligation::Kind::kUndefined, arguments[0] != Term::bits(arguments[0].width(), 0),
                "counting the zero bits of zero", instruction);
      }
      return finish(id == llvm::Intrinsic::cttz ? trailing_zeros(arguments[0]) : leading_zeros(arguments[0]));
    case llvm::Intrinsic::ctpop: return finish(count_ones(arguments[0]));
    case llvm::Intrinsic::bswap: return finish(swap_bytes(arguments[0]));
    case llvm::Intrinsic::umin:
      return finish(choose(less(arguments[0], arguments[1]), arguments[0], arguments[1]));
    case llvm::Intrinsic::umax:
      return finish(choose(less(arguments[0], arguments[1]), arguments[1], arguments[0]));
    case llvm::Intrinsic::smin:
      return finish(choose(signed_less(arguments[0], arguments[1]), arguments[0], arguments[1]));
    case llvm::Intrinsic::smax:
      return finish(choose(signed_less(arguments[0], arguments[1]), arguments[1], arguments[0]));
    case llvm::Intrinsic::umul_with_overflow:
    case llvm::Intrinsic::uadd_with_overflow: {
      const bool product = id == llvm::Intrinsic::umul_with_overflow;
      Value result;
      result.members = {Value::number(product ? arguments[0] * arguments[1] : arguments[0] + arguments[1]),
                        Value::number(product ? multiply_overflows(arguments[0], arguments[1])
                                              : add_overflows(arguments[0], arguments[1]))};
      define(state, instruction, std::move(result));
      return true;
    }
    default: break;
  }
  stop(state, unsupported(instruction,
                          fmt::format("the intrinsic {}", instruction.getCalledFunction()->getName().str()))
                  .value());
  return false;
}

}  // namespace nospan::solver
