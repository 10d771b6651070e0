#include "strategies/auto/rules.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

StudyConfig Study(std::vector<Parameter> parameters, int64_t trials) {
  StudyConfig study;
  study.space = *SearchSpace::Create(std::move(parameters));
  study.trials = trials;
  return study;
}

std::vector<Parameter> Floats(int n) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < n; ++i) parameters.push_back(Parameter::Float("x" + std::to_string(i), 0, 1));
  return parameters;
}

std::string Chosen(const StudyConfig& study, const AutoProgress& progress,
                   const AutoOptions& options = {}) {
  const AutoChoice choice = AutoRules(options, study).Choose(progress);
  EXPECT_FALSE(choice.why.empty());
  return choice.names.front();
}

// The strategy for the next trial of a study in which every one so far was measured.
std::string After(const StudyConfig& study, int64_t trials) {
  return Chosen(study, {trials, trials, false});
}

TEST(AutoRules, ASpaceNoLargerThanTheTrialsIsTriedThrough) {
  StudyConfig study = Study({Parameter::Int("a", 1, 4), Parameter::Categorical("b", {1, 2})}, 8);
  EXPECT_EQ(After(study, 0), "grid");
  study.allow_duplicates = true;  // a noisy objective
  EXPECT_EQ(After(study, 0), "gp");
  study.allow_duplicates = false;
  study.trials = 7;
  EXPECT_EQ(After(study, 0), "gp");
  study.trials = 0;
  EXPECT_EQ(After(study, 0), "gp");
}

TEST(AutoRules, GpBeginsAndHandsOverByTheKindOfSpace) {
  const StudyConfig numeric = Study(Floats(4), 2000);
  EXPECT_EQ(After(numeric, 0), "gp");
  EXPECT_EQ(After(numeric, 249), "gp");
  EXPECT_EQ(After(numeric, 250), "cma_es");
  EXPECT_EQ(Chosen(numeric, {300, 250, true}), "tpe");  // constraints have been seen
  EXPECT_EQ(After(Study(Floats(4), 1000), 250), "tpe");
  EXPECT_EQ(After(Study(Floats(4), 0), 250), "tpe");

  std::vector<Parameter> mixed = Floats(4);
  mixed.push_back(Parameter::Categorical("c", {"a", "b"}));
  EXPECT_EQ(After(Study(mixed, 2000), 250), "tpe");
  mixed.back() = Parameter::Categorical("c", {"the only one"});  // no choice at all
  EXPECT_EQ(After(Study(mixed, 2000), 250), "cma_es");
  mixed.back() = Parameter::Float("y", 0, 1).WhenBetween("x0", 0.5, 1);
  EXPECT_EQ(After(Study(mixed, 2000), 250), "tpe");

  StudyConfig bounded = numeric;
  bounded.constraints = {{"value", 1, false}};
  EXPECT_EQ(After(bounded, 250), "tpe");
}

TEST(AutoRules, AFewLastTrialsAreNotWorthAChange) {
  EXPECT_EQ(After(Study(Floats(4), 300), 299), "gp");
  EXPECT_EQ(After(Study(Floats(4), 301), 299), "tpe");
}

TEST(AutoRules, ManyParametersShortenGpsShare) {
  EXPECT_EQ(After(Study(Floats(100), 500), 124), "gp");
  EXPECT_EQ(After(Study(Floats(100), 500), 125), "tpe");
  EXPECT_EQ(Chosen(Study(Floats(100), 500), {50, 50, false}, {250, 20, 1000}), "tpe");
}

TEST(AutoRules, FailuresDoNotKeepGpForEver) {
  const StudyConfig study = Study(Floats(4), 0);
  EXPECT_EQ(Chosen(study, {499, 10, false}), "gp");
  EXPECT_EQ(Chosen(study, {500, 10, false}), "tpe");
}

TEST(AutoRules, WhereAllOfGpsShareWouldRunAtOnceItIsLeftOut) {
  StudyConfig study = Study(Floats(4), 5000);
  study.parallelism = 249;
  EXPECT_EQ(After(study, 0), "gp");
  study.parallelism = 250;
  EXPECT_EQ(After(study, 0), "cma_es");
}

TEST(AutoRules, SeveralObjectivesGoOnWithEvolution) {
  StudyConfig study = Study(Floats(4), 2000);
  study.objectives = {{"a", Goal::kMinimize}, {"b", Goal::kMaximize}};
  EXPECT_EQ(After(study, 0), "gp");
  EXPECT_EQ(After(study, 250), "nsga2");
}

TEST(AutoRules, TheyGiveReasons) {
  const auto why = [](const StudyConfig& study, int64_t trials) {
    return AutoRules({}, study).Choose({trials, trials, false}).why;
  };
  EXPECT_THAT(why(Study({Parameter::Int("a", 1, 4)}, 9), 0), HasSubstr("4 points"));
  EXPECT_THAT(why(Study(Floats(2), 60), 0), HasSubstr("60 trials"));
  EXPECT_THAT(why(Study(Floats(2), 600), 0), HasSubstr("the first 250 results"));
  EXPECT_THAT(why(Study(Floats(2), 6000), 250), HasSubstr("2 parameters, all numeric"));
}

}  // namespace
}  // namespace sturgeon
