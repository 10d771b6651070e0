// Reads trials out of Optuna's tables, many at a time.
//
// A trial's parts lie in five tables. They are read in step, a few hundred trials at a time: one
// ordered query a table, whose rows are handed to the trials as both go by. So a study of any size
// takes six queries for every kChunk trials, and memory for as many.
#ifndef STURGEON_STORAGE_SQL_TRIALS_H_
#define STURGEON_STORAGE_SQL_TRIALS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/storage.h"
#include "storage/optuna_format.h"
#include "storage/sql_connection.h"

namespace sturgeon {

class SqlTrials {
 public:
  // The last: the trial's key in the tables.
  using Visitor = absl::FunctionRef<absl::Status(TrialRecord, int64_t trial_id)>;

  // All must outlive the reader, and a transaction must be open.
  SqlTrials(SqlConnection& connection, int64_t study, const StudyLayout& layout);

  // The trials from a number on, or those of these keys, in the order of their numbers. DataLoss:
  // what is stored of a trial makes no sense. An error of `visit` ends it.
  absl::Status ReadFrom(int64_t first_number, Visitor visit);
  absl::Status ReadThese(absl::Span<const int64_t> trial_ids, Visitor visit);

 private:
  // A trial that is being put together.
  struct Row {
    int64_t trial_id = 0;
    TrialRecord record;
    bool proposed = false;        // its point is ours
    bool has_parameters = false;  // any
    bool retry = false;           // it is a copy of ours
    size_t values = 0;
    Value fixed;
    std::vector<double> constraints;                               // the list
    std::vector<std::pair<int64_t, double>> intermediate;          // by step
    std::vector<std::pair<int64_t, std::vector<double>>> reports;  // of all metrics
  };

  // Reads the trials that `where` (over trials AS t) says, given by `parameters`.
  absl::Status ReadChunk(absl::string_view where, SqlParameters parameters);
  absl::Status ReadPart(absl::string_view sql, absl::string_view where, absl::string_view order,
                        SqlParameters parameters, absl::FunctionRef<void(const SqlRow&, Row&)> add);
  absl::Status AddTrial(const SqlRow& row);
  void AddAttribute(const SqlRow& row, Row& trial);
  absl::Status Visit(Visitor visit);
  // Makes a whole of what was read.
  void Complete(Row& row) const;

  SqlConnection& connection_;
  const int64_t study_;
  const StudyLayout& layout_;
  PointReader points_;
  std::vector<Row> rows_;  // of the chunk, in the order of their keys
};

// Storage::ReadValues, within a transaction: two queries, of values and of constraints alone.
absl::Status ReadValuesOn(SqlConnection& connection, int64_t study, const StudyLayout& layout,
                          const Storage::ValuesVisitor& visit);

// Storage::Read, within a transaction: the open trials first, then what is new. The cursor moves
// with each trial that was visited.
absl::Status ReadOn(SqlConnection& connection, int64_t study, const StudyLayout& layout,
                    ReadCursor* cursor, absl::FunctionRef<absl::Status(TrialRecord)> visit);

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_SQL_TRIALS_H_
