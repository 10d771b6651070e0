// Whole studies that go on from checkpoints, with the real models and runners: what comes out is,
// bit for bit, what training without a break gives.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>  // NOLINT(build/c++17)
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/checkpoint_store.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/random.h"
#include "core/runner.h"
#include "core/space.h"
#include "core/stop_token.h"
#include "core/strategy.h"
#include "core/study.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"
#include "gtest/gtest.h"
#include "runners/trial_run.h"

namespace sturgeon {
namespace {

constexpr int64_t kEpochs = 6;

// Successive halving of eight trials: eight are trained for two epochs, the better four of them for
// four, the better two of those to the end; each in a trial of its own, which starts from the
// checkpoint of the one before.
struct HalvingOptions {};
class Halving final : public Strategy {
 public:
  static const Schema<HalvingOptions>& OptionSchema() {
    static const auto* const schema = new Schema<HalvingOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Strategy>> Create(HalvingOptions,
                                                          const StrategyContext& context) {
    return std::unique_ptr<Strategy>(new Halving(context.study));
  }

  absl::StatusOr<std::vector<Proposal>> Ask(const AskRequest& request) override {
    std::vector<Proposal> proposals;
    for (int64_t id = request.first_id; id < request.first_id + request.count; ++id) {
      Proposal proposal;
      if (id < 8) {
        RandomStream rng(study_.seed, id, kProposalStream);
        std::vector<double> unit(study_.space.size());
        for (double& u : unit) u = rng.Uniform();
        proposal.point.resize(unit.size());
        study_.space.FromUnit(unit, absl::MakeSpan(proposal.point));
        proposal.budget = 2;
      } else {
        const bool last = id >= 12;
        const size_t rung = last ? 8 : 0, size = last ? 4 : 8, place = id - (last ? 12 : 8);
        if (id >= 14 || told_.size() < rung + size) break;
        std::vector<const Trial*> best(told_.begin() + rung, told_.begin() + rung + size);
        std::sort(best.begin(), best.end(), [](const Trial* a, const Trial* b) {
          return std::make_pair(a->values[0], a->id) < std::make_pair(b->values[0], b->id);
        });
        proposal.point = best[place]->point;
        proposal.resume_from = best[place]->id;
        if (!last) proposal.budget = 4;
      }
      proposals.push_back(std::move(proposal));
    }
    return proposals;
  }
  absl::Status Tell(absl::Span<const Trial* const> finished) override {
    told_.insert(told_.end(), finished.begin(), finished.end());
    std::sort(told_.begin(), told_.end(),
              [](const Trial* a, const Trial* b) { return a->id < b->id; });
    return absl::OkStatus();
  }

 private:
  explicit Halving(const StudyConfig& study) : study_(study) {}
  const StudyConfig& study_;
  std::vector<const Trial*> told_;
};
constexpr StrategyPlugin kHalving = MakeStrategyPlugin<Halving>("halving", "For this test");

// Two columns, and a label that is not linear in them.
std::string Table() {
  const std::string path = testing::TempDir() + "/checkpoints_test.csv";
  std::ofstream file(path);
  RandomStream random(4, 0, kFirstPluginStream);
  file << "a,b,label\n";
  for (int i = 0; i < 200; ++i) {
    const double a = random.Normal(), b = random.Normal();
    file << a << "," << b << "," << (a * b + 0.3 * random.Normal() > 0 ? "yes" : "no") << "\n";
  }
  return path;
}

// What is not active is NaN.
bool Same(const Point& a, const Point& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

struct Case {
  const char* model;
  const char* runner;
  const char* runner_options;
};

class CheckpointedStudyTest : public testing::TestWithParam<Case> {};

TEST_P(CheckpointedStudyTest, HalvingGivesWhatTrainingWithoutABreakGives) {
  auto linked = Plugins::FromLinked();
  ASSERT_TRUE(linked.ok()) << linked.status();
  Plugins plugins = *std::move(linked);
  ASSERT_TRUE(plugins.strategies.Add(kHalving).ok());

  PluginSpec model_spec{GetParam().model};
  model_spec.options = Value(Value::Object{{"dataset", "csv:" + Table()}, {"epochs", kEpochs}});
  auto model = plugins.models.Create(model_spec, ModelContext(), "here");
  ASSERT_TRUE(model.ok()) << model.status();

  StudyConfig config;
  config.name = absl::StrCat("halving ", GetParam().model, GetParam().runner_options);
  config.space = (*model)->default_space();
  config.metrics = {"validation_error", "validation_loss", "train_loss"};
  config.objectives = {{"validation_loss", Goal::kMinimize}};
  config.seed = 11;
  config.max_steps = kEpochs;

  CheckpointOptions options;
  options.root = testing::TempDir() + "/checkpoints_test";
  options.study = config.name;
  options.model = GetParam().model;
  std::vector<std::string> notes;
  options.note = [&](absl::string_view line) { notes.emplace_back(line); };
  auto store = CheckpointStore::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  (*store)->Clear();

  const auto runner_options = ParseAssignments(GetParam().runner_options);
  ASSERT_TRUE(runner_options.ok()) << runner_options.status();
  auto runner = plugins.runners.Create(PluginSpec{GetParam().runner, *runner_options},
                                       RunnerContext(), "here");
  ASSERT_TRUE(runner.ok()) << runner.status();
  const auto run = [&](CheckpointStore* checkpoints) {
    auto study = Study::Create(config, {"halving"}, plugins);
    EXPECT_TRUE(study.ok()) << study.status();
    RunRequest request = {**study, **model};
    request.checkpoints = checkpoints;
    // A strategy that is asked for more while trials run has no more to propose.
    for (const int64_t trials : {8, 12, 14}) {
      request.trials = trials;
      const auto summary = (*runner)->Run(request);
      EXPECT_TRUE(summary.ok()) << summary.status();
      EXPECT_EQ((*study)->counts().stopped, std::min<int64_t>(trials, 12));
      EXPECT_EQ((*study)->counts().complete, trials - (*study)->counts().stopped);
    }
    return (*study)->Trials();
  };
  const std::vector<Trial> trials = run(store->get());
  ASSERT_EQ(trials.size(), 14u);
  for (int64_t id = 0; id < 14; ++id) {
    const Trial& trial = trials[id];
    // The trial of the first rung with its point is the one that it goes back to.
    const auto first = std::find_if(trials.begin(), trials.end(), [&](const Trial& other) {
      return Same(other.point, trial.point);
    });
    const int64_t from = id < 8 ? 0 : id < 12 ? 2 : 4, to = id < 8 ? 2 : id < 12 ? 4 : kEpochs;
    auto whole = MakeTrialModel(config, **model, Value::Object(), first->id, trial.point);
    ASSERT_TRUE(whole.ok()) << whole.status();
    ASSERT_EQ(trial.reports.size(), static_cast<size_t>(to - from)) << "trial " << id;
    for (int64_t step = 1; step <= to; ++step) {
      const auto metrics = (*whole)->Train(1, StopToken());
      ASSERT_TRUE(metrics.ok()) << metrics.status();
      if (step <= from) continue;
      const size_t row = step - from - 1;
      EXPECT_EQ(trial.reports.step(row), step);
      EXPECT_EQ(
          std::vector<double>(trial.reports.values(row).begin(), trial.reports.values(row).end()),
          std::vector<double>({(*metrics)[0], (*metrics)[1], (*metrics)[3]}))
          << "trial " << id << " step " << step;
    }
    EXPECT_EQ(trial.values[0], trial.reports.values(to - from - 1)[1]);
  }
  EXPECT_TRUE(notes.empty()) << notes[0];
  EXPECT_TRUE((*store)->Unended().empty());

  // Without checkpoints it takes longer, and comes to the same.
  const std::vector<Trial> longer = run(nullptr);
  ASSERT_EQ(longer.size(), trials.size());
  for (size_t id = 0; id < trials.size(); ++id) {
    EXPECT_EQ(longer[id].values, trials[id].values) << "trial " << id;
    EXPECT_EQ(longer[id].reports.step(0), 1);
  }
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  return absl::StrCat(info.param.model, "_", info.index);
}

INSTANTIATE_TEST_SUITE_P(
    Models, CheckpointedStudyTest,
    testing::Values(Case{"mlp", "sequential", ""}, Case{"softmax_regression", "sequential", ""},
                    Case{"mlp", "caviar", "parallelism=3"},
                    Case{"mlp", "caviar", "parallelism=3,deterministic=true,width=4"}),
    CaseName);

}  // namespace
}  // namespace sturgeon
