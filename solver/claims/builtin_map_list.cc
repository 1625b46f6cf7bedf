// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/builtin_map_list.h"

#include <fmt/format.h>

#include "solver/claims/any_pages.h"
#include "solver/claims/builtin_calls.h"
#include "solver/claims/builtin_list_paths.h"
#include "solver/claims/builtin_segment_steps.h"
#include "solver/claims/map_claims.h"
#include "solver/claims/scenario_text.h"
#include "solver/slice.h"
#include "solver/term_form.h"

namespace nospan::solver {

using reports::Expected;

namespace {

using Account = TceAccount;
using Segments = SegmentAccount;

class Claims {
 public:
  Claims(const Setting& setting, const ListPaths& executed) : executed_(executed) {
    base_ = list().base(setting, "Mapper::map_list");
    base_.paths = executed.once.size() + executed.unmapped.size() + executed.mapped.size();
    for (const auto* paths : {&executed.once, &executed.unmapped, &executed.mapped}) {
      if (!base_.incomplete) base_.incomplete = incompleteness(*paths);
    }
    for (const Path& path : executed.once) {
      if (ListPaths::is_iteration(path)) iterations_.push_back(path.conditions);
    }
  }

  // Nothing that is said about the list holds without.
  Instance loops() const {
    Instance instance = make(
        "loops",
        "the loops over the list stay in it and end; what is set after each group is the IOMMU pages of the "
        "elements so far, whose entries were taken; a second attempt is made only behind one that failed");
    add(instance, [&](const Term& fact) { return !is_of_segments(fact); });
    add_attempts(instance);
    add_witnesses(instance, iterations_);
    return instance;
  }

  Instance exact() const {
    Instance instance = make("exact",
                             "set gets exactly the IOMMU pages that each element touches, from the "
                             "rounded-down first one, and the device sees them");
    instance.rests_on.emplace_back("loops/Mapper::map_list");
    const Term& shift = list().table.page_shift;
    const Term& element = list().element;
    for (const Path& path : executed_.once) {
      if (!executed_.has_succeeded(path)) continue;
      const auto ghost = [&](const char* name) { return path.ghosts.at(name); };
      const auto pages = [&](const Term& at) {
        return pages_touched(list().addresses(at), list().last(at), shift);
      };
      const auto show = [&](const char* name, const Term& goal) {
        Case question{name, path.conditions, goal, {}};
        settle(question, list().table.page_shift);
        add_case(instance.cases, std::move(question));
      };
      const Term is_mapped = less(element, list().count) & (list().lengths(element) != Term::bits(32, 0));
      const Term page = list().index - ghost(Segments::kFirst);
      const Term is_its_page = is_mapped & less(page, pages(element));
      const Term start = page_start(list().addresses(element), shift);
      show("an element ends in memory", implies(is_mapped, list().has_bytes(element)));
      show("each of its pages is set", implies(is_its_page, ghost(Account::kSet)));
      show("to its address", implies(is_its_page, ghost(Account::kTce) == start + shift_left(page, shift)));
      const Term owner = ghost(Account::kOwner);
      show("what is set is a page of an element",
           implies(ghost(Account::kSet), less(owner, list().count) & list().has_bytes(owner) &
                                             less(list().index - ghost(Segments::kOwnerFirst), pages(owner))));
      show("the same of that element", implies(ghost(Account::kSet) & (owner == element),
                                               ghost(Segments::kOwnerFirst) == ghost(Segments::kFirst)));
      show("a flush behind", implies(ghost(Account::kSet), !ghost(Account::kDirty)));
      std::vector<Term> witness = path.conditions;
      add_terms(witness, {is_its_page, ghost(Account::kSet)});
      add_witness(instance, list().table, std::move(witness));
    }
    return instance;
  }

  // About one element: what `exact` says in closed form.
  std::vector<Instance> isolation() const {
    MapCall call;
    call.base = base_;
    const Bytes element;
    call.base.assumptions.push_back(buffer_assumption());
    add_terms(call.base.domain, element.domain());
    call.base.domain.push_back(less(element.last - element.first, word(uint64_t{1} << 32)));
    call.base.inputs.insert(call.base.inputs.end(), {{"first", element.first}, {"last", element.last}});
    for (const Path& path : executed_.once) {
      if (ListPaths::is_iteration(path)) call.paths.push_back(path);
    }
    call.page_shift = list().table.page_shift;
    call.first = element.first;
    call.last = element.last;
    call.address_bits = word(0);
    call.first_index = list().table.first_index;
    call.system_page_shift = 12;
    // The element's bytes are those of the call.
    const Term at = list().element;
    call.witnesses = iterations_;
    for (std::vector<Term>& witness : call.witnesses) {
      add_terms(witness, {element.first == list().addresses(at), element.last == list().last(at)});
    }
    // Nothing is said of the other elements: this one alone is a list.
    call.replay = [](ScenarioText& text) {
      text.map_sg(0, {{text.value("first"), text.value("last") - text.value("first") + 1}}, 0);
    };
    std::vector<Instance> instances = isolation_claims(call);
    add_numbers(instances, list().table);
    return instances;
  }

  Instance tce() const {
    Instance instance =
        make("tce", "every TCE carries its page of the element and the permissions of the direction");
    instance.rests_on = {"exact/Mapper::map_list", "contract/Mapper::install_group",
                         "contract/direction_permissions"};
    const Term direction = Term::free_bits(32, "direction");
    for (const Path& path : executed_.mapped) {
      for (const Event& event : path.events) {
        add_case(instance.cases, {fmt::format("permissions at {}", event.place),
                                  conditions_before(path, event.given),
                                  event.arguments[0] == permissions_of(direction),
                                  {}});
      }
    }
    for (const Path& path : executed_.once) {
      for (const Event* set : all_of_kind(path, Event::Kind::kSet)) {
        add_case(instance.cases, {fmt::format("permissions of a group at {}", set->place),
                                  conditions_before(path, set->given),
                                  set->arguments[3] == list().permissions,
                                  {}});
      }
    }
    const Term& shift = list().table.page_shift;
    const Bytes element;
    const Term page = free_word("page");
    const Term first_page = shift_right(element.first, shift);
    const Term last_page = shift_right(element.last, shift);
    const Term tce = page_start(element.first, shift) + shift_left(page, shift);
    instance.cases.push_back({"a TCE's page is the element's",
                              {less_equal(element.first, element.last),
                               less(page, pages_touched(element.first, element.last, shift))},
                              (shift_right(tce, shift) == first_page + page) &
                                  less_equal(first_page + page, last_page) &
                                  ((tce & list().low_bits()) == word(0)),
                              split_page_shift(shift)});
    add_witnesses(instance, iterations_);
    return instance;
  }

  Instance safe() const {
    Instance instance = make("safe", "no undefined behaviour, overflow or access out of bounds on any path");
    instance.rests_on = kSpaceClaims;
    // That nothing is given back but what was taken: the account's give_back() takes that for granted.
    instance.rests_on.insert(instance.rests_on.end(),
                             {"inverse/Mapper::map_list", "fail-atomic/Mapper::map_list"});
    add_terms_of(instance.rests_on);
    for (const auto* paths : {&executed_.once, &executed_.mapped}) {
      for (Case& question : safety_cases(*paths)) instance.cases.push_back(std::move(question));
    }
    add_witnesses(instance, iterations_);
    return instance;
  }

  Instance segments() const {
    Instance instance = make_of_segments(
        "segments",
        "after each group, the segments hold exactly the bytes of the elements so far, keep the device's mask "
        "and segment boundary, and each TCE that is set belongs to one segment");
    instance.rests_on = {"loops/Mapper::map_list", "exact/Mapper::map_list"};
    instance.cases.push_back(order_of_pages(list().table.page_shift));
    add_in_steps(instance, [&](const Term& fact) { return is_of_segments(fact); });
    add_witnesses(instance, iterations_);
    return instance;
  }

  Instance handle() const {
    Instance instance = make_of_segments(
        "handle",
        "each byte of an element lies in a segment, at the DMA address that the element's first TCE and offset "
        "give; the segments hold nothing else, and those behind them have length 0");
    for (const Path& path : executed_.once) {
      if (!executed_.has_succeeded(path)) continue;
      const auto ghost = [&](const char* name) { return path.ghosts.at(name); };
      const Term count = zero_extend(path.result->bits, 64);
      const Records& records = *path.memory.at(list().object).records();
      const auto length = [&](const Term& at) {
        return zero_extend(records.content(list().dma_length_at)(at), 64);
      };
      const Term& element = list().element;
      const Term holder = ghost(Segments::kHolder);
      const Term inside = list().bytes_before(element) - ghost(Segments::kHolderStart);
      const Term is_mapped = less(element, list().count) & (list().lengths(element) != Term::bits(32, 0));
      const auto show = [&](const char* name, const Term& goal) {
        Case question{name, path.conditions, goal, {}};
        settle(question, list().table.page_shift);
        add_case(instance.cases, std::move(question));
      };
      show("the number of segments", less_equal(word(1), count) & less_equal(count, list().count));
      show("the device sees all TCEs", !ghost(Account::kDirty));
      show("a segment's length",
           implies(less(executed_.loops.any, count), length(executed_.loops.any) != word(0)));
      show("lengths behind the segments",
           implies(less_equal(count, executed_.loops.any) & less(executed_.loops.any, list().count),
                   length(executed_.loops.any) == word(0)));
      show("bytes of all segments",
           ghost(Segments::kSegmentBytes) == list().bytes_before(list().count) - list().bytes_before(word(0)));
      show("an element is in a segment",
           implies(is_mapped, less(holder, count) &
                                  less_equal(ghost(Segments::kHolderStart), list().bytes_before(element)) &
                                  less_equal(inside + list().length(element), length(holder))));
      show("the DMA address of an element",
           implies(is_mapped,
                   records.content(list().dma_address_at)(holder) + inside ==
                       shift_left(ghost(Segments::kFirst), list().table.page_shift) + list().offset(element)));
      std::vector<Term> witness = path.conditions;
      witness.push_back(is_mapped);
      add_witness(instance, list().table, std::move(witness));
    }
    return instance;
  }

  Instance inverse() const {
    Instance instance = make_of_segments("inverse",
                                         "Mapper::unmap_list(), given what map_list() left, clears exactly "
                                         "what it set and frees exactly what it "
                                         "took, once, and the device sees that");
    add_undone(instance, executed_.unmapped);
    return instance;
  }

  Instance fail_atomic() const {
    Instance instance = make_of_segments(
        "fail-atomic",
        "on every path that returns failure, what was taken was given back and what was set was cleared, once, "
        "and the device sees that");
    std::vector<Path> failed;
    for (const Path& path : executed_.once) {
      if (!executed_.has_succeeded(path)) failed.push_back(path);
    }
    add_undone(instance, failed);
    return instance;
  }

 private:
  const BuiltinList& list() const { return *executed_.list; }
  std::vector<Split> splits() const { return split_page_shift(list().table.page_shift); }

  Instance make(std::string claim, std::string words) const {
    Instance instance = base_;
    instance.claim = std::move(claim);
    instance.words = std::move(words);
    instance.rests_on = kSpaceClaims;
    instance.rests_on.insert(instance.rests_on.end(),
                             {"contract/Mapper::next_group", "contract/Mapper::install_group"});
    return instance;
  }

  Instance make_of_segments(std::string claim, std::string words) const {
    Instance instance = make(std::move(claim), std::move(words));
    instance.rests_on = {"loops/Mapper::map_list", "exact/Mapper::map_list", "segments/Mapper::map_list"};
    instance.domain.push_back(executed_.loops.known);
    return instance;
  }

  static void add_terms_of(std::vector<std::string>& rests_on) {
    rests_on.insert(rests_on.end(), {"contract/Mapper::next_group", "contract/Mapper::install_group",
                                     "loops/Mapper::map_list"});
  }

  bool is_of_segments(const Term& fact) const {
    return substitute(fact, executed_.loops.known, Term::boolean(false)).is_true();
  }
  void add_witnesses(Instance& instance, const std::vector<std::vector<Term>>& witnesses) const {
    for (const std::vector<Term>& witness : witnesses) add_witness(instance, list().table, witness);
  }

  // What the contracts of loops and functions have to meet, of such facts.
  void add(Instance& instance, const std::function<bool(const Term&)>& is_wanted) const {
    for (const auto* paths : {&executed_.once, &executed_.unmapped, &executed_.mapped}) {
      Instance all;
      add_facts(all, *paths, list().table.page_shift);
      for (Case& question : all.cases) {
        if (is_wanted(question.goal)) add_case(instance.cases, std::move(question));
      }
    }
  }

  // The same, each as an easier question where it has one.
  void add_in_steps(Instance& instance, const std::function<bool(const Term&)>& is_wanted) const {
    for (const auto* paths : {&executed_.once, &executed_.unmapped}) {
      for (const Path& path : *paths) {
        const SegmentStep step(list(), executed_.loops, path);
        step.add_description(instance.cases);
        Instance all;
        add_facts(all, {path}, list().table.page_shift);
        for (Case& question : all.cases) {
          if (!is_wanted(question.goal)) continue;
          step.ease(question);
          add_case(instance.cases, std::move(question));
        }
      }
    }
  }

  void add_attempts(Instance& instance) const {
    for (const Path& path : executed_.mapped) {
      if (path.end != Path::End::kReturned) continue;
      Term right = Term::boolean(true);
      for (const Event& event : path.events) {
        const bool is_last = &event == &path.events.back();
        if (is_last) right = right & (path.result->bits == event.arguments[1]);
        if (!is_last) right = right & Term::boolean(event.name == "failed");
      }
      if (path.events.empty()) right = ListPaths::is_error(path.result->bits);
      add_case(instance.cases, {"attempts", path.conditions, right, {}});
    }
  }

  // What an arbitrary iteration undoes, and that behind the loop all is undone.
  void add_undone(Instance& instance, const std::vector<Path>& paths) const {
    for (const Path& path : paths) {
      if (path.end == Path::End::kReturned) {
        const auto show = [&](const char* name, const Term& goal) {
          Case question{name, path.conditions, goal, {}};
          settle(question, list().table.page_shift);
          add_case(instance.cases, std::move(question));
        };
        show("a TCE that was set is cleared", !path.ghosts.at(Account::kSet));
        show("an entry that was taken is given back", !path.ghosts.at(Account::kMine));
        show("the device sees it", !path.ghosts.at(Account::kDirty));
        std::vector<Term> witness = path.conditions;
        witness.push_back(executed_.loops.mine);
        add_witness(instance, list().table, std::move(witness));
      }
      const SegmentStep step(list(), executed_.loops, path);
      // The description holds where the path comes to a segment.
      bool is_undone = false;
      for (const Event& event : path.events) {
        if (event.kind != Event::Kind::kClear && event.kind != Event::Kind::kGiveBack) continue;
        Case question{fmt::format("only what was done is undone, at {}", event.place),
                      conditions_before(path, event.given), event.arguments[2], splits()};
        step.ease(question);
        add_case(instance.cases, std::move(question));
        is_undone = true;
      }
      if (is_undone) step.add_description(instance.cases);
    }
  }

  const ListPaths& executed_;
  Instance base_;
  std::vector<std::vector<Term>> iterations_;
};

// unmap_list() of any list.
Expected<Instance> safe_unmap(const Setting& setting) {
  auto stage = Stage::make(setting, free_word("pages"));
  if (!stage) return tl::unexpected(stage.error());
  Executor& executor = (*stage)->executor;
  auto list = BuiltinList::make(executor);
  if (!list) return tl::unexpected(list.error());
  auto loop = any_unmap_loop(setting.program, *list);
  if (!loop) return tl::unexpected(loop.error());
  executor.add(*loop);
  const BuiltinTable& table = (*list)->table;
  auto paths =
      executor.run("nospan::builtin::Mapper::unmap_list", table.state,
                   {table.mapper, Value::pointer((*list)->object), Value::number(truncate((*list)->count, 32))},
                   table.domain);
  if (!paths) return tl::unexpected(paths.error());
  Instance instance = safe_of((*list)->base(setting, "Mapper::unmap_list"), *paths, table);
  instance.words += "; the loop ends";
  for (const Path& path : *paths) {
    if (path.end == Path::End::kLoopClosed && !path.events.empty())
      add_witness(instance, table, path.conditions);
  }
  return instance;
}

}  // namespace

Expected<std::vector<Instance>> builtin_map_list(const Setting& setting) {
  const auto executed = ListPaths::execute(setting);
  if (!executed) return tl::unexpected(executed.error());
  const Claims claims(setting, *executed);
  std::vector<Instance> instances = {claims.loops(), claims.exact()};
  for (Instance& instance : claims.isolation()) instances.push_back(std::move(instance));
  instances.push_back(claims.tce());
  instances.push_back(claims.safe());
  auto unmap = safe_unmap(setting);
  if (!unmap) return tl::unexpected(unmap.error());
  instances.push_back(std::move(*unmap));
  return instances;
}

Expected<std::vector<Instance>> builtin_map_list_segments(const Setting& setting) {
  const auto executed = ListPaths::execute(setting);
  if (!executed) return tl::unexpected(executed.error());
  const Claims claims(setting, *executed);
  return std::vector<Instance>{claims.segments(), claims.handle(), claims.inverse(), claims.fail_atomic()};
}

}  // namespace nospan::solver
