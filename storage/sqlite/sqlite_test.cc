#include "storage/sqlite/sqlite.h"

#include <linux/capability.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/json.h"
#include "core/space.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/conformance.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr char kTestData[] = "storage/testdata/optuna_5.sql";

std::string FreshUrl() {
  static int files = 0;
  return absl::StrCat("sqlite:", testing::TempDir(), "/conformance_", ++files, ".db");
}
INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance,
                         testing::Values(StorageCase{"sqlite", &kSqliteStorage, FreshUrl}),
                         StorageCaseName);

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(testing::TempDir(), "/sqlite.XXXXXX");
    ASSERT_NE(mkdtemp(&pattern[0]), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/studies.db";
  }

  std::unique_ptr<Storage> Open() {
    auto storage = SqliteStorage::Create({"sqlite:" + path_}, {});
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }

  // Runs SQL on the file, as another program would; returns the rows, columns joined by '|'.
  std::vector<std::string> Sql(const std::string& sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    std::vector<std::string> rows;
    char* message = nullptr;
    const int code = sqlite3_exec(
        database, sql.c_str(),
        [](void* out, int columns, char** values, char**) {
          std::string row;
          for (int i = 0; i < columns; ++i) {
            absl::StrAppend(&row, i == 0 ? "" : "|", values[i] == nullptr ? "NULL" : values[i]);
          }
          static_cast<std::vector<std::string>*>(out)->push_back(row);
          return 0;
        },
        &rows, &message);
    EXPECT_EQ(code, SQLITE_OK) << message;
    sqlite3_free(message);
    sqlite3_close(database);
    return rows;
  }

  std::string folder_, path_;
};

StudyRecord MakeStudy(const std::string& name = "digits") {
  StudyRecord study;
  study.config.name = name;
  study.config.space = *SearchSpace::Create({
      Parameter::Float("rate", 1e-4, 1, Scale::kLog).Tier(1),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
      Parameter::Int("batch", 16, 256, Scale::kLog).Factor(2),
      Parameter::Categorical("optimizer", {"sgd", "adam", Value(), true, 3}),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog).When("optimizer", {"adam"}),
  });
  study.config.objectives = {{"error", Goal::kMinimize}, {"speed", Goal::kMaximize}};
  study.config.constraints = {{"memory", 2.5, false}};
  study.config.metrics = {"memory", "error", "speed"};
  study.config.seed = std::numeric_limits<uint64_t>::max();
  study.config.trials = 60;
  study.config.allow_duplicates = true;
  study.attributes.Set("owner", Value::Object{{"name", "me"}, {"n", 1}});
  return study;
}

StudyRecord MakeSimpleStudy(const std::string& name) {
  StudyRecord study;
  study.config.name = name;
  study.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
  study.config.metrics = {"value"};
  return study;
}

std::vector<TrialRecord> ReadAll(Storage& storage, int64_t study) {
  ReadCursor cursor;
  std::vector<TrialRecord> records;
  const absl::Status status = storage.Read(study, &cursor, [&](TrialRecord record) {
    records.push_back(std::move(record));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return records;
}

TEST_F(SqliteTest, AStudyComesBackAsItWas) {
  const StudyRecord study = MakeStudy();
  int64_t id = 0;
  {
    auto storage = Open();
    const absl::StatusOr<int64_t> made = storage->CreateStudy(study);
    ASSERT_TRUE(made.ok()) << made.status();
    id = *made;
    EXPECT_EQ(storage->CreateStudy(study).status().code(), absl::StatusCode::kAlreadyExists);
    ASSERT_TRUE(storage->SetAttribute(id, "note", "a 'note'; with \"quotes\" 🐟").ok());
    ASSERT_TRUE(storage->SetAttribute(id, "gone", 1).ok());
    ASSERT_TRUE(storage->SetAttribute(id, "gone", Value()).ok());
  }
  auto storage = Open();
  const absl::StatusOr<StudyRecord> found = storage->FindStudy("digits");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->config.space.Names(), study.config.space.Names());
  EXPECT_EQ(found->config.space[1].scale, Scale::kReverseLog);
  EXPECT_EQ(found->config.space[1].tier, 2);
  EXPECT_EQ(found->config.space[2].factor, 2);
  EXPECT_EQ(found->config.space[4].condition->parent, "optimizer");
  EXPECT_EQ(found->config.objectives[1].metric, "speed");
  EXPECT_EQ(found->config.objectives[1].goal, Goal::kMaximize);
  EXPECT_EQ(found->config.constraints[0].bound, 2.5);
  EXPECT_EQ(found->config.metrics, study.config.metrics);
  EXPECT_EQ(found->config.seed, study.config.seed);
  EXPECT_EQ(found->config.trials, 60);
  EXPECT_TRUE(found->config.allow_duplicates);
  EXPECT_EQ(found->attributes,
            Value(Value::Object{{"owner", Value::Object{{"name", "me"}, {"n", 1}}},
                                {"note", "a 'note'; with \"quotes\" 🐟"}}));
  EXPECT_EQ(storage->FindStudy("other").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteTest, ATrialComesBackAsItWas) {
  const double nan = std::nan("");
  int64_t id = 0;
  {
    auto storage = Open();
    id = *storage->CreateStudy(MakeStudy());
    ReadCursor cursor;
    const absl::StatusOr<ClaimResult> claim = storage->Claim(id, {3, 0, "host:1:2"}, &cursor);
    ASSERT_TRUE(claim.ok()) << claim.status();
    ASSERT_THAT(claim->claimed, SizeIs(3));
    EXPECT_TRUE(claim->claimed[0].enqueued.is_null());
    StoredProposal first{0, {0.1, 0.95, 32, 1, 0.999}, 27, 12, AskedView{0, 3, 1, {5, 6}, {2}}};
    StoredProposal second{1, {0.2, 0.9, 64, 0, nan}, {}, {}, {}};
    absl::Status status = storage->Propose(id, {first, second});
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(storage->Report(id, 0, 2, {1, nan, 3}).ok());
    ASSERT_TRUE(storage->Report(id, 0, 1, {4, kInfinity, 6}).ok());
    ASSERT_TRUE(storage->Report(id, 0, 2, {7, 8, -kInfinity}).ok());
    Outcome outcome = Outcome::Complete({0.1234567890123456789, -1e300});
    outcome.constraints = {-0.5};
    status = storage->Finish(id, 0, outcome, {});
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(
        storage->Finish(id, 1, Outcome::Failed(FailureKind::kTimeout, "slow 'as' \xff ever"), {3})
            .ok());
  }
  auto storage = Open();
  const std::vector<TrialRecord> records = ReadAll(*storage, id);
  ASSERT_THAT(records, SizeIs(4));
  const TrialRecord& complete = records[0];
  EXPECT_EQ(complete.trial.id, 0);
  EXPECT_EQ(complete.trial.state, TrialState::kComplete);
  EXPECT_EQ(complete.trial.point, Point({0.1, 0.95, 32, 1, 0.999}));
  EXPECT_THAT(complete.trial.values, ElementsAre(0.1234567890123456789, -1e300));
  EXPECT_THAT(complete.trial.constraints, ElementsAre(-0.5));
  ASSERT_EQ(complete.trial.reports.size(), 2);
  EXPECT_EQ(complete.trial.reports.step(0), 1);
  EXPECT_THAT(complete.trial.reports.values(0), ElementsAre(4, kInfinity, 6));
  EXPECT_THAT(complete.trial.reports.values(1), ElementsAre(7, 8, -kInfinity));
  EXPECT_EQ(complete.trial.budget, 27);
  EXPECT_EQ(complete.trial.resume_from, 12);
  EXPECT_EQ(complete.worker, "host:1:2");
  ASSERT_TRUE(complete.asked.has_value());
  EXPECT_EQ(complete.asked->count, 3);
  EXPECT_EQ(complete.asked->index, 1);
  EXPECT_THAT(complete.asked->pending, ElementsAre(5, 6));
  EXPECT_THAT(complete.asked->hidden, ElementsAre(2));
  EXPECT_GT(complete.trial.started, 1.7e9);

  const TrialRecord& failed = records[1];
  EXPECT_EQ(failed.trial.state, TrialState::kFailed);
  EXPECT_EQ(failed.trial.failure, FailureKind::kTimeout);
  EXPECT_EQ(failed.trial.reason, "slow 'as' \uFFFD ever");
  EXPECT_TRUE(std::isnan(failed.trial.point[4]));
  EXPECT_FALSE(failed.asked.has_value());

  EXPECT_EQ(records[2].trial.state, TrialState::kRunning);
  EXPECT_THAT(records[2].trial.point, IsEmpty());
  // The copy of the failed one.
  EXPECT_EQ(records[3].trial.state, TrialState::kWaiting);
  EXPECT_EQ(records[3].retry_of, 1);
  EXPECT_EQ(records[3].attempt, 1);
  EXPECT_EQ(WriteJson(records[3].enqueued),
            R"({"rate": 0.2, "momentum": 0.9, "batch": 64, "optimizer": "sgd"})");
}

// What Optuna makes: taken from a database that it has written.
TEST_F(SqliteTest, HasExactlyOptunasColumns) {
  std::ifstream file(kTestData);
  const std::string dump((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(dump.empty());
  const std::string ours = path_;
  Open();
  path_ = folder_ + "/optuna.db";
  Sql(dump);
  const std::string theirs = path_;
  const std::string columns =
      "SELECT m.name, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk FROM sqlite_master m "
      "JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1, p.cid";
  const std::string keys =
      "SELECT m.name, f.\"table\", f.\"from\", f.\"to\" FROM sqlite_master m "
      "JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1, 2, 3";
  const std::string indexes =
      "SELECT m.name, i.\"unique\", i.origin, (SELECT group_concat(c.name) FROM "
      "pragma_index_info(i.name) c) FROM sqlite_master m JOIN pragma_index_list(m.name) i "
      "WHERE m.type = 'table' AND i.name NOT LIKE 'sturgeon_%' ORDER BY 1, 2, 3, 4";
  for (const std::string& query : {columns, keys, indexes}) {
    path_ = theirs;
    const std::vector<std::string> expected = Sql(query);
    EXPECT_GT(expected.size(), 5);
    path_ = ours;
    EXPECT_EQ(Sql(query), expected);
  }
  EXPECT_THAT(Sql("SELECT schema_version FROM version_info"), ElementsAre("12"));
  EXPECT_THAT(Sql("SELECT version_num FROM alembic_version"), ElementsAre("v3.2.0.a"));
}

// The nearest that Optuna has, in its own spelling.
TEST_F(SqliteTest, WritesWhatOptunaReads) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeStudy());
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
  ASSERT_TRUE(storage->Propose(id, {{0, {0.1, 0.95, 32, 3, std::nan("")}, {}, {}, {}}}).ok());
  ASSERT_TRUE(storage->Report(id, 0, 5, {1, -kInfinity, 3}).ok());
  Outcome outcome = Outcome::Stopped({1, kInfinity}, "no hope");
  outcome.constraints = {0.5};
  ASSERT_TRUE(storage->Finish(id, 0, outcome, {}).ok());
  ASSERT_TRUE(storage->Enqueue(id, {Value::Object{{"rate", 0.25}}}).ok());
  EXPECT_THAT(Sql("SELECT direction, objective FROM study_directions ORDER BY objective"),
              ElementsAre("MINIMIZE|0", "MAXIMIZE|1"));
  EXPECT_THAT(Sql("SELECT value_json FROM study_system_attributes WHERE key = "
                  "'study:metric_names'"),
              ElementsAre(R"(["error", "speed"])"));
  EXPECT_THAT(Sql("SELECT key, value_json FROM study_user_attributes"),
              ElementsAre(R"(owner|{"name": "me", "n": 1})"));
  EXPECT_THAT(Sql("SELECT number, state, datetime_start IS NULL, datetime_complete IS NULL FROM "
                  "trials ORDER BY number"),
              ElementsAre("0|PRUNED|0|0", "1|WAITING|1|1"));
  EXPECT_THAT(
      Sql("SELECT param_name, param_value, distribution_json FROM trial_params"),
      ElementsAre(
          R"(rate|0.1|{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}})",
          R"(momentum|0.95|{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.9, "high": 0.999, "log": false}})",
          R"(batch|32.0|{"name": "IntDistribution", "attributes": {"step": 1, "low": 16, "high": 256, "log": true}})",
          R"(optimizer|3.0|{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3]}})"));
  EXPECT_THAT(Sql("SELECT objective, value, value_type FROM trial_values ORDER BY objective"),
              ElementsAre("0|1.0|FINITE", "1|NULL|INF_POS"));
  EXPECT_THAT(Sql("SELECT step, intermediate_value, intermediate_value_type FROM "
                  "trial_intermediate_values"),
              ElementsAre("5|NULL|INF_NEG"));
  EXPECT_THAT(Sql("SELECT key, value_json FROM trial_system_attributes WHERE key NOT LIKE "
                  "'sturgeon:%' ORDER BY key"),
              ElementsAre("constraints|[0.5]", R"(fixed_params|{"rate": 0.25})"));
  EXPECT_THAT(
      Sql("SELECT key FROM trial_system_attributes WHERE key LIKE 'sturgeon:%' ORDER BY "
          "key"),
      ElementsAre("sturgeon:end", "sturgeon:proposal", "sturgeon:report:5", "sturgeon:worker"));
}

TEST_F(SqliteTest, ReadsAndContinuesAStudyOfOptunas) {
  std::ifstream file(kTestData);
  Sql(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  auto storage = Open();
  const absl::StatusOr<StudyRecord> two = storage->FindStudy("zwei ziele");
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->config.objectives[0].metric, "error");
  EXPECT_EQ(two->config.objectives[1].metric, "speed");
  EXPECT_EQ(two->config.objectives[1].goal, Goal::kMaximize);

  const absl::StatusOr<StudyRecord> study = storage->FindStudy("eins");
  ASSERT_TRUE(study.ok()) << study.status();
  const SearchSpace& space = study->config.space;
  EXPECT_THAT(space.Names(), ElementsAre("lr", "opt", "k", "b", "mom"));
  EXPECT_EQ(space[0].scale, Scale::kLog);
  EXPECT_THAT(space[1].choices, ElementsAre("sgd", "adam", Value(), true, 3, 2.5));
  EXPECT_EQ(space[2].type, ParameterType::kInt);
  EXPECT_EQ(space[3].step, 16);
  EXPECT_EQ(space[4].step, 0.1);
  EXPECT_EQ(study->attributes,
            Value(Value::Object{{"owner", Value::Object{{"a", Value::List{1, Value(), true}}}}}));

  const std::vector<TrialRecord> records = ReadAll(*storage, study->id);
  ASSERT_THAT(records, SizeIs(12));
  const std::vector<TrialState> states = {TrialState::kComplete,
                                          TrialState::kComplete,
                                          TrialState::kComplete,
                                          TrialState::kStopped,
                                          TrialState::kFailed,
                                          TrialState::kFailed,
                                          TrialState::kFailed /* infinite */,
                                          TrialState::kComplete,
                                          TrialState::kComplete,
                                          TrialState::kComplete,
                                          TrialState::kRunning,
                                          TrialState::kWaiting};
  for (size_t i = 0; i < states.size(); ++i) {
    EXPECT_EQ(records[i].trial.id, static_cast<int64_t>(i));
    EXPECT_EQ(records[i].trial.state, states[i]) << i;
  }
  const Trial& first = records[0].trial;
  EXPECT_EQ(first.point[0], 0.01);
  EXPECT_EQ(first.point[1], 1);
  EXPECT_EQ(first.point[2], 4);
  EXPECT_EQ(first.point[3], 96);
  EXPECT_TRUE(std::isnan(first.point[4]));
  EXPECT_THAT(first.values, ElementsAre(0.01));
  EXPECT_THAT(first.constraints, ElementsAre(-0.09000000000000001, 0.5));
  ASSERT_EQ(first.reports.size(), 3);
  EXPECT_EQ(first.reports.values(0)[0], 0.01);
  EXPECT_TRUE(std::isnan(first.reports.values(1)[0]));
  EXPECT_EQ(first.reports.values(2)[0], kInfinity);
  EXPECT_EQ(*records[0].attributes.Find("who"), Value("me"));
  EXPECT_NEAR(first.seconds, 0.224314, 1e-6);
  EXPECT_EQ(records[6].trial.failure, FailureKind::kNotFinite);
  EXPECT_THAT(records[10].trial.point, IsEmpty());
  EXPECT_EQ(WriteJson(records[11].enqueued), R"({"lr": 0.25})");

  // Trials without heartbeats are Optuna's business.
  EXPECT_THAT(*storage->SettleLost(study->id, absl::ZeroDuration(), nullptr, {3}), IsEmpty());
  ReadCursor cursor;
  const absl::StatusOr<ClaimResult> claim = storage->Claim(study->id, {2, 0, "w"}, &cursor);
  ASSERT_TRUE(claim.ok()) << claim.status();
  ASSERT_THAT(claim->claimed, SizeIs(2));
  EXPECT_EQ(claim->claimed[0].trial.id, 11);
  EXPECT_EQ(WriteJson(claim->claimed[0].enqueued), R"({"lr": 0.25})");
  EXPECT_EQ(claim->claimed[1].trial.id, 12);
  EXPECT_THAT(claim->changes, SizeIs(12));
  ASSERT_TRUE(storage->Propose(study->id, {{12, {0.5, 5, 2, 32, 0.3}, {}, {}, {}}}).ok());
  ASSERT_TRUE(storage->Finish(study->id, 12, Outcome::Complete({0.5}), {}).ok());
  EXPECT_THAT(Sql("SELECT param_name, param_value FROM trial_params JOIN trials USING (trial_id) "
                  "WHERE number = 12 AND study_id = 2 ORDER BY param_id"),
              ElementsAre("lr|0.5", "opt|5.0", "k|2.0", "b|32.0", "mom|0.3"));
  EXPECT_EQ(ReadAll(*storage, study->id).back().trial.point, Point({0.5, 5, 2, 32, 0.3}));
}

TEST_F(SqliteTest, ContinuesAfterOptunaHasAddedToOurStudy) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeStudy());
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
  // As Optuna does it: numbers by the count, no conditions, its own values.
  Sql("INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES "
      "(1, 1, 'COMPLETE', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:01.500000');"
      "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES "
      "(2, 0, 0.5, 'FINITE'), (2, 1, 7, 'FINITE');"
      "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES "
      "(2, 'beta2', 0.995, '{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, "
      "\"low\": 0.99, \"high\": 0.9999, \"log\": false}}'), "
      "(2, 'batch', 100, '{\"name\": \"IntDistribution\", \"attributes\": {\"log\": true, "
      "\"step\": 1, \"low\": 16, \"high\": 256}}'), "
      "(2, 'optimizer', 0, '{\"name\": \"CategoricalDistribution\", \"attributes\": "
      "{\"choices\": [3, \"adam\"]}}'), "
      "(2, 'unknown', 1, '{}')");
  const absl::StatusOr<ClaimResult> claim = storage->Claim(id, {1, 0, "w"}, &cursor);
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_EQ(claim->claimed[0].trial.id, 2);
  ASSERT_THAT(claim->changes, SizeIs(2));
  const Trial& theirs = claim->changes[1].trial;
  EXPECT_EQ(theirs.state, TrialState::kComplete);
  EXPECT_EQ(theirs.seconds, 1.5);
  EXPECT_TRUE(std::isnan(theirs.point[0]));  // not said
  EXPECT_EQ(theirs.point[2], 128);           // the nearest power of two
  EXPECT_EQ(theirs.point[3], 4);             // the choice 3
  EXPECT_TRUE(std::isnan(theirs.point[4]));  // inactive
}

TEST_F(SqliteTest, NamesMayHoldAnything) {
  auto storage = Open();
  const std::string fish = "🐟";
  std::string longest;
  for (int i = 0; i < 500; ++i) longest += fish;
  for (const std::string& name :
       {std::string("'; DROP TABLE trials; --"), std::string("\"$1\" %s \\ \n"), longest}) {
    StudyRecord study = MakeSimpleStudy(name);
    study.config.space = *SearchSpace::Create({Parameter::Float(name, 0, 1)});
    const absl::StatusOr<int64_t> id = storage->CreateStudy(study);
    ASSERT_TRUE(id.ok()) << id.status();
    ReadCursor cursor;
    ASSERT_TRUE(storage->Claim(*id, {1, 0, name}, &cursor).ok());
    ASSERT_TRUE(storage->Propose(*id, {{0, {0.5}, {}, {}, {}}}).ok());
    ASSERT_TRUE(storage->SetAttribute(*id, name, name).ok());
    const absl::StatusOr<StudyRecord> found = storage->FindStudy(name);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->attributes, Value(Value::Object{{name, name}}));
    const std::vector<TrialRecord> records = ReadAll(*storage, *id);
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_THAT(records[0].trial.point, ElementsAre(0.5));
    EXPECT_EQ(records[0].worker, name);
  }
  std::string too_long = longest;
  for (int i = 0; i < 13; ++i) too_long += fish;
  const absl::Status status = storage->CreateStudy(MakeSimpleStudy(too_long)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("513 characters"));
  EXPECT_EQ(storage->CreateStudy(MakeSimpleStudy("\xff")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SqliteTest, ErrorsNameTheFileAndTheStudy) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  const absl::Status no_trial = storage->Finish(id, 7, Outcome::Complete({1}), {});
  EXPECT_EQ(no_trial.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(no_trial.message(),
            absl::StrCat("sqlite:", path_, ": study \"s\": there is no trial 7"));
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
  EXPECT_EQ(storage->Finish(id, 0, Outcome::Complete({1, 2}), {}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage->Finish(id, 0, Outcome::Complete({std::nan("")}), {}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage->Report(id, 0, 1, {1, 2}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage->Report(id, 0, -1, {1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage->Propose(id, {{0, {1, 2}, {}, {}, {}}}).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(storage->Finish(id, 0, Outcome::Failed(FailureKind::kLostWorker, "silent"), {}).ok());
  const absl::Status late = storage->Finish(id, 0, Outcome::Complete({1}), {});
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(late.message()), HasSubstr("has ended as failed already: silent"));
  ASSERT_TRUE(storage->DeleteStudy(id).ok());
  EXPECT_EQ(storage->Claim(id, {1, 0, "w"}, &cursor).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Sql("SELECT COUNT(*) FROM trial_system_attributes"), ElementsAre("0"));
}

TEST_F(SqliteTest, WhatWasTakenBackIsGivenAgain) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  ASSERT_TRUE(storage->Enqueue(id, {Value::Object{{"x", 0.5}}}).ok());
  ReadCursor cursor;
  ASSERT_THAT(storage->Claim(id, {4, 0, "w"}, &cursor)->claimed, SizeIs(4));
  ASSERT_TRUE(storage->Propose(id, {{2, {0.5}, {}, {}, {}}}).ok());
  absl::Status status = storage->Unclaim(id, {0, 1, 3}, "nothing to try");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(storage->Unclaim(id, {2}, "").code(), absl::StatusCode::kFailedPrecondition);
  const std::vector<TrialRecord> records = ReadAll(*storage, id);
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[0].trial.state, TrialState::kWaiting);  // as before it was claimed
  EXPECT_EQ(records[1].trial.failure, FailureKind::kCancelled);
  EXPECT_EQ(records[1].trial.reason, "nothing to try");
  const ClaimResult claim = *storage->Claim(id, {2, 0, "w"}, &cursor);
  EXPECT_EQ(claim.claimed[0].trial.id, 0);
  EXPECT_EQ(WriteJson(claim.claimed[0].enqueued), R"({"x": 0.5})");
  EXPECT_EQ(claim.claimed[1].trial.id, 3);
}

TEST_F(SqliteTest, RetriesDoNotCountAgainstTheLimit) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {1, 2, "w"}, &cursor).ok());
  ASSERT_TRUE(storage->Propose(id, {{0, {0.5}, 9, 4, {}}}).ok());
  ASSERT_TRUE(storage->Finish(id, 0, Outcome::Failed(FailureKind::kError, "e"), {1}).ok());
  ClaimResult claim = *storage->Claim(id, {5, 2, "w"}, &cursor);
  ASSERT_THAT(claim.claimed, SizeIs(2));
  EXPECT_EQ(claim.claimed[0].retry_of, 0);
  EXPECT_EQ(claim.claimed[0].trial.budget, 9);
  EXPECT_EQ(claim.claimed[0].trial.resume_from, 4);
  EXPECT_EQ(claim.claimed[1].trial.id, 2);
  // The second time it is not repeated.
  ASSERT_TRUE(storage->Propose(id, {{1, {0.5}, {}, {}, {}}}).ok());
  ASSERT_TRUE(storage->Finish(id, 1, Outcome::Failed(FailureKind::kError, "e"), {1}).ok());
  EXPECT_THAT(storage->Claim(id, {5, 2, "w"}, &cursor)->claimed, IsEmpty());
}

TEST_F(SqliteTest, SilentAndDeadWorkersLoseTheirTrials) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {2, 0, "alive"}, &cursor).ok());
  ASSERT_TRUE(storage->Claim(id, {1, 0, "dead"}, &cursor).ok());
  ASSERT_TRUE(storage->Propose(id, {{0, {0.5}, {}, {}, {}}, {2, {0.25}, {}, {}, {}}}).ok());
  const auto dead = [](absl::string_view worker) { return worker == "dead"; };
  EXPECT_THAT(*storage->SettleLost(id, absl::Minutes(1), nullptr, {1}), IsEmpty());
  EXPECT_THAT(*storage->SettleLost(id, absl::Minutes(1), dead, {1}), ElementsAre(2));
  Sql("UPDATE trial_heartbeats SET heartbeat = strftime('%Y-%m-%d %H:%M:%f000', 'now', "
      "'-61 seconds')");
  ASSERT_TRUE(storage->Heartbeat(id, {1, 2}).ok());
  EXPECT_THAT(*storage->SettleLost(id, absl::Minutes(1), dead, {1}), ElementsAre(0));
  const std::vector<TrialRecord> records = ReadAll(*storage, id);
  ASSERT_THAT(records, SizeIs(5));  // and two copies
  EXPECT_EQ(records[0].trial.failure, FailureKind::kLostWorker);
  EXPECT_EQ(records[1].trial.state, TrialState::kRunning);
  EXPECT_THAT(records[2].trial.reason, HasSubstr("dead"));
}

TEST_F(SqliteTest, ReadsOnFromACursor) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  const int64_t other = *storage->CreateStudy(MakeSimpleStudy("other"));
  ReadCursor cursor, unused;
  std::vector<int64_t> seen;
  const auto read = [&] {
    seen.clear();
    EXPECT_TRUE(storage
                    ->Read(id, &cursor,
                           [&](TrialRecord record) {
                             seen.push_back(record.trial.id);
                             return absl::OkStatus();
                           })
                    .ok());
    return seen;
  };
  ASSERT_TRUE(storage->Claim(id, {20, 0, "w"}, &unused).ok());
  ASSERT_TRUE(storage->Claim(other, {3, 0, "w"}, &unused).ok());
  EXPECT_THAT(read(), SizeIs(20));
  EXPECT_THAT(read(), IsEmpty());
  ASSERT_TRUE(storage->Propose(id, {{17, {0.5}, {}, {}, {}}, {2, {0.5}, {}, {}, {}}}).ok());
  EXPECT_THAT(read(), ElementsAre(2, 17));
  ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &unused).ok());
  ASSERT_TRUE(storage->Finish(id, 2, Outcome::Complete({1}), {}).ok());
  ASSERT_TRUE(storage->Finish(id, 19, Outcome::Failed(FailureKind::kError, ""), {}).ok());
  EXPECT_THAT(read(), ElementsAre(2, 17, 19, 20));
  EXPECT_THAT(read(), ElementsAre(17));
  // An error of the visitor ends it; what was visited counts.
  ASSERT_TRUE(storage->Enqueue(id, {Value::Object(), Value::Object()}).ok());
  const absl::Status status = storage->Read(id, &cursor, [](TrialRecord record) {
    return record.trial.id == 22 ? absl::AbortedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(status, absl::AbortedError("enough"));
  EXPECT_THAT(read(), ElementsAre(17, 22));
}

TEST_F(SqliteTest, ImportsTrials) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  TrialRecord record;
  record.trial.state = TrialState::kStopped;
  record.trial.point = {0.25};
  record.trial.values = {3};
  record.trial.reason = "enough";
  record.trial.started = 1000000000.5;
  record.trial.seconds = 2.25;
  record.trial.reports.Add(1, {5});
  record.retry_of = 9;
  record.attempt = 2;
  record.worker = "w";
  record.attributes.Set("who", "me");
  TrialRecord pointless;
  pointless.trial.state = TrialState::kFailed;
  pointless.trial.failure = FailureKind::kCancelled;
  EXPECT_EQ(*storage->Import(id, {record, pointless}), 0);
  EXPECT_EQ(*storage->Import(id, {record}), 2);
  record.trial.state = TrialState::kRunning;
  EXPECT_EQ(storage->Import(id, {pointless, record}).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::vector<TrialRecord> records = ReadAll(*storage, id);
  ASSERT_THAT(records, SizeIs(3));
  const TrialRecord& read = records[2];
  EXPECT_EQ(read.trial.id, 2);
  EXPECT_EQ(read.trial.state, TrialState::kStopped);
  EXPECT_EQ(read.trial.point, Point({0.25}));
  EXPECT_THAT(read.trial.values, ElementsAre(3));
  EXPECT_EQ(read.trial.reason, "enough");
  EXPECT_EQ(read.trial.started, 1000000000.5);
  EXPECT_EQ(read.trial.seconds, 2.25);
  EXPECT_THAT(read.trial.reports.values(0), ElementsAre(5));
  EXPECT_EQ(read.retry_of, 9);
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(*read.attributes.Find("who"), Value("me"));
  EXPECT_THAT(records[1].trial.point, IsEmpty());
}

TEST_F(SqliteTest, ListsStudies) {
  auto storage = Open();
  const int64_t a = *storage->CreateStudy(MakeSimpleStudy("a"));
  ASSERT_TRUE(storage->CreateStudy(MakeStudy("b")).ok());
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(a, {3, 0, "w"}, &cursor).ok());
  ASSERT_TRUE(storage->Finish(a, 0, Outcome::Complete({1}), {}).ok());
  ASSERT_TRUE(storage->Finish(a, 1, Outcome::Failed(FailureKind::kError, ""), {}).ok());
  ASSERT_TRUE(storage->Enqueue(a, {Value::Object()}).ok());
  const std::vector<StudyListing> studies = *storage->ListStudies();
  ASSERT_THAT(studies, SizeIs(2));
  EXPECT_EQ(studies[0].name, "a");
  EXPECT_EQ(studies[0].waiting, 1);
  EXPECT_EQ(studies[0].running, 1);
  EXPECT_EQ(studies[0].complete, 1);
  EXPECT_EQ(studies[0].failed, 1);
  EXPECT_GT(studies[0].first_start, absl::UnixEpoch());
  EXPECT_THAT(studies[1].goals, ElementsAre(Goal::kMinimize, Goal::kMaximize));
  EXPECT_EQ(studies[1].first_start, absl::InfinitePast());
}

// --- Files that cannot be used -----------------------------------------------------------------

TEST_F(SqliteTest, RefusesWhatIsNoStudyFile) {
  const auto error = [&](absl::StatusCode code) {
    const absl::Status status = SqliteStorage::Create({"sqlite:" + path_}, {}).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path_)) << status;
    return std::string(status.message());
  };
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_THAT(error(absl::StatusCode::kDataLoss), HasSubstr("no SQLite database"));

  path_ = folder_ + "/recipes.db";
  Sql("CREATE TABLE recipes (x); CREATE TABLE ingredients (x)");
  EXPECT_THAT(error(absl::StatusCode::kFailedPrecondition),
              HasSubstr("something else (it has the tables ingredients, recipes)"));

  path_ = folder_ + "/versions.db";
  Open();
  Sql("UPDATE alembic_version SET version_num = 'v3.0.0.d'");
  EXPECT_THAT(error(absl::StatusCode::kFailedPrecondition), HasSubstr("optuna storage upgrade"));
  Sql("UPDATE alembic_version SET version_num = 'v9.0.0.a'; UPDATE version_info SET "
      "schema_version = 13, library_version = '9.1.0'");
  EXPECT_THAT(error(absl::StatusCode::kFailedPrecondition),
              testing::AllOf(HasSubstr("schema 13, revision v9.0.0.a (Optuna 9.1.0)"),
                             HasSubstr("newer Sturgeon")));

  path_ = folder_ + "/no/such/folder.db";
  EXPECT_THAT(error(absl::StatusCode::kUnavailable), HasSubstr("No such file or directory"));
  path_ = folder_;
  error(absl::StatusCode::kUnavailable);
  EXPECT_EQ(SqliteStorage::Create({"sqlite:"}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SqliteTest, SaysThatAFileIsDamaged) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  ASSERT_TRUE(storage->Enqueue(id, std::vector<Value>(500, Value::Object())).ok());
  storage.reset();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  for (int i = 0; i < 40; ++i) file << std::string(4096, '\x5a');
  file.close();
  absl::StatusOr<std::unique_ptr<Storage>> opened = SqliteStorage::Create({"sqlite:" + path_}, {});
  ReadCursor cursor;
  const absl::Status status =
      opened.ok() ? (*opened)->Claim(id, {1, 0, "w"}, &cursor).status() : opened.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("damaged"));
}

TEST_F(SqliteTest, WritesNothingToAFileThatIsGone) {
  for (const bool replaced : {false, true}) {
    auto storage = Open();
    const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
    ReadCursor cursor;
    ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
    for (const char* suffix : {"", "-wal", "-shm"}) ::remove((path_ + suffix).c_str());
    if (replaced) {
      const std::unique_ptr<Storage> other = Open();
      ASSERT_TRUE(other->CreateStudy(MakeSimpleStudy("other")).ok());
    }
    for (int i = 0; i < 2; ++i) {
      const absl::Status status = storage->Finish(id, 0, Outcome::Complete({1}), {});
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(replaced ? "another file has taken the place of the file"
                                     : "the file was deleted"));
    }
    EXPECT_EQ(access(path_.c_str(), F_OK) == 0, replaced);
  }
}

TEST_F(SqliteTest, WritesNothingToALogThatIsGone) {
  for (const bool replaced : {false, true}) {
    auto storage = Open();
    const std::string name = replaced ? "b" : "a";
    const int64_t id = *storage->CreateStudy(MakeSimpleStudy(name));
    ReadCursor cursor;
    ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
    ASSERT_EQ(::remove((path_ + "-wal").c_str()), 0);
    if (replaced) std::ofstream(path_ + "-wal");
    for (int i = 0; i < 3; ++i) {  // by any of its connections, and by new ones
      const absl::Status status = storage->Finish(id, 0, Outcome::Complete({1}), {});
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
      EXPECT_THAT(std::string(status.message()),
                  testing::AllOf(HasSubstr("its log "), HasSubstr("while it was in use")));
    }
    // What was written before comes to the file when it is closed.
    storage.reset();
    storage = Open();
    EXPECT_EQ(storage->FindStudy(name)->id, id);
    EXPECT_THAT(Sql("PRAGMA integrity_check"), ElementsAre("ok"));
    EXPECT_TRUE(storage->Finish(id, 0, Outcome::Complete({1}), {}).ok());
  }
}

TEST_F(SqliteTest, AFullDiskIsAnErrorAndNothingElse) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  ReadCursor cursor;
  ASSERT_TRUE(storage->Claim(id, {1, 0, "w"}, &cursor).ok());
  // A file that may grow no more behaves like a disk that is full.
  struct stat log;
  ASSERT_EQ(stat((path_ + "-wal").c_str(), &log), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = log.st_size;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const absl::Status status = storage->Finish(id, 0, Outcome::Complete({1}), {});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  // There is room again.
  const absl::Status again = storage->Finish(id, 0, Outcome::Complete({1}), {});
  EXPECT_TRUE(again.ok()) << again;
  EXPECT_THAT(Sql("PRAGMA integrity_check"), ElementsAre("ok"));
}

TEST_F(SqliteTest, AReadOnlyFileCanBeRead) {
  {
    auto storage = Open();
    ASSERT_TRUE(storage->CreateStudy(MakeSimpleStudy("s")).ok());
  }
  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  // Root may write everywhere, until it gives up the right to.
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0) _exit(76);
    if (access(path_.c_str(), R_OK) != 0 || access(path_.c_str(), W_OK) == 0) _exit(77);
    auto storage = SqliteStorage::Create({"sqlite:" + path_}, {});
    if (!storage.ok()) {
      // Without a right to the folder SQLite cannot make the memory that readers share.
      _exit(absl::IsUnavailable(storage.status()) ? 0 : 11);
    }
    if (!(*storage)->FindStudy("s").ok()) _exit(12);
    const absl::Status status = (*storage)->SetAttribute(1, "a", 1);
    _exit(absl::IsUnavailable(status) && absl::StrContains(status.message(), "only be read") ? 0
                                                                                             : 13);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(WEXITSTATUS(result), 0);
}

TEST_F(SqliteTest, AChildProcessMustOpenItAnew) {
  auto storage = Open();
  ASSERT_TRUE(storage->CreateStudy(MakeSimpleStudy("s")).ok());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool refused = absl::IsFailedPrecondition(storage->FindStudy("s").status());
    storage.reset();
    _exit(refused ? 0 : 1);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(WEXITSTATUS(result), 0);
  EXPECT_TRUE(storage->FindStudy("s").ok());
}

// --- Many at once
// ----------------------------------------------------------------------------------

TEST_F(SqliteTest, ThreadsShareTransactions) {
  auto storage = Open();
  const int64_t id = *storage->CreateStudy(MakeSimpleStudy("s"));
  constexpr int kThreads = 8, kTrials = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      ReadCursor cursor;
      for (int i = 0; i < kTrials; ++i) {
        absl::StatusOr<ClaimResult> claim = storage->Claim(id, {1, 0, "w"}, &cursor);
        ASSERT_TRUE(claim.ok()) << claim.status();
        const int64_t number = claim->claimed[0].trial.id;
        ASSERT_TRUE(storage->Propose(id, {{number, {0.5}, {}, {}, {}}}).ok());
        ASSERT_TRUE(storage->Report(id, number, 1, {2}).ok());
        // One that fails within a shared transaction takes nothing with it.
        ASSERT_FALSE(storage->Report(id, 1000000, 1, {2}).ok());
        ASSERT_TRUE(storage->Finish(id, number, Outcome::Complete({3}), {}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<TrialRecord> records = ReadAll(*storage, id);
  ASSERT_THAT(records, SizeIs(kThreads * kTrials));
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].trial.id, static_cast<int64_t>(i));
    EXPECT_EQ(records[i].trial.state, TrialState::kComplete);
  }
}

TEST_F(SqliteTest, ProcessesShareAStudy) {
  constexpr int kProcesses = 6, kTrials = 20;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child > 0) {
      children.push_back(child);
      continue;
    }
    // All make the file and the study at one time.
    absl::StatusOr<std::unique_ptr<Storage>> storage =
        SqliteStorage::Create({"sqlite:" + path_}, {});
    if (!storage.ok()) {
      std::fprintf(stderr, "%s\n", std::string(storage.status().message()).c_str());
      _exit(1);
    }
    const absl::Status made = (*storage)->CreateStudy(MakeSimpleStudy("s")).status();
    if (!made.ok() && !absl::IsAlreadyExists(made)) _exit(2);
    const absl::StatusOr<StudyRecord> study = (*storage)->FindStudy("s");
    if (!study.ok()) _exit(3);
    ReadCursor cursor;
    for (;;) {
      const absl::StatusOr<ClaimResult> claim =
          (*storage)->Claim(study->id, {1, kProcesses * kTrials, "w"}, &cursor);
      if (!claim.ok()) _exit(4);
      if (claim->claimed.empty()) _exit(0);
      const int64_t number = claim->claimed[0].trial.id;
      if (!(*storage)->Propose(study->id, {{number, {0.5}, {}, {}, {}}}).ok()) _exit(5);
      if (!(*storage)->Finish(study->id, number, Outcome::Complete({1}), {}).ok()) _exit(6);
    }
  }
  for (const pid_t child : children) {
    int result = 0;
    ASSERT_EQ(waitpid(child, &result, 0), child);
    EXPECT_EQ(WEXITSTATUS(result), 0);
  }
  EXPECT_THAT(Sql("SELECT COUNT(*), COUNT(DISTINCT number), MAX(number) FROM trials WHERE state = "
                  "'COMPLETE'"),
              ElementsAre(absl::StrCat(120, "|", 120, "|", 119)));
  EXPECT_THAT(Sql("PRAGMA integrity_check"), ElementsAre("ok"));
}

}  // namespace
}  // namespace sturgeon
