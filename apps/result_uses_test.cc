// What is made of results: expectations, hyperparameters, tables.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "apps/expectation.h"
#include "apps/hyperparameters.h"
#include "apps/result_file.h"
#include "apps/result_table.h"
#include "core/file.h"
#include "core/json.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

constexpr char kResult[] = R"({
  "study": "digits", "seed": 1,
  "objectives": [{"metric": "error", "goal": "minimize"}], "metrics": ["error", "loss"],
  "space": [
    {"name": "learning_rate", "type": "float", "low": 1e-5, "high": 1, "scale": "log"},
    {"name": "layers", "type": "int", "low": 1, "high": 4},
    {"name": "optimizer", "type": "categorical", "choices": ["sgd", "a\"dam"]},
    {"name": "beta2", "type": "float", "low": 0.9, "high": 1,
     "condition": {"name": "optimizer", "in": ["a\"dam"]}},
    {"name": "nesterov", "type": "categorical", "choices": [true, false]},
    {"name": "batch size", "type": "categorical", "choices": [16, 32]}],
  "best": {"id": 1, "state": "complete", "values": [0.125], "reports": [[1, 0.5, 3], [2, 0.125, 2]],
    "params": {"learning_rate": 1e-05, "layers": 3, "optimizer": "sgd", "nesterov": true,
               "batch size": 32}},
  "trials": [
    {"id": 0, "state": "failed", "reason": "thrown", "params": {"learning_rate": 1, "layers": 1,
      "optimizer": "a\"dam", "beta2": 0.95, "nesterov": false, "batch size": 16}},
    {"id": 1, "state": "complete", "values": [0.125], "reports": [[1, 0.5, 3], [2, 0.125, 2]],
     "params": {"learning_rate": 1e-05, "layers": 3, "optimizer": "sgd", "nesterov": true,
                "batch size": 32}}]
})";

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  EXPECT_TRUE(WriteFile(path, text).ok());
  return path;
}

ResultFile Read(const std::string& text) {
  const absl::StatusOr<ResultFile> result = ReadResultFile(Write("result.json", text));
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : ResultFile();
}

ResultFile WithoutBest() {
  const std::string text = kResult;
  const size_t best = text.find("\"best\"");
  return Read(
      absl::StrCat(text.substr(0, best), "\"best\": null, ", text.substr(text.find("\"trials\""))));
}

absl::Status Expect(const ResultFile& result, const std::string& expected) {
  return CheckExpected(result, *ParseJson(expected, ""));
}

TEST(Expectation, HoldsOfTheBestTrial) {
  const ResultFile result = Read(kResult);
  EXPECT_TRUE(Expect(result, "{}").ok());
  EXPECT_TRUE(Expect(result, R"({"error": "<= 0.125", "loss": "< 2.5", "layers": "=3"})").ok());
  const absl::Status missed = Expect(result, R"({"error": "< 0.1", "optimizer": "=sgd"})");
  EXPECT_EQ(missed.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(missed.message(), "digits: the best falls short of error < 0.1: trial 1 has 0.125");
  EXPECT_THAT(Expect(WithoutBest(), R"({"error": "< 1"})").message(),
              HasSubstr("no trial is complete and feasible"));
}

TEST(Expectation, MustMakeSense) {
  const ResultFile result = Read(kResult);
  for (const auto& [expected, what] :
       {std::pair(R"({"eror": "< 1"})", "error"), std::pair(R"({"error": "0.1"})", "0.1"),
        std::pair(R"({"error": 0.1})", "expected a comparison"), std::pair("[]", "an object")}) {
    const absl::Status status = Expect(result, expected);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << expected;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }
}

TEST(Hyperparameters, AreThoseOfTheBest) {
  const absl::StatusOr<Value> best = BestParameters(Read(kResult));
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ(WriteJson(*best),
            "{\"learning_rate\": 0.00001, \"layers\": 3, \"optimizer\": \"sgd\", "
            "\"nesterov\": true, \"batch size\": 32}");
  EXPECT_EQ(BestParameters(WithoutBest()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Hyperparameters, AreConstantsWhoseTypesDoNotDependOnTheResult) {
  const absl::StatusOr<std::string> header =
      HyperparametersHeader(Read(kResult), "pkg/digits.h", "my::digits");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(*header, R"(// The best hyperparameters of the study digits. Generated: do not edit.
#ifndef STURGEON_PKG_DIGITS_H_
#define STURGEON_PKG_DIGITS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace my::digits {

inline constexpr double kLearningRate = 0.00001;
inline constexpr std::int64_t kLayers = 3;
inline constexpr std::string_view kOptimizer = "sgd";
inline constexpr std::optional<double> kBeta2 = std::nullopt;
inline constexpr bool kNesterov = true;
inline constexpr std::int64_t kBatchSize = 32;

}  // namespace my::digits

#endif  // STURGEON_PKG_DIGITS_H_
)");
  ResultFile other = Read(kResult);
  other.best = {other.trials[0]};
  const absl::StatusOr<std::string> active = HyperparametersHeader(other, "digits.h", "");
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_THAT(*active, HasSubstr("std::string_view kOptimizer = \"a\\\"dam\";\n"));
  EXPECT_THAT(*active, HasSubstr("std::optional<double> kBeta2 = 0.95;\n"));
}

TEST(Hyperparameters, CannotShareAName) {
  const absl::StatusOr<std::string> header = HyperparametersHeader(
      Read(absl::StrReplaceAll(kResult, {{"\"layers\"", "\"learning-rate\""}})), "digits.h", "");
  EXPECT_THAT(std::string(header.status().message()),
              HasSubstr("it would be kLearningRate, which learning_rate is"));
}

TEST(ResultTable, ShowsTheSpreadOverSeeds) {
  Value::List entries;
  const auto add = [&](const char* strategy, int seed, const char* value) {
    const std::string path = Write(absl::StrCat(strategy, seed, ".json"),
                                   absl::StrReplaceAll(kResult, {{"[0.125]", value}}));
    entries.emplace_back(Value::Object{
        {"labels", Value::Object{{"strategy", strategy}}}, {"seed", seed}, {"result", path}});
  };
  add("tpe", 1, "[0.1]");
  add("tpe", 2, "[0.2]");
  add("tpe", 3, "[0.6]");
  add("random, by hand", 1, "[0.5]");
  const auto read = EntriesFromValue(entries, "list.json");
  ASSERT_TRUE(read.ok()) << read.status();
  const absl::StatusOr<ResultTable> table = MakeTable(*read);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(
      TableMarkdown(*table),
      "| strategy | error (mean ± sd) | median | least | greatest | seeds | trials | failed |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
      "| tpe | **0.3** ± 0.2646 | 0.2 | 0.1 | 0.6 | 3 | 6 | 3 |\n"
      "| random, by hand | 0.5 | 0.5 | 0.5 | 0.5 | 1 | 2 | 1 |\n");
  EXPECT_EQ(TableCsv(*table),
            "strategy,seed,error,trials,failed\n"
            "tpe,1,0.1,2,1\n"
            "tpe,2,0.2,2,1\n"
            "tpe,3,0.6,2,1\n"
            "\"random, by hand\",1,0.5,2,1\n");
  const Value json = TableJson(*table);
  EXPECT_EQ(json.Find("rows")->list()[0].Find("median")->number(), 0.2);
  EXPECT_TRUE(json.Find("rows")->list()[1].Find("deviation")->is_null());
}

TEST(ResultTable, IsOfOneObjective) {
  const std::string one = Write("one.json", kResult);
  const std::string other =
      Write("other.json", absl::StrReplaceAll(kResult, {{"minimize", "maximize"}}));
  const absl::StatusOr<ResultTable> table = MakeTable({{{}, 1, one}, {{}, 1, other}});
  EXPECT_THAT(std::string(table.status().message()),
              HasSubstr("it is to maximize error, the first one to minimize error"));
  EXPECT_FALSE(EntriesFromValue(*ParseJson(R"([{"seed": "1", "result": "a"}])", ""), "x").ok());
}

}  // namespace
}  // namespace sturgeon
