#include "models/conformance.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/random.h"
#include "core/space.h"
#include "core/stop_token.h"

namespace sturgeon {
namespace {

// Equal bits, NaN included.
testing::AssertionResult Same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() == b.size() &&
      (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0)) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << testing::PrintToString(a) << " differs from " << testing::PrintToString(b);
}

Value With(Value assignment, absl::string_view name, const Value& value) {
  assignment.Set(name, value);
  return assignment;
}

// Random points of the default space.
std::vector<Value> RandomAssignments(const SearchSpace& space, int count) {
  std::vector<Value> assignments;
  for (int i = 0; i < count; ++i) {
    RandomStream random(17, i, kFirstPluginStream);
    Point point(space.size());
    for (double& u : point) u = random.Uniform();
    space.FromUnit(point, absl::MakeSpan(point));
    assignments.push_back(AssignmentOf(space, point));
  }
  return assignments;
}

}  // namespace

Value AssignmentOf(const SearchSpace& space, const Point& point) {
  Value assignment = Value::Object();
  for (int i = 0; i < space.size(); ++i) {
    if (!std::isnan(point[i])) assignment.Set(space[i].name, space[i].ToValue(point[i]));
  }
  return assignment;
}

std::vector<double> TrainSteps(Model* model, int64_t steps) {
  auto metrics = model->Train(steps, StopToken());
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return metrics.ok() ? *std::move(metrics) : std::vector<double>();
}

std::string ModelCaseName(const testing::TestParamInfo<ModelCase>& info) { return info.param.name; }

void PrintTo(const ModelCase& model_case, std::ostream* os) { *os << model_case.name; }

void ModelConformance::SetUp() {
  auto factory =
      GetParam().plugin->create(GetParam().options, GetParam().plugin->name, ModelContext());
  ASSERT_TRUE(factory.ok()) << factory.status();
  factory_ = *std::move(factory);
}

std::unique_ptr<Model> ModelConformance::Make(uint64_t seed) const {
  return Make(GetParam().assignment, seed);
}

std::unique_ptr<Model> ModelConformance::Make(const Value& assignment, uint64_t seed) const {
  ModelOptions options;
  options.seed = seed;
  auto model = factory_->Create(assignment, options);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *std::move(model) : nullptr;
}

TEST_P(ModelConformance, ThePluginDescribesItself) {
  const ModelPlugin& plugin = *GetParam().plugin;
  EXPECT_STRNE(plugin.name, "");
  EXPECT_STRNE(plugin.summary, "");
  for (const OptionInfo& option : plugin.options()) EXPECT_NE(option.doc, "") << option.name;

  const auto made =
      plugin.create(With(GetParam().options, "no_such_option", 1), "here", ModelContext());
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(made.status().message(), "no_such_option")) << made.status();
  EXPECT_TRUE(absl::StrContains(made.status().message(), "here")) << made.status();
}

TEST_P(ModelConformance, MetricsAndUnitAreDeclared) {
  ASSERT_FALSE(factory_->metrics().empty());
  std::set<std::string> names;
  for (const auto* metrics : {&factory_->metrics(), &factory_->test_metrics()}) {
    for (const Metric& metric : *metrics) {
      EXPECT_NE(metric.name, "");
      EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " twice";
    }
  }
  EXPECT_NE(factory_->unit(), "");
  EXPECT_GE(factory_->max_steps(), 1);
  EXPECT_EQ(factory_->test_metrics().empty(), !GetParam().has_test);

  auto model = Make();
  ASSERT_NE(model, nullptr);
  const std::vector<double> metrics = TrainSteps(model.get(), 1);
  ASSERT_EQ(metrics.size(), factory_->metrics().size());
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    EXPECT_TRUE(std::isfinite(metrics[i])) << factory_->metrics()[i].name;
  }
}

TEST_P(ModelConformance, TheDefaultSpaceIsValidAndWorks) {
  const SearchSpace& space = factory_->default_space();
  EXPECT_TRUE(space.Validate(space.Default()).ok());
  for (const Parameter& parameter : space.parameters()) {
    EXPECT_GE(parameter.tier, kFirstTier) << parameter.name;
    EXPECT_LE(parameter.tier, kLastTier) << parameter.name;
  }

  // The defaults are what a model has that is told nothing.
  auto told = Make(AssignmentOf(space, space.Default()), 1);
  auto untold = Make(Value::Object(), 1);
  ASSERT_TRUE(told != nullptr && untold != nullptr);
  EXPECT_TRUE(Same(TrainSteps(told.get(), 1), TrainSteps(untold.get(), 1)));

  for (const Value& assignment : RandomAssignments(space, 8)) {
    auto model = Make(assignment, 1);
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(TrainSteps(model.get(), 1).size(), factory_->metrics().size());
  }
}

TEST_P(ModelConformance, TheSeedDecides) {
  auto a = Make(5), b = Make(5), c = Make(6);
  ASSERT_TRUE(a != nullptr && b != nullptr && c != nullptr);
  bool differs = false;
  for (int step = 0; step < 3; ++step) {
    const std::vector<double> metrics = TrainSteps(a.get(), 1);
    EXPECT_TRUE(Same(metrics, TrainSteps(b.get(), 1)));
    differs = differs || !Same(metrics, TrainSteps(c.get(), 1));
  }
  EXPECT_EQ(differs, GetParam().uses_seed);
}

TEST_P(ModelConformance, StepsAddUp) {
  auto whole = Make(), pieces = Make();
  ASSERT_TRUE(whole != nullptr && pieces != nullptr);
  TrainSteps(pieces.get(), 1);
  const std::vector<double> last = TrainSteps(pieces.get(), 2);
  EXPECT_TRUE(Same(TrainSteps(whole.get(), 3), last));
}

TEST_P(ModelConformance, ASavedModelGoesOn) {
  auto whole = Make();
  ASSERT_NE(whole, nullptr);
  TrainSteps(whole.get(), 2);
  const auto state = whole->Save();
  if (!GetParam().saves) {
    EXPECT_EQ(state.status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(whole->Load("").code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(state.ok()) << state.status();
  auto loaded = Make();
  ASSERT_NE(loaded, nullptr);
  TrainSteps(loaded.get(), 1);  // is forgotten
  const absl::Status status = loaded->Load(*state);
  ASSERT_TRUE(status.ok()) << status;
  const auto again = loaded->Save();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *state);
  for (int step = 0; step < 2; ++step) {
    EXPECT_TRUE(Same(TrainSteps(loaded.get(), 1), TrainSteps(whole.get(), 1)));
  }
}

TEST_P(ModelConformance, ABadStateIsAnError) {
  if (!GetParam().saves) GTEST_SKIP() << "declared as not saving";
  auto model = Make(), untouched = Make();
  ASSERT_TRUE(model != nullptr && untouched != nullptr);
  const auto state = model->Save();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(model->Load("rubbish").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(model->Load("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(model->Load(state->substr(0, state->size() - 1)).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(model->Load(*state + "x").code(), absl::StatusCode::kInvalidArgument);
  // The model is as it was.
  EXPECT_TRUE(Same(TrainSteps(model.get(), 1), TrainSteps(untouched.get(), 1)));
}

TEST_P(ModelConformance, WhatIsSetCounts) {
  for (const Value::Field& field : GetParam().settable.object()) {
    SCOPED_TRACE(field.name);
    // Set at once, it is the same as in the assignment …
    auto from_start = Make(With(GetParam().assignment, field.name, field.value), 1);
    auto plain = Make(), set = Make(), set_later = Make();
    ASSERT_TRUE(from_start != nullptr && plain != nullptr && set != nullptr);
    absl::Status status = set->Set(field.name, field.value);
    ASSERT_TRUE(status.ok()) << status;
    TrainSteps(plain.get(), 1);
    TrainSteps(from_start.get(), 1);
    TrainSteps(set.get(), 1);
    const std::vector<double> expected = TrainSteps(from_start.get(), 1);
    EXPECT_TRUE(Same(TrainSteps(set.get(), 1), expected));
    // … and it makes a difference, also between steps.
    EXPECT_FALSE(Same(TrainSteps(plain.get(), 1), expected));
    TrainSteps(set_later.get(), 2);
    status = set_later->Set(field.name, field.value);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_FALSE(Same(TrainSteps(set_later.get(), 1), TrainSteps(plain.get(), 1)));
  }
}

TEST_P(ModelConformance, TheSettableAreDeclared) {
  const std::vector<std::string> settable = factory_->settable();
  const std::set<std::string> names(settable.begin(), settable.end());
  EXPECT_EQ(names.size(), settable.size()) << "one is named twice";
  const SearchSpace& space = factory_->default_space();
  for (const std::string& name : names) {
    EXPECT_TRUE(space.size() == 0 || space.Find(name).has_value()) << name;
  }
  for (const Value::Field& field : GetParam().settable.object()) {
    EXPECT_EQ(names.count(field.name), 1) << field.name;
  }
  for (const std::string& name : GetParam().fixed) EXPECT_EQ(names.count(name), 0) << name;
}

TEST_P(ModelConformance, AModelThatDiffersInWhatIsSettableTakesTheState) {
  if (!GetParam().saves) GTEST_SKIP() << "declared as not saving";
  for (const Value::Field& field : GetParam().settable.object()) {
    SCOPED_TRACE(field.name);
    auto set = Make(), loaded = Make(With(GetParam().assignment, field.name, field.value), 1);
    ASSERT_TRUE(set != nullptr && loaded != nullptr);
    TrainSteps(set.get(), 2);
    const auto state = set->Save();
    ASSERT_TRUE(state.ok()) << state.status();
    absl::Status status = loaded->Load(*state);
    ASSERT_TRUE(status.ok()) << status;
    status = set->Set(field.name, field.value);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(Same(TrainSteps(loaded.get(), 1), TrainSteps(set.get(), 1)));
  }
}

TEST_P(ModelConformance, WhatCannotBeSetIsAnErrorAndChangesNothing) {
  auto model = Make(), untouched = Make();
  ASSERT_TRUE(model != nullptr && untouched != nullptr);
  TrainSteps(model.get(), 1);
  TrainSteps(untouched.get(), 1);
  const SearchSpace& space = factory_->default_space();
  for (const std::string& name : GetParam().fixed) {
    const auto index = space.Find(name);
    ASSERT_TRUE(index.has_value()) << name;
    const Value value = space[*index].ToValue(space[*index].DefaultNumber());
    const absl::Status status = model->Set(name, value);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), name)) << status;
  }
  EXPECT_FALSE(model->Set("no_such_parameter", 1).ok());
  for (const Value::Field& field : GetParam().settable.object()) {
    const absl::Status status = model->Set(field.name, Value::List());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), field.name)) << status;
  }
  EXPECT_TRUE(Same(TrainSteps(model.get(), 1), TrainSteps(untouched.get(), 1)));
}

TEST_P(ModelConformance, AStopIsHonoured) {
  constexpr int64_t kForever = int64_t{1} << 40;
  auto model = Make();
  ASSERT_NE(model, nullptr);
  std::atomic<bool> cancelled{true};
  EXPECT_EQ(model->Train(kForever, StopToken(&cancelled)).status().code(),
            absl::StatusCode::kCancelled);
  model = Make();
  EXPECT_EQ(model->Train(kForever, StopToken(nullptr, absl::Now())).status().code(),
            absl::StatusCode::kCancelled);
}

TEST_P(ModelConformance, ModelsOfSeveralThreadsDoNotMix) {
  constexpr int kThreads = 4;
  std::vector<std::vector<double>> expected(kThreads), actual(kThreads);
  const auto train = [&](int i, std::vector<double>* metrics) {
    auto model = Make(100 + i);
    if (model == nullptr) return;
    TrainSteps(model.get(), 1);
    *metrics = TrainSteps(model.get(), 1);
  };
  for (int i = 0; i < kThreads; ++i) train(i, &expected[i]);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(train, i, &actual[i]);
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) EXPECT_TRUE(Same(actual[i], expected[i]));
}

TEST_P(ModelConformance, BadAssignmentsAreErrors) {
  const SearchSpace& space = factory_->default_space();
  if (space.size() == 0) GTEST_SKIP() << "takes whatever parameters there are";
  const auto unknown = factory_->Create(With(Value::Object(), "no_such_parameter", 1), {});
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(unknown.status().message(), "no_such_parameter"))
      << unknown.status();
  for (const Parameter& parameter : space.parameters()) {
    const auto made = factory_->Create(With(Value::Object(), parameter.name, Value::List()), {});
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << parameter.name;
    EXPECT_TRUE(absl::StrContains(made.status().message(), parameter.name)) << made.status();
  }
}

TEST_P(ModelConformance, AFinalModelCanBeTested) {
  ModelOptions options;
  options.final = true;
  auto model = factory_->Create(GetParam().assignment, options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(TrainSteps(model->get(), 1).size(), factory_->metrics().size());
  const auto metrics = (*model)->Test();
  if (!GetParam().has_test) {
    EXPECT_EQ(metrics.status().code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  EXPECT_EQ(metrics->size(), factory_->test_metrics().size());
  EXPECT_TRUE(Same(*metrics, *(*model)->Test()));
}

}  // namespace sturgeon
