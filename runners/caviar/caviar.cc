#include "runners/caviar/caviar.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runners/caviar/in_order.h"
#include "runners/cores.h"
#include "runners/study_run.h"

namespace sturgeon {
namespace {

// Calls `work` in `count` threads and waits for them all.
void RunThreads(int64_t count, StudyRun& run, const std::function<void()>& work) {
  std::vector<std::thread> threads;
  try {
    for (int64_t i = 0; i < count; ++i) threads.emplace_back(work);
  } catch (const std::system_error& error) {
    run.Fail(absl::ResourceExhaustedError(absl::StrCat("cannot start thread ", threads.size() + 1,
                                                       " of ", count, " (", error.what(),
                                                       "); use a lower parallelism")));
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

const Schema<CaviarOptions>& CaviarRunner::OptionSchema() {
  static const auto* const schema = [] {
    auto* const made = new Schema<CaviarOptions>();
    made->Add("parallelism", &CaviarOptions::parallelism,
              "Trials at once; 0: the number of cores that the process may use.", Between(0, 1024));
    AddTrialOptions(*made);
    (*made)
        .Add("deterministic", &CaviarOptions::deterministic,
             "Whether the study is the same for any parallelism and timing.")
        .Add("schedule", &CaviarOptions::schedule,
             "Deterministic mode: window (the proposal for trial n sees the results of all "
             "trials up to n - width) or rounds (width trials are proposed at a time, and see "
             "the rounds before).",
             OneOf({"window", "rounds"}))
        .Add("width", &CaviarOptions::width,
             "Deterministic mode: trials under way at once, as the strategy sees it; a "
             "parallelism above it is not used.",
             Between(1, 1 << 20));
    return made;
  }();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Runner>> CaviarRunner::Create(CaviarOptions options,
                                                             const RunnerContext& /*context*/) {
  absl::Status status = CheckTrialOptions(options);
  if (!status.ok()) return status;
  return std::unique_ptr<Runner>(new CaviarRunner(std::move(options)));
}

int CaviarRunner::Threads() const {
  return options_.parallelism > 0 ? options_.parallelism : UsableCores();
}

int CaviarRunner::Parallelism() const {
  return options_.deterministic ? options_.width : Threads();
}

absl::StatusOr<std::unique_ptr<ModelFactory>> CaviarRunner::Isolated(const RunRequest& request) {
  return StudyRun::Isolate(request, options_);
}

absl::StatusOr<RunSummary> CaviarRunner::Run(const RunRequest& request) {
  absl::StatusOr<std::unique_ptr<StudyRun>> made = StudyRun::Create(request, options_);
  if (!made.ok()) return made.status();
  StudyRun& run = **made;
  int64_t threads = Threads();
  const std::optional<int64_t> room = run.Room();
  if (room.has_value()) threads = std::clamp<int64_t>(*room, 1, threads);
  if (options_.deterministic) {
    const Schedule schedule = options_.schedule == "rounds" ? Schedule::kRounds : Schedule::kWindow;
    InOrder in_order(run, schedule, options_.width);
    RunThreads(std::min<int64_t>(threads, options_.width), run, [&] { in_order.Work(); });
  } else {
    RunThreads(threads, run, [&] { run.Work(); });
  }
  return run.Finish();
}

}  // namespace sturgeon
