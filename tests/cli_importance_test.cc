// What mattered, by the shipped binary: of a stored study, and of a result file.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/json.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Of two valleys: x0 decides, "curve" is believed to, and x1 does hardly anything.
constexpr char kHead[] = R"({"study": "valleys", "seed": 1, "objectives": [{"metric": "loss",
  "goal": "minimize"}], "metrics": ["loss", "depth"], "space": [
  {"name": "curve", "type": "categorical", "choices": ["a", "b"], "tier": 1},
  {"name": "x0\u001b[31m", "type": "float", "low": 0, "high": 1, "tier": 3},
  {"name": "x1", "type": "float", "low": 1e-4, "high": 1, "scale": "log", "tier": 4}],
  "best": null, "trials": [)";

class ImportanceTest : public testing::Test {
 protected:
  ImportanceTest() : folder_(MakeFolder()), file_(folder_ + "valleys.result.json") {
    std::string text = kHead;
    for (int i = 0; i < 60; ++i) {
      const double x0 = i / 60.0, x1 = 0.01 * (1 + i * 7 % 60), loss = (x0 - 0.3) * (x0 - 0.3);
      text += std::string(i > 0 ? ", " : "") + "{\"id\": " + std::to_string(i) +
              ", \"state\": \"complete\", \"params\": {\"curve\": \"" + (i % 2 == 0 ? "a" : "b") +
              "\", \"x0\\u001b[31m\": " + std::to_string(x0) + ", \"x1\": " + std::to_string(x1) +
              "}, \"values\": [" + std::to_string(loss) + "], \"reports\": [[1, " +
              std::to_string(loss) + ", " + std::to_string(x1) + "]]}";
    }
    WriteAll(file_, text + "]}");
  }

  static std::string Out(const std::vector<std::string>& arguments) {
    const ProgramResult result = RunSturgeon(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
  static Value Json(const std::string& text) {
    const absl::StatusOr<Value> value = ParseJson(text, "stdout");
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : Value();
  }

  const std::string folder_, file_;
};

TEST_F(ImportanceTest, SaysWhatMatteredAndWhichTierIsContradicted) {
  const std::string text = Out({"importance", file_, "--pairs"});
  EXPECT_THAT(text, StartsWith("valleys: what mattered to loss, by fanova; 60 trials\n"));
  EXPECT_THAT(text, HasSubstr("x0\\x1b[31m: you said tier 3, the data say tier 1"));
  EXPECT_THAT(text, AllOf(HasSubstr(" x x1"), HasSubstr("The forest predicts 9")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  // The most important stands first.
  EXPECT_LT(text.find("x0"), text.find("curve"));

  const Value json = Json(Out({"importance", file_, "--format=json"}));
  const Value& first = json.Find("parameters")->list()[0];
  EXPECT_EQ(first.Find("name")->string(), "x0\x1b[31m");
  EXPECT_GT(first.Find("importance")->number(), 0.8);
  EXPECT_EQ(json.Find("tier_notes")->list().size(), 2u);  // "curve" is not of tier 1
}

TEST_F(ImportanceTest, OfAStoredStudyAsOfItsFile) {
  const std::string storage = "--storage=sqlite:" + folder_ + "s.db";
  Out({"import", file_, storage});
  for (const std::string method : {"fanova", "ped_anova", "permutation"}) {
    EXPECT_EQ(Out({"importance", storage, "--method=" + method}),
              Out({"importance", file_, "--method=" + method}));
  }
  const std::string result = Out({"export", storage});
  EXPECT_THAT(result, HasSubstr("\"importance\": {\"curve\": 0"));
}

TEST_F(ImportanceTest, OfAnotherMetricAndNearTheBest) {
  const Value json = Json(Out({"importance", file_, "--metric=depth", "--format=json"}));
  EXPECT_EQ(json.Find("parameters")->list()[0].Find("name")->string(), "x1");
  EXPECT_THAT(Out({"importance", file_, "--method=ped_anova", "--quantile=0.25"}),
              HasSubstr("by ped_anova; 60 trials, the best 25 % good"));
  EXPECT_THAT(Out({"importance", file_, "--metric=depth", "--quantile=0.5", "--goal=maximize"}),
              HasSubstr("mattered to depth"));
}

TEST_F(ImportanceTest, TooFewTrialsSayNothing) {
  const std::string text = std::string(kHead) + "]}";
  WriteAll(folder_ + "empty.json", text);
  EXPECT_THAT(Out({"importance", folder_ + "empty.json"}),
              HasSubstr("Nothing can be said: it takes 8 trials that have ended."));
}

TEST_F(ImportanceTest, MistakesAreNamed) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const ProgramResult result = RunSturgeon(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_THAT(error({"importance", file_, "--method=anova"}),
              HasSubstr("unknown method \"anova\""));
  EXPECT_THAT(error({"importance", file_, "--metric=los"}), HasSubstr("did you mean \"loss\"?"));
  EXPECT_THAT(error({"importance", file_, "--quantile=10"}), HasSubstr("at most 1"));
  EXPECT_THAT(error({"importance", file_, "--goal=up"}), HasSubstr("--goal"));
  EXPECT_THAT(error({"importance", file_, "--metric=depth", "--quantile=0.1"}),
              HasSubstr("say by the goal whether to minimize"));
  EXPECT_THAT(error({"importance", file_, "--pairs", "--method=ped_anova"}),
              HasSubstr("pairs are fanova's"));
  EXPECT_THAT(error({"importance", "valleys"}), HasSubstr("--study_name"));
  EXPECT_THAT(error({"importance", file_, "--study_name=valleys"}), HasSubstr("do not go with"));
}

}  // namespace
}  // namespace sturgeon
