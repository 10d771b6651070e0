// What a stopping rule looks at, and when: the options and the arithmetic that all rules share.
//
//   struct MyOptions : WatchOptions { int64_t patience = 10; };
//   Schema<MyOptions> schema = WatchSchema<MyOptions>().Add("patience", …);
//
//   auto watch = Watch::Create(options, context.study);       // in Create
//   if (!watch_.Due(trial.reports)) return std::nullopt;      // in ShouldStop
//   const Curve curve = watch_.CurveOf(trial.reports);
//   if (curve.Best() > bound) return absl::StrCat(watch_.metric(), " ", watch_.Value(…), …);
//
// Losses: the metric with the sign that makes less better; Value() is the way back.
#ifndef STURGEON_STOPPING_WATCH_H_
#define STURGEON_STOPPING_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

struct WatchOptions {
  std::string metric;
  std::string goal;
  int64_t warmup_steps = 0;
  int64_t interval = 1;
};

// Whether a rule must know which values of its metric are better. If not, losses are values.
enum class WatchGoal { kNeeded, kAny };

// The rows of a schema for the members of WatchOptions, from which `Options` derives; none for
// `goal` where any will do.
template <typename Options>
Schema<Options> WatchSchema(WatchGoal goal = WatchGoal::kNeeded) {
  Schema<Options> schema;
  schema.template Add<std::string>(
      "metric", &Options::metric, "The metric that the rule watches; \"\": the first objective's.");
  if (goal == WatchGoal::kNeeded) {
    schema.template Add<std::string>(
        "goal", &Options::goal,
        "What is wanted of the metric; \"\": what the study, or the model, says.",
        OneOf({"", "minimize", "maximize"}));
  }
  return schema
      .template Add<int64_t>("warmup_steps", &Options::warmup_steps,
                             "Steps after which no trial is stopped yet.", AtLeast<int64_t>(0))
      .template Add<int64_t>("interval", &Options::interval,
                             "How many steps lie between one look at a trial and the next.",
                             AtLeast<int64_t>(1));
}

// A metric over the steps of a trial. Steps at which it was not finite are left out.
struct Curve {
  std::vector<int64_t> steps;  // growing
  std::vector<double> losses;

  bool empty() const { return steps.empty(); }
  size_t size() const { return steps.size(); }
  // The index of the least loss, the first of equals. The curve is not empty.
  size_t BestIndex() const;
  double Best() const { return losses[BestIndex()]; }
};

class Watch {
 public:
  // InvalidArgument: the study has no such metric (names those that it has), its goal is not known,
  // or `goal` is not the one that the study has for it.
  static absl::StatusOr<Watch> Create(const WatchOptions& options, const StudyConfig& study,
                                      WatchGoal goal = WatchGoal::kNeeded);

  // Whether the rule is to look at the trial after its last report: at the first report at or
  // after each of the steps warmup_steps + interval, warmup_steps + 2 interval, …
  bool Due(const ReportLog& reports) const;

  Curve CurveOf(const ReportLog& reports) const;
  // What a trial that has ended came to: its objective's loss, where that is what is watched, else
  // that of its last report; nullopt: there is none.
  std::optional<double> FinalLoss(const Trial& trial) const;

  // The metric of a loss.
  double Value(double loss) const { return goal_ == Goal::kMinimize ? loss : -loss; }

  const std::string& metric() const { return metric_; }
  // "epoch 4"
  std::string Step(int64_t step) const { return absl::StrCat(unit_, " ", step); }
  // "above" or "below": where worse values of the metric lie.
  const char* worse() const { return goal_ == Goal::kMinimize ? "above" : "below"; }

 private:
  std::string metric_;
  std::string unit_;
  int column_ = 0;      // in StudyConfig::metrics
  int objective_ = -1;  // in StudyConfig::objectives; -1: it is none
  Goal goal_ = Goal::kMinimize;
  int64_t warmup_steps_ = 0;
  int64_t interval_ = 1;
};

}  // namespace sturgeon

#endif  // STURGEON_STOPPING_WATCH_H_
