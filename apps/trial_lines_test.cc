// Trials as lines: tables, CSV, filters.

#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apps/import_file.h"
#include "apps/trial_csv.h"
#include "apps/trial_filter.h"
#include "apps/trial_table.h"
#include "core/json.h"
#include "core/result.h"
#include "core/space.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

StudyConfig Config() {
  StudyConfig config;
  config.name = "lines";
  config.space = *SearchSpace::Create(
      {Parameter::Float("rate, \"log\"", 1e-5, 1, Scale::kLog), Parameter::Int("n\nlines", -3, 900),
       Parameter::Categorical("kind", {"a, b", "a", "x\ty"}),
       Parameter::Categorical("mixed", {"1", 1, true, Value(), ""}).When("kind", {"a"})});
  config.objectives = {{"error", Goal::kMinimize}, {"time", Goal::kMaximize}};
  config.metrics = {"error", "time", "loss"};
  return config;
}

std::vector<Trial> Trials() {
  std::vector<Trial> trials(5);
  trials[0].point = {1.0 / 3, 7, 0, kNaN};
  trials[1].point = {0.001, -3, 1, 0};
  trials[2].point = {1e-5, 900, 1, 4};
  trials[3].point = {0.5, 1, 1, 3};
  for (size_t i = 0; i < trials.size(); ++i) {
    Trial& trial = trials[i];
    trial.id = static_cast<int64_t>(i);
    trial.state = TrialState::kComplete;
    trial.values = {0.1 * static_cast<double>(i), -1.0 / 7};
    trial.started = 1764057529.123456;
    trial.seconds = 0.1;
    trial.reports.Add(1, {kNaN, 0.2, 0.3});
    trial.reports.Add(2, {0.25, 0.2, 0.5 * static_cast<double>(i)});
  }
  trials[2].budget = 9;
  trials[3].resume_from = 2;
  trials[3].state = TrialState::kStopped;
  trials[3].values.clear();
  trials[3].reason = "hopeless, \"really\"\r\nsaid the rule";
  trials[4] = Trial();
  trials[4].id = 4;
  trials[4].state = TrialState::kFailed;
  trials[4].failure = FailureKind::kLostWorker;
  return trials;
}

TEST(TrialCsvTest, ComesBackAsItWas) {
  const StudyConfig config = Config();
  std::string text = CsvHeader(config);
  for (const Trial& trial : Trials()) text += CsvRow(config, trial);
  EXPECT_THAT(text, HasSubstr("id,state,values.error,values.time,\"params.rate, \"\"log\"\"\","
                              "\"params.n\nlines\",params.kind,params.mixed,budget"));
  const auto read = TrialsFromCsv(config, text, "f");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 5);
  for (size_t i = 0; i < read->size(); ++i) {
    EXPECT_EQ(WriteJson(TrialToValue(config, (*read)[i])),
              WriteJson(TrialToValue(config, Trials()[i])));
  }
}

TEST(TrialCsvTest, SpreadsheetsHaveTheirWays) {
  const StudyConfig config = Config();
  const auto read = TrialsFromCsv(
      config,
      "\xEF\xBB\xBFstate,params.kind,\"params.n\nlines\",\"params.rate, \"\"log\"\"\"\n"
      "failed,\"a, b\",3,0.5\n\nfailed,x\ty,4,1",
      "f");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2);
  EXPECT_EQ((*read)[1].point[1], 4);
}

TEST(TrialCsvTest, ErrorsNameTheLine) {
  const StudyConfig config = Config();
  const auto error = [&](const std::string& text) {
    return std::string(TrialsFromCsv(config, text, "f.csv").status().message());
  };
  EXPECT_EQ(error(""), "f.csv: the file is empty; the first line names the columns");
  EXPECT_THAT(error("id,stat\n"), HasSubstr("f.csv:1: unknown column \"stat\"; did you mean"));
  EXPECT_THAT(error("id,id\n"), HasSubstr("f.csv:1: the column \"id\" stands there twice"));
  EXPECT_THAT(error("id,state\n0,failed\n1\n"), HasSubstr("f.csv:3: 1 cells, and the first line"));
  EXPECT_THAT(error("id,state\n0,\"fail"), HasSubstr("f.csv:2: a quote does not close"));
  EXPECT_THAT(error("id,state\n0,\"fail\"ed\n"), HasSubstr("f.csv:2: text behind a closing quote"));
  EXPECT_THAT(error("id,state\n0,failed\n1,complete\n"), HasSubstr("f.csv:3: "));
  EXPECT_THAT(error("state,params.kind\nfailed,c\n"), HasSubstr("f.csv:2: kind: unknown choice"));
  EXPECT_THAT(error("id,state\nzero,failed\n"), HasSubstr("f.csv:2: id: "));
}

TEST(ImportFileTest, JsonLinesNeedAStudy) {
  const StudyConfig config = Config();
  std::string text;
  for (const Trial& trial : Trials()) {
    absl::StrAppend(&text, WriteJson(TrialToValue(config, trial)), "\n");
  }
  const auto read = ReadImport(text, "f.jsonl", &config);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->trials.size(), 5);
  EXPECT_FALSE(read->renumbered);
  EXPECT_EQ(read->trials[3].resume_from, 2);
  const auto rest = ReadImport(text.substr(text.find('\n')), "f.jsonl", &config);
  EXPECT_TRUE(rest->renumbered);
  EXPECT_EQ(rest->trials[2].id, 2);
  EXPECT_EQ(rest->trials[2].resume_from, 1);
  EXPECT_THAT(std::string(ReadImport(text, "f.jsonl", nullptr).status().message()),
              HasSubstr("--study=FILE"));
  EXPECT_THAT(std::string(ReadImport(text + "{", "f.jsonl", &config).status().message()),
              HasSubstr("f.jsonl: line 6"));
  EXPECT_THAT(std::string(ReadImport(text, "f.txt", &config).status().message()),
              HasSubstr("none of .json"));
}

std::string Kept(absl::string_view states, absl::string_view where) {
  const auto filter = TrialFilter::Create(Config(), states, where);
  if (!filter.ok()) return std::string(filter.status().message());
  std::string ids;
  for (const Trial& trial : Trials()) {
    if (filter->Keeps(trial)) absl::StrAppend(&ids, trial.id);
  }
  return ids;
}

TEST(TrialFilterTest, States) {
  EXPECT_EQ(Kept("", ""), "01234");
  EXPECT_EQ(Kept("complete", ""), "012");
  EXPECT_EQ(Kept("failed, stopped", ""), "34");
  EXPECT_EQ(Kept("compelte", ""),
            "--state: unknown state \"compelte\"; did you mean \"complete\"? Known: complete, "
            "stopped, failed, running, waiting");
}

TEST(TrialFilterTest, Comparisons) {
  EXPECT_EQ(Kept("", "rate, \"log\"<0.01"), "12");
  EXPECT_EQ(Kept("", "rate, \"log\" >= 0.5"), "3");
  EXPECT_EQ(Kept("", "n\nlines!=7"), "123");
  EXPECT_EQ(Kept("", "error<=0.1"), "01");
  EXPECT_EQ(Kept("", "loss>0.6"), "23");
  EXPECT_EQ(Kept("", "id>1,id<4"), "23");
  EXPECT_EQ(Kept("", "kind=a"), "123");
  EXPECT_EQ(Kept("", "kind=a, b"), "0");
  EXPECT_EQ(Kept("", "kind=a, b , id=1"), "");
  EXPECT_EQ(Kept("", "kind = a,id=1"), "1");
  EXPECT_EQ(Kept("", "mixed=\"1\""), "1");
  EXPECT_EQ(Kept("", "mixed!=\"1\""), "23");  // inactive: never
  EXPECT_EQ(Kept("complete", "seconds<1"), "012");
}

TEST(TrialFilterTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Kept("", "erorr<1"),
              HasSubstr("--where: unknown name \"erorr\"; did you mean \"error\""));
  EXPECT_THAT(Kept("", "error"), HasSubstr("\"error\" is no comparison"));
  EXPECT_THAT(Kept("", "error<"), HasSubstr("\"\" is no number, which error is compared with"));
  EXPECT_THAT(Kept("", "error<x,id=1"), HasSubstr("\"x\" is no number"));
  EXPECT_THAT(Kept("", "kind<a"), HasSubstr("choices have no order"));
  EXPECT_THAT(Kept("", "kind=c"), HasSubstr("unknown choice \"c\""));
}

TEST(TrialTableTest, ColumnsStandUnderEachOther) {
  const StudyConfig config = Config();
  const TrialTable table(config, 4, 0);
  std::string text = table.Header();
  for (const Trial& trial : Trials()) text += table.Row(trial);
  EXPECT_EQ(text,
            "trial  state          error        time  rate, \"log\"  n\\nlines  kind  mixed\n"
            "    0  complete           0     -0.1429       0.3333         7  a, b      -\n"
            "    1  complete         0.1     -0.1429        0.001        -3     a      1\n"
            "    2  complete         0.2     -0.1429        1e-05       900     a\n"
            "    3  stopped            -           -          0.5         1     a   null\n"
            "    4  failed             -           -            -         -     -      -\n");
  EXPECT_EQ(table.left_out(), 0);
}

TEST(TrialTableTest, WhatDoesNotFitIsLeftOut) {
  const StudyConfig config = Config();
  const TrialTable table(config, 4, 60);
  EXPECT_EQ(table.left_out(), 3);
  for (const absl::string_view line : absl::StrSplit(table.Header(), '\n')) {
    EXPECT_LE(TextColumns(line), 60);
  }
}

}  // namespace
}  // namespace sturgeon
