#include "apps/importance_table.h"

#include <string>

#include "core/importance.h"
#include "core/space.h"
#include "core/study_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StudyConfig Config() {
  StudyConfig config;
  config.name = "s";
  config.space = *SearchSpace::Create({Parameter::Float("rate", 0, 1),
                                       Parameter::Float("units\n", 0, 1).Tier(2),
                                       Parameter::Float("beta", 0, 1).Tier(3)});
  return config;
}

ImportanceReport Report() {
  ImportanceReport report;
  report.metric = "loss";
  report.trials = 40;
  report.explained = 0.5;
  report.noise = 0.03;
  report.parameters = {{0.2, 0.1, 0.3, 0.25, 2, 3}, {0.5, 0.4, 0.6, 0.55, 1, 1}, {0.02, 0, 0.1}};
  return report;
}

TEST(ShortImportanceTable, HasWhatIsMoreThanNoiseAndTiers) {
  EXPECT_EQ(ShortImportanceTable(Config(), Report()),
            "  units\\n  0.50 ############\n"
            "  rate     0.20 #####\n"
            "  rate: you said tier 1, the data say tier 2 or 3\n"
            "  units\\n: you said tier 2, the data say tier 1\n");
}

TEST(ShortImportanceTable, SaysNothingWhereTheForestHasLearntNothing) {
  ImportanceReport report = Report();
  report.explained = -0.1;
  EXPECT_EQ(ShortImportanceTable(Config(), report), "");
}

TEST(ImportanceText, HasAllAndHowFarToBelieveIt) {
  ImportanceReport report = Report();
  const std::string text = ImportanceText(Config(), report);
  EXPECT_THAT(text, HasSubstr("beta      0.02  0.00 to 0.10"));
  EXPECT_THAT(text, HasSubstr("2 to 3"));
  EXPECT_THAT(text, HasSubstr("predicts 50 %"));
  EXPECT_THAT(text, HasSubstr("without influence would be given 0.03"));
  EXPECT_THAT(text, Not(HasSubstr("pair")));
  report.explained = 0;
  EXPECT_THAT(ImportanceText(Config(), report), HasSubstr("say nothing"));
  EXPECT_THAT(text, HasSubstr("by the data"));
  StudyConfig untiered;
  untiered.space = *SearchSpace::Create(
      {Parameter::Float("a", 0, 1), Parameter::Float("b", 0, 1), Parameter::Float("c", 0, 1)});
  EXPECT_THAT(ImportanceText(untiered, report), Not(HasSubstr("by the data")));
  report.pairs = {{0, 2, 0.25}};
  EXPECT_THAT(ImportanceText(Config(), report), HasSubstr("rate x beta   0.25  ######\n"));
}

}  // namespace
}  // namespace sturgeon
