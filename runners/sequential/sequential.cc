#include "runners/sequential/sequential.h"

#include <utility>

#include "runners/study_run.h"

namespace sturgeon {

const Schema<SequentialOptions>& SequentialRunner::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<SequentialOptions>();
    AddTrialOptions(*made);
    return made;
  }();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Runner>> SequentialRunner::Create(SequentialOptions options,
                                                                 const RunnerContext& /*context*/) {
  absl::Status status = CheckTrialOptions(options);
  if (!status.ok()) return status;
  return std::unique_ptr<Runner>(new SequentialRunner(std::move(options)));
}

absl::StatusOr<std::unique_ptr<ModelFactory>> SequentialRunner::Isolated(
    const RunRequest& request) {
  return StudyRun::Isolate(request, options_);
}

absl::StatusOr<RunSummary> SequentialRunner::Run(const RunRequest& request) {
  absl::StatusOr<std::unique_ptr<StudyRun>> run = StudyRun::Create(request, options_);
  if (!run.ok()) return run.status();
  (*run)->Work();
  return (*run)->Finish();
}

}  // namespace sturgeon
