#include "runners/testing.h"

#include <cstring>
#include <thread>  // NOLINT(build/c++11)

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/random.h"
#include "core/space.h"
#include "core/trial.h"

namespace sturgeon {
namespace {

uint64_t Bits(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

class LambdaTraining final : public Model {
 public:
  LambdaTraining(const LambdaModel::Function& function, Value assignment, uint64_t seed)
      : function_(function), assignment_(std::move(assignment)), seed_(seed) {}

  absl::StatusOr<std::vector<double>> Train(int64_t steps, const StopToken& stop) override {
    return function_({assignment_, seed_, step_ += steps, stop});
  }

 private:
  const LambdaModel::Function& function_;
  const Value assignment_;
  const uint64_t seed_;
  int64_t step_ = 0;
};

}  // namespace

const Schema<WitnessOptions>& WitnessStrategy::OptionSchema() {
  static const auto* const schema = new Schema<WitnessOptions>(
      Schema<WitnessOptions>()
          .Add("trials", &WitnessOptions::trials, "Trials that it has; 0: no end.", AtLeast(0))
          .Add("budget", &WitnessOptions::budget, "Of its trials; 0: none.")
          .Add("stop_share", &WitnessOptions::stop_share, "Of reports answered by kStop.",
               Between(0.0, 1.0))
          .Add("error_at", &WitnessOptions::error_at, "The trial to be asked for in vain.")
          .Add("tell_error_at", &WitnessOptions::tell_error_at, "The trial not to be told."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> WitnessStrategy::Create(WitnessOptions options,
                                                                  const StrategyContext& context) {
  return std::unique_ptr<Strategy>(new WitnessStrategy(options, context));
}

void WitnessStrategy::Remember(const std::string& call, absl::Span<const double> values) {
  note_(call);
  for (const char letter : call) history_ = RandomStream(history_, letter, 0)();
  for (const double value : values) history_ = RandomStream(history_, Bits(value), 0)();
}

absl::StatusOr<std::vector<Proposal>> WitnessStrategy::Ask(const AskRequest& request) {
  std::string call = absl::StrCat("ask ", request.first_id, " x", request.count, " pending");
  std::vector<double> values;
  for (const PendingTrial& pending : request.pending) {
    absl::StrAppend(&call, " ", pending.id);
    values.insert(values.end(), pending.point.begin(), pending.point.end());
  }
  Remember(call, values);
  std::vector<Proposal> proposals;
  for (int64_t id = request.first_id; id < request.first_id + request.count; ++id) {
    if (id == options_.error_at) return absl::InternalError(absl::StrCat("error at ", id));
    if (options_.trials > 0 && id >= options_.trials) break;
    Proposal& proposal = proposals.emplace_back();
    RandomStream rng(history_, id, kProposalStream);
    std::vector<double> unit(study_.space.size());
    for (double& u : unit) u = rng.Uniform();
    proposal.point.resize(unit.size());
    study_.space.FromUnit(unit, absl::MakeSpan(proposal.point));
    if (options_.budget != 0) proposal.budget = options_.budget;
  }
  return proposals;
}

absl::Status WitnessStrategy::Tell(absl::Span<const Trial* const> finished) {
  for (const Trial* trial : finished) {
    Remember(absl::StrCat("tell ", trial->id, " ", TrialStateName(trial->state)), trial->values);
    if (trial->id == options_.tell_error_at) {
      return absl::InternalError(absl::StrCat("tell error at ", trial->id));
    }
  }
  return absl::OkStatus();
}

Decision WitnessStrategy::OnReport(const RunningTrial& trial) {
  const size_t last = trial.reports.size() - 1;
  Remember(absl::StrCat("report ", trial.id, " step ", trial.reports.step(last)),
           trial.reports.values(last));
  RandomStream rng(history_, trial.id, kFirstPluginStream);
  return rng.Uniform() < options_.stop_share ? Decision::kStop : Decision::kContinue;
}

const Plugins& WitnessPlugins() {
  static const Plugins* const plugins = [] {
    auto* made = new Plugins();
    made->strategies.Add(kWitnessStrategy).IgnoreError();
    return made;
  }();
  return *plugins;
}

absl::StatusOr<std::unique_ptr<Model>> LambdaModel::Create(const Value& assignment,
                                                           const ModelOptions& options) const {
  return std::unique_ptr<Model>(
      std::make_unique<LambdaTraining>(function_, assignment, options.seed));
}

StudyConfig SmallStudy() {
  StudyConfig config;
  // Valid by construction.
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1),
                                       Parameter::Categorical("c", {"a", "b"})});
  config.seed = 7;
  return config;
}

void Dawdle(uint64_t timing, const LambdaModel::Step& step) {
  RandomStream rng(timing, step.seed, step.step);
  const uint64_t end = rng.Below(20000);
  for (volatile uint64_t i = 0; i < end; i = i + 1) {
  }
  if (rng.Below(4) == 0) std::this_thread::yield();
}

std::string DescribeTrials(const Study& study) {
  std::string text;
  const auto numbers = [&text](absl::string_view name, absl::Span<const double> values) {
    absl::StrAppend(&text, " ", name);
    for (const double value : values) absl::StrAppendFormat(&text, " %.17g", value);
  };
  for (const Trial& trial : study.Trials()) {
    absl::StrAppend(&text, trial.id, " ", TrialStateName(trial.state), " ",
                    FailureKindName(trial.failure), " \"", trial.reason, "\"");
    numbers("point", trial.point);
    numbers("values", trial.values);
    for (size_t i = 0; i < trial.reports.size(); ++i) {
      numbers(absl::StrCat("report ", trial.reports.step(i)), trial.reports.values(i));
    }
    text += "\n";
  }
  return text;
}

}  // namespace sturgeon
