// Studies that a storage holds, as the commands that look at them find and read them.
#ifndef STURGEON_APPS_STORED_STUDY_H_
#define STURGEON_APPS_STORED_STUDY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "apps/command.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// Where studies are if nobody says anything else.
inline constexpr char kDefaultStorage[] = "sqlite:sturgeon.db";

// The strategy of an imported study, as its result file had it; an attribute.
inline constexpr char kStrategyAttribute[] = "sturgeon:strategy";

inline constexpr CommandFlag kStorageFlag = {
    "storage", "WHERE",
    "Where the study is kept: sqlite:FILE or postgresql://…; sqlite:sturgeon.db if none is said."};
inline constexpr CommandFlag kStudyNameFlag = {
    "study_name", "NAME", "Which study; need not be said where there is only one."};

// Columns of what is shown at a descriptor; 0, no limit, if that is no terminal.
int ShownWidth(int descriptor);

// Opens a storage that is there already. NotFound: it is not.
absl::StatusOr<std::unique_ptr<Storage>> OpenExisting(const StorageRegistry& storages,
                                                      absl::string_view url);

// The study of that name; of no name (""), the only one. NotFound names those that are there, and
// the nearest.
absl::StatusOr<StudyRecord> FindStored(Storage& storage, absl::string_view name);

// Both of these, for the flags --storage and --study_name.
struct StoredStudy {
  std::unique_ptr<Storage> storage;
  StudyRecord study;
};
absl::StatusOr<StoredStudy> OpenStored(const StorageRegistry& storages);

// The numbers of the Pareto front's trials, in order; of one objective, of the best trial. Empty:
// no complete trial is feasible. Cost: that of Storage::ReadValues, and O(trials x front).
absl::StatusOr<std::vector<int64_t>> BestTrials(Storage& storage, const StudyRecord& study);

// These trials, which have ended, in the order of the numbers.
absl::StatusOr<std::vector<Trial>> ReadTrials(Storage& storage, int64_t study,
                                              absl::Span<const int64_t> numbers);

// The strategy that the study was made with, as its result file names it; null: not known.
Value StrategyOf(const StudyRecord& study);

// The budget that the study was made with, likewise.
Budget BudgetOf(const StudyRecord& study);

}  // namespace sturgeon

#endif  // STURGEON_APPS_STORED_STUDY_H_
