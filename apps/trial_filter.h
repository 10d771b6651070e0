// Which trials `sturgeon trials` shows: --state and --where.
#ifndef STURGEON_APPS_TRIAL_FILTER_H_
#define STURGEON_APPS_TRIAL_FILTER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/storage.h"
#include "core/study_config.h"

namespace sturgeon {

class TrialFilter {
 public:
  // `states`: names of states with commas between; "": all. `where`: comparisons with commas
  // between, such as "learning_rate<0.01,optimizer=adam"; a name is a parameter's, a metric's (the
  // objective's value, else the last one reported), id or seconds. A parameter that is inactive, or
  // a metric that there is none of, never compares. InvalidArgument: an unknown name, with the
  // nearest; no comparison; a value that the parameter cannot have; order among choices.
  static absl::StatusOr<TrialFilter> Create(const StudyConfig& config, absl::string_view states,
                                            absl::string_view where);

  bool Keeps(const Trial& trial) const;
  bool keeps_all() const { return states_.empty() && conditions_.empty(); }

 private:
  enum class Operator { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };
  enum class Source { kId, kSeconds, kParameter, kObjective, kMetric };
  struct Comparison {
    Source source;
    size_t index;
    Operator op;
    double value;
  };

  static absl::StatusOr<Comparison> ParseComparison(const StudyConfig& config,
                                                    absl::string_view* text);

  std::vector<TrialState> states_;
  std::vector<Comparison> conditions_;
};

}  // namespace sturgeon

#endif  // STURGEON_APPS_TRIAL_FILTER_H_
