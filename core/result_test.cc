#include "core/result.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/plugins.h"
#include "core/result_reader.h"
#include "core/space.h"
#include "core/study.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

StudyConfig Config() {
  StudyConfig config;
  config.name = "quotes \" and \n lines";
  config.space = *SearchSpace::Create({Parameter::Float("x, \"y\"", 0, 1),
                                       Parameter::Categorical("kind", {"a", 1, Value()}),
                                       Parameter::Int("n", 1, 9).When("kind", {"a"})});
  config.objectives = {{"error", Goal::kMinimize}};
  config.metrics = {"error", "loss"};
  config.constraints = {{"loss", 0.5, false}};
  config.seed = 11;
  return config;
}

std::unique_ptr<Study> Play(int trials) {
  static const auto* const plugins = new Plugins(*Plugins::FromLinked());
  auto study = *Study::Create(Config(), {"random"}, *plugins);
  for (int i = 0; i < trials; ++i) {
    const int64_t id = study->Ask(1)->front().id;
    EXPECT_TRUE(study->Report(id, 1, {0.1 * i, 1.0 / 3}).ok());
    Outcome outcome = Outcome::Failed(FailureKind::kTimeout, "too, \"slow\"\n");
    if (i % 3 != 1) {
      outcome = Outcome::Complete({1.0 / (i + 3)});
      outcome.constraints = {1.0 / 3 - 0.5};
    }
    EXPECT_TRUE(study->Tell(id, outcome).ok());
  }
  return study;
}

// As `sturgeon export` writes it.
std::string Streamed(const Study& study) {
  std::string text;
  ResultWriter writer([&](absl::string_view piece) {
    absl::StrAppend(&text, piece);
    return absl::OkStatus();
  });
  const std::vector<Trial> trials = study.Trials();
  EXPECT_TRUE(
      writer.Begin(ResultHead(study.config(), ToValue(PluginSpec{"random"}), study.ParetoFront()))
          .ok());
  Spending spending(study.config());
  for (const Trial& trial : trials) {
    EXPECT_TRUE(writer.Add(TrialToValue(study.config(), trial)).ok());
    spending.Add(trial);
  }
  EXPECT_TRUE(writer.End(ResultTail(study.config(), trials, spending)).ok());
  return text;
}

TEST(ResultWriterTest, WritesWhatTuneDoes) {
  for (const int trials : {0, 1, 2, 30}) {
    const auto study = Play(trials);
    EXPECT_EQ(Streamed(*study), WriteJsonPretty(ResultToValue(*study, {"random"})) + "\n")
        << trials;
  }
}

TEST(ResultReaderTest, ReadsBackWhatWasWritten) {
  const auto study = Play(12);
  const std::string text = Streamed(*study);
  const Value result = *ParseJson(text, "");
  const auto config = StudyConfigFromResult(result, "f");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->name, study->config().name);
  EXPECT_EQ(config->seed, 11);
  EXPECT_EQ(config->max_steps, study->config().max_steps);
  EXPECT_EQ(config->settable, study->config().settable);
  const auto trials = TrialsFromResult(*config, result, "f");
  ASSERT_TRUE(trials.ok()) << trials.status();
  ASSERT_EQ(trials->size(), 12);
  for (size_t i = 0; i < trials->size(); ++i) {
    EXPECT_EQ(WriteJson(TrialToValue(*config, (*trials)[i])),
              WriteJson(TrialToValue(study->config(), *study->Get(i))));
  }
}

struct Wrong {
  const char* from;
  const char* to;
  const char* message;
};

TEST(ResultReaderTest, WhatIsWrongIsNamed) {
  const std::string text = WriteJson(ResultToValue(*Play(1), {"random"}));
  for (const Wrong& wrong : std::vector<Wrong>{
           {"\"space\"", "\"spaec\"", "f: it has no \"space\""},
           {"\"study\"", "\"stduy\"", "f: no result file of sturgeon tune"},
           {"\"goal\": \"minimize\"", "\"goal\": \"min\"", "unknown goal \"min\""},
           {"\"at_most\": 0.5", "\"at_must\": 0.5", "constraints[0]: unknown field \"at_must\""},
           {"\"state\": \"complete\"", "\"state\": \"running\"", "unknown state \"running\""},
           {"\"params\": {", "\"params\": {\"z\": 1, ", "unknown parameter \"z\""},
           {"\"reports\": [[1, ", "\"reports\": [[", "expected a list of a step and 2 metrics"},
           {"\"values\": [0.3333333333333333]", "\"values\": []", "has 1 values, got 0"},
       }) {
    std::string changed = text;
    // The trial within the list of all, not the best.
    const size_t trials = text.find("\"trials\": [");
    size_t at = changed.find(wrong.from, trials);
    if (at == std::string::npos) at = changed.find(wrong.from);
    ASSERT_NE(at, std::string::npos) << wrong.from;
    changed.replace(at, std::string(wrong.from).size(), wrong.to);
    const Value result = *ParseJson(changed, "");
    const auto config = StudyConfigFromResult(result, "f");
    const absl::Status status =
        config.ok() ? TrialsFromResult(*config, result, "f").status() : config.status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.message));
  }
}

TEST(ResultReaderTest, ATrialMustBeOfTheSpace) {
  const StudyConfig config = Config();
  const auto read = [&](const char* text) {
    return std::string(TrialFromValue(config, *ParseJson(text, ""), "t").status().message());
  };
  EXPECT_EQ(read(R"({"state": "failed", "params": {}})"), "");
  EXPECT_THAT(read(R"({"state": "failed", "params": {"kind": 1}})"), HasSubstr("x, \"y\""));
  EXPECT_THAT(read(R"({"state": "failed", "params": {"kind": 1, "x, \"y\"": 2}})"),
              HasSubstr("t: params: x, \"y\": "));
  EXPECT_THAT(read(R"({"state": "failed", "params": {"kind": 1, "x, \"y\"": 0.5, "n": 3}})"),
              HasSubstr("n"));
  EXPECT_EQ(read(R"({"state": "failed", "params": {"kind": null, "x, \"y\"": 0.5}})"), "");
}

}  // namespace
}  // namespace sturgeon
