// SPDX-License-Identifier: BSD-2-Clause
// What each instruction of LLVM's does to a state.
#include <fmt/format.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/GetElementPtrTypeIterator.h>
#include <llvm/IR/Operator.h>

#include "solver/comparison.h"
#include "solver/engine.h"
#include "solver/term_form.h"

namespace nospan::solver {
// ---- Types ----

unsigned Executor::Engine::width_of(const llvm::Type& type) const {
  if (type.isPointerTy()) return 64;
  if (type.isIntegerTy()) return type.getIntegerBitWidth();
  return 0;
}

unsigned Executor::Engine::bytes_of(const llvm::Type& type) const {
  return static_cast<unsigned>(layout.getTypeStoreSize(const_cast<llvm::Type*>(&type)).getFixedValue());
}

Value Executor::Engine::free_value(const llvm::Type& type, std::string_view name) {
  const std::string full = fmt::format("{}#{}", name, fresh++);
  if (type.isIntegerTy(1)) return Value::number(Term::free_boolean(full));
  return Value::number(Term::free_bits(width_of(type), full));
}

// ---- Constants and registers ----

Maybe<void> Executor::Engine::initialize(State& state, Object& object, uint64_t offset,
                                         const llvm::Constant& content) {
  const llvm::Type& type = *content.getType();
  if (llvm::isa<llvm::UndefValue>(content)) return {};
  if (content.isNullValue()) {
    return object.fill(offset, layout.getTypeAllocSize(content.getType()).getFixedValue(), 0);
  }
  if (type.isIntegerTy() || type.isPointerTy()) {
    auto value = constant(state, content);
    if (!value) return tl::unexpected(value.error());
    if (value->bits.is_boolean()) value->bits = zero_extend(value->bits, 8);
    return object.store(word(offset), bytes_of(type), *value);
  }
  if (const auto* structure = llvm::dyn_cast<llvm::StructType>(&type)) {
    const llvm::StructLayout* places = layout.getStructLayout(const_cast<llvm::StructType*>(structure));
    for (unsigned i = 0; i < structure->getNumElements(); ++i) {
      const uint64_t inside = places->getElementOffset(i).getFixedValue();
      if (auto done = initialize(state, object, offset + inside, *content.getAggregateElement(i)); !done)
        return done;
    }
    return {};
  }
  if (const auto* array = llvm::dyn_cast<llvm::ArrayType>(&type)) {
    const uint64_t stride = layout.getTypeAllocSize(array->getElementType()).getFixedValue();
    for (unsigned i = 0; i < array->getNumElements(); ++i) {
      if (auto done = initialize(state, object, offset + i * stride, *content.getAggregateElement(i)); !done) {
        return done;
      }
    }
    return {};
  }
  return reports::failure(object.name(), "has an initial value of a kind that is not known",
                          "the executor in solver/ has to learn it");
}

// The object of a global variable. One that cannot change holds what it is initialized with; one that can is
// free.
ObjectId Executor::Engine::object_of(State& state, const llvm::GlobalVariable& variable) {
  const auto known = state.memory.globals.find(&variable);
  if (known != state.memory.globals.end()) return known->second;
  llvm::Type* type = variable.getValueType();
  const bool fixed = variable.hasInitializer() && (variable.isConstant() || limits.initial_values);
  const bool is_text = type->isArrayTy() && type->getArrayElementType()->isIntegerTy(8);
  Object object(variable.getName().str(), word(layout.getTypeAllocSize(type).getFixedValue()),
                fixed ? Object::Initial::kUndefined : Object::Initial::kFree);
  const ObjectId id = state.memory.add(std::move(object));
  state.memory.globals.emplace(&variable, id);
  if (fixed && !is_text) {
    Object content = state.memory.at(id);
    // What cannot be initialized stays undefined: reading it is an error that names it.
    if (initialize(state, content, 0, *variable.getInitializer())) state.memory.change(id) = std::move(content);
  }
  return id;
}

Maybe<Value> Executor::Engine::constant(State& state, const llvm::Constant& value) {
  if (const auto* integer = llvm::dyn_cast<llvm::ConstantInt>(&value)) {
    if (integer->getBitWidth() == 1) return Value::number(Term::boolean(integer->isOne()));
    if (integer->getBitWidth() > 64) return reports::failure("", "a number of more than 64 bits");
    return Value::number(Term::bits(integer->getBitWidth(), integer->getZExtValue()));
  }
  if (llvm::isa<llvm::ConstantPointerNull>(value)) return Value::number(word(0));
  if (const auto* variable = llvm::dyn_cast<llvm::GlobalVariable>(&value)) {
    return Value::pointer(object_of(state, *variable));
  }
  if (const auto* function = llvm::dyn_cast<llvm::Function>(&value)) {
    const auto known = state.memory.globals.find(function);
    if (known != state.memory.globals.end()) return Value::pointer(known->second);
    const ObjectId id = state.memory.add(Object::of_function(function->getName().str()));
    state.memory.globals.emplace(function, id);
    return Value::pointer(id);
  }
  if (const auto* operation = llvm::dyn_cast<llvm::GEPOperator>(&value))
    return element_address(state, *operation);
  if (const auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(&value)) {
    const unsigned opcode = expression->getOpcode();
    const bool keeps_bits = opcode == llvm::Instruction::PtrToInt || opcode == llvm::Instruction::IntToPtr ||
                            opcode == llvm::Instruction::BitCast;
    if (keeps_bits && width_of(*expression->getType()) == 64) {
      return operand(state, *expression->getOperand(0));
    }
  }
  // clang leaves `undef` and `poison` where a value is never used, as in a struct that is put together.
  if (llvm::isa<llvm::UndefValue>(value)) {
    Value result;
    if (const auto* structure = llvm::dyn_cast<llvm::StructType>(value.getType())) {
      result.members.resize(structure->getNumElements());
    }
    return result;
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  value.print(stream);
  return reports::failure("", fmt::format("the constant {}", text), "the executor in solver/ has to learn it");
}

Maybe<Value> Executor::Engine::operand(State& state, const llvm::Value& value) {
  if (const auto* fixed = llvm::dyn_cast<llvm::Constant>(&value)) return constant(state, *fixed);
  const State::Frame& frame = top(state);
  const auto index = frame.numbering->index.find(&value);
  if (index == frame.numbering->index.end())
    return reports::failure("", "an operand of a kind that is not known");
  return frame.registers[index->second];
}

void Executor::Engine::define(State& state, const llvm::Instruction& instruction, Value value) {
  State::Frame& frame = top(state);
  frame.registers[frame.numbering->index.lookup(&instruction)] = std::move(value);
}

Maybe<Value> Executor::Engine::used(State& state, const llvm::Value& value) {
  auto result = operand(state, value);
  if (result && result->is_undefined() && width_of(*value.getType()) != 0) {
    return free_value(*value.getType(), "undefined");
  }
  return result;
}

Maybe<Term> Executor::Engine::number(State& state, const llvm::Value& value) {
  auto result = used(state, value);
  if (!result) return tl::unexpected(result.error());
  if (result->bits.sort() == Term::Sort::kNone) return reports::failure("", "a struct is used as a number");
  return result->is_pointer() ? state.memory.number(*result) : result->bits;
}

// ---- Arithmetic ----

Maybe<Value> Executor::Engine::arithmetic(State& state, const llvm::BinaryOperator& instruction) {
  using Kind = Obligation::Kind;
  auto left = number(state, *instruction.getOperand(0));
  if (!left) return tl::unexpected(left.error());
  auto right = number(state, *instruction.getOperand(1));
  if (!right) return tl::unexpected(right.error());
  const Term& a = *left;
  const Term& b = *right;
  const unsigned width = a.width();
  if (const auto* wrapping = llvm::dyn_cast<llvm::OverflowingBinaryOperator>(&instruction)) {
    if (wrapping->hasNoSignedWrap() || wrapping->hasNoUnsignedWrap()) {
      return unsupported(instruction, "arithmetic that must not wrap: the IR was built without -fwrapv");
    }
  }
  const auto* disjoint = llvm::dyn_cast<llvm::PossiblyDisjointInst>(&instruction);
  if (disjoint != nullptr && disjoint->isDisjoint())
    return unsupported(instruction, "an `or` of disjoint bits");
  const auto need_count = [&] {
    const Term in_range = less(b, Term::bits(width, width));
    if (in_range.is_true()) return;
    require(state, Kind::kShift, in_range, fmt::format("shift by {} bits or more", width), instruction);
  };
  const auto need_divisor = [&] {
    require(state, Kind::kDivision, b != Term::bits(width, 0), "division by zero", instruction);
  };
  const auto need_quotient = [&] {
    const Term lowest = Term::bits(width, uint64_t{1} << (width - 1));
    require(state, Kind::kDivision, !((a == lowest) & (b == Term::bits(width, ~uint64_t{0}))),
            "the quotient does not fit", instruction);
  };
  switch (instruction.getOpcode()) {
    case llvm::Instruction::Add: return Value::number(a + b);
    case llvm::Instruction::Sub: return Value::number(a - b);
    case llvm::Instruction::Mul:
      if (const auto exponent = exponent_of_power(b)) return Value::number(shift_left(a, *exponent));
      return Value::number(a * b);
    case llvm::Instruction::And: return Value::number(a & b);
    case llvm::Instruction::Or: return Value::number(a | b);
    case llvm::Instruction::Xor: return Value::number(a ^ b);
    case llvm::Instruction::Shl: need_count(); return Value::number(shift_left(a, b));
    case llvm::Instruction::LShr:
      need_count();
      // A TCE index that became a DMA address and comes back. One small question here spares every later one
      // two shifts by a free number.
      if (const auto before = shifted_back_and_forth(a, b)) {
        if (!possible(state, less(shift_right(Term::bits(width, ~uint64_t{0}), b), *before))) {
          return Value::number(*before);
        }
      }
      return Value::number(shift_right(a, b));
    case llvm::Instruction::AShr: need_count(); return Value::number(arithmetic_shift_right(a, b));
    case llvm::Instruction::UDiv:
      need_divisor();
      // Where the exponent was computed its range became an obligation, so that this is the same.
      if (const auto exponent = exponent_of_power(b)) return Value::number(shift_right(a, *exponent));
      return Value::number(unsigned_divide(a, b));
    case llvm::Instruction::URem:
      need_divisor();
      if (exponent_of_power(b)) return Value::number(a & (b - Term::bits(width, 1)));
      return Value::number(unsigned_remainder(a, b));
    case llvm::Instruction::SDiv:
      need_divisor();
      need_quotient();
      return Value::number(signed_divide(a, b));
    case llvm::Instruction::SRem:
      need_divisor();
      need_quotient();
      return Value::number(signed_remainder(a, b));
    default: return unsupported(instruction, fmt::format("the opcode {}", instruction.getOpcodeName()));
  }
}

Maybe<Term> Executor::Engine::comparison(State& state, const llvm::ICmpInst& instruction) {
  auto left = used(state, *instruction.getOperand(0));
  if (!left) return tl::unexpected(left.error());
  auto right = used(state, *instruction.getOperand(1));
  if (!right) return tl::unexpected(right.error());
  const bool equality = instruction.isEquality();
  const bool wants_equal = instruction.getPredicate() == llvm::CmpInst::ICMP_EQ;
  const auto is_null = [](const Value& value) {
    return has_null(value) ? value.null_if : Term::boolean(false);
  };
  if (equality && (left->is_pointer() || right->is_pointer())) {
    // An object never lies at address 0, and two objects never at the same address.
    std::optional<Term> equal;
    if (left->is_pointer() && right->is_pointer()) {
      const Term both_null = is_null(*left) & is_null(*right);
      if (left->object != right->object) {
        equal = both_null;
      } else {
        const Term neither_null = !(is_null(*left) | is_null(*right));
        equal = both_null | (neither_null & (left->bits == right->bits));
      }
    } else if (!left->is_pointer() && left->bits.constant() == 0) {
      equal = is_null(*right);
    } else if (!right->is_pointer() && right->bits.constant() == 0) {
      equal = is_null(*left);
    }
    if (equal) return wants_equal ? *equal : !*equal;
  }
  Term a = left->bits;
  Term b = right->bits;
  const bool same_object =
      left->is_pointer() && left->object == right->object && !has_null(*left) && !has_null(*right);
  if (!same_object) {
    a = state.memory.number(*left);
    b = state.memory.number(*right);
  }
  if (auto result = compared(instruction.getPredicate(), a, b)) return std::move(*result);
  return unsupported(instruction, "a comparison of floating point numbers");
}

Maybe<Value> Executor::Engine::element_address(State& state, const llvm::GEPOperator& operation) {
  auto base = operand(state, *operation.getPointerOperand());
  if (!base) return base;
  Term offset = base->bits;
  for (auto part = llvm::gep_type_begin(operation); part != llvm::gep_type_end(operation); ++part) {
    if (llvm::StructType* structure = part.getStructTypeOrNull()) {
      const auto* field = llvm::cast<llvm::ConstantInt>(part.getOperand());
      const auto inside =
          layout.getStructLayout(structure)->getElementOffset(static_cast<unsigned>(field->getZExtValue()));
      offset = offset + word(inside.getFixedValue());
      continue;
    }
    auto index = number(state, *part.getOperand());
    if (!index) return tl::unexpected(index.error());
    const uint64_t stride = part.getSequentialElementStride(layout).getFixedValue();
    offset = offset + sign_extend(*index, 64) * word(stride);
  }
  Value result = *base;
  result.bits = offset;
  return result;
}

std::optional<Value> chosen(const Term& condition, const Value& yes, const Value& no) {
  if (yes.object != no.object || !yes.members.empty() || !no.members.empty()) return std::nullopt;
  if (yes.is_undefined() || no.is_undefined()) return std::nullopt;
  const bool same_null = has_null(yes) ? has_null(no) && yes.null_if.same(no.null_if) : !has_null(no);
  if (!same_null) return std::nullopt;
  Value value = yes;
  value.bits = choose(condition, yes.bits, no.bits);
  return value;
}

// A choice between pointers into different objects splits the path.
bool Executor::Engine::choose_value(State& state, const llvm::SelectInst& instruction) {
  auto condition = number(state, *instruction.getCondition());
  auto yes = operand(state, *instruction.getTrueValue());
  auto no = operand(state, *instruction.getFalseValue());
  for (const reports::Error* error :
       {condition ? nullptr : &condition.error(), yes ? nullptr : &yes.error(), no ? nullptr : &no.error()}) {
    if (error == nullptr) continue;
    stop(state, *error);
    return false;
  }
  if (const auto value = condition->truth()) {
    define(state, instruction, *value ? *yes : *no);
    return true;
  }
  if (auto value = chosen(*condition, *yes, *no)) {
    define(state, instruction, std::move(*value));
    return true;
  }
  if (guard) {
    refused = true;
    return false;
  }
  for (const bool side : {true, false}) {
    const Term taken = side ? *condition : !*condition;
    if (!possible(state, taken)) continue;
    State other = state;
    other.assume(taken);
    define(other, instruction, side ? *yes : *no);
    waiting.push_back(std::move(other));
  }
  return false;
}

// ---- All of them ----

bool Executor::Engine::execute(State& state, const llvm::Instruction& instruction) {
  const auto finish = [&](Maybe<Value> value) {
    if (!value) {
      stop(state,
           value.error().where.empty() ? unsupported(instruction, value.error().what).value() : value.error());
      return false;
    }
    define(state, instruction, std::move(*value));
    return true;
  };
  const auto with_number = [&](auto&& make) {
    return finish(number(state, *instruction.getOperand(0)).map([&](const Term& term) {
      return Value::number(make(term));
    }));
  };
  const unsigned width = width_of(*instruction.getType());
  switch (instruction.getOpcode()) {
    case llvm::Instruction::Br: {
      const auto& jump = llvm::cast<llvm::BranchInst>(instruction);
      if (jump.isUnconditional()) return enter_block(state, *jump.getSuccessor(0));
      auto condition = number(state, *jump.getCondition());
      if (!condition) {
        stop(state, condition.error());
        return false;
      }
      return branch(state, *condition, *jump.getSuccessor(0), *jump.getSuccessor(1));
    }
    case llvm::Instruction::Switch: return switch_to(state, llvm::cast<llvm::SwitchInst>(instruction));
    case llvm::Instruction::Ret: {
      if (instruction.getNumOperands() == 0) return give_back(state, std::nullopt);
      auto value = operand(state, *instruction.getOperand(0));
      if (!value) {
        stop(state, value.error());
        return false;
      }
      return give_back(state, std::move(*value));
    }
    case llvm::Instruction::Unreachable:
      require(state, Obligation::Kind::kUnreachable, Term::boolean(false),
              "code that is never reached is reached", instruction);
      return true;
    case llvm::Instruction::ICmp:
      return finish(comparison(state, llvm::cast<llvm::ICmpInst>(instruction)).map([](const Term& term) {
        return Value::number(term);
      }));
    case llvm::Instruction::Select: return choose_value(state, llvm::cast<llvm::SelectInst>(instruction));
    case llvm::Instruction::Call: return call(state, llvm::cast<llvm::CallBase>(instruction));
    case llvm::Instruction::Alloca: {
      const auto& local = llvm::cast<llvm::AllocaInst>(instruction);
      if (local.isArrayAllocation()) {
        stop(state, unsupported(instruction, "a local array of variable length").value());
        return false;
      }
      const uint64_t size = layout.getTypeAllocSize(local.getAllocatedType()).getFixedValue();
      const ObjectId id =
          state.memory.add(Object(local.getName().str(), word(size), Object::Initial::kUndefined));
      top(state).locals.push_back(id);
      define(state, instruction, Value::pointer(id));
      return true;
    }
    case llvm::Instruction::Load: return load(state, llvm::cast<llvm::LoadInst>(instruction));
    case llvm::Instruction::Store: return store(state, llvm::cast<llvm::StoreInst>(instruction));
    case llvm::Instruction::AtomicRMW:
      return update_atomically(state, llvm::cast<llvm::AtomicRMWInst>(instruction));
    case llvm::Instruction::AtomicCmpXchg:
      return compare_and_exchange(state, llvm::cast<llvm::AtomicCmpXchgInst>(instruction));
    case llvm::Instruction::Fence: return true;
    case llvm::Instruction::GetElementPtr:
      if (!settle_null(state, llvm::cast<llvm::GetElementPtrInst>(instruction))) return false;
      return finish(element_address(state, llvm::cast<llvm::GEPOperator>(instruction)));
    case llvm::Instruction::ZExt:
      return with_number([&](const Term& term) { return zero_extend(term, width); });
    case llvm::Instruction::SExt:
      return with_number([&](const Term& term) { return sign_extend(term, width); });
    case llvm::Instruction::Trunc:
      return with_number([&](const Term& term) {
        return width == 1 ? truncate(term, 1) == Term::bits(1, 1) : truncate(term, width);
      });
    case llvm::Instruction::IntToPtr:
      // A member that the source declares as a number may hold a pointer (struct iommu_table, it_base).
      if (auto value = operand(state, *instruction.getOperand(0)); value && value->is_pointer()) {
        return finish(std::move(value));
      }
      [[fallthrough]];
    case llvm::Instruction::PtrToInt:
      return with_number([&](const Term& term) {
        return term.width() < width ? zero_extend(term, width) : truncate(term, width);
      });
    case llvm::Instruction::BitCast:
    case llvm::Instruction::Freeze: return finish(operand(state, *instruction.getOperand(0)));
    case llvm::Instruction::ExtractValue: {
      const auto& extraction = llvm::cast<llvm::ExtractValueInst>(instruction);
      auto aggregate = operand(state, *extraction.getAggregateOperand());
      if (aggregate && extraction.getNumIndices() == 1 &&
          extraction.getIndices()[0] < aggregate->members.size()) {
        Value& member = aggregate->members[extraction.getIndices()[0]];
        define(state, instruction, std::move(member));
        return true;
      }
      stop(state, unsupported(instruction, "a value taken out of a nested struct").value());
      return false;
    }
    case llvm::Instruction::InsertValue: {
      const auto& insertion = llvm::cast<llvm::InsertValueInst>(instruction);
      auto aggregate = operand(state, *insertion.getAggregateOperand());
      auto member = operand(state, *insertion.getInsertedValueOperand());
      if (aggregate && member && insertion.getNumIndices() == 1 &&
          insertion.getIndices()[0] < aggregate->members.size()) {
        aggregate->members[insertion.getIndices()[0]] = std::move(*member);
        define(state, instruction, std::move(*aggregate));
        return true;
      }
      stop(state, unsupported(instruction, "a value put into a nested struct").value());
      return false;
    }
    default: break;
  }
  if (const auto* binary = llvm::dyn_cast<llvm::BinaryOperator>(&instruction)) {
    return finish(arithmetic(state, *binary));
  }
  stop(state, unsupported(instruction, fmt::format("the opcode {}", instruction.getOpcodeName())).value());
  return false;
}

}  // namespace nospan::solver
