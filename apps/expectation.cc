#include "apps/expectation.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/trial_csv.h"
#include "apps/trial_filter.h"
#include "core/json.h"

namespace sturgeon {
namespace {

std::string Has(const StudyConfig& config, const Trial& trial, const std::string& name) {
  const std::optional<int> parameter = config.space.Find(name);
  const std::optional<double> metric = MetricOf(config, trial, name);
  std::string value = "none";
  if (parameter.has_value()) {
    value = CsvCell(config.space[*parameter], trial.point[*parameter]);
  } else if (metric.has_value()) {
    value = WriteJson(*metric);
  }
  return absl::StrCat("trial ", trial.id, " has ", value);
}

}  // namespace

absl::Status CheckExpected(const ResultFile& result, const Value& expected) {
  const StudyConfig& config = result.config;
  if (!expected.is_object()) {
    return absl::InvalidArgumentError("what is expected is an object of names and comparisons");
  }
  std::vector<TrialFilter> filters;
  for (const Value::Field& field : expected.object()) {
    if (!field.value.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field.name, ": expected a comparison, such as \"<= 0.12\", got ",
                       KindName(field.value.kind())));
    }
    absl::StatusOr<TrialFilter> filter =
        TrialFilter::Create(config, "", absl::StrCat(field.name, field.value.string()));
    if (!filter.ok()) return filter.status();
    filters.push_back(*std::move(filter));
  }
  if (result.best.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.name, ": no trial is complete and feasible"));
  }
  std::vector<std::string> missed;
  for (const Trial& trial : result.best) {
    std::vector<std::string> wrong;
    for (size_t i = 0; i < filters.size(); ++i) {
      const Value::Field& field = expected.object()[i];
      if (filters[i].Keeps(trial)) continue;
      wrong.push_back(absl::StrCat(field.name, " ", field.value.string(), ": ",
                                   Has(config, trial, field.name)));
    }
    if (wrong.empty()) return absl::OkStatus();
    missed.push_back(absl::StrJoin(wrong, ", "));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(config.name, ": the best falls short of ", absl::StrJoin(missed, "; ")));
}

}  // namespace sturgeon
