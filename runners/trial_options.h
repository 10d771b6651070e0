// The options that all runners of this process have: limits on a trial, and where it runs.
#ifndef STURGEON_RUNNERS_TRIAL_OPTIONS_H_
#define STURGEON_RUNNERS_TRIAL_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/option_schema.h"

namespace sturgeon {

struct TrialOptions {
  double trial_timeout = 0;
  std::string isolation = "thread";
  int64_t memory_limit = 0;
  double cpu_limit = 0;

  // A number of seconds, of which 0 is no limit.
  static absl::Duration Limit(double seconds) {
    return seconds > 0 ? absl::Seconds(seconds) : absl::InfiniteDuration();
  }
};

// InvalidArgument: a limit that needs processes, without them.
absl::Status CheckTrialOptions(const TrialOptions& options);

// Adds them to the schema of a runner's options, which begin with TrialOptions.
template <typename Options>
void AddTrialOptions(Schema<Options>& schema) {
  double Options::*const trial_timeout = &TrialOptions::trial_timeout;
  std::string Options::*const isolation = &TrialOptions::isolation;
  int64_t Options::*const memory_limit = &TrialOptions::memory_limit;
  double Options::*const cpu_limit = &TrialOptions::cpu_limit;
  schema
      .Add("trial_timeout", trial_timeout,
           "Seconds after which a trial fails; 0: none. The model is asked to stop; with "
           "isolation=process it is killed a second later.",
           AtLeast(0.0))
      .Add("isolation", isolation,
           "Where models train: thread (of this process) or process (of their own: a model that "
           "crashes costs its trial, not the study).",
           OneOf({"thread", "process"}))
      .Add("memory_limit", memory_limit,
           "isolation=process: MiB of memory that a model's process may have, the data included; "
           "0: no limit.",
           Between(0, 1 << 30))
      .Add("cpu_limit", cpu_limit,
           "isolation=process: seconds of CPU, of all threads together, after which a trial is "
           "killed; 0: no limit.",
           AtLeast(0.0));
}

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_TRIAL_OPTIONS_H_
