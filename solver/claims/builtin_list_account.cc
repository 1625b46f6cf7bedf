// SPDX-License-Identifier: BSD-2-Clause
// What is written down of the arbitrary TCE when a list is mapped: contracts of all that map_list() calls.
#include <fmt/format.h>

#include "solver/claims/builtin_calls.h"
#include "solver/claims/builtin_list.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;
using Account = TceAccount;

namespace {

// Ghosts.
constexpr const char* kPage = "page_in_group";
constexpr const char* kPageIs = "page_in_group.is";

}  // namespace

Term page_behind(const BuiltinList& list, const GroupTerms::Ghosts& ghosts, const Term& first) {
  const Term page = simplified(list.index - first);
  const auto named = ghosts.find(kPageIs);
  return named != ghosts.end() && named->second.same(page) ? ghosts.at(kPage) : page;
}

void name_page(const BuiltinList& list, State& state, const Term& first, const std::string& name) {
  const Term page = simplified(list.index - first);
  const Term constant = free_word(name);
  state.learn(constant == page);
  state.ghosts.insert_or_assign(kPage, constant);
  state.ghosts.insert_or_assign(kPageIs, page);
}

void add_accounting(Executor& executor, const std::shared_ptr<const BuiltinList>& list) {
  executor.add(
      "environment->put_tces",
      simple([list, count = 0u](State& state, const Call& call) mutable -> Expected<Value> {
        const Term& first = call.arguments[1].bits;
        const Term& entries = call.arguments[2].bits;
        const Term& tce = call.arguments[3].bits;
        const Term result = Term::free_bits(32, fmt::format("put_result#{}", count++));
        const Term address = tce & word(~uint64_t{3});
        const Term page = page_behind(*list, state.ghosts, first);
        const Term is_among = less(page, entries);
        state.happened(Event::Kind::kSet, {first, entries, address, tce & word(3), result}, call.place);
        auto& ghosts = state.ghosts;
        state.require(Obligation::Kind::kContract,
                      implies(is_among, ghosts.at(Account::kMine) & !ghosts.at(Account::kSet)),
                      "a TCE is written whose entry was taken, once", call.place);
        ghosts.at(Account::kSet) = ghosts.at(Account::kSet) | is_among;
        ghosts.at(Account::kTce) =
            choose(is_among, address + shift_left(simplified(list->index - first), list->table.page_shift),
                   ghosts.at(Account::kTce));
        ghosts.at(Account::kDirty) = Term::boolean(true);
        return Value::number(result);
      }));
  executor.add("environment->clear_tces", simple([list](State& state, const Call& call) -> Expected<Value> {
                 const Term& first = call.arguments[1].bits;
                 const Term& entries = call.arguments[2].bits;
                 auto& ghosts = state.ghosts;
                 const Term page = page_behind(*list, state.ghosts, first);
                 const Term is_among = less(page, entries);
                 state.happened(Event::Kind::kClear,
                                {first, entries, implies(is_among, ghosts.at(Account::kMine))}, call.place);
                 ghosts.at(Account::kSet) = ghosts.at(Account::kSet) & !is_among;
                 ghosts.at(Account::kDirty) = Term::boolean(true);
                 return Value{};
               }));
  executor.add("environment->flush", simple([](State& state, const Call& call) -> Expected<Value> {
                 state.happened(Event::Kind::kFlush, {}, call.place);
                 state.ghosts.at(Account::kDirty) = Term::boolean(false);
                 return Value{};
               }));
}

void add_groups(Executor& executor, const std::shared_ptr<const BuiltinList>& list) {
  const Program& program = executor.program();
  executor.add(
      "nospan::builtin::Mapper::next_group",
      [list, &program, number = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        const Term begin = zero_extend(call.arguments[3].bits, 64);
        const Term most = zero_extend(call.arguments[4].bits, 64);
        state.require(Obligation::Kind::kContract,
                      less_equal(begin, list->count) & (call.arguments[2].bits == truncate(list->count, 32)) &
                          Term::boolean(call.arguments[1].object == list->object),
                      "a group of the list is asked for", call.place);
        std::vector<Outcome> outcomes;
        const GroupTerms group = GroupTerms::any(number == 0 ? "group" : fmt::format("group#{}", number));
        ++number;
        if (auto done = write_group(program, state.memory, call.arguments[5], group); !done)
          return tl::unexpected(done.error());
        outcomes.push_back({state, Value::number(Term::bits(32, kInvalidError))});
        state.learn(list->is_group(begin, most, group));
        state.learn(list->has_element(begin, group, list->element));
        state.learn(implies(group.elements == word(0), group.end == list->count));
        state.learn(list->in_order(list->element, group.end) & list->in_order(group.begin, list->element) &
                    list->in_order(group.end, list->count));
        // What loops look at afterwards.
        group.keep_collected(state.ghosts);
        outcomes.push_back({std::move(state), Value::number(Term::bits(32, 0))});
        return outcomes;
      });
  executor.add(
      "nospan::builtin::Mapper::install_group",
      [list, &program, number = 0u](State state, const Call& call) mutable -> Expected<std::vector<Outcome>> {
        auto read = read_group(program, state.memory, call.arguments[2]);
        if (!read) return tl::unexpected(read.error());
        const GroupTerms group = *read;
        const Term& start = call.arguments[3].bits;
        const Term page = page_behind(*list, state.ghosts, start);
        const Term is_among = less(page, group.entries);
        auto& ghosts = state.ghosts;
        state.require(Obligation::Kind::kContract,
                      all_of(list->asked_of_install(group, start)) &
                          (call.arguments[4].bits == list->permissions) &
                          Term::boolean(call.arguments[1].object == list->object),
                      "a group of the list is installed", call.place);
        state.require(Obligation::Kind::kContract,
                      implies(is_among, ghosts.at(Account::kMine) & !ghosts.at(Account::kSet)),
                      "TCEs of a group are written whose entries were taken, once", call.place);
        state.happened(Event::Kind::kSet,
                       {start, group.entries, group.base, list->permissions, Term::bits(32, 0)}, call.place);
        ghosts.at(Account::kDirty) = Term::boolean(true);
        State failed = state;
        failed.ghosts.at(Account::kSet) =
            ghosts.at(Account::kSet) | (is_among & Term::free_boolean(fmt::format("written#{}", number)));
        failed.ghosts.at(Account::kTce) = free_word(fmt::format("tce_of_failed#{}", number));
        std::vector<Outcome> outcomes;
        outcomes.push_back({std::move(failed), Value::number(Term::bits(32, kIoError))});
        const Term tce = free_word(fmt::format("tce_of_group#{}", number));
        const Term owner = zero_extend(Term::free_bits(31, fmt::format("owner_in_group#{}", number)), 64);
        ++number;
        state.learn(implies(is_among & list->is_page_of(list->element, group, page),
                            tce == list->tce_of(list->element, group, page)));
        state.learn(implies(is_among, list->is_page_of(owner, group, page)));
        state.learn(list->definition(owner) & list->in_order(owner, list->element));
        ghosts.at(Account::kSet) = ghosts.at(Account::kSet) | is_among;
        ghosts.at(Account::kTce) = choose(is_among, tce, ghosts.at(Account::kTce));
        ghosts.insert_or_assign(Account::kOwner, owner);
        outcomes.push_back({std::move(state), Value::number(Term::bits(32, 0))});
        return outcomes;
      });
}

void add_taking(Executor& executor, const std::shared_ptr<const BuiltinList>& list) {
  add_place(executor, list->table);
  const Contract place = place_contract(executor.program(), list->table);
  executor.add("nospan::builtin::Mapper::place",
               [list, place](State state, const Call& call) -> Expected<std::vector<Outcome>> {
                 auto outcomes = place(std::move(state), call);
                 if (!outcomes) return outcomes;
                 for (Outcome& outcome : *outcomes) {
                   if (!outcome.result.bits.is_true()) continue;
                   State& after = outcome.state;
                   const Event& taken = after.events.back();
                   // As callers write it.
                   const Term first = list->table.origin + after.ghosts.at(std::string(kPlacedSlot));
                   name_page(*list, after, first, "page_in_group");
                   const Term is_among = less(page_behind(*list, after.ghosts, first), taken.arguments[1]);
                   Term& mine = after.ghosts.at(Account::kMine);
                   after.learn(implies(is_among, !mine));
                   mine = mine | is_among;
                 }
                 return outcomes;
               });
  executor.add("nospan::builtin::EntrySpace::give_back",
               [list](State state, const Call& call) -> Expected<std::vector<Outcome>> {
                 const Term& index = call.arguments[1].bits;
                 const Term& entries = call.arguments[2].bits;
                 state.require(Obligation::Kind::kContract, asked_of_give_back(list->table, index, entries),
                               "entries that can be given back", call.place);
                 Term& mine = state.ghosts.at(Account::kMine);
                 const Term is_among = less(page_behind(*list, state.ghosts, index), entries);
                 const Term right = implies(is_among, mine);
                 state.happened(Event::Kind::kGiveBack, {index - list->table.first_index, entries, right},
                                call.place);
                 std::vector<Outcome> outcomes;
                 // Refused, as an entry was not taken: the arbitrary one.
                 State refused = state;
                 refused.assume(!right);
                 if (!refused.impossible())
                   outcomes.push_back({std::move(refused), Value::number(Term::boolean(false))});
                 mine = mine & !is_among;
                 outcomes.push_back({std::move(state), Value::number(Term::boolean(true))});
                 return outcomes;
               });
}

}  // namespace nospan::solver
