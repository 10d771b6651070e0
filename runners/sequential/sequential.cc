#include "runners/sequential/sequential.h"

#include "runners/study_run.h"

namespace sturgeon {

const Schema<SequentialOptions>& SequentialRunner::OptionSchema() {
  static const auto* const schema = new Schema<SequentialOptions>(Schema<SequentialOptions>().Add(
      "trial_timeout", &SequentialOptions::trial_timeout, kTrialTimeoutDoc, AtLeast(0.0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Runner>> SequentialRunner::Create(SequentialOptions options,
                                                                 const RunnerContext& /*context*/) {
  return std::unique_ptr<Runner>(new SequentialRunner(options));
}

absl::StatusOr<RunSummary> SequentialRunner::Run(const RunRequest& request) {
  absl::StatusOr<std::unique_ptr<StudyRun>> run =
      StudyRun::Create(request, TrialTimeout(options_.trial_timeout));
  if (!run.ok()) return run.status();
  (*run)->Work();
  return (*run)->Finish();
}

}  // namespace sturgeon
