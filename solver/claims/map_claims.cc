// SPDX-License-Identifier: BSD-2-Clause
#include "solver/claims/map_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "solver/claims/isolation_lemmas.h"
#include "solver/claims/scenario_text.h"

namespace nospan::solver {
namespace {

const Event* find(const Path& path, Event::Kind kind) {
  for (const Event& event : path.events) {
    if (event.kind == kind) return &event;
  }
  return nullptr;
}

Term failed(const MapCall& call, const Path& path) {
  return call.failed ? call.failed(path) : call.handle(path) == call.failure;
}

// Set events, each once for all paths that share it. The path's conditions are those when it happened.
template <class Visit>
void for_each_set(const MapCall& call, Visit visit) {
  for (const Path& path : call.paths) {
    for (const Event& event : path.events) {
      if (event.kind == Event::Kind::kSet) visit(path, event);
    }
  }
}

std::vector<std::vector<Term>> successes(const MapCall& call) {
  if (!call.witnesses.empty()) return call.witnesses;
  std::vector<std::vector<Term>> result;
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned || find(path, Event::Kind::kSet) == nullptr) continue;
    if (find(path, Event::Kind::kClear) != nullptr) continue;  // undone: not a success
    std::vector<Term> witness = path.conditions;
    witness.push_back(!failed(call, path));
    result.push_back(std::move(witness));
  }
  return result;
}

// What every claim but isolation begins with.
Instance with_buffer(const MapCall& call) {
  Instance instance = call.base;
  instance.domain.insert(instance.domain.end(), call.buffer_domain.begin(), call.buffer_domain.end());
  return instance;
}

// Why a call fails that is replayed.
enum class Failure : uint8_t { kNone, kNothingIsFree, kSetFails };

std::function<reports::Expected<std::string>(const Model&)> replay_of(const MapCall& call, std::string claim,
                                                                      Failure failure = Failure::kNone) {
  return [replay = call.replay, shift = call.system_page_shift, claim = std::move(claim),
          failure](const Model& model) {
    ScenarioText text(model, shift, fmt::format("a counterexample of the prover to {}", claim));
    if (failure == Failure::kNothingIsFree) text.only_free(0);
    if (failure == Failure::kSetFails) text.set_fails();
    // There is memory only where a scenario says so: without, no page is allocated.
    text.owned_by_caller(text.value("first"), text.value("last"));
    replay(text);
    return text.text();
  };
}

// Of the claims that speak about the same paths as `exact`: they take for granted what contracts ask of the
// code, and `exact` shows it.
std::vector<std::string> rests_on_contracts(const MapCall& call) {
  std::vector<std::string> claims = call.exact_rests_on;
  if (!contract_cases(call.paths).empty()) claims.push_back("exact/" + call.base.function);
  return claims;
}

Instance exact(const MapCall& call) {
  Instance instance = with_buffer(call);
  instance.claim = "exact";
  instance.words = "set gets exactly the IOMMU pages that the buffer touches, from the rounded-down first one";
  if (call.permissions) instance.words += ", with the permissions of the direction";
  instance.rests_on = call.exact_rests_on;
  const Term pages = call.pages.value_or(pages_touched(call.first, call.last, call.page_shift));
  const Term start = page_start(call.first, call.page_shift) | call.address_bits;
  const auto splits = split_page_shift(call.page_shift);
  // How many entries are asked for, as a fact of its own: the rest is hard as long as that is told in the
  // code's way. On all paths, as it is then given to what contracts ask on any.
  std::vector<Term> known;
  if (call.count_is_unconditional) {
    for (const Path& path : call.paths) {
      const Event* take = find(path, Event::Kind::kTake);
      if (take == nullptr) continue;
      known.push_back(take->arguments[1] == pages);
      add_case(instance.cases, {fmt::format("count asked for at {}", take->place), {}, known.back(), splits});
    }
  }
  for_each_set(call, [&](const Path& path, const Event& event) {
    const auto given = call.pages ? call.counted : conditions_before(path, event.given);
    add_case(instance.cases, {fmt::format("count at {}", event.place), given,
                              implies(all_of(known), event.arguments[1] == pages), splits, !call.pages});
    add_case(instance.cases, {fmt::format("address at {}", event.place), given, event.arguments[2] == start,
                              splits, !call.pages});
    if (call.permissions) {
      add_case(instance.cases, {fmt::format("permissions at {}", event.place),
                                given,
                                event.arguments[3] == *call.permissions,
                                {},
                                true});
    }
  });
  instance.cases.insert(instance.cases.end(), call.touched.begin(), call.touched.end());
  known.insert(known.end(), call.contract_given.begin(), call.contract_given.end());
  for (Case& question : contract_cases(call.paths)) {
    question.splits = call.contract_splits;
    question.given = known;
    instance.cases.push_back(std::move(question));
  }
  instance.witnesses = successes(call);
  instance.scenario = replay_of(call, instance.id());
  return instance;
}

// ---- Isolation ----

// Who owns the granules of two bytes: anybody, but one granule has one owner. That is an arbitrary owner of
// every granule, as far as two bytes can tell; solvers are much faster on it than on a function.
struct Owners {
  Term of_reached = free_word("owner_of_reached");
  Term of_nearest = free_word("owner_of_nearest");
};

// Common to the three: a byte `reached` of the IOMMU pages that are set, and `nearest`, the byte of the buffer
// that is nearest to it. It is in the same IOMMU page, as the pages are those that the buffer touches.
struct Reach {
  Term reached = free_word("reached");
  Term granule_shift = free_word("granule_shift");
  Term caller = free_word("caller");
  Term nearest;
  Term is_set;
  Term same_page;  // reached and nearest
  PageInGranule sizes;
};

Reach reach_of(const MapCall& call) {
  Reach reach;
  reach.nearest = choose(less(reach.reached, call.first), call.first,
                         choose(less(call.last, reach.reached), call.last, reach.reached));
  const Term page = shift_right(reach.reached, call.page_shift);
  reach.is_set = less_equal(shift_right(call.first, call.page_shift), page) &
                 less_equal(page, shift_right(call.last, call.page_shift));
  reach.same_page = page == shift_right(reach.nearest, call.page_shift);
  reach.sizes = {call.page_shift, reach.granule_shift};
  return reach;
}

// The granule of a byte.
Term granule_of(const Term& byte, const Reach& reach) { return shift_right(byte, reach.granule_shift); }

Instance isolation(const MapCall& call, const Reach& reach, std::string claim, std::string words) {
  Instance instance = call.base;
  instance.claim = std::move(claim);
  instance.words = std::move(words);
  instance.hypotheses.clear();  // what `exact` needs, it says itself
  // What `set` gets is put in closed form: that it is this, is the claim `exact`.
  instance.rests_on = {"exact/" + call.base.function};
  instance.inputs.insert(instance.inputs.end(), {{"reached", reach.reached},
                                                 {"granule_shift", reach.granule_shift},
                                                 {"caller", reach.caller},
                                                 {"owner_of_reached", Owners{}.of_reached}});
  instance.assumptions.push_back({"granule-range", "memory has one owner in granules of 4 KiB to 2^55 bytes",
                                  "design section 2; a granule holds whole system pages"});
  instance.domain.push_back(less_equal(word(call.system_page_shift), reach.granule_shift));
  instance.domain.push_back(less_equal(reach.granule_shift, word(55)));
  instance.domain.push_back(less(reach.reached, word(uint64_t{1} << 56)));
  instance.domain.push_back(implies(granule_of(reach.reached, reach) == granule_of(reach.nearest, reach),
                                    Owners{}.of_reached == Owners{}.of_nearest));
  instance.witnesses = successes(call);
  for (std::vector<Term>& witness : instance.witnesses) {
    witness.insert(witness.end(), call.buffer_domain.begin(), call.buffer_domain.end());
  }
  // A counterexample is a mapping that exists, and rather the case of the seed thread: a 16M page, 64K
  // granules.
  std::vector<Term> preferences;
  // Not every path is one that a call can take.
  std::transform(instance.witnesses.begin(), instance.witnesses.end(), std::back_inserter(preferences),
                 [](const std::vector<Term>& witness) { return all_of(witness); });
  preferences.push_back(call.page_shift == word(24));
  preferences.push_back(reach.granule_shift == word(16));
  preferences.push_back(reach.granule_shift == word(call.system_page_shift));
  preferences.push_back(call.first == word(uint64_t{1} << 24));
  preferences.push_back(reach.reached == call.last + shift_left(word(1), reach.granule_shift));
  instance.preferences.insert(instance.preferences.begin(), preferences.begin(), preferences.end());
  return instance;
}

Hypothesis caller_owns(const Term& of_nearest, const Term& caller) {
  return {"caller-owns-buffer", "every byte of the buffer belongs to the caller",
          "DMA API: a driver maps memory of its own machine", of_nearest == caller};
}

// Tells the memory around a counterexample: the caller's granules, and the neighbour's that is reached. That
// may be one of the buffer's own, where the caller need not own its buffer.
void tell_memory(ScenarioText& text) {
  const uint64_t granule = uint64_t{1} << text.value("granule_shift", 16);
  text.granule(granule);
  const uint64_t first = text.value("first");
  const uint64_t last = text.value("last");
  const uint64_t reached = text.value("reached") / granule * granule;
  const bool is_in_buffer = first / granule * granule <= reached && reached <= last;
  if (!is_in_buffer) {
    text.owned_by_caller(first, last);
  } else {
    if (first < reached) text.owned_by_caller(first, reached - 1);
    if (last - reached >= granule) text.owned_by_caller(reached + granule, last);
  }
  text.block(1, reached, reached, granule);
}

// `known` are lemmas, which the claim rests on, about the terms at hand.
void set_isolation_cases(Instance& instance, const MapCall& call, const Reach& reach,
                         const std::vector<Term>& known, const Term& goal) {
  for_each_set(call, [&](const Path&, const Event& event) {
    const std::vector<Split> splits = split_page_shift(call.page_shift);
    add_case(instance.cases, {fmt::format("nearest byte of the buffer at {}", event.place),
                              {},
                              implies(reach.is_set, reach.same_page),
                              splits});
    std::vector<Term> given = known;
    given.push_back(implies(reach.is_set, reach.same_page));
    add_case(instance.cases, {fmt::format("pages set at {}", event.place), std::move(given),
                              implies(reach.is_set, goal), splits});
  });
  instance.scenario = [call, id = instance.id()](const Model& model) {
    ScenarioText text(model, call.system_page_shift, fmt::format("a counterexample of the prover to {}", id));
    tell_memory(text);
    call.replay(text);
    return text.text();
  };
}

Instance iso_granule(const MapCall& call) {
  const Reach reach = reach_of(call);
  Instance instance =
      isolation(call, reach, "iso-granule",
                "granule >= IOMMU page: every byte of every IOMMU page that is set belongs to the caller");
  instance.hypotheses.push_back({"granule", "the granule of ownership is at least the IOMMU page",
                                 "the mission; the usual way is system page size >= IOMMU page size",
                                 less_equal(call.page_shift, reach.granule_shift)});
  instance.hypotheses.push_back(caller_owns(Owners{}.of_nearest, reach.caller));
  instance.rests_on.emplace_back(kPageInGranule);
  set_isolation_cases(instance, call, reach, {page_in_granule(reach.sizes, reach.reached, reach.nearest)},
                      Owners{}.of_reached == reach.caller);
  return instance;
}

Instance iso_blocks(const MapCall& call) {
  const Reach reach = reach_of(call);
  Instance instance = isolation(
      call, reach, "iso-blocks",
      "VM blocks aligned to the IOMMU page: every byte of every IOMMU page that is set belongs to the caller");
  instance.hypotheses.push_back(
      {"blocks", "VM blocks begin and end on IOMMU page boundaries: an IOMMU page has one owner",
       "the hypervisor (PowerVM: logical memory blocks; seed thread)",
       implies(reach.same_page, Owners{}.of_reached == Owners{}.of_nearest)});
  instance.hypotheses.push_back(caller_owns(Owners{}.of_nearest, reach.caller));
  set_isolation_cases(instance, call, reach, {}, Owners{}.of_reached == reach.caller);
  return instance;
}

Instance iso_two_stage(const MapCall& call) {
  const Reach reach = reach_of(call);
  Instance instance =
      isolation(call, reach, "iso-two-stage",
                "through a layout from guest to real memory that is contiguous per granule: every byte "
                "that the device reaches belongs to the caller");
  // Which real granule lies behind the guest granules of the IOMMU page's first byte, from where the device
  // goes on, and of the nearest byte of the buffer. One guest granule has one real granule behind it.
  const Term page = page_start(reach.reached, call.page_shift);
  const Term frame_of_page = free_word("frame_of_page");
  const Term frame_of_nearest = free_word("frame_of_nearest");
  const Term real = real_byte(reach.sizes, frame_of_page, reach.reached);
  const Owners owners;
  const Term most_frames = shift_right(word(uint64_t{1} << 56), reach.granule_shift);
  instance.domain.push_back(less(frame_of_page, most_frames));
  instance.domain.push_back(less(frame_of_nearest, most_frames));
  instance.domain.push_back(
      implies(granule_of(page, reach) == granule_of(reach.nearest, reach), frame_of_page == frame_of_nearest));
  const Term owner_of_real = free_word("owner_of_real");
  instance.domain.push_back(
      implies(granule_of(real, reach) == frame_of_nearest, owner_of_real == owners.of_nearest));
  instance.hypotheses.push_back({"granule", "the granule of ownership is at least the IOMMU page",
                                 "the mission; the usual way is system page size >= IOMMU page size",
                                 less_equal(call.page_shift, reach.granule_shift)});
  instance.hypotheses.push_back(caller_owns(owners.of_nearest, reach.caller));
  instance.inputs.push_back({"real_of_reached", real});
  instance.inputs.push_back({"frame_of_page", frame_of_page});
  instance.rests_on.emplace_back(kPageInGranule);
  instance.rests_on.emplace_back(kPageInFrame);
  set_isolation_cases(instance, call, reach,
                      {page_in_granule(reach.sizes, page, reach.nearest),
                       page_in_frame(reach.sizes, frame_of_page, reach.reached)},
                      owner_of_real == reach.caller);
  instance.scenario = [call, id = instance.id()](const Model& model) {
    ScenarioText text(model, call.system_page_shift, fmt::format("a counterexample of the prover to {}", id));
    // The caller's buffer lies in one run of real memory; right behind what its granules hold, another VM's
    // begins.
    const uint64_t shift = text.value("granule_shift", 16);
    const uint64_t granule = uint64_t{1} << shift;
    text.granule(granule);
    text.two_stage();
    const uint64_t begin = text.value("first") / granule * granule;
    const uint64_t end = (text.value("last") / granule + 1) * granule;
    const uint64_t page_bytes = uint64_t{1} << text.value("page_shift", 16);
    const uint64_t block = page_bytes > granule ? page_bytes * 4 + begin % page_bytes : begin;
    text.block(0, begin, block, end - begin);
    text.block(1, 0, block + (end - begin), granule);
    call.replay(text);
    return text.text();
  };
  return instance;
}

// ---- The rest ----

Instance handle(const MapCall& call) {
  Instance instance = with_buffer(call);
  instance.claim = "handle";
  instance.words = "the returned DMA address carries the buffer's offset and the entry that was set";
  instance.hypotheses = call.handle_hypotheses;
  instance.rests_on = rests_on_contracts(call);
  const Term low_bits = shift_left(word(1), call.page_shift) - word(1);
  for (const Path& path : call.paths) {
    const Event* set = find(path, Event::Kind::kSet);
    if (path.end != Path::End::kReturned || set == nullptr || find(path, Event::Kind::kClear) != nullptr)
      continue;
    const Term address = call.handle(path);
    const Term right = shift_left(set->arguments[0], call.page_shift) | (call.first & low_bits);
    std::vector<Term> given = path.conditions;
    add_case(instance.cases, {"the DMA address that is returned", std::move(given), address == right,
                              split_page_shift(call.page_shift), true});
  }
  instance.witnesses = successes(call);
  instance.scenario = replay_of(call, instance.id());
  return instance;
}

// Of each path on which TCEs were written: if that failed, so did the call (DMA API: the caller is told).
void add_told_failures(Instance& instance, const MapCall& call) {
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    Term set_failed = Term::boolean(false);
    for (const Event& event : path.events) {
      if (event.kind != Event::Kind::kSet) continue;
      set_failed = set_failed | (event.arguments[4] != Term::bits(32, 0));
    }
    if (set_failed.is_false()) continue;
    std::vector<Term> given = path.conditions;
    given.push_back(set_failed);
    Case question{"a failure to write TCEs is told", std::move(given), failed(call, path),
                  split_page_shift(call.page_shift)};
    question.scenario = replay_of(call, instance.id(), Failure::kSetFails);
    add_case(instance.cases, std::move(question));
  }
}

Instance fail_atomic(const MapCall& call) {
  Instance instance = with_buffer(call);
  instance.claim = "fail-atomic";
  instance.words =
      "on every path that returns failure, what was allocated was freed and what was set was cleared; a call "
      "that could not write its TCEs returns failure";
  instance.rests_on = rests_on_contracts(call);
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned) continue;
    std::vector<const Event*> of_kind[6];
    const Event::Kind kinds[6] = {Event::Kind::kTake,  Event::Kind::kGiveBack,      Event::Kind::kSet,
                                  Event::Kind::kClear, Event::Kind::kAllocatePages, Event::Kind::kFreePages};
    for (const Event& event : path.events) {
      for (int i = 0; i < 6; ++i) {
        if (event.kind == kinds[i]) of_kind[i].push_back(&event);
      }
    }
    std::vector<Term> given = path.conditions;
    given.push_back(failed(call, path));
    // Whatever was taken is given back, whatever was set is cleared: in the same pieces, in any order.
    const auto undone = [](const std::vector<const Event*>& done, const std::vector<const Event*>& undo) {
      Term all = Term::boolean(true);
      for (const Event* event : done) {
        Term some = Term::boolean(false);
        for (const Event* other : undo) {
          some = some |
                 ((other->arguments[0] == event->arguments[0]) & (other->arguments[1] == event->arguments[1]));
        }
        all = all & some;
      }
      return all;
    };
    const Term goal =
        undone(of_kind[0], of_kind[1]) & undone(of_kind[2], of_kind[3]) & undone(of_kind[4], of_kind[5]);
    if (goal.is_true()) continue;
    Case question{"a path that returns failure", std::move(given), goal, split_page_shift(call.page_shift)};
    const Failure failure = !of_kind[2].empty()  ? Failure::kSetFails
                            : of_kind[0].empty() ? Failure::kNothingIsFree
                                                 : Failure::kNone;
    question.scenario = replay_of(call, instance.id(), failure);
    add_case(instance.cases, std::move(question));
  }
  add_told_failures(instance, call);
  // A call that fails after it took something, or there is nothing to show.
  for (const Path& path : call.paths) {
    if (path.end != Path::End::kReturned || find(path, Event::Kind::kTake) == nullptr) continue;
    std::vector<Term> witness = path.conditions;
    witness.push_back(failed(call, path));
    instance.witnesses.push_back(std::move(witness));
  }
  instance.scenario = replay_of(call, instance.id());
  return instance;
}

Instance safe(const MapCall& call) {
  Instance instance = with_buffer(call);
  instance.claim = "safe";
  instance.words = "no undefined behaviour, BUG, overflow or access out of bounds on any path";
  instance.rests_on = rests_on_contracts(call);
  instance.cases = safety_cases(call.paths);
  instance.witnesses = successes(call);
  instance.scenario = replay_of(call, instance.id());
  return instance;
}

}  // namespace

Term pages_touched(const Term& first, const Term& last, const Term& page_shift) {
  return shift_right(last, page_shift) - shift_right(first, page_shift) + word(1);
}

Term page_start(const Term& address, const Term& page_shift) {
  return shift_left(shift_right(address, page_shift), page_shift);
}

std::vector<Instance> isolation_claims(const MapCall& call) {
  return {iso_granule(call), iso_blocks(call), iso_two_stage(call)};
}

std::vector<Instance> map_claims(const MapCall& call) {
  return {exact(call),  iso_granule(call), iso_blocks(call), iso_two_stage(call),
          handle(call), fail_atomic(call), safe(call)};
}

}  // namespace nospan::solver
