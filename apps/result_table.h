// The results of many studies side by side: the same objective, other seeds, strategies, data sets.
#ifndef STURGEON_APPS_RESULT_TABLE_H_
#define STURGEON_APPS_RESULT_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/study_config.h"
#include "core/value.h"

namespace sturgeon {

// One study of many.
struct TableEntry {
  std::vector<std::pair<std::string, std::string>> labels;  // {"strategy", "tpe"}: all but the seed
  int64_t seed = 0;
  std::string path;  // of its result
};

// [{"labels": {"strategy": "tpe"}, "seed": 1, "result": PATH}, …]. InvalidArgument begins with
// `source`.
absl::StatusOr<std::vector<TableEntry>> EntriesFromValue(const Value& value,
                                                         const std::string& source);

// Studies that differ in nothing but their seeds, and what came of them.
struct TableRow {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<int64_t> seeds;
  std::vector<std::optional<double>> values;  // the best of each seed; nullopt: there is none
  std::vector<int64_t> trials, failed;        // of each seed

  // Over the seeds that have a value: how many; NaN where these are too few.
  struct Spread {
    int64_t count = 0;
    double mean = 0, deviation = 0;  // of a sample: by count - 1
    double least = 0, median = 0, greatest = 0;
  };
  Spread spread() const;
};

struct ResultTable {
  Objective objective;
  std::vector<TableRow> rows;  // in the order in which their first entries stand
};

// Reads all results. InvalidArgument: they have not the same one objective.
absl::StatusOr<ResultTable> MakeTable(const std::vector<TableEntry>& entries);

// A row a line: mean ± standard deviation, median, least and greatest, and how many seeds; the best
// mean is bold.
std::string TableMarkdown(const ResultTable& table);
// A study a line.
std::string TableCsv(const ResultTable& table);
Value TableJson(const ResultTable& table);

}  // namespace sturgeon

#endif  // STURGEON_APPS_RESULT_TABLE_H_
