#include "apps/kept_study.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

std::string Describe(const std::vector<Objective>& objectives) {
  std::string text;
  for (const Objective& objective : objectives) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", GoalName(objective.goal), " ",
                    objective.metric);
  }
  return text;
}

std::string Describe(const std::vector<MetricConstraint>& constraints) {
  std::string text;
  for (const MetricConstraint& constraint : constraints) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", constraint.metric,
                    constraint.at_least ? " at least " : " at most ", constraint.bound);
  }
  return text.empty() ? "none" : text;
}

// "its learning_rate is {…}, not {…}"
std::string SpaceDifference(const SearchSpace& stored, const SearchSpace& ours) {
  for (const Parameter& parameter : ours.parameters()) {
    const std::optional<int> i = stored.Find(parameter.name);
    if (!i.has_value()) return absl::StrCat("it has no parameter ", parameter.name);
    if (ToValue(stored[*i]) != ToValue(parameter)) {
      return absl::StrCat("its ", parameter.name, " is ", WriteJson(ToValue(stored[*i])), ", not ",
                          WriteJson(ToValue(parameter)));
    }
  }
  for (const Parameter& parameter : stored.parameters()) {
    if (!ours.Find(parameter.name).has_value()) {
      return absl::StrCat("it tunes ", parameter.name, " as well");
    }
  }
  return stored.Names() == ours.Names() ? "" : "its parameters come in another order";
}

}  // namespace

std::string SpecAttributeOf(absl::string_view worker) {
  return absl::StrCat(kSpecAttribute, "@", worker);
}

std::string Difference(const StudyRecord& stored, const StudyConfig& ours) {
  const StudyConfig& theirs = stored.config;
  // Of another tool's study no more than the goals is known for certain; trials that do not fit are
  // left aside.
  const bool ours_made = stored.attributes.Find(kSpecAttribute) != nullptr;
  const auto same = [&](const Objective& a, const Objective& b) {
    return a.goal == b.goal && (a.metric == b.metric || !ours_made);
  };
  if (!std::equal(theirs.objectives.begin(), theirs.objectives.end(), ours.objectives.begin(),
                  ours.objectives.end(), same)) {
    return absl::StrCat("its objectives are to ", Describe(theirs.objectives), ", not to ",
                        Describe(ours.objectives));
  }
  if (!ours_made) return "";
  const std::string space = SpaceDifference(theirs.space, ours.space);
  if (!space.empty()) return space;
  if (Describe(theirs.constraints) != Describe(ours.constraints)) {
    return absl::StrCat("its constraints are ", Describe(theirs.constraints), ", not ",
                        Describe(ours.constraints));
  }
  if (theirs.metrics != ours.metrics) {
    return absl::StrCat("its metrics are ", absl::StrJoin(theirs.metrics, ", "), ", not ",
                        absl::StrJoin(ours.metrics, ", "));
  }
  if (theirs.max_steps != ours.max_steps && theirs.max_steps > 0) {
    return absl::StrCat("its full training takes ", theirs.max_steps, ", not ", ours.max_steps,
                        " steps");
  }
  if (theirs.seed != ours.seed) {
    return absl::StrCat("its seed is ", theirs.seed, ", not ", ours.seed);
  }
  return "";
}

absl::StatusOr<KeptStudy> KeepStudy(const StorageRegistry& storages, absl::string_view url,
                                    const StudyConfig& config, const StudySpec& spec) {
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenStorage(storages, url);
  if (!storage.ok()) return storage.status();
  KeptStudy kept;
  kept.storage = *std::move(storage);
  kept.place.storage = kept.storage.get();

  StudyRecord record;
  record.config = config;
  record.attributes.Set(kSpecAttribute, ToValue(spec));
  absl::StatusOr<StudyRecord> stored = kept.storage->FindStudy(config.name);
  if (absl::IsNotFound(stored.status())) {
    const absl::StatusOr<int64_t> made = kept.storage->CreateStudy(record);
    if (made.ok()) {
      kept.place.study = *made;
      return kept;
    }
    // Somebody else may have made it in this very moment.
    if (!absl::IsAlreadyExists(made.status())) return made.status();
    stored = kept.storage->FindStudy(config.name);
  }
  if (!stored.ok()) return stored.status();
  const std::string difference = Difference(*stored, config);
  if (!difference.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        kept.storage->description(), " has a study ", config.name,
        ", but another one: ", difference,
        "; give yours another name (--study_name), or delete that one (sturgeon delete)"));
  }
  kept.place.study = stored->id;
  kept.found = true;
  // `sturgeon replay` must know what this process does otherwise.
  const Value* const kept_spec = stored->attributes.Find(kSpecAttribute);
  if (kept_spec == nullptr || *kept_spec != ToValue(spec)) {
    absl::Status status =
        kept.storage->SetAttribute(stored->id, SpecAttributeOf(WorkerName()), ToValue(spec));
    if (!status.ok()) return status;
  }
  return kept;
}

}  // namespace sturgeon
