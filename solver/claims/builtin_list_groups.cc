// SPDX-License-Identifier: BSD-2-Clause
// The claims contract/Mapper::next_group and contract/Mapper::install_group, for lists of any length.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "solver/claims/builtin_buffer.h"
#include "solver/claims/builtin_calls.h"
#include "solver/claims/builtin_list.h"
#include "solver/claims/filler.h"
#include "solver/claims/loop_variables.h"
#include "solver/claims/map_claims.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

using SharedBuiltinList = std::shared_ptr<const BuiltinList>;

constexpr const char* kNextGroup = "nospan::builtin::Mapper::next_group";
constexpr const char* kInstallGroup = "nospan::builtin::Mapper::install_group";

// A place in the list, written as sums are asked about if it is the one behind `at`, which has 31 bits.
Term place_of(const Term& number, const Term& at) {
  const Term behind = at + word(1);
  return simplified(truncate(number, 32)).same(simplified(truncate(behind, 32))) ? behind : number;
}

// What is known of the sums at an element that is looked at next, and of the arbitrary element.
Term known_sums(const BuiltinList& list, const Term& at, const Term& begin) {
  return list.definition(at) & list.definition(list.element) & list.next_sum(at) &
         list.in_order(at, at + word(1)) & list.in_order(begin, at) & list.in_order(list.element, at) &
         list.in_order(begin, list.element);
}

// A true statement about shifts, which solvers are slow to find out beside others; the claim
// contract/Mapper::install_group shows it of any two numbers.
Term shifts_add_up(const Term& sum, const Term& one, const Term& other, const Term& shift) {
  return implies(sum == one + other,
                 shift_left(sum, shift) == shift_left(one, shift) + shift_left(other, shift));
}

// Numbers of the stretch that install_group() collects, at the loop's head.
struct Stretch {
  Term entries;
  Term base;
  Term pages_before;  // of the element that comes next
  Term is;            // what they are, where it is
  Term known;         // that they are: so the loop's contract says it
  std::vector<Term> shifted;
};

// Tries each question about page sizes with no more than what is known of its own numbers and those of the
// stretch, and of any numbers in place of those that are shifted.
void try_with_stretch_alone(Instance& instance, const Stretch& stretch) {
  const Term is_known = simplified(stretch.known);
  for (Case& question : instance.cases) {
    if (question.splits.empty()) continue;
    const std::vector<Term> given = conjuncts(all_of(question.given));
    const auto says_so = [&](const Term& known) { return simplified(known).same(is_known); };
    if (std::none_of(given.begin(), given.end(), says_so)) continue;
    std::set<std::string> wanted = free_names(question.goal);
    wanted.merge(free_names(stretch.entries));
    wanted.merge(free_names(stretch.base));
    const auto is_wanted = [&](const std::string& name) {
      return wanted.contains(name) || (name.starts_with("buffer") && name.ends_with(".base"));
    };
    const auto of_any = [&](const Term& term) {
      Term any = substitute(simplified(term), stretch.pages_before, stretch.is);
      for (std::size_t i = 0; i < stretch.shifted.size(); ++i) {
        const Term part = substitute(simplified(stretch.shifted[i]), stretch.pages_before, stretch.is);
        any = substitute(any, part, free_word(fmt::format("shifted#{}", i)));
      }
      return any;
    };
    Case easier{question.name, {}, of_any(question.goal), question.splits};
    for (const Term& known : given) {
      const std::set<std::string> names = free_names(known);
      if (std::all_of(names.begin(), names.end(), is_wanted)) easier.given.push_back(of_any(known));
    }
    question.easier = std::make_shared<const Case>(std::move(easier));
  }
}

void add_promises(Instance& instance, const char* name, const Path& path, const Term& promises,
                  const BuiltinList& list) {
  const std::vector<Term> parts = conjuncts(promises);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Case question{fmt::format("{}, part {}", name, i + 1), path.conditions, parts[i], {}};
    settle(question, list.table.page_shift);
    add_case(instance.cases, std::move(question));
  }
}

Expected<Instance> next_group(const Setting& setting) {
  Executor executor(setting.program);
  auto made = BuiltinList::make(executor);
  if (!made) return tl::unexpected(made.error());
  const std::shared_ptr<BuiltinList> list = *made;
  const Program& program = setting.program;
  auto name = linker_name(program, kNextGroup);
  if (!name) return tl::unexpected(name.error());
  add_buffer(executor, list->table);
  State state = list->table.state;
  Filler filler(program, state.memory);
  const Value place = Value::pointer(filler.add("group", "Group"));
  if (filler.error()) return tl::unexpected(*filler.error());
  const Term begin = zero_extend(Term::free_bits(31, "begin"), 64);
  const Term most = zero_extend(Term::free_bits(32, "most"), 64);
  GroupTerms head = GroupTerms::any("group");
  head.end = zero_extend(Term::free_bits(31, "i"), 64);

  LoopContract loop;
  loop.function = *name;
  loop.words = "the group holds the elements so far";
  loop.havoc = [=, &program](LoopView& view) -> Expected<void> {
    if (auto done = write_group(program, view.state.memory, place, head); !done) return done;
    view.state.learn(known_sums(*list, head.end, head.begin));
    return let_go(view, "i", head.end);
  };
  loop.invariant = [=, &program](LoopView& view) -> Expected<Term> {
    auto group = read_group(program, view.state.memory, place);
    auto at = number_of(view, "i");
    if (!group || !at) return tl::unexpected(group ? at.error() : group.error());
    group->end = place_of(group->end, head.end);
    *at = place_of(*at, head.end);
    return (group->end == *at) & list->is_group(begin, most, *group) &
           list->has_element(begin, *group, list->element);
  };
  loop.measure = [list](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return list->count - at; });
  };
  executor.add(loop);

  Instance instance = list->base(setting, "Mapper::next_group");
  instance.claim = "contract";
  instance.words =
      "a group is elements that follow each other, empty ones left out: its buffer has their bytes and their "
      "IOMMU pages, each where the element before ends, and keeps the device's limits if there are several";
  instance.rests_on = {"contract/Buffer::from"};
  instance.domain.push_back(less_equal(begin, list->count));
  instance.inputs.insert(instance.inputs.end(), {{"begin", begin}, {"most", most}});
  auto paths =
      executor.run(kNextGroup, state,
                   {list->table.mapper, Value::pointer(list->object), Value::number(truncate(list->count, 32)),
                    Value::number(truncate(begin, 32)), Value::number(truncate(most, 32)), place},
                   instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(instance, *paths);
  // What in_order() takes for granted of sums.
  const Term at = list->element;
  instance.cases.push_back(
      {"an element touches at most 2^21 IOMMU pages",
       {},
       less_equal(choose(list->has_bytes(at),
                         pages_touched(list->addresses(at), list->last(at), list->table.page_shift), word(0)),
                  word(uint64_t{1} << 21)),
       split_page_shift(list->table.page_shift)});
  for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
  add_facts(instance, *paths, list->table.page_shift);
  for (const Path& path : *paths) {
    if (path.end != Path::End::kReturned) continue;
    const Term failed = path.result->bits == Term::bits(32, kInvalidError);
    instance.cases.push_back(
        {"the result", path.conditions, failed | (path.result->bits == Term::bits(32, 0)), {}});
    if (failed.is_true()) continue;
    auto group = read_group(program, path.memory, place);
    if (!group) return tl::unexpected(group.error());
    group->end = place_of(group->end, head.end);
    add_promises(instance, "the group", path,
                 list->is_group(begin, most, *group) & list->has_element(begin, *group, list->element) &
                     implies(group->elements == word(0), group->end == list->count),
                 *list);
    std::vector<Term> witness = path.conditions;
    witness.push_back(group->elements == word(2));
    add_witness(instance, list->table, std::move(witness));
  }
  return instance;
}

Expected<Instance> install_group(const Setting& setting) {
  using Account = TceAccount;
  Executor executor(setting.program);
  auto made = BuiltinList::make(executor);
  if (!made) return tl::unexpected(made.error());
  const std::shared_ptr<BuiltinList> list = *made;
  const Program& program = setting.program;
  auto name = linker_name(program, kInstallGroup);
  if (!name) return tl::unexpected(name.error());
  add_environment(executor, list->table, free_word("pages"));
  add_buffer(executor, list->table);
  add_accounting(executor, list);
  State state = list->table.state;
  Filler filler(program, state.memory);
  const Value place = Value::pointer(filler.add("group", "Group"));
  if (filler.error()) return tl::unexpected(*filler.error());
  const GroupTerms group = GroupTerms::any("group");
  if (auto done = write_group(program, state.memory, place, group); !done) return tl::unexpected(done.error());
  const Term start = free_word("start");
  // Nothing but the group's entries may be written.
  const Term page = free_word("page");
  list->index = start + page;
  const Term is_among = less(page, group.entries);
  state.ghosts.insert_or_assign(Account::kMine, is_among);
  const Term& shift = list->table.page_shift;

  struct Head {
    Term at = zero_extend(Term::free_bits(31, "i"), 64);
    Term entries = free_word("entries_of_stretch");
    Term base = free_word("base_of_stretch");
    Term written = free_word("written");  // entries before the stretch
    Term tce = free_word("tce_before");
    Term owner = zero_extend(Term::free_bits(31, "owner_before"), 64);
    Term set = Term::free_boolean("set_before");
  };
  const Head head;
  const Term done_before = list->pages_before(head.at) - list->pages_before(group.begin);
  LoopContract loop;
  loop.function = *name;
  loop.words = "the elements so far are written but for the last stretch";
  loop.havoc = [=](LoopView& view) -> Expected<void> {
    for (const auto& [variable, value] : {std::pair{"i", head.at},
                                          {"entries", head.entries},
                                          {"base", head.base},
                                          {"index", start + head.written}}) {
      if (auto done = let_go(view, variable, value); !done) return done;
    }
    auto& ghosts = view.state.ghosts;
    ghosts.insert_or_assign(Account::kTce, head.tce);
    ghosts.insert_or_assign(Account::kSet, head.set);
    ghosts.insert_or_assign(Account::kDirty, Term::free_boolean("dirty_before"));
    view.state.learn(known_sums(*list, head.at, group.begin) & list->in_order(head.at, group.end) &
                     list->in_order(list->element, group.end));
    // The element of the iteration comes behind the entries of the stretch so far.
    view.state.learn(shifts_add_up(page - head.written, head.entries, page - done_before, shift));
    view.state.learn(shifts_add_up(page - (head.written + head.entries), word(0), page - done_before, shift));
    return {};
  };
  loop.invariant = [=](LoopView& view) -> Expected<Term> {
    auto at = number_of(view, "i");
    auto entries = number_of(view, "entries");
    auto base = number_of(view, "base");
    auto index = number_of(view, "index");
    for (const auto* number : {&at, &entries, &base, &index}) {
      if (!*number) return tl::unexpected(number->error());
    }
    *at = place_of(*at, head.at);
    const auto& ghosts = view.state.ghosts;
    const auto done_at = [&](const Term& where) {
      return list->pages_before(where) - list->pages_before(group.begin);
    };
    const Term done = done_at(*at);
    const Term written = simplified(*index - start);
    GroupTerms behind = group;
    behind.end = *at;
    // Of the arbitrary element; where it is that of the iteration, of that one.
    const auto right_of = [&](const Term& element, const Term& if_so) {
      const Term its = if_so & list->is_page_of(element, behind, page);
      const Term tce = list->tce_of(element, behind, page);
      return implies(its & less(page, written), ghosts.at(Account::kTce) == tce) &
             implies(its & !less(page, written), *base + shift_left(page - written, shift) == tce);
    };
    const Term is_this = list->element == head.at;
    const Term right = at->same(head.at) || at->same(group.begin)
                           ? right_of(list->element, Term::boolean(true))
                           : right_of(list->element, !is_this) & right_of(head.at, is_this);
    // Whose pages come first: so that nobody has to find that out beside the addresses.
    Term order = Term::boolean(true);
    if (!at->same(head.at) && !at->same(group.begin)) {
      const Term before = less(page, done_at(head.at));
      order = implies((!is_this) & list->is_page_of(list->element, behind, page), before) &
              implies(list->is_page_of(head.at, behind, page), !before);
    }
    // The element of an iteration is the owner of its pages.
    const Term now = less_equal(done_at(head.at), page);
    const Term has_owner =
        at->same(head.at) || at->same(group.begin)
            ? each_implied(less(page, done), list->is_page_of(head.owner, behind, page))
            : each_implied(less(page, done) & now, list->is_page_of(head.at, behind, page)) &
                  each_implied(less(page, done) & !now, list->is_page_of(head.owner, behind, page));
    return less_equal(group.begin, *at) & less_equal(*at, group.end) & (written + *entries == done) &
           less_equal(*entries, done) & less_equal(done, group.entries) &
           implies(less(group.begin, *at), *entries != word(0)) & ((*base & list->low_bits()) == word(0)) &
           (ghosts.at(Account::kSet) == less(page, written)) & order & right & has_owner;
  };
  loop.measure = [group](LoopView& view) -> Expected<Term> {
    return number_of(view, "i").map([&](const Term& at) { return group.end - at; });
  };
  executor.add(loop);

  Instance instance = list->base(setting, "Mapper::install_group");
  instance.claim = "contract";
  instance.words =
      "exactly the group's entries are written, each with the IOMMU page of the element that it belongs to";
  instance.rests_on = {"contract/Buffer::from", "contract/Mapper::next_group"};
  for (const Term& asked : list->asked_of_install(group, start)) instance.domain.push_back(asked);
  instance.inputs.insert(instance.inputs.end(), {{"begin", group.begin}, {"end", group.end}, {"start", start}});
  auto paths = executor.run(kInstallGroup, state,
                            {list->table.mapper, Value::pointer(list->object), place, Value::number(start),
                             Value::number(list->permissions)},
                            instance.domain);
  if (!paths) return tl::unexpected(paths.error());
  add_paths(instance, *paths);
  instance.cases.push_back({"shifts of sums are sums of shifts",
                            {},
                            shifts_add_up(free_word("sum"), free_word("one"), free_word("other"), shift),
                            split_page_shift(shift)});
  for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
  Instance facts;
  add_facts(facts, *paths, shift);
  try_with_stretch_alone(facts,
                         {head.entries,
                          head.base,
                          list->pages_before(head.at),
                          list->pages_before(group.begin) + head.written + head.entries,
                          head.written + head.entries == done_before,
                          {shift_left(page - head.written, shift), shift_left(page - done_before, shift)}});
  for (Case& question : facts.cases) add_case(instance.cases, std::move(question));
  for (const Path& path : *paths) {
    for (const Event& event : path.events) {
      if (event.kind != Event::Kind::kSet) continue;
      const std::vector<Term> given = conditions_before(path, event.given);
      add_case(
          instance.cases,
          {fmt::format("permissions at {}", event.place), given, event.arguments[3] == list->permissions, {}});
      add_case(
          instance.cases,
          {fmt::format("something is written at {}", event.place), given, event.arguments[1] != word(0), {}});
    }
    if (path.end != Path::End::kReturned) continue;
    const auto& ghosts = path.ghosts;
    const Term succeeded = path.result->bits == Term::bits(32, 0);
    std::vector<Term> success = path.conditions;
    success.push_back(succeeded);
    add_case(instance.cases,
             {"the result", path.conditions, succeeded | (path.result->bits == Term::bits(32, kIoError)), {}});
    add_case(instance.cases,
             {"nothing else is written", path.conditions, implies(ghosts.at(Account::kSet), is_among), {}});
    if (succeeded.is_false()) continue;
    add_case(instance.cases, {"all are written", success, ghosts.at(Account::kSet) == is_among, {}});
    add_case(instance.cases, {"an element's page", success,
                              implies(list->is_page_of(list->element, group, page),
                                      ghosts.at(Account::kTce) == list->tce_of(list->element, group, page)),
                              split_page_shift(shift)});
    add_promises(instance, "the page's element", path,
                 each_implied(succeeded & is_among, list->is_page_of(head.owner, group, page)), *list);
    std::vector<Term> witness = success;
    witness.push_back(is_among);
    add_witness(instance, list->table, std::move(witness));
  }
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> builtin_list_groups(const Setting& setting) {
  std::vector<Instance> instances;
  for (auto& made : {next_group(setting), install_group(setting)}) {
    if (!made) return tl::unexpected(made.error());
    instances.push_back(*made);
  }
  return instances;
}

}  // namespace nospan::solver
