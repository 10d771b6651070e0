// What every runner promises, as a test suite that a plugin's author runs over the plugin:
//
//   INSTANTIATE_TEST_SUITE_P(Caviar, RunnerConformance,
//                            testing::Values(RunnerCase{"two", &kCaviarRunner,
//                                                       *ParseAssignments("parallelism=2"), 2}),
//                            RunnerCaseName);
//
// A case declares what the runner can do; the suite holds it to the contract of core/runner.h and
// to what was declared: limits are exact; exhaustion, cancellation (before and during the run), the
// time limit and errors of the strategy end the run, and leave no trial running and no thread;
// models that throw, fail, are slow or return what is not finite make failed trials of their kind,
// and the study lives; assignments, fixed values, seeds and budgets reach the model; reports and
// the decisions on them take effect; the summary counts what the study counts.
#ifndef STURGEON_RUNNERS_CONFORMANCE_H_
#define STURGEON_RUNNERS_CONFORMANCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/model.h"
#include "core/runner.h"
#include "core/study.h"
#include "core/trial.h"
#include "core/value.h"
#include "gtest/gtest.h"
#include "runners/testing.h"

namespace sturgeon {

struct RunnerCase {
  std::string name;  // in the names of the tests: letters, digits, underscores
  const RunnerPlugin* plugin;
  Value options = Value::Object();
  // Declared capabilities.
  int parallelism = 1;  // how many trials really run at once with these options
  // The option that holds the seconds after which a trial fails; empty: there is none.
  std::string timeout_option = "trial_timeout";
};

// The model of the suite's studies, `scripted`. A runner that trains models in other processes
// needs a test program that knows it there as well: `//runners:conformance_main` has the main of
// one.
extern const ModelPlugin kScriptedModel;

class RunnerConformance : public testing::TestWithParam<RunnerCase> {
 protected:
  // What a run is made of; tests change what they are about.
  struct Setup {
    Value model = Value::Object();  // further options of `scripted`
    StudyConfig study = SmallStudy();
    Value strategy = Value::Object();  // options of `witness`
    Value fixed = Value::Object();
    int64_t trials = 20;
    absl::Duration time_limit = absl::InfiniteDuration();
    const std::atomic<bool>* cancelled = nullptr;
    Value options = GetParam().options;
    std::function<void(Study&)> prepare;  // called before the run
    std::function<void(const Trial&)> on_finish;
    std::function<void(absl::string_view)> on_note;
  };
  struct Ran {
    absl::StatusOr<RunSummary> summary;
    std::vector<Trial> trials;
  };

  // Runs a study of the model `scripted` with that script, and checks what holds after every run:
  // all trials have ended, each was announced once at either end, the summary's counts are the
  // study's, and no thread is left.
  Ran Run(const char* script, const Setup& setup) const;
};

std::string RunnerCaseName(const testing::TestParamInfo<RunnerCase>& info);
void PrintTo(const RunnerCase& runner_case, std::ostream* os);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_CONFORMANCE_H_
