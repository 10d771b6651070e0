#include "core/importance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Loss = std::function<double(const Point&)>;

StudyConfig Config(std::vector<Parameter> parameters, Goal goal = Goal::kMinimize) {
  StudyConfig config;
  config.space = *SearchSpace::Create(std::move(parameters));
  config.objectives = {{"value", goal}};
  return config;
}

// `count` floats in [0, 1].
StudyConfig Floats(int count) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < count; ++i)
    parameters.push_back(Parameter::Float(absl::StrCat("x", i), 0, 1));
  return Config(std::move(parameters));
}

// Complete trials that are uniform in the cube.
std::vector<Trial> Trials(const StudyConfig& config, int count, uint64_t seed, const Loss& loss) {
  std::vector<Trial> trials;
  for (int i = 0; i < count; ++i) {
    RandomStream rng(seed, i, 0);
    Trial& trial = trials.emplace_back();
    trial.id = i;
    trial.state = TrialState::kComplete;
    trial.point.resize(config.space.size());
    for (double& u : trial.point) u = rng.Uniform();
    config.space.FromUnit(trial.point, absl::MakeSpan(trial.point));
    trial.values = {config.objectives[0].Loss(loss(trial.point))};
  }
  return trials;
}

ImportanceReport Report(const StudyConfig& config, const std::vector<Trial>& trials,
                        const ImportanceOptions& options = {}) {
  const absl::StatusOr<ImportanceReport> report = Importance(config, trials, options);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : ImportanceReport();
}

std::vector<double> Shares(const ImportanceReport& report) {
  std::vector<double> shares;
  for (const ParameterImportance& p : report.parameters) shares.push_back(p.importance);
  return shares;
}

ImportanceOptions Method(ImportanceMethod method, bool ranks = true) {
  ImportanceOptions options;
  options.method = method;
  options.ranks = ranks;
  return options;
}

const ImportanceMethod kAllMethods[] = {ImportanceMethod::kFanova, ImportanceMethod::kPedAnova,
                                        ImportanceMethod::kPermutation};

constexpr double kPi = 3.14159265358979323846;

// Ishigami, Homma, "An importance quantification technique in uncertainty analysis", 1990, with
// a = 7, b = 0.1. Sobol's indices are known: Sudret, "Global sensitivity analysis using polynomial
// chaos expansions", 2008.
double Ishigami(const Point& u) {
  double x[3];
  for (int i = 0; i < 3; ++i) x[i] = kPi * (2 * u[i] - 1);
  return std::sin(x[0]) + 7 * std::pow(std::sin(x[1]), 2) +
         0.1 * std::pow(x[2], 4) * std::sin(x[0]);
}

TEST(Fanova, FindsTheSharesOfIshigami) {
  const StudyConfig config = Floats(4);  // the fourth does nothing
  ImportanceOptions options = Method(ImportanceMethod::kFanova, /*ranks=*/false);
  options.pairs = true;
  const ImportanceReport report = Report(config, Trials(config, 3000, 1, Ishigami), options);
  EXPECT_NEAR(report.parameters[0].importance, 0.3139, 0.05);
  EXPECT_NEAR(report.parameters[1].importance, 0.4424, 0.13);
  EXPECT_NEAR(report.parameters[2].importance, 0, 0.02);
  EXPECT_LT(report.parameters[3].importance, 0.005);
  EXPECT_NEAR(report.parameters[0].total, 0.5576, 0.06);
  EXPECT_NEAR(report.parameters[2].total, 0.2437, 0.13);
  EXPECT_LT(report.parameters[3].total, 0.04);
  EXPECT_EQ(report.pairs[0].first, 0);
  EXPECT_EQ(report.pairs[0].second, 2);
  EXPECT_NEAR(report.pairs[0].importance, 0.2437, 0.05);
  EXPECT_EQ(report.pairs.size(), 6u);
  EXPECT_GT(report.explained, 0.8);
  EXPECT_LT(report.noise, 0.005);
}

// Sobol's g-function: prod (|4 x - 2| + a) / (1 + a), V_p = 1 / (3 (1 + a_p)^2) of the total
// prod (1 + V_p) - 1 (Saltelli, Sobol, 1995).
TEST(Fanova, FindsTheSharesOfTheGFunction) {
  const std::vector<double> a = {0, 1, 4.5, 9};
  double total = 1;
  for (const double one : a) total *= 1 + 1 / (3 * (1 + one) * (1 + one));
  total -= 1;
  const StudyConfig config = Floats(4);
  const ImportanceReport report =
      Report(config,
             Trials(config, 3000, 2,
                    [&](const Point& u) {
                      double g = 1;
                      for (size_t i = 0; i < a.size(); ++i) {
                        g *= (std::abs(4 * u[i] - 2) + a[i]) / (1 + a[i]);
                      }
                      return g;
                    }),
             Method(ImportanceMethod::kFanova, /*ranks=*/false));
  for (size_t i = 0; i < a.size(); ++i) {
    const double share = 1 / (3 * (1 + a[i]) * (1 + a[i])) / total;
    EXPECT_NEAR(report.parameters[i].importance, share, 0.05) << i;
    EXPECT_GE(report.parameters[i].total, report.parameters[i].importance) << i;
  }
}

// Sum of w_i x_i: shares w_i^2 / sum of w^2, on each parameter's own scale and levels.
TEST(Fanova, FindsTheSharesOfASumOnItsScales) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    const StudyConfig config = Config({Parameter::Float("log", 1e-5, 1, Scale::kLog),
                                       Parameter::Float("reverse", 0.9, 0.9999, Scale::kReverseLog),
                                       Parameter::Float("linear", -3, 5)},
                                      goal);
    const double weights[] = {3, 2, 1};
    const ImportanceReport report =
        Report(config,
               Trials(config, 2000, 3,
                      [&](const Point& point) {
                        double sum = 0;
                        for (int i = 0; i < 3; ++i) {
                          sum += weights[i] * config.space[i].ToUnit(point[i]);
                        }
                        return sum;
                      }),
               Method(ImportanceMethod::kFanova, /*ranks=*/false));
    EXPECT_NEAR(report.parameters[0].importance, 9.0 / 14, 0.04);
    EXPECT_NEAR(report.parameters[1].importance, 4.0 / 14, 0.04);
    EXPECT_NEAR(report.parameters[2].importance, 1.0 / 14, 0.03);
  }
}

// What core/importance.h says of a parameter that is there in a third of the space.
TEST(Fanova, DividesConditionalParametersAsDocumented) {
  const StudyConfig config = Config({Parameter::Categorical("choice", {"a", "b", "c"}),
                                     Parameter::Float("sub", 0, 1).When("choice", {"c"})});
  ImportanceOptions options = Method(ImportanceMethod::kFanova, /*ranks=*/false);
  options.pairs = true;
  const ImportanceReport report =
      Report(config,
             Trials(config, 2000, 4,
                    [](const Point& point) { return std::isnan(point[1]) ? 0 : point[1] - 0.5; }),
             options);
  // Of the variance P Var(sub), P = 1/3: P^2 / P by itself, P (1 - P) / P with its parent.
  EXPECT_NEAR(report.parameters[1].importance, 1.0 / 3, 0.05);
  EXPECT_NEAR(report.pairs[0].importance, 2.0 / 3, 0.05);
  EXPECT_NEAR(report.parameters[1].total, 1, 0.02);
  EXPECT_LT(report.parameters[0].importance, 0.02);
}

TEST(Importance, SeesCategoriesAndNoEffectWhereThereIsNone) {
  for (const ImportanceMethod method : kAllMethods) {
    const StudyConfig config =
        Config({Parameter::Float("strong", 0, 1), Parameter::Float("none", 0, 1),
                Parameter::Categorical("choice", {"a", "b", "c"}),
                Parameter::Float("sub", 0, 1).When("choice", {"c"}), Parameter::Int("weak", 1, 4)});
    const ImportanceReport report = Report(config,
                                           Trials(config, 300, 5,
                                                  [](const Point& point) {
                                                    return 4 * std::pow(point[0] - 0.4, 2) +
                                                           (point[2] == 1 ? 0.6 : 0) +
                                                           0.05 * point[4];
                                                  }),
                                           Method(method));
    const std::vector<double> shares = Shares(report);
    const std::string name(ImportanceMethodName(method));
    EXPECT_GT(shares[0], 0.3) << name;
    EXPECT_GT(shares[0], shares[2]) << name;
    // Among the best, it is another matter.
    if (method != ImportanceMethod::kPedAnova) {
      EXPECT_GT(shares[2], shares[4]) << name;
    }
    EXPECT_LT(shares[1], 0.05) << name;
    EXPECT_LT(shares[3], 0.05) << name;
    for (const ParameterImportance& parameter : report.parameters) {
      EXPECT_LE(parameter.low, parameter.importance);
      EXPECT_GE(parameter.high, parameter.importance);
      EXPECT_GE(parameter.low, 0);
    }
  }
}

TEST(Importance, NearTheBestOtherParametersMayMatter) {
  // Where x0 is bad, nothing else matters; where it is good, x1 does.
  const StudyConfig config = Floats(3);
  const std::vector<Trial> trials = Trials(config, 2000, 6, [](const Point& point) {
    return point[0] > 0.3 ? 10 + point[0] : point[1];
  });
  ImportanceOptions options;
  EXPECT_GT(Shares(Report(config, trials, options))[0], 0.8);
  options.quantile = 0.05;
  const std::vector<double> near = Shares(Report(config, trials, options));
  EXPECT_GT(near[1], 2 * near[2]);
  EXPECT_GT(near[1], 0.1);
  options.method = ImportanceMethod::kPedAnova;
  const std::vector<double> good = Shares(Report(config, trials, options));
  EXPECT_GT(good[1], 0.6);
  EXPECT_LT(good[2], 0.05);
}

TEST(Importance, FailedTrialsCountAsWorstAndRunningOnesNotAtAll) {
  for (const ImportanceMethod method : kAllMethods) {
    const StudyConfig config = Floats(3);
    std::vector<Trial> trials = Trials(config, 100, 7, [](const Point&) { return 0.0; });
    for (Trial& trial : trials) {
      if (trial.point[2] <= 0.5) continue;
      trial.state = TrialState::kFailed;
      trial.values.clear();
    }
    ImportanceOptions options = Method(method);
    options.quantile = method == ImportanceMethod::kPedAnova ? 0.5 : 1;
    const ImportanceReport report = Report(config, trials, options);
    EXPECT_GT(report.parameters[2].importance, 0.4);
    EXPECT_GT(report.failed, 30);

    Trial running = trials[0];
    running.state = TrialState::kRunning;
    trials.push_back(running);
    for (int i = 0; i < 50; ++i) {
      Trial cut_off = trials[i];
      cut_off.state = TrialState::kFailed;
      cut_off.failure = FailureKind::kCancelled;
      cut_off.values.clear();
      trials.push_back(cut_off);
    }
    Trial lost = trials[0];
    lost.state = TrialState::kFailed;
    lost.values.clear();
    for (const Point& nowhere : {Point(), Point(3, std::nan(""))}) {
      lost.point = nowhere;
      trials.push_back(lost);
    }
    EXPECT_EQ(Shares(Report(config, trials, options)), Shares(report));
    EXPECT_EQ(Report(config, trials, options).trials, 100);
  }
}

TEST(Importance, SaysNothingWithoutEvidence) {
  const StudyConfig config =
      Config({Parameter::Float("a", 0, 1), Parameter::Float("b", 0, 1).Tier(4)});
  const auto sum = [](const Point& point) { return point[0] + point[1]; };
  for (const ImportanceMethod method : kAllMethods) {
    std::vector<std::vector<Trial>> studies = {{}};
    for (const int count : {1, 7}) studies.push_back(Trials(config, count, 8, sum));
    studies.push_back(Trials(config, 50, 8, [](const Point&) { return 1.0; }));
    std::vector<Trial> failed = Trials(config, 50, 8, sum);
    for (Trial& trial : failed) {
      trial.state = TrialState::kFailed;
      trial.values.clear();
    }
    studies.push_back(failed);
    for (bool ranks : {true, false}) {
      for (const std::vector<Trial>& trials : studies) {
        const ImportanceReport report = Report(config, trials, Method(method, ranks));
        EXPECT_THAT(Shares(report), ElementsAre(0, 0));
        EXPECT_EQ(report.explained, 0);
        EXPECT_EQ(report.parameters[0].first_tier, 1);
        EXPECT_EQ(report.parameters[0].last_tier, 4);
        EXPECT_THAT(TierNotes(config.space, report), ElementsAre());
      }
    }
  }
}

TEST(Importance, OneTrialThatIsFarOffDoesNotDecide) {
  const StudyConfig config = Floats(2);
  std::vector<Trial> trials = Trials(config, 100, 9, [](const Point& point) { return point[0]; });
  const std::vector<double> before = Shares(Report(config, trials));
  size_t worst = 0;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].values[0] > trials[worst].values[0]) worst = i;
  }
  trials[worst].values = {1e30};
  EXPECT_EQ(Shares(Report(config, trials)), before);
}

// A strategy has found where x0 is good, and tried x1 there; over the space, x0 decides.
TEST(Importance, SpeaksOfTheSpaceWhereverTheTrialsLie) {
  const StudyConfig config = Floats(2);
  std::vector<Trial> trials = Trials(config, 90, 15, [](const Point&) { return 0.0; });
  for (size_t i = 0; i < trials.size(); ++i) {
    Point& point = trials[i].point;
    if (i >= 20) point[0] = 0.48 + 0.04 * point[0];
    trials[i].values = {10 * std::abs(point[0] - 0.5) + 0.5 * point[1]};
  }
  for (const ImportanceMethod method :
       {ImportanceMethod::kFanova, ImportanceMethod::kPermutation}) {
    const std::vector<double> shares = Shares(Report(config, trials, Method(method)));
    EXPECT_GT(shares[0], 1.5 * shares[1]) << ImportanceMethodName(method);
  }
}

TEST(Importance, OfAnyMetric) {
  StudyConfig config = Floats(3);
  config.metrics = {"value", "loss", "seconds"};
  config.constraints = {{"memory", 5, false}};
  std::vector<Trial> trials = Trials(config, 200, 10, [](const Point& point) { return point[0]; });
  for (Trial& trial : trials) {
    trial.constraints = {trial.point[1] - 5};
    trial.reports.Add(1, {0.0, 0.0, 0.0});
    trial.reports.Add(2, {trial.values[0], -trial.point[2], 3.0});
  }
  ImportanceOptions options;
  const auto most = [&](const std::string& metric) {
    options.metric = metric;
    const ImportanceReport report = Report(config, trials, options);
    EXPECT_EQ(report.metric, metric.empty() ? "value" : metric);
    const std::vector<double> shares = Shares(report);
    return std::max_element(shares.begin(), shares.end()) - shares.begin();
  };
  EXPECT_EQ(most(""), 0);
  EXPECT_EQ(most("value"), 0);
  EXPECT_EQ(most("memory"), 1);
  EXPECT_EQ(most("loss"), 2);
  options.metric = "seconds";  // constant
  EXPECT_THAT(Shares(Report(config, trials, options)), ElementsAre(0, 0, 0));

  // What is good of a metric must be known where it counts.
  options.metric = "loss";
  options.quantile = 0.2;
  EXPECT_THAT(std::string(Importance(config, trials, options).status().message()),
              HasSubstr("what is good of loss is not known"));
  options.goal = Goal::kMaximize;
  EXPECT_TRUE(Importance(config, trials, options).ok());
  options.metric = "los";
  const absl::Status unknown = Importance(config, trials, options).status();
  EXPECT_TRUE(absl::IsInvalidArgument(unknown));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("did you mean \"loss\"?"));
}

TEST(Importance, OptionsOutOfRangeAreErrors) {
  const StudyConfig config = Floats(2);
  for (const double quantile : {0.0, -0.1, 1.5, std::nan("")}) {
    ImportanceOptions options;
    options.quantile = quantile;
    EXPECT_TRUE(absl::IsInvalidArgument(Importance(config, {}, options).status())) << quantile;
  }
  ImportanceOptions options = Method(ImportanceMethod::kPedAnova);
  options.pairs = true;
  EXPECT_THAT(std::string(Importance(config, {}, options).status().message()),
              HasSubstr("pairs are fanova's"));
  options = {};
  options.trees = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(Importance(config, {}, options).status()));
}

// 90 % intervals; what they hold is what all studies say on average.
TEST(Importance, IntervalsHoldWhatOtherStudiesSay) {
  const StudyConfig config = Floats(4);
  constexpr int kStudies = 100;
  for (const ImportanceMethod method : kAllMethods) {
    std::vector<ImportanceReport> reports;
    std::vector<double> means(4, 0.0);
    for (uint64_t seed = 0; seed < kStudies; ++seed) {
      RandomStream noise(seed, 0, 1);
      reports.push_back(Report(config,
                               Trials(config, 60, 1000 + seed,
                                      [&](const Point& point) {
                                        return 3 * std::pow(point[0] - 0.4, 2) + point[1] +
                                               point[0] * point[2] + 0.15 * noise.Normal();
                                      }),
                               Method(method)));
      for (int p = 0; p < 4; ++p) means[p] += reports.back().parameters[p].importance / kStudies;
    }
    for (int p = 0; p < 4; ++p) {
      int held = 0;
      for (const ImportanceReport& report : reports) {
        held += report.parameters[p].low <= means[p] && means[p] <= report.parameters[p].high;
      }
      EXPECT_GE(held, 80) << ImportanceMethodName(method) << p;
    }
  }
}

TEST(Importance, IsAFunctionOfItsArguments) {
  const StudyConfig config = Floats(3);
  const std::vector<Trial> trials = Trials(config, 60, 11, Ishigami);
  for (const ImportanceMethod method : kAllMethods) {
    const ImportanceOptions options = Method(method);
    const Value one = ToValue(config, Report(config, trials, options));
    EXPECT_EQ(one, ToValue(config, Report(config, trials, options)));
  }
}

// The trials are many more than a tree draws.
TEST(Importance, OfManyTrials) {
  const StudyConfig config = Floats(3);
  const std::vector<Trial> trials =
      Trials(config, 20000, 12, [](const Point& point) { return 2 * point[0] + point[1]; });
  const std::vector<double> shares =
      Shares(Report(config, trials, Method(ImportanceMethod::kFanova, /*ranks=*/false)));
  EXPECT_NEAR(shares[0], 0.8, 0.03);
  EXPECT_NEAR(shares[1], 0.2, 0.03);
  EXPECT_LT(shares[2], 0.01);
}

StudyConfig Tiered() {
  return Config({Parameter::Float("rate", 0, 1), Parameter::Float("momentum", 0, 1).Tier(2),
                 Parameter::Float("units", 0, 1).Tier(3), Parameter::Float("beta", 0, 1).Tier(4)});
}

TEST(Tiers, WhatTheDataContradictIsSaid) {
  const StudyConfig config = Tiered();
  const ImportanceReport report = Report(config, Trials(config, 300, 13, [](const Point& point) {
                                           return point[1] + 5 * point[2] + 0.2 * point[0];
                                         }));
  const std::vector<std::string> notes = TierNotes(config.space, report);
  EXPECT_THAT(notes, testing::Contains("units: you said tier 3, the data say tier 1"));
  EXPECT_EQ(report.parameters[1].first_tier, 2);
  EXPECT_EQ(report.parameters[1].last_tier, 2);
  const Value json = ToValue(config, report);
  const Value& first = json.Find("parameters")->list()[0];
  EXPECT_EQ(first.Find("name")->string(), "units");
  EXPECT_EQ(*first.Find("data_tiers"), Value(Value::List{1, 1}));
  EXPECT_EQ(json.Find("tier_notes")->list().size(), notes.size());
}

TEST(Tiers, WhatTheDataConfirmIsNot) {
  const StudyConfig config = Tiered();
  const ImportanceReport report = Report(config, Trials(config, 300, 14, [](const Point& point) {
                                           return 5 * point[0] + 2 * point[1] + point[2];
                                         }));
  EXPECT_THAT(TierNotes(config.space, report), ElementsAre());
}

// Of noise, hardly any study says anything: 90 % intervals.
TEST(Tiers, NoiseSaysNothing) {
  const StudyConfig config = Tiered();
  int notes = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    RandomStream rng(seed, 0, 1);
    const std::vector<Trial> trials =
        Trials(config, 30, 100 + seed, [&](const Point&) { return rng.Uniform(); });
    notes += static_cast<int>(TierNotes(config.space, Report(config, trials)).size());
  }
  EXPECT_LE(notes, 4);  // of 160
}

}  // namespace
}  // namespace sturgeon
