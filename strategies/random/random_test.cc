#include "strategies/random/random.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "core/study.h"
#include "gtest/gtest.h"
#include "samplers/uniform/uniform.h"
#include "strategies/conformance.h"

namespace sturgeon {
namespace {

// Ten points: what a sampler that ends looks like.
struct TenOptions {};
class TenPoints final : public Sampler {
 public:
  static const Schema<TenOptions>& OptionSchema() {
    static const auto* const schema = new Schema<TenOptions>();
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(TenOptions,
                                                         const SamplerContext& context) {
    return std::unique_ptr<Sampler>(new TenPoints(context.dimensions));
  }

  absl::Status Sample(int64_t first, absl::Span<double> out) const override {
    if (first + static_cast<int64_t>(out.size()) / dimensions_ > size()) {
      return absl::OutOfRangeError("there are 10 points");
    }
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<double>(first + static_cast<int64_t>(i) / dimensions_) / 10;
    }
    return absl::OkStatus();
  }
  int64_t size() const override { return 10; }

 private:
  explicit TenPoints(int dimensions) : dimensions_(dimensions) {}
  const int dimensions_;
};
constexpr SamplerPlugin kTenPoints = MakeSamplerPlugin<TenPoints>("ten", "Ten points");

Plugins TestPlugins() {
  Plugins plugins;
  EXPECT_TRUE(plugins.samplers.Add(kUniformSampler).ok());
  EXPECT_TRUE(plugins.samplers.Add(kTenPoints).ok());
  EXPECT_TRUE(plugins.strategies.Add(kRandomStrategy).ok());
  return plugins;
}

StrategyCase Exhausting() {
  StrategyCase ten = {"ten", &kRandomStrategy, TestPlugins()};
  ten.options.Set("sampler", "ten");
  ten.exhausts = true;
  ten.repeats = true;
  ten.uses_seed = false;
  return ten;
}

INSTANTIATE_TEST_SUITE_P(Random, StrategyConformance,
                         testing::Values(StrategyCase{"uniform", &kRandomStrategy, TestPlugins()},
                                         Exhausting()),
                         StrategyCaseName);

StudyConfig Config() {
  StudyConfig config;
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1),
                                       Parameter::Float("rate", 1e-4, 1, Scale::kLog),
                                       Parameter::Categorical("kind", {"a", "b"})});
  config.seed = 5;
  return config;
}

std::unique_ptr<Strategy> Make(const StudyConfig& config, const Plugins& plugins,
                               const char* sampler) {
  auto strategy = plugins.strategies.Create({"random", Value(Value::Object{{"sampler", sampler}})},
                                            {config, plugins, [](absl::string_view) {}});
  EXPECT_TRUE(strategy.ok()) << strategy.status();
  return *std::move(strategy);
}

TEST(RandomStrategy, TrialNIsPointNOfTheSampler) {
  const StudyConfig config = Config();
  const Plugins plugins = TestPlugins();
  const auto strategy = Make(config, plugins, "uniform");
  const auto sampler = UniformSampler::Create({}, {3, config.seed, 0, {}});
  std::vector<double> unit(3);
  for (const int64_t first : {0, 7, 1000000}) {
    const auto proposals = strategy->Ask({first, 4, {}});
    ASSERT_TRUE(proposals.ok());
    ASSERT_EQ(proposals->size(), 4);
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE((*sampler)->Sample(first + i, absl::MakeSpan(unit)).ok());
      Point expected(3);
      config.space.FromUnit(unit, absl::MakeSpan(expected));
      EXPECT_EQ((*proposals)[i].point, expected) << "trial " << first + i;
    }
  }
}

TEST(RandomStrategy, ABatchIsWhatSingleTrialsAre) {
  const StudyConfig config = Config();
  const Plugins plugins = TestPlugins();
  const auto strategy = Make(config, plugins, "uniform");
  const auto batch = strategy->Ask({0, 20, {}});
  ASSERT_TRUE(batch.ok());
  for (int64_t id = 19; id >= 0; --id) {
    const auto single = strategy->Ask({id, 1, {}});
    ASSERT_TRUE(single.ok());
    EXPECT_EQ((*single)[0].point, (*batch)[id].point);
  }
}

TEST(RandomStrategy, EndsWithItsSampler) {
  const StudyConfig config = Config();
  const Plugins plugins = TestPlugins();
  const auto strategy = Make(config, plugins, "ten");
  for (const auto& [first, expected] :
       std::vector<std::pair<int64_t, size_t>>{{0, 4}, {8, 2}, {10, 0}, {12345, 0}}) {
    const auto proposals = strategy->Ask({first, 4, {}});
    ASSERT_TRUE(proposals.ok()) << proposals.status();
    EXPECT_EQ(proposals->size(), expected) << "from trial " << first;
  }
}

TEST(RandomStrategy, AnUnknownSamplerNamesTheKnownOnes) {
  const StudyConfig config = Config();
  const Plugins plugins = TestPlugins();
  const auto strategy =
      plugins.strategies.Create({"random", Value(Value::Object{{"sampler", "unifrom"}})},
                                {config, plugins, [](absl::string_view) {}});
  ASSERT_EQ(strategy.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(strategy.status().message()).find("\"uniform\""), std::string::npos)
      << strategy.status();
}

TEST(RandomStrategy, SamplesEveryParameterUniformlyInItsOwnScale) {
  StudyConfig config = Config();
  const Plugins plugins = TestPlugins();
  const auto strategy = Make(config, plugins, "uniform");
  constexpr int kTrials = 20000;
  const auto proposals = strategy->Ask({0, kTrials, {}});
  ASSERT_TRUE(proposals.ok());
  int below = 0, small = 0, a = 0;
  for (const Proposal& proposal : *proposals) {
    below += proposal.point[0] < 0.25;
    small += proposal.point[1] < 1e-3;  // a quarter of the four decades
    a += proposal.point[2] == 0;
  }
  // Five standard deviations of a binomial count.
  EXPECT_NEAR(below, kTrials / 4.0, 5 * std::sqrt(kTrials * 3 / 16.0));
  EXPECT_NEAR(small, kTrials / 4.0, 5 * std::sqrt(kTrials * 3 / 16.0));
  EXPECT_NEAR(a, kTrials / 2.0, 5 * std::sqrt(kTrials / 4.0));
}

}  // namespace
}  // namespace sturgeon
