#include "apps/stored_study.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apps/kept_study.h"
#include "apps/terminal.h"
#include "core/study_config.h"
#include "core/suggest.h"
#include "gflags/gflags.h"

DECLARE_string(storage);

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

// A trial that may be the best.
struct Candidate {
  int64_t number;
  Values losses;
};

bool Dominates(const Values& a, const Values& b) {
  bool better = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (!(a[k] <= b[k])) return false;
    better |= a[k] < b[k];
  }
  return better;
}

}  // namespace

std::string StorageUrl() { return FlagGiven("storage") ? FLAGS_storage : kDefaultStorage; }

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

absl::StatusOr<std::vector<int64_t>> BestTrials(Storage& storage, const StudyRecord& study) {
  const std::vector<Objective>& objectives = study.config.objectives;
  std::vector<Candidate> front;
  Candidate trial;
  absl::Status status = storage.ReadValues(
      study.id, [&](int64_t number, absl::Span<const double> values, bool feasible) {
        if (!feasible || values.size() != objectives.size()) return;
        trial.number = number;
        trial.losses.clear();
        for (size_t k = 0; k < values.size(); ++k) {
          const double loss = objectives[k].Loss(values[k]);
          if (loss != loss) return;  // NaN, as other tools may store it
          trial.losses.push_back(loss);
        }
        const bool single = objectives.size() == 1;  // of equals, the earliest
        for (const Candidate& other : front) {
          if (Dominates(other.losses, trial.losses)) return;
          if (single && other.losses == trial.losses) return;
        }
        front.erase(std::remove_if(front.begin(), front.end(),
                                   [&](const Candidate& other) {
                                     return Dominates(trial.losses, other.losses);
                                   }),
                    front.end());
        front.push_back(trial);
      });
  if (!status.ok()) return status;
  std::vector<int64_t> numbers;
  for (const Candidate& best : front) numbers.push_back(best.number);
  return numbers;
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

}  // namespace sturgeon
