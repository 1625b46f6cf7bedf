// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_list.h"

#include <fmt/format.h>

#include "solver/claims/builtin_buffer.h"
#include "solver/claims/builtin_calls.h"
#include "solver/claims/filler.h"
#include "solver/claims/map_claims.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

struct GroupMember {
  const char* name;
  unsigned bytes;
  Term GroupTerms::* term;
};
constexpr GroupMember kMembers[] = {{"begin", 4, &GroupTerms::begin},
                                    {"end", 4, &GroupTerms::end},
                                    {"elements", 4, &GroupTerms::elements},
                                    {"bytes", 8, &GroupTerms::bytes},
                                    {"buffer.base", 8, &GroupTerms::base},
                                    {"buffer.offset", 8, &GroupTerms::offset},
                                    {"buffer.last_offset", 8, &GroupTerms::last_offset},
                                    {"buffer.entries", 8, &GroupTerms::entries}};

constexpr uint64_t kMostPages = uint64_t{1} << 21;  // of an element: 2^32 bytes in pages of 2^12

}  // namespace

GroupTerms GroupTerms::any(const std::string& name) {
  GroupTerms group;
  for (const GroupMember& member : kMembers) {
    group.*member.term =
        zero_extend(Term::free_bits(member.bytes * 8, fmt::format("{}.{}", name, member.name)), 64);
  }
  return group;
}

GroupTerms GroupTerms::last_collected(const Ghosts& ghosts) {
  GroupTerms group;
  for (const GroupMember& member : kMembers)
    group.*member.term = ghosts.at(fmt::format("group.{}", member.name));
  return group;
}

void GroupTerms::keep_collected(Ghosts& ghosts) const {
  for (const GroupMember& member : kMembers)
    ghosts.insert_or_assign(fmt::format("group.{}", member.name), this->*member.term);
}

Expected<GroupTerms> read_group(const Program& program, const Memory& memory, const Value& group) {
  GroupTerms terms;
  Memory copy = memory;
  for (const GroupMember& member : kMembers) {
    auto offset = program.offset_of("Group", member.name);
    if (!offset) return tl::unexpected(offset.error());
    auto value = copy.change(group.object).load(group.bits + word(*offset), member.bytes);
    if (!value) return tl::unexpected(value.error());
    terms.*member.term = zero_extend(value->bits, 64);
  }
  return terms;
}

Expected<void> write_group(const Program& program, Memory& memory, const Value& group,
                           const GroupTerms& terms) {
  for (const GroupMember& member : kMembers) {
    auto offset = program.offset_of("Group", member.name);
    if (!offset) return tl::unexpected(offset.error());
    const Term value = truncate(terms.*member.term, member.bytes * 8);
    auto done = memory.change(group.object)
                    .store(group.bits + word(*offset), member.bytes, Value::number(simplified(value)));
    if (!done) return done;
  }
  return {};
}

Expected<std::shared_ptr<BuiltinList>> BuiltinList::make(Executor& executor) {
  auto list = std::make_shared<BuiltinList>();
  auto table = BuiltinTable::make(executor);
  if (!table) return tl::unexpected(table.error());
  list->table = std::move(*table);
  list->count = zero_extend(Term::free_bits(31, "elements"), 64);
  list->element = zero_extend(Term::free_bits(31, "element"), 64);
  list->index = free_word("index");
  list->permissions = zero_extend(Term::free_bits(2, "permissions"), 64);
  list->cpu = Term::free_bits(32, "cpu");
  const Program& program = executor.program();
  auto stride = program.size_of("nospan_segment");
  if (!stride) return tl::unexpected(stride.error());
  Records records(*stride);
  for (const auto& [member, content] : {std::pair<const char*, Records::Content>{"address", list->addresses},
                                        {"length", list->lengths},
                                        {"dma_address", FreeFunction("dma_address_at_entry", 64)},
                                        {"dma_length", FreeFunction("dma_length_at_entry", 32)}}) {
    auto offset = program.offset_of("nospan_segment", member);
    auto bytes = program.member_size("nospan_segment", member);
    if (!offset || !bytes) return tl::unexpected(offset ? bytes.error() : offset.error());
    records.add(*offset, static_cast<unsigned>(*bytes), content);
    if (std::string_view(member) == "dma_address") list->dma_address_at = *offset;
    if (std::string_view(member) == "dma_length") list->dma_length_at = *offset;
  }
  State& state = list->table.state;
  list->object = state.memory.add(Object::of_records("list", list->count * word(*stride), std::move(records)));
  for (const char* name : {TceAccount::kMine, TceAccount::kSet, TceAccount::kDirty})
    state.ghosts.insert_or_assign(name, Term::boolean(false));
  for (const char* name : {TceAccount::kTce, TceAccount::kOwner}) state.ghosts.insert_or_assign(name, word(0));
  return list;
}

Term NamedFunction::operator()(const Term& argument) const {
  const Term at = simplified(argument);
  std::vector<Term>& arguments = known_->arguments;
  std::size_t number = 0;
  while (number < arguments.size() && !arguments[number].same(at)) ++number;
  if (number == arguments.size()) arguments.push_back(at);
  return Term::free_bits(known_->width, fmt::format("{}#{}", known_->name, number));
}

Term BuiltinList::has_bytes(const Term& at) const {
  return (length(at) != word(0)) & less_equal(length(at) - word(1), word(~uint64_t{0}) - addresses(at));
}

Term BuiltinList::definition(const Term& at) const {
  return pages(at) == choose(has_bytes(at), pages_touched(addresses(at), last(at), table.page_shift), word(0));
}

Term BuiltinList::next_sum(const Term& at) const {
  return (pages_before(at + word(1)) == pages_before(at) + pages(at)) &
         (bytes_before(at + word(1)) == bytes_before(at) + length(at));
}

Term BuiltinList::in_order(const Term& one, const Term& other) const {
  const Term most_pages = word(kMostPages << 31);
  const Term most_bytes = word(uint64_t{1} << 63);
  return less_equal(pages(one), word(kMostPages)) &
         each_implied(one == other, (addresses(one) == addresses(other)) & (lengths(one) == lengths(other)) &
                                        (pages(one) == pages(other))) &
         less_equal(pages_before(one), most_pages) & less_equal(pages_before(other), most_pages) &
         less_equal(bytes_before(one), most_bytes) & less_equal(bytes_before(other), most_bytes) &
         implies(one == other,
                 (pages_before(one) == pages_before(other)) & (bytes_before(one) == bytes_before(other))) &
         implies(less_equal(one, other), less_equal(pages_before(one), pages_before(other)) &
                                             less_equal(bytes_before(one), bytes_before(other))) &
         implies(less(one, other), less_equal(pages_before(one) + pages(one), pages_before(other)) &
                                       less_equal(bytes_before(one) + length(one), bytes_before(other)));
}

Term BuiltinList::is_page_of(const Term& at, const GroupTerms& group, const Term& page) const {
  const Term before = pages_before(at) - pages_before(group.begin);
  return less_equal(group.begin, at) & less(at, group.end) & has_bytes(at) & less_equal(before, page) &
         less(page - before, pages(at));
}

Term BuiltinList::tce_of(const Term& at, const GroupTerms& group, const Term& page) const {
  const Term before = pages_before(at) - pages_before(group.begin);
  return page_start(addresses(at), table.page_shift) + shift_left(page - before, table.page_shift);
}

Term BuiltinList::is_group(const Term& begin, const Term& most, const GroupTerms& group) const {
  const Term& shift = table.page_shift;
  const Term empty = group.elements == word(0);
  const Term first = addresses(group.begin);
  const Term filled = less(group.begin, group.end) & has_bytes(group.begin) &
                      (group.base == page_start(first, shift)) & (first == group.base + group.offset) &
                      (shift_right(group.offset, shift) == word(0)) &
                      (group.bytes == bytes_before(group.end) - bytes_before(group.begin)) &
                      (group.entries == pages_before(group.end) - pages_before(group.begin)) &
                      (group.bytes != word(0)) & less_equal(group.bytes, shift_left(group.elements, word(32))) &
                      less(group.bytes, word(uint64_t{1} << 32)) &
                      (group.last_offset == group.offset + (group.bytes - word(1))) &
                      (group.entries == shift_right(group.last_offset, shift) + word(1));
  const Term limited =
      less_equal(group.bytes, zero_extend(table.max_segment_size, 64)) &
      ((table.boundary_entries == word(0)) | less_equal(group.entries, table.boundary_entries));
  return less_equal(begin, group.begin) & less_equal(group.begin, group.end) & less_equal(group.end, count) &
         less_equal(group.elements, group.end - group.begin) &
         (pages_before(group.begin) == pages_before(begin)) &
         (bytes_before(group.begin) == bytes_before(begin)) &
         each_implied(empty, (pages_before(group.end) == pages_before(begin)) &
                                 (bytes_before(group.end) == bytes_before(begin)) & (group.bytes == word(0))) &
         each_implied(!empty, filled) & implies(most != word(0), less_equal(group.elements, most)) &
         each_implied(less(word(1), group.elements), limited);
}

Term BuiltinList::has_element(const Term& begin, const GroupTerms& group, const Term& at) const {
  const Term first_page = pages_before(at) - pages_before(group.begin);
  const Term first_byte = bytes_before(at) - bytes_before(group.begin);
  const Term in = less_equal(begin, at) & less(at, group.end) & (lengths(at) != Term::bits(32, 0));
  return each_implied(in,
                      has_bytes(at) & (group.elements != word(0)) & less_equal(group.begin, at) &
                          (group.offset + first_byte == shift_left(first_page, table.page_shift) + offset(at)));
}

Instance BuiltinList::base(const Setting& setting, std::string function) const {
  Instance base = base_of(setting, table, std::move(function));
  base.inputs.insert(
      base.inputs.end(),
      {{"elements", count}, {"element", element}, {"index", index}, {"permissions", permissions}});
  base.assumptions.push_back({"list", "a list is one array of at most 2^31 - 1 elements",
                              "targets/builtin/mapper.cc, Mapper::map_list() refuses others"});
  return base;
}

std::vector<Term> BuiltinList::asked_of_install(const GroupTerms& group, const Term& start) const {
  return {less(group.begin, group.end),
          less_equal(group.end, count),
          group.elements != word(0),
          has_bytes(group.begin),
          group.entries == pages_before(group.end) - pages_before(group.begin),
          less_equal(start, start + (group.entries - word(1)))};
}

// ---- Contracts ----

Term each_implied(const Term& condition, const Term& facts) {
  Term all = Term::boolean(true);
  for (const Term& fact : conjuncts(facts)) all = all & implies(condition, fact);
  return all;
}

void settle(Case& question, const Term& page_shift) {
  const std::set<std::string> of_goal = free_names(question.goal);
  const auto may_matter = [&](const std::set<std::string>& names) {
    for (const char* name : {"page_shift", "segments_known"}) {
      if (names.contains(name) && !of_goal.contains(name)) return false;
    }
    return true;
  };
  if (of_goal.contains("page_shift")) question.splits = split_page_shift(page_shift);
  for (const Term& known : conjuncts(all_of(question.given))) {
    if (may_matter(free_names(known))) question.probably_enough.push_back(known);
  }
}

void add_facts(Instance& instance, const std::vector<Path>& paths, const Term& page_shift) {
  for (const Path& path : paths) {
    for (const Obligation& obligation : path.obligations) {
      if (obligation.kind != Obligation::Kind::kInvariant && obligation.kind != Obligation::Kind::kContract)
        continue;
      const std::vector<Term> parts = conjuncts(obligation.holds);
      std::vector<Term> given = conditions_before(path, obligation.given);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].is_true()) continue;
        Case question{
            fmt::format("{} ({}, part {})", obligation.what, obligation.place, i + 1), given, parts[i], {}};
        // What was asked before is known.
        if (!free_names(parts[i]).contains("page_shift")) given.push_back(parts[i]);
        settle(question, page_shift);
        add_case(instance.cases, std::move(question));
      }
    }
  }
}

}  // namespace nospan::solver
