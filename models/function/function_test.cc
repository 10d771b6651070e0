#include "models/function/function.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "models/conformance.h"

namespace sturgeon {
namespace {

ModelCase Case(std::string name, Value::Object options, bool noisy) {
  ModelCase result{std::move(name), &kFunctionModel};
  result.options = Value(std::move(options));
  result.uses_seed = noisy;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Function, ModelConformance,
    testing::Values(Case("Branin", {}, false), Case("Noisy", {{"noise", 0.5}}, true),
                    Case("Ackley20", {{"function", "ackley"}, {"dimensions", 20}}, false)),
    ModelCaseName);

double ValueAt(const Value& options, const std::vector<double>& x) {
  const auto factory = kFunctionModel.create(options, "here", ModelContext());
  EXPECT_TRUE(factory.ok()) << factory.status();
  EXPECT_EQ((*factory)->default_space().size(), static_cast<int>(x.size()));
  EXPECT_EQ((*factory)->metrics()[0].name, "value");
  Value assignment = Value::Object();
  for (std::size_t i = 0; i < x.size(); ++i) assignment.Set(absl::StrCat("x", i), x[i]);
  auto model = (*factory)->Create(assignment, ModelOptions());
  EXPECT_TRUE(model.ok()) << model.status();
  return TrainSteps(model->get(), 1)[0];
}

struct Known {
  std::string function;
  std::vector<double> x;
  double value;
};

TEST(FunctionTest, HasThePublishedValues) {
  const std::vector<Known> all = {
      {"sphere", {0, 0}, 0},
      {"sphere", {1, -2, 3}, 14},
      {"rosenbrock", {1, 1, 1}, 0},
      {"rosenbrock", {0, 0}, 1},
      {"rosenbrock", {-1, 2}, 104},
      {"ackley", {0, 0, 0, 0}, 0},
      {"ackley", {1, 1}, 3.6253849},
      {"rastrigin", {0, 0, 0}, 0},
      {"rastrigin", {1, 1}, 2},
      {"rastrigin", {0.5, 0}, 20.25},
      {"branin", {3.14159265, 2.275}, 0.39788736},
      {"branin", {-3.14159265, 12.275}, 0.39788736},
      {"branin", {9.42477796, 2.475}, 0.39788736},
      {"branin", {0, 0}, 55.60211264},
      {"hartmann3", {0.114614, 0.555649, 0.852547}, -3.86278},
      {"hartmann6", {0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573}, -3.32237},
  };
  for (const Known& known : all) {
    const bool free = known.function != "branin" && known.function.substr(0, 4) != "hart";
    Value options = Value::Object({{"function", known.function}});
    if (free) options.Set("dimensions", static_cast<int>(known.x.size()));
    EXPECT_NEAR(ValueAt(options, known.x), known.value, 2e-5)
        << known.function << testing::PrintToString(known.x);
  }
}

TEST(FunctionTest, TheMinimumIsNowhereUndercut) {
  for (const Known& known : std::vector<Known>{{"branin", {}, 0.39788735},
                                               {"hartmann3", {}, -3.86279},
                                               {"hartmann6", {}, -3.32238},
                                               {"ackley", {}, -1e-12},
                                               {"rastrigin", {}, -1e-12}}) {
    const auto factory = kFunctionModel.create(Value::Object({{"function", known.function}}),
                                               "here", ModelContext());
    ASSERT_TRUE(factory.ok()) << factory.status();
    const SearchSpace& space = (*factory)->default_space();
    for (int i = 0; i < 2000; ++i) {
      Point point(space.size());
      for (int j = 0; j < space.size(); ++j) {
        point[j] = std::fmod(0.5 + i * std::sqrt(2.0 + j), 1.0);  // a Weyl sequence
      }
      space.FromUnit(point, absl::MakeSpan(point));
      auto model = (*factory)->Create(AssignmentOf(space, point), ModelOptions());
      ASSERT_TRUE(model.ok()) << model.status();
      ASSERT_GE(TrainSteps(model->get(), 1)[0], known.value);
    }
  }
}

TEST(FunctionTest, NoiseHasItsDeviationAndItsSeed) {
  const auto factory = kFunctionModel.create(
      Value::Object({{"function", "sphere"}, {"noise", 2.0}}), "here", ModelContext());
  ASSERT_TRUE(factory.ok()) << factory.status();
  constexpr int kDraws = 4000;
  double mean = 0, square = 0;
  for (int i = 0; i < kDraws; ++i) {
    ModelOptions options;
    options.seed = i;
    auto model = (*factory)->Create(Value::Object({{"x0", 1.0}, {"x1", 2.0}}), options);
    ASSERT_TRUE(model.ok());
    const double noise = TrainSteps(model->get(), 1)[0] - 5;
    mean += noise / kDraws;
    square += noise * noise / kDraws;
  }
  EXPECT_NEAR(mean, 0, 0.15);
  EXPECT_NEAR(square, 4, 0.4);
}

TEST(FunctionTest, ErrorsSayWhatWouldBeRight) {
  const auto message = [](Value::Object options) {
    return std::string(
        kFunctionModel.create(Value(std::move(options)), "model function", ModelContext())
            .status()
            .message());
  };
  EXPECT_EQ(message({{"function", "branin"}, {"dimensions", 3}}),
            "model function: dimensions is 3; branin has exactly 2");
  EXPECT_EQ(message({{"function", "rosenbrock"}, {"dimensions", 1}}),
            "model function: dimensions is 1; rosenbrock has at least 2");
  EXPECT_NE(message({{"function", "brannin"}}), "");
  EXPECT_NE(message({{"noise", -1}}), "");
}

}  // namespace
}  // namespace sturgeon
