// The commands that look after stored studies, by the shipped binary, on an SQLite file.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
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

constexpr char kBranin[] = R"({
  "name": "valley", "model": {"name": "function", "function": "branin"},
  "strategy": "tpe", "runner": "sequential", "trials": 25, "seed": 7
})";

class StorageTest : public testing::Test {
 protected:
  StorageTest() : folder_(MakeFolder()), storage_("--storage=sqlite:" + folder_ + "s.db") {
    WriteAll(folder_ + "study.json", kBranin);
  }

  ProgramResult Run(std::vector<std::string> arguments) const {
    arguments.push_back(storage_);
    return RunSturgeon(arguments);
  }
  // Runs what must go well, and returns what it says.
  std::string Out(const std::vector<std::string>& arguments) const {
    const ProgramResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
  // Runs what must not, and returns its one line.
  std::string Error(const std::vector<std::string>& arguments, int exit_code = 2) const {
    const ProgramResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith("sturgeon: "));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  }
  void Tune(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"tune", "--study=" + folder_ + "study.json",
                                          "--output=" + folder_ + "r.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Out(arguments);
  }
  static Value Json(const std::string& text) {
    const absl::StatusOr<Value> value = ParseJson(text, "stdout");
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : Value();
  }
  static Value JsonFile(const std::string& path) { return Json(ReadAll(path)); }

  const std::string folder_, storage_;
};

// A value without what the clock says in it.
Value Timeless(const Value& value) {
  if (value.is_list()) {
    Value::List kept;
    for (const Value& entry : value.list()) kept.push_back(Timeless(entry));
    return kept;
  }
  if (!value.is_object()) return value;
  Value::Object kept;
  for (const Value::Field& field : value.object()) {
    if (field.name == "started" || field.name == "seconds") continue;
    kept.push_back({field.name, Timeless(field.value)});
  }
  return kept;
}

TEST_F(StorageTest, ShowsWhatWasTuned) {
  Tune();
  const Value result = JsonFile(folder_ + "r.json");

  EXPECT_THAT(Out({"studies"}), AllOf(HasSubstr("valley  min value"), Not(HasSubstr("waiting"))));
  const Value studies = Json(Out({"studies", "--format=json"}));
  ASSERT_EQ(studies.list().size(), 1);
  EXPECT_EQ(*studies.list()[0].Find("trials")->Find("complete"), Value(25));
  EXPECT_EQ(*studies.list()[0].Find("best_value"), result.Find("best")->Find("values")->list()[0]);

  EXPECT_EQ(Timeless(Json(Out({"best", "--format=json"}))), Timeless(*result.Find("best")));
  EXPECT_THAT(Out({"best"}), StartsWith(absl::StrCat("valley: the best is trial ",
                                                     result.Find("best")->Find("id")->integer())));

  const Value trials = Json(Out({"trials", "--format=json"}));
  ASSERT_EQ(trials.list().size(), 25);
  for (size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(Timeless(trials.list()[i]), Timeless(result.Find("trials")->list()[i]));
  }
}

TEST_F(StorageTest, TrialsAreChosen) {
  Tune();
  const auto ids = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"trials", "--format=jsonl"});
    std::vector<int64_t> shown;
    for (const absl::string_view line : absl::StrSplit(Out(arguments), '\n', absl::SkipEmpty())) {
      shown.push_back(Json(std::string(line)).Find("id")->integer());
    }
    return shown;
  };
  using Ids = std::vector<int64_t>;
  EXPECT_EQ(ids({"--limit=3"}), (Ids{0, 1, 2}));
  EXPECT_EQ(ids({"--offset=23"}), (Ids{23, 24}));
  EXPECT_EQ(ids({"--last=2"}), (Ids{23, 24}));
  EXPECT_EQ(ids({"--last=3", "--limit=1"}), (Ids{22}));
  EXPECT_EQ(ids({"--where=id>4,id<=7", "--offset=1"}), (Ids{6, 7}));
  EXPECT_EQ(ids({"--where=id<9", "--last=2"}), (Ids{7, 8}));
  EXPECT_EQ(ids({"--state=failed"}), Ids());
  const Ids best = ids({"--best=25"});
  EXPECT_EQ(best.size(), 25);
  EXPECT_EQ(best[0], Json(Out({"best", "--format=json"})).Find("id")->integer());
  EXPECT_EQ(ids({"--best=3"}), Ids(best.begin(), best.begin() + 3));
  EXPECT_THAT(Out({"trials", "--limit=1"}), StartsWith("trial  state          value"));
  EXPECT_EQ(Out({"trials", "--state=failed"}), "No such trial.\n");
  EXPECT_EQ(Out({"trials", "--state=failed", "--format=json"}), "[]\n");
}

TEST_F(StorageTest, DrawsPlots) {
  Tune();
  const auto draw = [&](std::vector<std::string> arguments, const char* locale) {
    arguments.insert(arguments.begin(), "plot");
    arguments.push_back(storage_);
    Program program(arguments, "", {absl::StrCat("LC_ALL=", locale)});
    const ProgramResult result = program.Wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  const std::string history = draw({"history"}, "C.UTF-8");
  EXPECT_THAT(history, AllOf(HasSubstr("─ best so far   ⠂ complete\n"), HasSubstr("┐")));
  EXPECT_THAT(draw({"history"}, "C"),
              AllOf(HasSubstr("- best so far   . complete\n"), Not(HasSubstr("┐"))));
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 1 + 16 + 3);
  const std::string slices = draw({"slice", "--height=5"}, "C");
  EXPECT_THAT(slices, AllOf(HasSubstr(" x0\n"), HasSubstr(" x1\n")));
  EXPECT_THAT(draw({"slice", "--parameter=x1"}, "C"),
              AllOf(Not(HasSubstr(" x0\n")), HasSubstr(" x1\n")));

  const Value json = Json(Out({"plot", "history", "--format=json"}));
  const Value& series = *json.Find("plots")->list()[0].Find("series");
  ASSERT_EQ(series.list().size(), 2u);
  EXPECT_EQ(series.list()[0].Find("points")->list().size(), 25u);
  const Value best = Json(Out({"best", "--format=json"}));
  EXPECT_EQ(series.list()[1].Find("points")->list().back(),
            Value(Value::List{static_cast<double>(best.Find("id")->integer()),
                              best.Find("values")->list()[0]}));

  EXPECT_THAT(Error({"plot", "curve", "--ids=0,25"}), HasSubstr("valley has no trial 25"));
  EXPECT_THAT(Error({"plot", "curve", "--metric=valu"}), HasSubstr("did you mean \"value\"?"));
  EXPECT_THAT(Error({"plot", "slice", "--parameter=x3"}), HasSubstr("unknown parameter \"x3\""));
}

TEST_F(StorageTest, ExportsComeBackBitForBit) {
  Tune();
  for (const std::string kind : {"json", "jsonl", "csv"}) {
    const std::string file = absl::StrCat(folder_, "e.", kind), name = "from_" + kind;
    EXPECT_THAT(Out({"export", "--study_name=valley", "--output=" + file}),
                HasSubstr("Wrote 25 trials to "));
    EXPECT_EQ(Out({"export", "--study_name=valley", "--to=" + kind}), ReadAll(file));
    std::vector<std::string> import = {"import", file, "--study_name=" + name};
    if (kind != "json") import.push_back("--study=" + folder_ + "study.json");
    EXPECT_THAT(Out(import), StartsWith("Imported 25 trials as " + name));
    const std::string again = Out({"export", "--study_name=" + name, "--to=" + kind});
    EXPECT_EQ(absl::StrReplaceAll(again, {{"\"" + name + "\"", "\"valley\""}}), ReadAll(file));
    EXPECT_THAT(Error(import), HasSubstr("has a study " + name + " already"));
    import.push_back("--append");
    EXPECT_THAT(Out(import), StartsWith("Added 25 trials to " + name));
  }
  // What tune wrote is the export, but for the clock.
  const Value tuned = JsonFile(folder_ + "r.json"), exported = JsonFile(folder_ + "e.json");
  for (const Value::Field& field : tuned.object()) {
    ASSERT_NE(exported.Find(field.name), nullptr) << field.name;
    EXPECT_EQ(Timeless(*exported.Find(field.name)), Timeless(field.value)) << field.name;
  }
  EXPECT_THAT(Error({"export"}),
              HasSubstr("has 4 studies; say which one by --study_name: valley, "));
}

TEST_F(StorageTest, WhatTrialsGoOnFromIsExportedAndImported) {
  std::string table = "a,b,label\n";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&table, i % 7, ",", i % 5, ",", i % 3 == 0 ? "yes\n" : "no\n");
  }
  WriteAll(folder_ + "table.csv", table);
  WriteAll(
      folder_ + "study.json",
      absl::StrCat(R"({"name": "rungs", "model": {"name": "softmax_regression", "dataset": "csv:)",
                   folder_, R"(table.csv", "epochs": 9},
      "objectives": [{"metric": "validation_loss", "goal": "minimize"}],
      "strategy": "asha", "runner": "sequential", "trials": 12, "seed": 7})"));
  Tune();
  const auto origins = [&](const std::string& study) {
    std::vector<int64_t> resumed;
    const Value result = Json(Out({"export", "--study_name=" + study}));
    for (const Value& trial : result.Find("trials")->list()) {
      const Value* const from = trial.Find("resume_from");
      resumed.push_back(from == nullptr ? -1 : from->integer());
    }
    return resumed;
  };
  const std::vector<int64_t> tuned = origins("rungs");
  EXPECT_GT(*std::max_element(tuned.begin(), tuned.end()), 0);
  // Behind the trials that are there.
  std::vector<int64_t> twice = tuned;
  for (const int64_t from : tuned) twice.push_back(from < 0 ? from : from + 12);
  for (const std::string kind : {"json", "jsonl", "csv"}) {
    const std::string file = absl::StrCat(folder_, "e.", kind), name = "from_" + kind;
    Out({"export", "--study_name=rungs", "--output=" + file});
    std::vector<std::string> import = {"import", file, "--study_name=" + name};
    if (kind != "json") import.push_back("--study=" + folder_ + "study.json");
    Out(import);
    EXPECT_EQ(origins(name), tuned) << kind;
    import.push_back("--append");
    Out(import);
    EXPECT_EQ(origins(name), twice) << kind;
  }
}

TEST_F(StorageTest, StudiesAreCopiedFromStorageToStorage) {
  Tune();
  const std::string there = "--storage=sqlite:" + folder_ + "t.db";
  const ProgramResult copied =
      RunSturgeon({"import", "--from=sqlite:" + folder_ + "s.db", "--study_name=valley", there});
  EXPECT_EQ(copied.exit_code, 0) << copied.err;
  EXPECT_EQ(RunSturgeon({"export", there}).out, Out({"export"}));
  EXPECT_THAT(RunSturgeon({"replay", there}).out, HasSubstr("replays bit for bit: 25 proposals"));
}

TEST_F(StorageTest, ReplaysAlsoWhatWasResumedWithOtherFlags) {
  Tune({"--trials=15"});
  Tune({"--trials=30", "--strategy=random"});
  Tune({"--trials=40", "--strategy=gp"});
  EXPECT_EQ(Out({"replay"}), "valley replays bit for bit: 40 proposals\n");
  EXPECT_EQ(Out({"replay", "--format=json"}),
            "{\"study\": \"valley\", \"replays\": true, \"proposals\": 40, \"told_only\": 0}\n");
}

TEST_F(StorageTest, DeletesWhatIsMeant) {
  Tune();
  EXPECT_THAT(Error({"delete"}), HasSubstr("say which study to delete"));
  EXPECT_THAT(Error({"delete", "--study_name=valey", "--yes"}),
              HasSubstr("did you mean \"valley\"?"));
  EXPECT_THAT(Error({"delete", "--study_name=valley"}), HasSubstr("add --yes"));
  EXPECT_THAT(Out({"delete", "--study_name=valley", "--yes"}),
              StartsWith("Deleted valley and its 25 trials from sqlite:"));
  EXPECT_THAT(Out({"studies"}), HasSubstr("has no studies yet"));
}

TEST_F(StorageTest, NamesMayHoldAnything) {
  const std::string name = "a'; DROP TABLE studies; -- \x1b[2J \"鱼\"";
  Tune({"--study_name=" + name});
  for (const char* command : {"studies", "best", "replay"}) {
    EXPECT_THAT(Out({command}),
                AllOf(HasSubstr("a'; DROP"), HasSubstr("\\x1b[2J \"鱼\""), Not(HasSubstr("\x1b"))));
  }
  EXPECT_EQ(*Json(Out({"export"})).Find("study"), Value(name));
  const std::string error = Error({"best", "--study_name=b"});
  EXPECT_THAT(error, AllOf(HasSubstr("\\x1b"), Not(HasSubstr("\x1b"))));
}

TEST_F(StorageTest, WhatIsNotThereIsNotMade) {
  for (const char* command : {"studies", "trials", "best", "export", "replay"}) {
    EXPECT_THAT(Error({command}), HasSubstr("s.db: there is no such file")) << command;
  }
  EXPECT_FALSE(Exists(folder_ + "s.db"));
}

TEST_F(StorageTest, MistakesAreNamed) {
  Tune();
  EXPECT_THAT(Error({"trials", "--where=x9<1"}), HasSubstr("--where: unknown name \"x9\""));
  EXPECT_THAT(Error({"trials", "--state=faild"}), HasSubstr("did you mean \"failed\"?"));
  EXPECT_THAT(Error({"trials", "--limit=0"}), HasSubstr("--limit: must be at least 1"));
  EXPECT_THAT(Error({"trials", "--best=3", "--last=3"}), HasSubstr("do not go together"));
  EXPECT_THAT(Error({"trials", "--format=csv"}), HasSubstr("--format: unknown format \"csv\""));
  EXPECT_THAT(Error({"export", "--to=xml"}), HasSubstr("--to: unknown format \"xml\""));
  EXPECT_THAT(Error({"export", "--output=/no/such/folder/f"}), HasSubstr("/no/such/folder/f"));
  EXPECT_THAT(Error({"import"}), HasSubstr("import takes a file"));
  EXPECT_THAT(Error({"import", folder_ + "none.json"}), HasSubstr("cannot open"));
  EXPECT_THAT(Error({"import", folder_ + "study.json"}), HasSubstr("no result file"));
  Out({"export", "--output=" + folder_ + "e.json"});
  Out({"import", folder_ + "e.json", "--study_name=again"});
  EXPECT_THAT(Error({"replay", "--study_name=again"}), HasSubstr("nothing to replay"));
}

TEST_F(StorageTest, TheParetoFrontIsATable) {
  WriteAll(folder_ + "study.json", R"({
    "name": "front", "model": {"name": "function", "function": "branin"},
    "objectives": [{"metric": "value"}, {"metric": "train_seconds"}],
    "strategy": "random", "runner": "sequential", "trials": 20})");
  Tune();
  const Value front = Json(Out({"best", "--format=json"}));
  EXPECT_EQ(front.list().size(), JsonFile(folder_ + "r.json").Find("pareto")->list().size());
  EXPECT_THAT(Out({"best"}), HasSubstr("Pareto front of "));
  EXPECT_THAT(Error({"trials", "--best=2"}), HasSubstr("there is no order"));
}

}  // namespace
}  // namespace sturgeon
