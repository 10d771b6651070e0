// A storage in a database that speaks SQL, in Optuna's tables: all of the contract of
// core/storage.h that SQLite and PostgreSQL share.
//
//   SqlStorage::Open([path] { return SqliteConnection::Open(path); }, "sqlite:" + path,
//                    absl::ZeroDuration());
//
// docs/storage.md says what is in the tables. Each call is a transaction; those of one process that
// come at one time share one (storage/sql_session.h). The trial that a call is about is locked by
// the study's row (FOR UPDATE, as Optuna does), so that calls of several processes on one study
// follow each other.
//
// Cost of a call: O(what it changes or reads), by indexes; a study's size does not matter, but to
// FindStudy of a study that Optuna has made (all its parameters' distributions are read) and to
// ListStudies and DeleteStudy.
#ifndef STURGEON_STORAGE_SQL_STORAGE_H_
#define STURGEON_STORAGE_SQL_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/storage.h"
#include "storage/optuna_format.h"
#include "storage/sql_connection.h"
#include "storage/sql_session.h"

namespace sturgeon {

class SqlStorage final : public Storage {
 public:
  // Connects once, and makes or checks the tables. `description` is the URL without a password;
  // `outage` says for how long a lost server is sought.
  static absl::StatusOr<std::unique_ptr<SqlStorage>> Open(SqlConnector connect,
                                                          std::string description,
                                                          absl::Duration outage);

  std::string description() const override { return description_; }
  absl::StatusOr<int64_t> CreateStudy(const StudyRecord& study) override;
  absl::StatusOr<StudyRecord> FindStudy(absl::string_view name) override;
  absl::StatusOr<std::vector<StudyListing>> ListStudies() override;
  absl::Status DeleteStudy(int64_t study) override;
  absl::Status SetAttribute(int64_t study, absl::string_view name, const Value& value) override;
  absl::StatusOr<int64_t> Enqueue(int64_t study, absl::Span<const Value> assignments) override;
  absl::StatusOr<int64_t> Import(int64_t study, absl::Span<const TrialRecord> trials) override;
  absl::StatusOr<ClaimResult> Claim(int64_t study, const ClaimRequest& request,
                                    ReadCursor* cursor) override;
  absl::Status Propose(int64_t study, absl::Span<const StoredProposal> proposals) override;
  absl::Status Unclaim(int64_t study, absl::Span<const int64_t> numbers,
                       absl::string_view reason) override;
  absl::Status Report(int64_t study, int64_t number, int64_t step,
                      absl::Span<const double> values) override;
  absl::Status Finish(int64_t study, int64_t number, const Outcome& outcome,
                      const RetryRule& retry) override;
  absl::Status RequestStop(int64_t study, int64_t number, absl::string_view reason) override;
  absl::StatusOr<StudyWishes> ReadWishes(int64_t study, absl::Span<const int64_t> numbers) override;
  absl::Status Heartbeat(int64_t study, absl::Span<const int64_t> numbers) override;
  absl::StatusOr<std::vector<int64_t>> SettleLost(
      int64_t study, absl::Duration grace, const std::function<bool(absl::string_view)>& dead,
      const RetryRule& retry) override;
  absl::Status Read(int64_t study, ReadCursor* cursor,
                    const std::function<absl::Status(TrialRecord)>& visit) override;
  absl::Status ReadValues(int64_t study, const ValuesVisitor& visit) override;

 private:
  // A study's layout, and what it was made of; a study of that id with other columns is another.
  struct Known {
    std::string name;
    std::string attribute;  // kStudyAttribute; "": a study of Optuna's
    std::shared_ptr<const StudyLayout> layout;
  };
  using Layout = std::shared_ptr<const StudyLayout>;

  SqlStorage(SqlConnector connect, std::string description, absl::Duration outage)
      : description_(std::move(description)), session_(std::move(connect), outage) {}

  // Of the study, within a transaction. `lock`: keeps other writers away from its trials until the
  // transaction ends. `fresh`: an Optuna study's trials may have new parameters.
  absl::StatusOr<Layout> FindLayout(SqlConnection& connection, int64_t study, bool lock,
                                    bool fresh = false);
  absl::StatusOr<Layout> LoadLayout(SqlConnection& connection, int64_t study,
                                    absl::string_view name, absl::string_view attribute);
  // An error that says, if it does not yet, which storage and which study it is about.
  absl::Status Placed(int64_t study, const absl::Status& status);
  std::string Where(absl::string_view study_name) const;

  const std::string description_;
  SqlSession session_;
  absl::Mutex mutex_;
  absl::flat_hash_map<int64_t, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQL_STORAGE_H_
