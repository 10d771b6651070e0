// A result file (core/result.h) with its trials, for those who make something of it.
#ifndef STURGEON_APPS_RESULT_FILE_H_
#define STURGEON_APPS_RESULT_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

struct ResultFile {
  StudyConfig config;
  Value strategy;  // null: the file does not name it
  std::vector<Trial> trials;
  std::vector<Trial> best;  // of several objectives the Pareto front
};

// Errors name the file: it cannot be read, or is no result.
absl::StatusOr<ResultFile> ReadResultFile(const std::string& path);

// A metric of a trial: the objective's value, else the last one reported; nullopt: there is none.
std::optional<double> MetricOf(const StudyConfig& config, const Trial& trial,
                               absl::string_view metric);

}  // namespace sturgeon

#endif  // STURGEON_APPS_RESULT_FILE_H_
