#include "core/registry.h"

#include <memory>
#include <string>

#include "core/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct ConstantOptions {
  double at = 0.5;
};

class ConstantSampler : public Sampler {
 public:
  static const Schema<ConstantOptions>& OptionSchema() {
    static const auto* const schema = new Schema<ConstantOptions>(Schema<ConstantOptions>().Add(
        "at", &ConstantOptions::at, "Where every point lies.", Between(0.0, 1.0)));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(ConstantOptions options,
                                                         const SamplerContext& context) {
    if (context.dimensions > 3) return absl::InvalidArgumentError("at most 3 dimensions");
    return std::unique_ptr<Sampler>(new ConstantSampler(options.at));
  }
  absl::Status Sample(int64_t, absl::Span<double> out) const override {
    for (double& x : out) x = at_;
    return absl::OkStatus();
  }

 private:
  explicit ConstantSampler(double at) : at_(at) {}
  const double at_;
};

constexpr SamplerPlugin kConstant =
    MakeSamplerPlugin<ConstantSampler>("constant", "Every point is the same.");
constexpr SamplerPlugin kSame = MakeSamplerPlugin<ConstantSampler>("same", "A second name.");
const LinkedSampler linked(kConstant);

TEST(Registry, MakesPluginsFromNamesAndOptions) {
  SamplerRegistry registry;
  ASSERT_TRUE(registry.Add(kConstant).ok());
  PluginSpec spec = {"constant"};
  spec.options.Set("at", 0.25);
  const auto sampler = registry.Create(spec, SamplerContext());
  ASSERT_TRUE(sampler.ok()) << sampler.status();
  double point = 0;
  ASSERT_TRUE((*sampler)->Sample(0, {&point, 1}).ok());
  EXPECT_EQ(point, 0.25);
}

TEST(Registry, ErrorsNameTheKindThePluginAndTheRemedy) {
  SamplerRegistry registry;
  ASSERT_TRUE(registry.Add(kConstant).ok());
  ASSERT_TRUE(registry.Add(kSame).ok());
  EXPECT_EQ(
      registry.Create({"constnat"}, SamplerContext()).status().message(),
      "sampler: unknown sampler \"constnat\"; did you mean \"constant\"? Known: constant, same");
  PluginSpec spec = {"constant"};
  spec.options.Set("att", 1);
  EXPECT_THAT(std::string(registry.Create(spec, SamplerContext()).status().message()),
              HasSubstr("sampler constant: unknown option \"att\"; did you mean \"at\"?"));
  SamplerContext wide;
  wide.dimensions = 4;
  EXPECT_EQ(registry.Create({"same"}, wide, "x.json: sampler").status().message(),
            "x.json: sampler same: at most 3 dimensions");
}

TEST(Registry, RefusesANameTwice) {
  SamplerRegistry registry;
  ASSERT_TRUE(registry.Add(kConstant).ok());
  EXPECT_EQ(registry.Add(kConstant).code(), absl::StatusCode::kAlreadyExists);
}

TEST(Registry, CollectsWhatIsLinked) {
  const absl::StatusOr<SamplerRegistry> registry = SamplerRegistry::FromLinked();
  ASSERT_TRUE(registry.ok());
  EXPECT_THAT(registry->Names(), ElementsAre("constant"));
  EXPECT_STREQ((*registry->Find("constant"))->summary, "Every point is the same.");
  EXPECT_EQ((*registry->Find("constant"))->options()[0].name, "at");
}

}  // namespace
}  // namespace sturgeon
