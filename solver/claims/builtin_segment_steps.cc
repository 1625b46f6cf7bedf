// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_segment_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "solver/claims/any_pages.h"
#include "solver/claims/builtin_calls.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

namespace {

// Free constants that say what elements and other segments there are, and which elements were last collected.
bool is_of_others(const std::string& name) {
  const auto begins = [&](const char* word) { return name.starts_with(word); };
  return begins("group") || begins("address#") || begins("length#") || begins("pages#") ||
         begins("pages_before#") || begins("bytes_before#") || begins("page_in_group") || begins("slot#") ||
         begins("buffer#") || begins("holder_before") || name == "segment";
}

// What a buffer's number of entries is, if a fact says so in terms of the pages of its first and last byte.
std::optional<Operands> entries_of_buffer(const Term& known) {
  std::optional<Operands> sides = operands_of(known, Z3_OP_EQ);
  if (!sides) return std::nullopt;
  const std::set<std::string> left = free_names(sides->left);
  const std::set<std::string> right = free_names(sides->right);
  const auto is_of_buffer = [](const std::string& name) { return name.starts_with("buffer#"); };
  const bool is_entries =
      left.size() == 1 && is_of_buffer(*left.begin()) && left.begin()->ends_with(".entries");
  if (!is_entries || std::any_of(right.begin(), right.end(), is_of_buffer)) return std::nullopt;
  return sides;
}

// The index is one of those from `first` to `last`, written in two ways: true of any numbers, which is a case
// of the claim; solvers are slow to find it out beside others.
Term is_among_both_ways(const Term& index, const Term& first, const Term& last) {
  return implies(
      less_equal(first, last) & (last != word(~uint64_t{0})),
      (less_equal(first, index) & less_equal(index, last)) == less(index - first, last - first + word(1)));
}

}  // namespace

SegmentStep::SegmentStep(const BuiltinList& list, const ListLoopTerms& loops, const Path& path) : list_(list) {
  // The code keeps 32 bits of the page shift.
  const Term& shift = list.table.page_shift;
  rename(zero_extend(truncate(shift, 32), 64), shift);
  if (!add(loops, path)) undo(loops, path);
}

void SegmentStep::rename(const Term& written, const Term& as) {
  names_.emplace_back(written, as);
  if (!simplified(written).same(written)) names_.emplace_back(simplified(written), as);
}

Term SegmentStep::renamed(const Term& term) const { return substitute(term, names_); }

// What was placed, and could be installed.
bool SegmentStep::add(const ListLoopTerms& loops, const Path& path) {
  const auto slot = path.ghosts.find(kPlacedSlot);
  if (path.end != Path::End::kLoopClosed || slot == path.ghosts.end()) return false;
  const BuiltinTable& table = list_.table;
  const GroupTerms group = GroupTerms::last_collected(path.ghosts);
  const Records& records = *path.memory.at(list_.object).records();
  const Term first = records.content(list_.dma_address_at)(loops.segments);
  const Term last = first + (zero_extend(records.content(list_.dma_length_at)(loops.segments), 64) - word(1));
  if (!are_among(free_names(slot->second), free_names(first))) return false;
  const Term& entries = all_of_kind(path, Event::Kind::kTake).back()->arguments[1];
  const PlacedBytes bytes =
      PlacedBytes::of(table, path.ghosts.at(std::string(kPlacedOffset)),
                      path.ghosts.at(std::string(kPlacedLastOffset)), entries, slot->second);
  const Term first_entry = free_word("first_entry_of_segment");
  rename(slot->second, first_entry - table.origin);
  const Term start = renamed(shift_left(bytes.index, table.page_shift));
  const std::vector<std::pair<Term, Term>> any_start = {{start, free_word("start_of_segment")}};
  const Term first_byte = free_word("first_of_segment");
  const Term last_byte = free_word("last_of_segment");
  for (const auto& [name, byte, same, any, entry] :
       {std::tuple{"a segment begins where its group was placed", first, bytes.first, first_byte, first_entry},
        {"a segment ends where its group does", last, bytes.last, last_byte,
         first_entry + (entries - word(1))}}) {
    Case question{name, conditions_before(path, behind_the_iteration(path)), byte == same, {}};
    Case easier{name, {}, substitute(renamed(question.goal), any_start), {}};
    std::set<std::string> of_group = free_names(easier.goal);
    for (const Term& number : {group.elements, group.bytes, group.offset, group.last_offset})
      of_group.merge(free_names(number));
    for (const Term& known : conjuncts(all_of(question.given))) {
      if (are_among(free_names(known), of_group)) easier.given.push_back(known);
    }
    question.easier = std::make_shared<const Case>(std::move(easier));
    description_.push_back(std::move(question));
    // The claim contract/Mapper::place shows where the bytes of a place are (PlacedBytes::are_in_entries()).
    numbers_.emplace_back(renamed(byte), any);
    numbers_.emplace_back(renamed(same), any);
    numbers_.emplace_back(renamed(shift_right(byte, table.page_shift)), entry);
  }
  numbers_.insert(numbers_.end(), any_start.begin(), any_start.end());
  // Of no use but where the page size matters besides.
  facts_.push_back(any_start.front().second == shift_left(first_entry, table.page_shift));
  const Term page = page_behind(list_, path.ghosts, bytes.index);
  if (!free_names(page).contains("index")) numbers_.emplace_back(list_.index, first_entry + page);
  for (const Term& number : {bytes.last_index, page, first_entry, group.elements, loops.next})
    of_place_.merge(free_names(number));
  of_place_.insert("first_slot");
  return true;
}

// What is known of it matters, and of the segment that the arbitrary TCE is in: any two segments, which are the
// same if that is the same one.
void SegmentStep::undo(const ListLoopTerms& loops, const Path& path) {
  const Term same = loops.undone == loops.index_holder;
  for (const auto& [content, width, name] :
       {std::tuple{&loops.addresses, 64u, "address"}, {&loops.lengths, 32u, "length"}}) {
    const Term of_undone = Term::free_bits(width, fmt::format("{}_of_undone", name));
    const Term of_holder = Term::free_bits(width, fmt::format("{}_of_holder", name));
    numbers_.emplace_back(simplified((*content)(loops.undone)), of_undone);
    numbers_.emplace_back(simplified((*content)(loops.index_holder)), of_holder);
    facts_.push_back(implies(same, of_undone == of_holder));
  }
  // The loop behind the segments empties elements; one that is not empty is none of them.
  const Records& records = *path.memory.at(list_.object).records();
  const Term length = records.content(list_.dma_length_at)(loops.undone);
  const Term is_there = length != Term::bits(32, 0);
  description_.push_back({"a segment that is undone has the length that it had",
                          {},
                          implies(is_there, length == loops.lengths(loops.undone)),
                          {}});
  if (!simplified(length).same(numbers_[2].first)) {
    const Term is_not_emptied = less(loops.undone, loops.segments) | less_equal(loops.emptied, loops.undone);
    undone_.emplace(Undone{simplified(is_there), {simplified(length), numbers_[2].second}, is_not_emptied});
    description_.push_back(
        {"a segment that is undone was not emptied", {}, implies(is_there, is_not_emptied), {}});
  }
  description_.push_back({"an index is among others",
                          {},
                          is_among_both_ways(free_word("one"), free_word("first"), free_word("last")),
                          {}});
  const Term& first = numbers_[0].second;
  const Term last = first + (zero_extend(numbers_[2].second, 64) - word(1));
  const Term& shift = list_.table.page_shift;
  facts_.push_back(
      simplified(is_among_both_ways(list_.index, shift_right(first, shift), shift_right(last, shift))));
}

void SegmentStep::add_description(std::vector<Case>& cases) const {
  for (const Case& question : description_) add_case(cases, question);
}

bool SegmentStep::may_matter(const std::set<std::string>& names, const std::set<std::string>& of_goal) const {
  if (!of_place_.empty()) return are_among(names, of_goal);
  return std::none_of(names.begin(), names.end(), is_of_others);
}

void SegmentStep::ease(Case& question) const {
  const Term& shift = list_.table.page_shift;
  const std::vector<Term> given = conjuncts(all_of(question.given));
  std::vector<std::pair<Term, Term>> numbers = numbers_;
  std::vector<Term> facts = facts_;
  for (const Term& known : given) {
    if (const auto entries = entries_of_buffer(known)) numbers.emplace_back(entries->left, entries->right);
    if (undone_ && simplified(known).same(undone_->is_there)) {
      numbers.push_back(undone_->length);
      facts.push_back(undone_->is_not_emptied);
    }
  }
  const auto of_any = [&](const Term& term) { return substitute(renamed(term), numbers); };
  // Twice, for what stands for entries is written in such numbers, too.
  const auto of_any_entries = [&](const Term& term) { return of_any(of_any(term)); };
  Case easier{question.name, std::move(facts), of_any_entries(question.goal), question.splits};
  std::set<std::string> of_goal = free_names(easier.goal);
  of_goal.insert(of_place_.begin(), of_place_.end());
  for (const Term& term : given) {
    Term known = of_any_entries(term);
    if (may_matter(free_names(known), of_goal)) easier.given.push_back(std::move(known));
  }
  question.easier = std::make_shared<const Case>(of_any_pages(std::move(easier), shift));
}

}  // namespace nospan::solver
