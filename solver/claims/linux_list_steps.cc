// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/linux_list_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "solver/claims/any_pages.h"
#include "solver/claims/linux_list_loops.h"
#include "solver/claims/map_claims.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {
namespace {

const Event* last_of(const Path& path, Event::Kind kind) {
  const auto found = std::find_if(path.events.rbegin(), path.events.rend(),
                                  [&](const Event& event) { return event.kind == kind; });
  return found == path.events.rend() ? nullptr : &*found;
}

// A condition of the path speaks about the number.
bool knows(const Path& path, const Term& number) {
  const std::string name = "any number";
  return std::any_of(path.conditions.begin(), path.conditions.end(), [&](const Term& condition) {
    return free_names(substitute(condition, number, free_word(name))).contains(name);
  });
}

bool share(const std::set<std::string>& some, const std::set<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& name) { return others.contains(name); });
}

// The names that loops give to the segment that they undo, and to what is computed of it.
bool is_of_undone(const std::string& name) {
  return name.ends_with("_of_cleaned") || name.ends_with("_of_unmapped") || name.ends_with("_of_segment") ||
         name.ends_with("_freed");
}

// Of all segments, what the one that is undone keeps to, and that there is one that holds the arbitrary TCE.
// Where the list ends matters behind the loop, and where the loop counts down from there.
bool is_about_undone(const std::set<std::string>& names, bool is_end_of_matter) {
  if (names.contains("elements") && !is_end_of_matter) return false;
  const bool is_known = !names.contains("first_index") || std::any_of(names.begin(), names.end(), is_of_undone);
  return is_known && !names.contains("holder_before") && !names.contains("segment");
}

// What say_what_is_among() takes for granted.
std::vector<Case> entries_from_first_to_last(const Term& page_shift) {
  const Term end_of_pages = word(uint64_t{1} << 52);
  const Term first = free_word("first_of_pages");
  const Term last = free_word("last_of_pages");
  const Term index = free_word("index_of_page");
  return {{"no page number has more than 52 bits",
           {},
           less(shift_right(free_word("address_of_page"), page_shift), end_of_pages),
           {}},
          {"the pages from the first to the last are as many as are counted",
           {less_equal(first, last), less(last, end_of_pages)},
           covers(first, last - first + word(1), index) == (less_equal(first, index) & less_equal(index, last)),
           {}}};
}

}  // namespace

ListStep ListStep::of(const LinuxList& list, const Path& path, const std::vector<Path>& others,
                      std::vector<Term> supposed) {
  ListStep step(list);
  step.supposed_ = std::move(supposed);
  const Event* set = last_of(path, Event::Kind::kSet);
  if (path.ghosts.contains(ListLoopAccount::kUndoneAddress)) {
    step.undo(path, others);
  } else if (path.end == Path::End::kLoopClosed && set != nullptr) {
    step.map(path, *set);
  }
  return step;
}

void ListStep::describe(std::string name, const Path& path, std::size_t given, Term fact) {
  Case question{std::move(name), conditions(path, given, true), fact,
                split_page_shift(list_->table.page_shift)};
  // Numbers follow from what is known of the same numbers, of the window, and of which segments there are.
  std::set<std::string> of_goal = free_names(fact);
  of_goal.insert({"page_shift", "first_index", "entries"});
  if (undoes_) of_goal.insert({"merges_fit", "outs", "elements", "cleaned", "unmapped"});
  for (const Term& known : question.given) {
    if (are_among(free_names(known), of_goal)) question.probably_enough.push_back(known);
  }
  description_.push_back(std::move(question));
  facts_.emplace_back(given, std::move(fact));
}

void ListStep::map(const Path& path, const Event& set) {
  const LinuxTable& table = list_->table;
  const ListElement element = list_->element(set.arguments[5]);
  const Term length = zero_extend(element.length, 64);
  const Term& first = set.arguments[0];
  const Term& pages = set.arguments[1];
  const Term seen = list_->seen_at(first, element);
  // The code's own: where it would merge the next element, without this one's length.
  const Term address = path.ghosts.at(ListLoopAccount::kNext) - length;
  // Both addresses are the same, says the description: any address stands for both.
  for (const auto& [number, name] :
       {std::pair{seen, "seen"}, {address, "seen"}, {pages, "pages_of_entry"}, {first, "first_of_entry"}}) {
    if (!number.constant()) numbers_.emplace_back(number, free_word(name));
  }
  bytes_before_ = simplified(path.ghosts.at(ListAccount::kBytes) - length);
  merge(path, element, address);
  origins_ = free_names(element.address);
  origins_.merge(free_names(first - table.first_index));
  const auto at = [&](const char* what) { return fmt::format("{} at {}", what, set.place); };
  const Term rest = length - word(1);
  const Term more = pages - word(1);
  describe(at("an element that is mapped is not empty"), path, set.given,
           (length != word(0)) & less(set.arguments[5], word(uint64_t{1} << 31)));
  describe(at("the address of an element is that of its entry and offset"), path, set.given, address == seen);
  describe(at("an element begins in its first entry"), path, set.given,
           shift_right(seen, table.page_shift) == first);
  describe(at("no element is at address 0"), path, set.given, seen != word(0));
  // What its offset and its length say, however the code computes it from where the element is.
  const Term offset = element.address & (shift_left(word(1), table.page_shift) - word(1));
  const Term touched = shift_right(offset + rest, table.page_shift);
  describe(at("an element has as many entries as it touches IOMMU pages"), path, set.given,
           pages == touched + word(1));
  const auto in_window = [&](const Term& from, const Term& last) {
    return less_equal(table.first_index, from) & less_equal(from, last) &
           less(last, table.first_index + table.entries);
  };
  describe(at("an element's entries are in the window"), path, set.given,
           (pages != word(0)) & in_window(first, first + more));
  // Which does not depend on how many they are.
  Case& window = description_.back();
  const Term any = free_word("pages_of_entry");
  for (Term& known : window.given) known = substitute(known, pages, any);
  window.goal = substitute(window.goal, pages, any);
  const std::set<std::string> of_goal = free_names(window.goal);
  window.probably_enough.clear();
  for (const Term& known : window.given) {
    if (are_among(free_names(known), of_goal)) window.probably_enough.push_back(known);
  }
  window.splits.clear();
  const auto ends = [&](const Term& from, const Term& number, const Term& place) {
    return less_equal(place, place + rest) & (number != word(0)) & less_equal(from, from + number - word(1)) &
           (shift_right(place + rest, table.page_shift) == from + number - word(1));
  };
  describe(at("an element ends in its last entry"), path, set.given, ends(first, pages, seen));
  // Of any entries in the window.
  const Term from = free_word("first_of_entry");
  description_.back().easier =
      std::make_shared<const Case>(Case{description_.back().name,
                                        {length != word(0), in_window(from, from + touched)},
                                        ends(from, touched + word(1), list_->seen_at(from, element)),
                                        split_page_shift(table.page_shift)});
  const Segment entry{seen, length};
  say_what_is_among(entry, set.given, first, pages);
  // What was allocated is what is set, or it is asked by itself whether it is.
  if (const Event* taken = last_of(path, Event::Kind::kTake)) {
    const Term taken_first = taken->arguments[0] + table.first_index;
    const Term are_same = (taken_first == first) & (taken->arguments[1] == pages);
    if (simplified(are_same).is_true()) say_what_is_among(entry, set.given, taken_first, taken->arguments[1]);
  }
}

// An element is merged if it begins where the last segment ends. Then all ends are told by where the element
// is: that sums of the same numbers are the same takes solvers long, if some are over 32 bits and others
// over 64. Merging must be supposed to keep within 32 bits.
void ListStep::merge(const Path& path, const ListElement& element, const Term& address) {
  if (supposed_.empty()) return;
  const Term& next = path.ghosts.at(ListLoopAccount::kNextBefore);
  const Term& last_address = path.ghosts.at(ListLoopAccount::kLastAddress);
  const Term& last_length = path.ghosts.at(ListLoopAccount::kLastLength);
  // The condition says that both are the same, however the code computes the address.
  const Term behind = address + word(1);
  const auto is_merged = [&](const Term& condition) {
    const std::vector<Term> all = conjuncts(condition);
    return std::any_of(all.begin(), all.end(), [&](const Term& known) {
      return substitute(known, next, address).is_true() &&
             simplified(!substitute(known, next, behind)).is_true();
    });
  };
  const auto found = std::find_if(path.conditions.begin(), path.conditions.end(), is_merged);
  if (found == path.conditions.end()) return;
  merged_from_ = static_cast<std::size_t>(found - path.conditions.begin()) + 1;
  const Term length = truncate(last_length, 32);
  const Term sum = zero_extend(length + element.length, 64);
  const Term sum_of_both = last_length + zero_extend(element.length, 64);
  describe("an element that is merged begins where the last segment ends", path, merged_from_,
           (next == address) & (last_address + last_length == address));
  description_.back().splits.clear();
  describe("the last segment and the element have less than 4 GiB", path, merged_from_, sum == sum_of_both);
  description_.back().splits.clear();
  const Term seen = free_word("seen");
  merged_ = {{simplified(sum), sum_of_both}, {next, seen}, {last_address, seen - last_length}};
}

// With what the last segment's numbers are where the element is merged.
Case ListStep::of_merged(Case question, std::size_t given) const {
  if (merged_.empty() || given < merged_from_) return question;
  for (Term& known : question.given) known = substitute(known, merged_);
  question.goal = substitute(question.goal, merged_);
  return question;
}

void ListStep::undo(const Path& path, const std::vector<Path>& others) {
  undoes_ = true;
  const LinuxTable& table = list_->table;
  const Segment segment{path.ghosts.at(ListLoopAccount::kUndoneAddress),
                        path.ghosts.at(ListLoopAccount::kUndoneLength)};
  const Event* freed = last_of(path, Event::Kind::kGiveBack);
  const Event* clear = last_of(path, Event::Kind::kClear);
  const std::size_t given = clear != nullptr ? clear->given : behind_the_iteration(path);
  // The code computes the same numbers before it decides whether to clear them. A path that returns may not
  // have come to the segment: then it knows nothing of them, and they are not described.
  const bool is_over = path.end == Path::End::kLoopClosed;
  for (auto other = others.begin(); clear == nullptr && other != others.end(); ++other) {
    const auto address = other->ghosts.find(ListLoopAccount::kUndoneAddress);
    if (address == other->ghosts.end() || !address->second.same(segment.address)) continue;
    const Event* its_clear = last_of(*other, Event::Kind::kClear);
    if (is_over || (its_clear != nullptr && knows(path, its_clear->arguments[1]))) clear = its_clear;
  }
  if (clear == nullptr) return;
  const Term& first = clear->arguments[0];
  const Term& pages = clear->arguments[1];
  const Term begin = first_page(segment, table.page_shift);
  const Term end = last_page(segment, table.page_shift);
  numbers_ = {{pages, free_word("pages_of_segment")}};
  // A number that is described in the same words would take them out of all that is known.
  if (!first.same(begin)) numbers_.emplace_back(first, free_word("first_of_segment"));
  describe(fmt::format("a segment that is undone does not wrap at {}", clear->place), path, given,
           implies(segment.length != word(0), does_not_wrap(segment)));
  try_all_splits_at_once(description_.back());
  // Of any segment, which is one question for all paths.
  const Term right = (first == begin) & (pages == end - begin + word(1));
  const Term owed = implies((segment.length != word(0)) & does_not_wrap(segment), right);
  const std::vector<std::pair<Term, Term>> any = {
      {segment.address, free_word("address_of_segment")},
      {truncate(segment.length, 32), Term::free_bits(32, "length_of_segment")}};
  Case computed{fmt::format("the TCEs that are cleared are the segment's at {}", clear->place),
                {},
                substitute(owed, any),
                split_page_shift(table.page_shift)};
  // But only where the code computes it, and for page sizes for which its mask is not undefined (finding
  // page-mask-overflows-int).
  const std::set<std::string> of_sizes = free_names(shift_left(segment.length, table.page_shift));
  for (const Term& known : conditions(path, given, true)) {
    if (are_among(free_names(known), of_sizes)) computed.given.push_back(substitute(known, any));
  }
  description_.push_back(std::move(computed));
  facts_.emplace_back(given, implies(segment.length != word(0), right));
  say_what_is_among(segment, given, first, pages);
  if (freed != nullptr) give_back(path, segment, *clear, *freed);
}

// Whether the arbitrary TCE is among so many from the first: as it is asked of any page numbers whether it is
// between two of them, no question has to count them.
void ListStep::say_what_is_among(const Segment& segment, std::size_t given, const Term& first,
                                 const Term& pages) {
  const LinuxTable& table = list_->table;
  const Term& index = list_->index;
  const Term is_among = Term::free_boolean(undoes_ ? "is_of_segment" : "is_of_entry");
  numbers_.emplace_back(covers(first, pages, index), is_among);
  const Term is_between = less_equal(first_page(segment, table.page_shift), index) &
                          less_equal(index, last_page(segment, table.page_shift));
  facts_.emplace_back(given,
                      implies((segment.length != word(0)) & does_not_wrap(segment), is_among == is_between));
}

void ListStep::give_back(const Path& path, const Segment& segment, const Event& clear, const Event& freed) {
  const LinuxTable& table = list_->table;
  const Term& first = clear.arguments[0];
  const Term& pages = clear.arguments[1];
  const Term index = freed.arguments[0] + table.first_index;
  // Apart, for then it can be told of any entries.
  const Term of_address = less_equal(first, shift_right(word(~uint64_t{0}), table.page_shift));
  description_.push_back(
      {fmt::format("the TCEs that are cleared have addresses at {}", clear.place), {}, of_address, {}});
  const Term same = (index == first) & (freed.arguments[1] == pages);
  describe(fmt::format("what is freed is what was cleared at {}", freed.place), path, freed.given, same);
  // Of any entries that pass for what is in the window.
  Case& question = description_.back();
  const bool are_32_bits = simplified(pages == zero_extend(truncate(pages, 32), 64)).is_true();
  const Term any_pages = zero_extend(Term::free_bits(are_32_bits ? 32 : 64, "pages_of_segment"), 64);
  const std::vector<std::pair<Term, Term>> any = {{pages, any_pages}, {first, free_word("first_of_segment")}};
  Case of_any{question.name, {substitute(of_address, any)}, substitute(same, any), {}};
  std::set<std::string> names = free_names(of_any.goal);
  names.insert({"first_index", "entries", "pages_of_segment"});
  for (const Term& condition : question.given) {
    const Term known = substitute(condition, any);
    if (are_among(free_names(known), names)) of_any.given.push_back(known);
  }
  question.easier = std::make_shared<const Case>(std::move(of_any));
  say_what_is_among(segment, freed.given, index, freed.arguments[1]);
  if (!freed.arguments[1].same(pages)) numbers_.emplace_back(freed.arguments[1], free_word("pages_freed"));
  if (!index.same(first)) numbers_.emplace_back(index, free_word("first_freed"));
}

void ListStep::add_description(std::vector<Case>& cases) const {
  if (is_step()) {
    add_case(cases, order_of_pages(list_->table.page_shift));
    for (const Case& question : entries_from_first_to_last(list_->table.page_shift)) add_case(cases, question);
  }
  for (const Case& question : description_) add_case(cases, question);
}

// The arbitrary byte is before the element, or so many bytes behind its first: then solvers need not find out
// what the difference of two sums is.
Term ListStep::by_place(const Term& goal) const {
  const Term& position = list_->position;
  if (!bytes_before_ || !share(free_names(position), free_names(goal))) return goal;
  const Term behind = substitute(goal, position, *bytes_before_ + free_word("behind_first_byte"));
  return implies(less(position, *bytes_before_), goal) & behind;
}

Term ListStep::of_any(const Term& term) const { return substitute(term, numbers_); }

bool ListStep::is_left_out(const std::set<std::string>& names) const {
  const auto all_are = [&](const auto& are) { return std::all_of(names.begin(), names.end(), are); };
  const auto is_of_entry = [](const std::string& name) { return name.find("_at_entry") != std::string::npos; };
  if (std::any_of(names.begin(), names.end(), is_of_entry)) return true;
  if (!undoes_) {
    const auto is_of_sizes = [](const std::string& name) { return name == "page_shift" || name == "length"; };
    return share(names, origins_) || names.contains("elements") || all_are(is_of_sizes);
  }
  const std::set<std::string> of_segments = {
      "page_shift",   "first_index",     "entries",  "index",         "outs",     "segment",
      "taken_before", "holder_of_index", "cleaned",  "holder_before", "i",        "unmapped",
      "merges_fit",   "length",          "length#1", "set_result",    "elements", "segstart"};
  return !all_are([&](const std::string& name) {
    return of_segments.contains(name) || name.starts_with("dma_address") || name.starts_with("dma_length") ||
           name.starts_with("undone_before") || is_of_undone(name);
  });
}

std::vector<Term> ListStep::conditions(const Path& path, std::size_t given, bool of_numbers) const {
  if (of_numbers && !undoes_) {
    std::vector<Term> all = conditions_before(path, given);
    all.insert(all.end(), supposed_.begin(), supposed_.end());
    return all;
  }
  // Why the list has to be undone is no matter.
  const std::size_t from = undoes_ ? *path.ghosts.at(ListLoopAccount::kUndoneFrom).constant() : 0;
  std::vector<Term> result = supposed_;
  for (std::size_t i = 0; i < given; ++i) {
    for (const Term& condition : conjuncts(path.conditions[i])) {
      const Term known = of_numbers ? condition : of_any(condition);
      const std::set<std::string> names = free_names(known);
      const bool is_old =
          i < from && names.size() <= 2 &&
          (names.contains("page_shift") || names.contains("length") || names.contains("segstart"));
      if (!is_old && !is_left_out(names)) result.push_back(known);
    }
  }
  return result;
}

Case ListStep::follows(std::string name, const Path& path, std::size_t given, const Term& goal) const {
  Case question{std::move(name), {}, of_any(goal), {}};
  std::set<std::string> of_goal = free_names(question.goal);
  if (undoes_ || of_goal.contains("page_shift")) question.splits = split_page_shift(list_->table.page_shift);
  for (const char* number :
       {"page_shift", "length", "i", "segstart", "novmerge", "max_segment_size", "first_index", "entries",
        "dma_next", "dma_length", "dma_address", "start_before", "taken_before"})
    of_goal.insert(number);
  for (const auto& [number, any] : numbers_) of_goal.merge(free_names(any));
  for (const auto& [known_from, fact] : facts_) {
    if (known_from <= given) question.given.push_back(of_any(fact));
  }
  for (Term& condition : conditions(path, given, false)) question.given.push_back(std::move(condition));
  const bool is_end_of_matter = path.end == Path::End::kReturned || of_goal.contains("elements");
  for (const Term& known : question.given) {
    const std::set<std::string> names = free_names(known);
    const bool helps = undoes_ ? is_about_undone(names, is_end_of_matter) : are_among(names, of_goal);
    if (helps) question.probably_enough.push_back(known);
  }
  Case easier{question.name, question.probably_enough, by_place(question.goal), question.splits};
  const Term& page_shift = list_->table.page_shift;
  Case of_numbers = of_any_pages(of_merged(easier, given), page_shift);
  of_numbers.easier = std::make_shared<const Case>(of_unrelated_pages(std::move(easier), page_shift));
  question.easier = std::make_shared<const Case>(std::move(of_numbers));
  return question;
}

}  // namespace nospan::solver
