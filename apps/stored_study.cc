#include "apps/stored_study.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apps/kept_study.h"
#include "core/dominance.h"
#include "core/study_config.h"
#include "core/suggest.h"
#include "gflags/gflags.h"
#include "terminal/terminal.h"

DECLARE_string(storage);
DECLARE_string(study_name);

namespace sturgeon {
namespace {

constexpr size_t kMostNamed = 20;

std::string Named(std::vector<std::string> names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", names[i]);
  }
  if (names.size() > kMostNamed)
    absl::StrAppend(&text, " and ", names.size() - kMostNamed, " more");
  return text;
}

}  // namespace

int ShownWidth(int descriptor) { return isatty(descriptor) != 0 ? TerminalWidth(descriptor) : 0; }

absl::StatusOr<std::unique_ptr<Storage>> OpenExisting(const StorageRegistry& storages,
                                                      absl::string_view url) {
  StorageContext context;
  context.must_exist = true;
  auto storage = OpenStorage(storages, url, context);
  if (absl::IsNotFound(storage.status())) {
    return absl::NotFoundError(absl::StrCat(storage.status().message(),
                                            "; sturgeon tune makes one, --storage names another"));
  }
  return storage;
}

absl::StatusOr<StudyRecord> FindStored(Storage& storage, absl::string_view name) {
  if (!name.empty()) {
    absl::StatusOr<StudyRecord> found = storage.FindStudy(name);
    if (!absl::IsNotFound(found.status())) return found;
  }
  const absl::StatusOr<std::vector<StudyListing>> list = storage.ListStudies();
  if (!list.ok()) return list.status();
  std::vector<std::string> names;
  for (const StudyListing& study : *list) names.push_back(study.name);
  if (names.empty()) {
    return absl::NotFoundError(
        absl::StrCat(storage.description(), " has no studies yet; sturgeon tune makes one"));
  }
  if (!name.empty()) {
    const std::string nearest = Nearest(name, names);
    return absl::NotFoundError(
        absl::StrCat(storage.description(), " has no study \"", name, "\"",
                     nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?"),
                     nearest.empty() ? "; it has " : " It has ", Named(std::move(names))));
  }
  if (names.size() == 1) return storage.FindStudy(names[0]);
  return absl::InvalidArgumentError(
      absl::StrCat(storage.description(), " has ", names.size(),
                   " studies; say which one by --study_name: ", Named(names)));
}

absl::StatusOr<StoredStudy> OpenStored(const StorageRegistry& storages) {
  StoredStudy stored;
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenExisting(storages, FLAGS_storage);
  if (!storage.ok()) return storage.status();
  stored.storage = *std::move(storage);
  absl::StatusOr<StudyRecord> study = FindStored(*stored.storage, FLAGS_study_name);
  if (!study.ok()) return study.status();
  stored.study = *std::move(study);
  return stored;
}

absl::StatusOr<std::vector<int64_t>> BestTrials(Storage& storage, const StudyRecord& study) {
  const std::vector<Objective>& objectives = study.config.objectives;
  NondominatedSet front;
  absl::Status status = storage.ReadValues(
      study.id, [&](int64_t number, absl::Span<const double> values, bool feasible) {
        if (!feasible || values.size() != objectives.size()) return;
        Values losses;
        for (size_t k = 0; k < values.size(); ++k) {
          if (std::isnan(values[k])) return;  // as other tools may store it
          losses.push_back(objectives[k].Loss(values[k]));
        }
        front.Add(number, std::move(losses));
      });
  if (!status.ok()) return status;
  return front.ids();
}

absl::StatusOr<std::vector<Trial>> ReadTrials(Storage& storage, int64_t study,
                                              absl::Span<const int64_t> numbers) {
  // A reader that knows all but the ends of these.
  ReadCursor cursor;
  cursor.next = std::numeric_limits<int64_t>::max() / 4;
  cursor.open.assign(numbers.begin(), numbers.end());
  std::vector<Trial> trials;
  absl::Status status = storage.Read(study, &cursor, [&](TrialRecord record) {
    if (record.trial.finished()) trials.push_back(std::move(record.trial));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return trials;
}

Value StrategyOf(const StudyRecord& study) {
  if (const Value* spec = study.attributes.Find(kSpecAttribute)) {
    const Value* const strategy = spec->Find("strategy");
    return strategy == nullptr ? Value() : *strategy;
  }
  const Value* const strategy = study.attributes.Find(kStrategyAttribute);
  return strategy == nullptr ? Value() : *strategy;
}

Budget BudgetOf(const StudyRecord& study) {
  const Value* const spec = study.attributes.Find(kSpecAttribute);
  const Value* const given = spec == nullptr ? nullptr : spec->Find("budget");
  if (given == nullptr) return {};
  absl::StatusOr<Budget> budget = BudgetFromValue(*given, "budget");
  return budget.ok() ? *std::move(budget) : Budget();
}

}  // namespace sturgeon
