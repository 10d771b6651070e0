#include "storage/conformance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "core/space_json.h"
#include "gmock/gmock.h"

namespace sturgeon {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// A time that is whole in microseconds, in 2023.
constexpr double kSomeTime = 1700000000.25;

// Numbers that a careless round trip through text or integers would change.
constexpr double kHardNumbers[] = {
    0.1,      -0.0,   0,    5e-324, -5e-324, 2.2250738585072014e-308, 1.0 / 3, 1 + 0x1p-52,
    1e15 + 1, 0x1p53, 1e22, -1e-7,  7e307};

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Of a Status or a StatusOr; a failed test shows it.
MATCHER(Succeeds, "") {
  const absl::Status& status = StatusOf(arg);
  *result_listener << status;
  return status.ok();
}

// Every bit of it: 0 and -0 differ, and so do neighbours.
std::string Bits(double value) {
  return std::isnan(value) ? std::string("nan") : absl::StrFormat("%a", value);
}
template <typename Numbers>
std::string AllBits(const Numbers& numbers) {
  return absl::StrCat(
      "[",
      absl::StrJoin(numbers, " ",
                    [](std::string* out, double value) { absl::StrAppend(out, Bits(value)); }),
      "]");
}
std::string Text(const std::optional<int64_t>& number) {
  return number.has_value() ? absl::StrCat(*number) : "-";
}

// An object whose fields have no order.
std::string Text(const Value& object) {
  std::vector<std::string> fields;
  for (const Value::Field& field : object.object()) {
    fields.push_back(absl::StrCat("\"", field.name, "\": ", WriteJson(field.value)));
  }
  std::sort(fields.begin(), fields.end());
  return absl::StrCat("{", absl::StrJoin(fields, ", "), "}");
}

// All of a trial but its times: what is equal here is equal bit for bit.
std::string Text(const TrialRecord& record) {
  const Trial& trial = record.trial;
  std::string text = absl::StrCat(trial.id, " ", TrialStateName(trial.state), " ",
                                  FailureKindName(trial.failure), " \"", trial.reason, "\"\n");
  absl::StrAppend(&text, "point ", AllBits(trial.point), " values ", AllBits(trial.values),
                  " constraints ", AllBits(trial.constraints), "\n");
  for (size_t i = 0; i < trial.reports.size(); ++i) {
    absl::StrAppend(&text, "report ", trial.reports.step(i), " ", AllBits(trial.reports.values(i)),
                    "\n");
  }
  absl::StrAppend(&text, "budget ", Text(record.trial.budget), " resume_from ",
                  Text(record.trial.resume_from), " retry_of ", Text(record.retry_of), " attempt ",
                  record.attempt, "\n");
  absl::StrAppend(&text, "worker \"", record.worker, "\" attributes ", Text(record.attributes),
                  "\n");
  if (record.asked.has_value()) {
    const AskedView& asked = *record.asked;
    absl::StrAppend(&text, "asked ", asked.first_id, " ", asked.count, " ", asked.index,
                    " pending ", absl::StrJoin(asked.pending, " "), " hidden ",
                    absl::StrJoin(asked.hidden, " "), "\n");
  }
  if (trial.state == TrialState::kWaiting) {
    absl::StrAppend(&text, "enqueued ", WriteJson(record.enqueued), "\n");
  }
  return text;
}
std::vector<std::string> Texts(const std::vector<TrialRecord>& records) {
  std::vector<std::string> texts;
  for (const TrialRecord& record : records) texts.push_back(Text(record));
  return texts;
}

// All of a study that a storage promises to keep.
std::string Text(const StudyRecord& record) {
  const StudyConfig& config = record.config;
  std::string text = absl::StrCat(
      "\"", config.name, "\" seed ", config.seed, " trials ", config.trials, " duplicates ",
      config.allow_duplicates, " max_steps ", config.max_steps, " ", config.unit, " settable ",
      absl::StrJoin(config.settable, ", "), "\n", WriteJson(ToValue(config.space)), "\n");
  for (const Objective& objective : config.objectives) {
    absl::StrAppend(&text, GoalName(objective.goal), " \"", objective.metric, "\"\n");
  }
  for (const MetricConstraint& constraint : config.constraints) {
    absl::StrAppend(&text, "\"", constraint.metric, "\" ",
                    constraint.at_least ? ">= " : "<= ", Bits(constraint.bound), "\n");
  }
  absl::StrAppend(&text, "metrics \"", absl::StrJoin(config.metrics, "\" \""), "\"\n",
                  Text(record.attributes));
  return text;
}

std::vector<int64_t> Numbers(const std::vector<TrialRecord>& records) {
  std::vector<int64_t> numbers;
  for (const TrialRecord& record : records) numbers.push_back(record.trial.id);
  return numbers;
}

StudyConfig SmallConfig(const std::string& name) {
  StudyConfig config;
  config.name = name;
  config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Float("y", 0, 1)});
  config.metrics = {"value"};
  return config;
}

// A study that uses everything a study may have.
StudyConfig LargeConfig(const std::string& name) {
  StudyConfig config;
  config.name = name;
  config.space = *SearchSpace::Create(
      {Parameter::Float("rate", 1e-5, 0.1, Scale::kLog).Tier(1).Prior(0.001, 0.1),
       Parameter::Float("momentum", 0.9, 0.9999, Scale::kReverseLog).Tier(2).Default(0.99),
       Parameter::Float("dropout", 0.1, 0.7).Step(0.1), Parameter::Float("any", -8e307, 8e307),
       Parameter::Int("units", 8, 512, Scale::kLog).Factor(2).Tier(3),
       Parameter::Int("large", -9007199254740992, -9007199254740900),
       Parameter::Categorical("choice", {"adam", 1, 1.5, true, Value(), "1", ""}),
       Parameter::Float("beta", 0.1, 0.3).When("choice", {"adam", "1"}).Tier(4),
       Parameter::Int("depth", 1, 9).WhenBetween("units", 16, std::nullopt)});
  config.objectives = {{"loss", Goal::kMinimize}, {"accuracy", Goal::kMaximize}};
  config.constraints = {{"seconds", 0.1, false}, {"accuracy", 1.0 / 3, true}};
  config.metrics = {"seconds", "accuracy", "loss"};
  config.seed = std::numeric_limits<uint64_t>::max();
  config.max_steps = 9007199254740991;
  config.unit = "epoch";
  config.settable = {"rate", "choice"};
  config.trials = 123456789012;
  config.allow_duplicates = true;
  return config;
}
Point LargePoint(double any = 0.1) {
  return {0.1 * 0.1, 0.99, 0.1 + 2 * 0.1, any, 32, -9007199254740991, 5, 0.1 + 0.2, 7};
}

// Trials that have ended, with everything that a trial may have.
std::vector<TrialRecord> EndedTrials() {
  std::vector<TrialRecord> records;
  for (const double number : kHardNumbers) {
    TrialRecord& record = records.emplace_back();
    Trial& trial = record.trial;
    trial.state = TrialState::kComplete;
    trial.point = LargePoint(number);
    trial.values = {number, -number};
    trial.constraints = {number, -0.0, number * 0.5};
    trial.reports.Add(0, {number, 1e308, -1e308});
    trial.reports.Add(7, {-0.0, kNaN, kInf});
    trial.reports.Add(std::numeric_limits<int32_t>::max(), {-kInf, number, 5e-324});
    trial.started = kSomeTime;
    trial.seconds = 12.125;
  }
  {
    TrialRecord& record = records.emplace_back();
    record.trial.state = TrialState::kStopped;
    record.trial.point = LargePoint();
    record.trial.point[7] = record.trial.point[8] = kNaN;  // inactive
    record.trial.point[6] = 1;
    record.trial.point[4] = 8;
    record.trial.values = {kInf, -kInf};
    record.trial.reason = "median";
    record.trial.started = kSomeTime + 1;
    record.trial.budget = 1 << 30;
    record.trial.resume_from = 3;
    record.worker = "host:1:2";
    record.asked = AskedView{12, 4, 2, {9, 10}, {3, 11}};
    record.attributes = Value(Value::Object{
        {"note", "a \"quoted\" \\ text\nof two lines 🐟"},
        {"numbers", Value(Value::List{1, 0.1, 5e-324, -7, true, Value()})},
        {"nested", Value(Value::Object{{"a", Value(Value::Object{{"b", Value(Value::List{})}})}})},
        {"it's; -- %s $1 ?", 9007199254740993}});
  }
  {
    TrialRecord& record = records.emplace_back();
    record.trial.state = TrialState::kStopped;  // before it had reported anything
    record.trial.point = LargePoint();
    record.trial.started = kSomeTime + 2;
  }
  {
    TrialRecord& record = records.emplace_back();
    record.trial.state = TrialState::kFailed;
    record.trial.failure = FailureKind::kOutOfMemory;
    record.trial.reason = "asked for 80 GiB";
    record.trial.point = LargePoint();
    record.trial.reports.Add(3, {1, 2, 3});
    record.trial.started = kSomeTime + 3;
    record.retry_of = 2;
    record.attempt = 3;
  }
  {
    TrialRecord& record = records.emplace_back();
    record.trial.state = TrialState::kFailed;  // before it had a point
    record.trial.failure = FailureKind::kError;
    record.trial.reason = "no such parameter";
    record.trial.started = kSomeTime + 4;
  }
  return records;
}

std::vector<std::string> HardNames() {
  std::string emoji;
  for (int i = 0; i < 500; ++i) emoji += "🐟";
  return {"'; DROP TABLE trials; --",
          "\"double\" 'single' `back`",
          "\\ backslash \\' \\n",
          "two\nlines\tand a tab",
          "emoji 🐟👩‍🔬 and Ελληνικά",
          "100% of %s, %1$s, $1, ?1, :name, @name and {}",
          " leading and trailing ",
          "null",
          "42",
          "[1, {\"a\": 2}]",
          "name",
          "Name",
          std::string(500, 'n'),
          std::string(499, 'n') + "'",
          emoji};
}

// Runs `run` in so many threads, 0, 1, …, and waits for all.
void InThreads(int count, const std::function<void(int)>& run) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(run, i);
  for (std::thread& thread : threads) thread.join();
}

// What one cursor is told of a study must be: each trial once as new, in the order of the numbers,
// then any number of times while it runs, its end once, and nothing after.
class Witness {
 public:
  void See(const TrialRecord& record) {
    const int64_t number = record.trial.id;
    if (number >= next_) {
      EXPECT_EQ(number, next_) << "a trial was left out";
      next_ = number + 1;
    }
    EXPECT_EQ(ended_.count(number), 0) << number << " was told after its end";
    if (record.trial.finished()) ended_.insert(number);
  }
  void See(const std::vector<TrialRecord>& records) {
    for (const TrialRecord& record : records) See(record);
  }
  int64_t seen() const { return next_; }
  int64_t ended() const { return static_cast<int64_t>(ended_.size()); }

 private:
  int64_t next_ = 0;
  std::set<int64_t> ended_;
};

}  // namespace

// A test of a plugin may want the fixture alone.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageConformance);

std::string StorageCaseName(const testing::TestParamInfo<StorageCase>& info) {
  return info.param.name;
}

void PrintTo(const StorageCase& storage_case, std::ostream* os) { *os << storage_case.name; }

void StorageConformance::SetUp() {
  url_ = GetParam().fresh_url();
  storage_ = OpenAgain();
  ASSERT_NE(storage_, nullptr);
}

std::unique_ptr<Storage> StorageConformance::OpenAgain() const {
  auto storage = GetParam().plugin->create(Value(Value::Object{{"url", url_}}), "storage", {});
  EXPECT_TRUE(storage.ok()) << storage.status();
  return storage.ok() ? *std::move(storage) : nullptr;
}

void StorageConformance::CloseAndOpen() {
  storage_.reset();
  storage_ = OpenAgain();
  ASSERT_NE(storage_, nullptr);
}

std::vector<std::shared_ptr<Storage>> StorageConformance::Several(int count) const {
  std::vector<std::shared_ptr<Storage>> several = {storage_};
  while (static_cast<int>(several.size()) < count) {
    several.push_back(GetParam().shared ? std::shared_ptr<Storage>(OpenAgain()) : storage_);
  }
  return several;
}

int64_t StorageConformance::CreateStudy(const StudyConfig& config) {
  StudyRecord record;
  record.config = config;
  const auto id = storage().CreateStudy(record);
  EXPECT_TRUE(id.ok()) << id.status();
  return id.value_or(-1);
}

int64_t StorageConformance::CreateStudy(const std::string& name) {
  return CreateStudy(SmallConfig(name));
}

std::vector<TrialRecord> StorageConformance::ReadOn(Storage& storage, int64_t study,
                                                    ReadCursor* cursor) {
  std::vector<TrialRecord> records;
  const absl::Status status = storage.Read(study, cursor, [&](TrialRecord record) {
    records.push_back(std::move(record));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return records;
}

std::vector<TrialRecord> StorageConformance::ReadAll(int64_t study) {
  ReadCursor cursor;
  return ReadOn(storage(), study, &cursor);
}

TrialRecord StorageConformance::ReadOne(int64_t study, int64_t number) {
  for (TrialRecord& record : ReadAll(study)) {
    if (record.trial.id == number) return std::move(record);
  }
  ADD_FAILURE() << "there is no trial " << number;
  return {};
}

std::vector<TrialRecord> StorageConformance::Claim(int64_t study, int count) {
  ReadCursor cursor;
  auto claim = storage().Claim(study, {count, 0, "worker"}, &cursor);
  EXPECT_TRUE(claim.ok()) << claim.status();
  if (!claim.ok()) return std::vector<TrialRecord>(count);
  EXPECT_THAT(claim->claimed, SizeIs(count));
  return std::move(claim->claimed);
}

int64_t StorageConformance::Start(int64_t study, double x) {
  const int64_t number = Claim(study)[0].trial.id;
  const absl::Status status = storage().Propose(study, {{number, {x, 0.5}, {}, {}, {}}});
  EXPECT_TRUE(status.ok()) << status;
  return number;
}

// Studies ----------------------------------------------------------------------------------------

TEST_P(StorageConformance, AStudyIsFoundAsItWasCreated) {
  StudyRecord made;
  made.config = LargeConfig("large");
  made.config.warm_start = {{"earlier", {}}};
  made.attributes = Value(Value::Object{{"strategy", "tpe"},
                                        {"options", Value(Value::Object{{"step", 5e-324}})},
                                        {"list", Value(Value::List{1, Value(), "🐟"})}});
  made.id = 77;
  const auto id = storage().CreateStudy(made);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto found = storage().FindStudy("large");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(Text(*found), Text(made));
  EXPECT_EQ(found->id, *id);
  EXPECT_THAT(found->config.warm_start, IsEmpty());
  EXPECT_THAT(ReadAll(*id), IsEmpty());
}

TEST_P(StorageConformance, ANameIsGivenOnce) {
  const int64_t first = CreateStudy("study");
  StudyRecord again;
  again.config = LargeConfig("study");
  EXPECT_EQ(storage().CreateStudy(again).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(storage().FindStudy("study")->id, first);
  EXPECT_EQ(storage().FindStudy("study")->config.objectives.size(), 1);
  for (const std::string other : {"Study", "study ", " study", "studY", "stud", "study2"}) {
    EXPECT_EQ(storage().FindStudy(other).status().code(), absl::StatusCode::kNotFound) << other;
    CreateStudy(other);
  }
  EXPECT_THAT(*storage().ListStudies(), SizeIs(7));
}

TEST_P(StorageConformance, OfManyWhoCreateAStudyOneDoes) {
  const auto several = Several(4);
  absl::Mutex mutex;
  std::vector<int64_t> made;
  InThreads(8, [&](int i) {
    StudyRecord record;
    record.config = SmallConfig("study");
    const auto id = several[i % 4]->CreateStudy(record);
    absl::MutexLock lock(&mutex);
    if (id.ok()) {
      made.push_back(*id);
    } else {
      EXPECT_EQ(id.status().code(), absl::StatusCode::kAlreadyExists) << id.status();
    }
  });
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(storage().FindStudy("study")->id, made[0]);
}

TEST_P(StorageConformance, NamesMayBeAnything) {
  const std::vector<std::string> names = HardNames();
  std::map<std::string, int64_t> ids;
  for (const std::string& name : names) {
    StudyRecord record;
    record.config.name = name;
    record.config.space = *SearchSpace::Create(
        {Parameter::Float(name, 0, 1), Parameter::Categorical("c", {name, "other"})});
    record.config.objectives = {{name, Goal::kMaximize}};
    record.config.metrics = {name, "second"};
    record.attributes.Set(name, name);
    const auto id = storage().CreateStudy(record);
    ASSERT_TRUE(id.ok()) << name << ": " << id.status();
    ids[name] = *id;
    ASSERT_THAT(storage().Enqueue(*id, {Value(Value::Object{{name, 0.5}, {"c", name}})}),
                Succeeds());
    ReadCursor cursor;
    const auto claim = storage().Claim(*id, {1, 0, name}, &cursor);
    ASSERT_TRUE(claim.ok()) << claim.status();
    EXPECT_EQ(*claim->claimed.at(0).enqueued.Find(name), Value(0.5));
    EXPECT_EQ(*claim->claimed.at(0).enqueued.Find("c"), Value(name));
    EXPECT_THAT(storage().Propose(*id, {{0, {0.5, 1}, {}, {}, {}}}), Succeeds());
    EXPECT_THAT(storage().Finish(*id, 0, Outcome::Complete({1}), {}), Succeeds());
    EXPECT_EQ(Text(*storage().FindStudy(name)), Text(record));
  }
  const auto listed = *storage().ListStudies();
  ASSERT_THAT(listed, SizeIs(names.size()));
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(listed[i].name, names[i]);
  for (const std::string& name : names) {
    const TrialRecord record = ReadOne(ids[name], 0);
    EXPECT_THAT(record.trial.point, ElementsAre(0.5, 1)) << name;
    EXPECT_EQ(record.worker, name);
  }
  EXPECT_THAT(storage().DeleteStudy(ids[names[0]]), Succeeds());
  EXPECT_THAT(*storage().ListStudies(), SizeIs(names.size() - 1));
}

TEST_P(StorageConformance, ANameThatCannotBeKeptIsRefused) {
  for (const std::string& name : {std::string("a\0b", 3), std::string("not \xff UTF-8")}) {
    StudyRecord record;
    record.config = SmallConfig(name);
    const auto id = storage().CreateStudy(record);
    if (id.ok()) {
      EXPECT_EQ(storage().FindStudy(name)->config.name, name);
    } else {
      EXPECT_EQ(id.status().code(), absl::StatusCode::kInvalidArgument) << id.status();
      EXPECT_THAT(*storage().ListStudies(), IsEmpty());
    }
  }
}

TEST_P(StorageConformance, StudiesAreListedWithTheirCounts) {
  EXPECT_THAT(*storage().ListStudies(), IsEmpty());
  CreateStudy("b");
  const int64_t study = CreateStudy(LargeConfig("a"));
  CreateStudy("c");
  ASSERT_THAT(storage().Import(study, EndedTrials()), Succeeds());
  Claim(study, 3);
  const Value empty = Value::Object();
  ASSERT_THAT(storage().Enqueue(study, {empty, empty}), Succeeds());

  const auto listed = storage().ListStudies();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(*listed, SizeIs(3));
  EXPECT_EQ((*listed)[0].name, "b");
  EXPECT_EQ((*listed)[0].first_start, absl::InfinitePast());
  EXPECT_THAT((*listed)[0].goals, ElementsAre(Goal::kMinimize));
  const StudyListing& listing = (*listed)[1];
  EXPECT_EQ(listing.id, study);
  EXPECT_EQ(listing.name, "a");
  EXPECT_THAT(listing.goals, ElementsAre(Goal::kMinimize, Goal::kMaximize));
  EXPECT_EQ(listing.waiting, 2);
  EXPECT_EQ(listing.running, 3);
  EXPECT_EQ(listing.complete, std::size(kHardNumbers));
  EXPECT_EQ(listing.stopped, 2);
  EXPECT_EQ(listing.failed, 2);
  EXPECT_NEAR(absl::ToDoubleSeconds(listing.first_start - absl::UnixEpoch()), kSomeTime, 2e-6);
  EXPECT_EQ((*listed)[2].name, "c");
  EXPECT_LT((*listed)[0].id, (*listed)[1].id);
  EXPECT_LT((*listed)[1].id, (*listed)[2].id);
}

TEST_P(StorageConformance, AttributesAreSetReplacedAndRemoved) {
  const int64_t study = CreateStudy(), other = CreateStudy("other");
  const Value deep = Value(Value::Object{{"list", Value(Value::List{1, 0.1, Value(), "é"})}});
  const auto attributes = [&] { return storage().FindStudy("study")->attributes; };
  ASSERT_THAT(storage().SetAttribute(study, "a", 1), Succeeds());
  ASSERT_THAT(storage().SetAttribute(study, "b", deep), Succeeds());
  ASSERT_THAT(storage().SetAttribute(study, "'; \"🐟\"", "'; \"🐟\""), Succeeds());
  EXPECT_EQ(attributes(), Value(Value::Object{{"a", 1}, {"b", deep}, {"'; \"🐟\"", "'; \"🐟\""}}));
  ASSERT_THAT(storage().SetAttribute(study, "a", false), Succeeds());
  ASSERT_THAT(storage().SetAttribute(study, "'; \"🐟\"", Value()), Succeeds());
  ASSERT_THAT(storage().SetAttribute(study, "never there", Value()), Succeeds());
  EXPECT_EQ(attributes(), Value(Value::Object{{"a", false}, {"b", deep}}));
  EXPECT_EQ(storage().FindStudy("other")->attributes, Value::Object());
  EXPECT_THAT(storage().DeleteStudy(other), Succeeds());
  EXPECT_EQ(attributes(), Value(Value::Object{{"a", false}, {"b", deep}}));
}

TEST_P(StorageConformance, StudiesDoNotMixAndOneIsDeletedAlone) {
  const int64_t a = CreateStudy("a"), b = CreateStudy("b");
  for (int i = 0; i < 3; ++i) {
    for (const int64_t study : {a, b}) {
      const int64_t number = Start(study, study == a ? 0.125 : 0.25);
      EXPECT_EQ(number, i);
      EXPECT_THAT(storage().Report(study, number, 1, {1}), Succeeds());
      EXPECT_THAT(storage().Finish(study, number, Outcome::Complete({study == a ? 1.0 : 2.0}), {}),
                  Succeeds());
    }
  }
  ASSERT_THAT(storage().Enqueue(a, {Value(Value::Object{{"x", 1}})}), Succeeds());
  EXPECT_EQ(Start(b), 3);
  const std::vector<std::string> before = Texts(ReadAll(b));

  EXPECT_THAT(storage().DeleteStudy(a), Succeeds());
  EXPECT_EQ(storage().FindStudy("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage().DeleteStudy(a).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Texts(ReadAll(b)), before);
  EXPECT_THAT(storage().Finish(b, 3, Outcome::Complete({2}), {}), Succeeds());
  // The name is free again, and nothing of the old study is left.
  const int64_t again = CreateStudy("a");
  EXPECT_THAT(ReadAll(again), IsEmpty());
  EXPECT_EQ(storage().FindStudy("a")->attributes, Value::Object());
  EXPECT_EQ(Start(again), 0);
}

TEST_P(StorageConformance, WhatIsNotThereIsNotFound) {
  const int64_t gone = CreateStudy("gone"), study = CreateStudy();
  Start(gone);
  const auto several = Several(2);
  EXPECT_THAT(ReadAll(gone), SizeIs(1));
  ASSERT_THAT(several[1]->DeleteStudy(gone), Succeeds());
  const Value object = Value::Object();
  TrialRecord ended;
  ended.trial.state = TrialState::kComplete;
  ended.trial.point = {0.5, 0.5};
  ended.trial.values = {1};
  const auto not_found = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  };
  for (const int64_t id : {gone, int64_t{-1}, study + 1000}) {
    ReadCursor cursor;
    not_found(storage().DeleteStudy(id));
    not_found(storage().SetAttribute(id, "a", 1));
    not_found(storage().Enqueue(id, {object}).status());
    not_found(storage().Import(id, {ended}).status());
    not_found(storage().Claim(id, {1, 0, "w"}, &cursor).status());
    not_found(storage().Propose(id, {{0, {0.5, 0.5}, {}, {}, {}}}));
    not_found(storage().Unclaim(id, {0}, "no"));
    not_found(storage().Report(id, 0, 1, {1}));
    not_found(storage().Finish(id, 0, Outcome::Complete({1}), {}));
    not_found(storage().Heartbeat(id, {0}));
    not_found(storage().RequestStop(id, 0, "no"));
    not_found(storage().ReadWishes(id, {0}).status());
    not_found(storage().SettleLost(id, absl::Hours(1), nullptr, {}).status());
    not_found(storage().Read(id, &cursor, [](const TrialRecord&) { return absl::OkStatus(); }));
    EXPECT_EQ(cursor.next, 0);
  }
  Start(study);
  for (const int64_t number : {int64_t{1}, int64_t{-1}, int64_t{1} << 40}) {
    not_found(storage().Propose(study, {{number, {0.5, 0.5}, {}, {}, {}}}));
    not_found(storage().Unclaim(study, {number}, "no"));
    not_found(storage().Report(study, number, 1, {1}));
    not_found(storage().Finish(study, number, Outcome::Complete({1}), {}));
    not_found(storage().RequestStop(study, number, "no"));
  }
  EXPECT_THAT(ReadAll(study), SizeIs(1));
  // Messages say where.
  EXPECT_FALSE(storage().description().empty());
  EXPECT_THAT(std::string(storage().FindStudy("gone").status().message()),
              HasSubstr(storage().description()));
}

// Waiting and claiming ---------------------------------------------------------------------------

TEST_P(StorageConformance, EnqueuedTrialsComeFirstTheOldestFirst) {
  const int64_t study = CreateStudy();
  EXPECT_EQ(Start(study), 0);
  const std::vector<Value> assignments = {
      Value(Value::Object{{"x", 0.1}, {"y", 5e-324}}), Value(Value::Object{{"x", 1}}),  // partial
      Value::Object(),
      // Not checked against the space.
      Value(Value::Object{{"it's", "not 'there' 🐟"},
                          {"x", Value(Value::List{1, 0.1, false, Value()})}})};
  const auto first = storage().Enqueue(study, absl::MakeConstSpan(assignments).subspan(0, 3));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, 1);
  EXPECT_EQ(*storage().Enqueue(study, {assignments[3]}), 4);
  const std::vector<TrialRecord> waiting = ReadAll(study);
  ASSERT_THAT(waiting, SizeIs(5));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(waiting[i + 1].trial.state, TrialState::kWaiting);
    EXPECT_EQ(waiting[i + 1].enqueued, assignments[i]);
    EXPECT_FALSE(waiting[i + 1].asked.has_value());
    EXPECT_THAT(waiting[i + 1].trial.point, IsEmpty());
  }
  // What waits does not run.
  EXPECT_EQ(storage().Propose(study, {{1, {0.5, 0.5}, {}, {}, {}}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage().Report(study, 1, 1, {1}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage().Finish(study, 1, Outcome::Complete({1}), {}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage().Unclaim(study, {1}, "no").code(), absl::StatusCode::kFailedPrecondition);

  EXPECT_THAT(Numbers(Claim(study, 3)), ElementsAre(1, 2, 3));
  const std::vector<TrialRecord> rest = Claim(study, 3);
  EXPECT_THAT(Numbers(rest), ElementsAre(4, 5, 6));
  EXPECT_EQ(rest[0].enqueued, assignments[3]);
  EXPECT_TRUE(rest[1].enqueued.is_null()) << WriteJson(rest[1].enqueued);
  for (const TrialRecord& record : rest) {
    EXPECT_EQ(record.trial.state, TrialState::kRunning);
    EXPECT_EQ(record.worker, "worker");
    EXPECT_THAT(record.trial.point, IsEmpty());
    EXPECT_GT(record.trial.started, kSomeTime);
    EXPECT_EQ(ReadOne(study, record.trial.id).trial.started, record.trial.started);
  }
  // Whatever was asked for, the worker decides.
  ASSERT_THAT(storage().Propose(study, {{4, {0.75, 0.5}, {}, {}, {}}}), Succeeds());
  EXPECT_THAT(ReadOne(study, 4).trial.point, ElementsAre(0.75, 0.5));
}

TEST_P(StorageConformance, OnlyObjectsAreEnqueued) {
  const int64_t study = CreateStudy();
  for (const Value& wrong : {Value(), Value(1), Value("x"), Value(Value::List{1})}) {
    EXPECT_EQ(storage().Enqueue(study, {Value(Value::Object{{"x", 1}}), wrong}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(ReadAll(study), IsEmpty());
}

TEST_P(StorageConformance, AnEnqueuedTrialIsTakenOnce) {
  constexpr int kEnqueuers = 4, kEach = 6, kTakers = 8;
  const int64_t study = CreateStudy();
  const auto several = Several(4);
  absl::Mutex mutex;
  std::map<int64_t, int> given;  // by number
  InThreads(kEnqueuers, [&](int i) {
    for (int k = 0; k < kEach; k += 2) {
      const Value a = Value(Value::Object{{"x", i * 100 + k}});
      const Value b = Value(Value::Object{{"x", i * 100 + k + 1}});
      const auto first = several[i % 4]->Enqueue(study, {a, b});
      ASSERT_TRUE(first.ok()) << first.status();
      absl::MutexLock lock(&mutex);
      EXPECT_TRUE(given.emplace(*first, i * 100 + k).second);
      EXPECT_TRUE(given.emplace(*first + 1, i * 100 + k + 1).second);
    }
  });
  ASSERT_THAT(given, SizeIs(kEnqueuers * kEach));
  EXPECT_EQ(given.rbegin()->first, kEnqueuers * kEach - 1);
  std::map<int64_t, int> taken;
  InThreads(kTakers, [&](int i) {
    ReadCursor cursor;
    int64_t last = -1;
    for (;;) {
      const auto claim = several[i % 4]->Claim(study, {1 + i % 3, 1, "w"}, &cursor);
      ASSERT_TRUE(claim.ok()) << claim.status();
      if (claim->claimed.empty()) return;
      absl::MutexLock lock(&mutex);
      for (const TrialRecord& record : claim->claimed) {
        EXPECT_GT(record.trial.id, last);
        last = record.trial.id;
        const Value* const x = record.enqueued.Find("x");
        ASSERT_NE(x, nullptr);
        EXPECT_TRUE(taken.emplace(record.trial.id, static_cast<int>(x->integer())).second);
      }
    }
  });
  EXPECT_EQ(taken, given);
}

TEST_P(StorageConformance, NewNumbersEndAtTheLimitAndRetriesDoNotCount) {
  const int64_t study = CreateStudy();
  ReadCursor cursor;
  const auto claim = [&](int count, int64_t limit) {
    auto claimed = storage().Claim(study, {count, limit, "w"}, &cursor);
    EXPECT_TRUE(claimed.ok()) << claimed.status();
    return claimed.ok() ? Numbers(claimed->claimed) : std::vector<int64_t>();
  };
  EXPECT_THAT(claim(2, 3), ElementsAre(0, 1));
  EXPECT_THAT(claim(5, 3), ElementsAre(2));
  EXPECT_THAT(claim(1, 3), IsEmpty());
  ASSERT_THAT(storage().Propose(study, {{0, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  ASSERT_THAT(storage().Finish(study, 0, Outcome::Failed(FailureKind::kError, "no"), {1}),
              Succeeds());
  EXPECT_THAT(claim(5, 3), ElementsAre(3));  // the retry
  EXPECT_THAT(claim(5, 3), IsEmpty());
  EXPECT_THAT(claim(5, 4), ElementsAre(4));
  // Whoever enqueues is not limited.
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{})}), Succeeds());
  EXPECT_THAT(claim(5, 4), ElementsAre(5));
  EXPECT_THAT(claim(5, 4), IsEmpty());
  EXPECT_THAT(claim(2, 0), ElementsAre(6, 7));
  // Imported retries are retries, too.
  TrialRecord retry;
  retry.trial.state = TrialState::kFailed;
  retry.retry_of = 3;
  ASSERT_THAT(storage().Import(study, {retry}), Succeeds());  // 8
  EXPECT_THAT(claim(5, 8), ElementsAre(9));
}

TEST_P(StorageConformance, AClaimTellsWhatReadWould) {
  const int64_t study = CreateStudy();
  ReadCursor cursor;
  EXPECT_THAT(storage().Claim(study, {2, 0, "w"}, &cursor)->changes, IsEmpty());
  EXPECT_EQ(cursor.next, 0);
  ASSERT_THAT(storage().Propose(study, {{0, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"x", 1}})}), Succeeds());
  ReadOn(storage(), study, &cursor);
  ASSERT_THAT(storage().Finish(study, 0, Outcome::Complete({1}), {}), Succeeds());
  ASSERT_THAT(storage().Propose(study, {{1, {0.25, 0.5}, {}, {}, {}}}), Succeeds());
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"x", 0}})}), Succeeds());

  ReadCursor claiming = cursor, reading = cursor;
  const auto claim = storage().Claim(study, {4, 0, "w"}, &claiming);
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_THAT(Numbers(claim->claimed), ElementsAre(2, 3, 4, 5));
  std::vector<TrialRecord> read = ReadOn(storage(), study, &reading);
  EXPECT_THAT(Numbers(read), ElementsAre(0, 1, 3, 4, 5));
  read.resize(3);
  EXPECT_EQ(Texts(claim->changes), Texts(read));
  EXPECT_EQ(claim->changes.back().trial.state, TrialState::kRunning);
  EXPECT_EQ(claiming.next, 4);
  EXPECT_THAT(claiming.open, ElementsAre(1, 2, 3));
}

TEST_P(StorageConformance, NobodyClaimsNothing) {
  const int64_t study = CreateStudy();
  ReadCursor cursor;
  for (const int count : {0, -1}) {
    EXPECT_EQ(storage().Claim(study, {count, 0, "w"}, &cursor).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(ReadAll(study), IsEmpty());
}

// Points -----------------------------------------------------------------------------------------

TEST_P(StorageConformance, ProposalsAreKeptBitForBit) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  const int count = static_cast<int>(std::size(kHardNumbers));
  std::vector<TrialRecord> expected = Claim(study, count);
  std::vector<StoredProposal> proposals;
  for (int i = 0; i < count; ++i) {
    StoredProposal proposal;
    proposal.number = i;
    proposal.point = LargePoint(kHardNumbers[i]);
    if (i % 2 == 1) proposal.budget = int64_t{1} << (3 * i);
    if (i % 3 == 1) proposal.resume_from = i - 1;
    if (i % 4 != 1) proposal.asked = AskedView{i / 2, 3, i % 3, {1, 5}, {0, 2, 4}};
    proposals.push_back(proposal);
    expected[i].trial.point = proposal.point;
    expected[i].trial.budget = proposal.budget;
    expected[i].trial.resume_from = proposal.resume_from;
    expected[i].asked = proposal.asked;
  }
  ASSERT_THAT(storage().Propose(study, proposals), Succeeds());
  EXPECT_EQ(Texts(ReadAll(study)), Texts(expected));
}

TEST_P(StorageConformance, ProposalsAreTakenTogetherOrNotAtAll) {
  const int64_t study = CreateStudy();
  Claim(study, 3);
  ASSERT_THAT(storage().Propose(study, {{2, {0.125, 0.5}, {}, {}, {}}}), Succeeds());
  const std::vector<std::string> before = Texts(ReadAll(study));
  const StoredProposal good = {0, {0.5, 0.5}, {}, {}, {}};
  EXPECT_EQ(storage().Propose(study, {good, {9, {0.5, 0.5}, {}, {}, {}}}).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(storage().Propose(study, {good, {1, {0.5}, {}, {}, {}}}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage().Propose(study, {good, {1, {}, {}, {}, {}}}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Texts(ReadAll(study)), before);
  ASSERT_THAT(storage().Finish(study, 2, Outcome::Complete({1}), {}), Succeeds());
  const std::vector<std::string> ended = Texts(ReadAll(study));
  EXPECT_EQ(storage().Propose(study, {good, {2, {0.5, 0.5}, {}, {}, {}}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Texts(ReadAll(study)), ended);
}

// Whoever does not know whether it was taken may propose again.
TEST_P(StorageConformance, ALaterProposalReplacesAnEarlier) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  TrialRecord expected = Claim(study)[0];
  StoredProposal proposal = {0, LargePoint(), 5, 0, AskedView{0, 1, 0, {}, {}}};
  ASSERT_THAT(storage().Propose(study, {proposal}), Succeeds());
  proposal.point = LargePoint(1.0 / 3);
  proposal.point[6] = 2;
  proposal.point[7] = kNaN;
  proposal.budget = std::nullopt;
  proposal.resume_from = std::nullopt;
  proposal.asked = std::nullopt;
  for (int again = 0; again < 2; ++again) {
    ASSERT_THAT(storage().Propose(study, {proposal}), Succeeds());
    expected.trial.point = proposal.point;
    EXPECT_EQ(Text(ReadOne(study, 0)), Text(expected));
  }
}

TEST_P(StorageConformance, TheLastNumbersAreTakenBackAndOthersFail) {
  const int64_t study = CreateStudy();
  Claim(study, 2);
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"x", 1}})}), Succeeds());  // 2
  Claim(study, 4);                                                                      // 2 to 5
  const std::string reason = "the strategy's \"end\"; 🐟";
  ASSERT_THAT(storage().Unclaim(study, {4, 0, 2, 5}, reason), Succeeds());
  std::vector<TrialRecord> left = ReadAll(study);
  ASSERT_THAT(Numbers(left), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(left[0].trial.state, TrialState::kFailed);
  EXPECT_EQ(left[0].trial.failure, FailureKind::kCancelled);
  EXPECT_EQ(left[0].trial.reason, reason);
  EXPECT_EQ(left[1].trial.state, TrialState::kRunning);
  // One that waited before waits again.
  EXPECT_EQ(left[2].trial.state, TrialState::kWaiting);
  EXPECT_EQ(left[2].enqueued, Value(Value::Object{{"x", 1}}));
  EXPECT_EQ(left[3].trial.state, TrialState::kRunning);
  // Who has given it back cannot lose it.
  const auto lost =
      storage().SettleLost(study, absl::Hours(1), [](absl::string_view) { return true; }, {});
  ASSERT_THAT(lost, Succeeds());
  EXPECT_THAT(*lost, ElementsAre(1, 3));
  const std::vector<TrialRecord> next = Claim(study, 3);
  EXPECT_THAT(Numbers(next), ElementsAre(2, 4, 5));
  EXPECT_EQ(next[0].enqueued, Value(Value::Object{{"x", 1}}));
}

TEST_P(StorageConformance, WhatHasItsPointIsNotTakenBack) {
  const int64_t study = CreateStudy();
  Claim(study, 3);
  ASSERT_THAT(storage().Propose(study, {{1, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  const std::vector<std::string> before = Texts(ReadAll(study));
  EXPECT_EQ(storage().Unclaim(study, {2, 1}, "no").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage().Unclaim(study, {2, 3}, "no").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Texts(ReadAll(study)), before);
}

TEST_P(StorageConformance, ReadersOfANumberThatWasTakenBackSeeItsNextTrial) {
  const int64_t study = CreateStudy();
  ReadCursor early, late;
  Claim(study, 3);
  EXPECT_THAT(ReadOn(storage(), study, &early), SizeIs(3));
  EXPECT_THAT(ReadOn(storage(), study, &late), SizeIs(3));
  ASSERT_THAT(storage().Unclaim(study, {1, 2}, "no"), Succeeds());
  EXPECT_THAT(ReadOn(storage(), study, &early), IsEmpty());  // sees that they are gone
  EXPECT_EQ(Start(study, 0.75), 1);
  ASSERT_THAT(storage().Finish(study, 1, Outcome::Complete({1}), {}), Succeeds());
  for (ReadCursor* const cursor : {&early, &late}) {
    const std::vector<TrialRecord> read = ReadOn(storage(), study, cursor);
    ASSERT_THAT(Numbers(read), ElementsAre(1));
    EXPECT_THAT(read[0].trial.point, ElementsAre(0.75, 0.5));
  }
  EXPECT_EQ(Start(study), 2);
  for (ReadCursor* const cursor : {&early, &late}) {
    EXPECT_THAT(Numbers(ReadOn(storage(), study, cursor)), ElementsAre(2));
  }
}

// Reports ----------------------------------------------------------------------------------------

TEST_P(StorageConformance, ReportsAreVectorsAndAStepIsReplaced) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  TrialRecord expected = Claim(study)[0];
  const auto report = [&](int64_t step, std::vector<double> values) {
    const absl::Status status = storage().Report(study, 0, step, values);
    EXPECT_TRUE(status.ok()) << status;
  };
  report(0, {0.1, -0.0, 5e-324});
  report(5, {kNaN, kInf, -kInf});
  report(std::numeric_limits<int32_t>::max(), {1e308, -1e308, 1.0 / 3});
  report(3, {3, 3, 3});            // late
  report(5, {-kInf, 0.25, kNaN});  // again
  report(0, {kNaN, 1, 0x1p53});
  ReportLog& log = expected.trial.reports;
  log.Add(0, {kNaN, 1, 0x1p53});
  log.Add(3, {3, 3, 3});
  log.Add(5, {-kInf, 0.25, kNaN});
  log.Add(std::numeric_limits<int32_t>::max(), {1e308, -1e308, 1.0 / 3});
  EXPECT_EQ(Text(ReadOne(study, 0)), Text(expected));

  for (const std::vector<double>& wrong :
       std::vector<std::vector<double>>{{}, {1, 2}, {1, 2, 3, 4}}) {
    EXPECT_EQ(storage().Report(study, 0, 9, wrong).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Text(ReadOne(study, 0)), Text(expected));
}

TEST_P(StorageConformance, WithoutNamesTheMetricsAreTheObjectives) {
  StudyConfig config = LargeConfig("large");
  config.metrics.clear();
  config.constraints.clear();
  const int64_t study = CreateStudy(config);
  Claim(study);
  EXPECT_THAT(storage().Report(study, 0, 1, {0.5, 0.25}), Succeeds());
  EXPECT_EQ(storage().Report(study, 0, 2, {0.5}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AllBits(ReadOne(study, 0).trial.reports.values(0)),
            AllBits(std::vector<double>{0.5, 0.25}));
}

TEST_P(StorageConformance, ManyReportsOfManyTrialsComeFromManyThreads) {
  constexpr int kThreads = 8, kSteps = 12;
  const int64_t study = CreateStudy();
  const auto several = Several(4);
  Claim(study, kThreads);
  InThreads(kThreads, [&](int i) {
    for (int step = 0; step < kSteps; ++step) {
      const absl::Status status = several[i % 4]->Report(study, i, step, {i + step * 0.01});
      EXPECT_TRUE(status.ok()) << status;
    }
  });
  for (const TrialRecord& record : ReadAll(study)) {
    ASSERT_EQ(record.trial.reports.size(), kSteps);
    for (int step = 0; step < kSteps; ++step) {
      EXPECT_EQ(record.trial.reports.values(step)[0],
                static_cast<int>(record.trial.id) + step * 0.01);
    }
  }
}

// Ends -------------------------------------------------------------------------------------------

TEST_P(StorageConformance, EveryEndIsKept) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  std::vector<Outcome> outcomes;
  for (const double number : kHardNumbers) {
    Outcome outcome = Outcome::Complete({number, -number});
    outcome.constraints = {number, -kInf};
    outcomes.push_back(outcome);
  }
  outcomes.push_back(Outcome::Complete({kInf, -kInf}));
  outcomes.push_back(Outcome::Stopped({0.1, -0.0}, "worse than the median"));
  outcomes.push_back(Outcome::Stopped({}, ""));
  for (int kind = static_cast<int>(FailureKind::kError);
       kind <= static_cast<int>(FailureKind::kCancelled); ++kind) {
    outcomes.push_back(Outcome::Failed(static_cast<FailureKind>(kind), absl::StrCat(kind)));
  }
  outcomes.push_back(Outcome::Failed(FailureKind::kError, ""));
  for (const std::string& reason : HardNames()) {
    outcomes.push_back(Outcome::Failed(FailureKind::kException, reason));
  }
  outcomes.push_back(Outcome::Failed(FailureKind::kException, std::string(100000, 'x')));
  std::vector<TrialRecord> expected = Claim(study, static_cast<int>(outcomes.size()));
  std::vector<StoredProposal> proposals;
  for (TrialRecord& record : expected) {
    record.trial.point = LargePoint();
    proposals.push_back({record.trial.id, record.trial.point, {}, {}, {}});
  }
  ASSERT_THAT(storage().Propose(study, proposals), Succeeds());
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const absl::Status status =
        storage().Finish(study, static_cast<int64_t>(i), outcomes[i], RetryRule());
    EXPECT_TRUE(status.ok()) << status;
    Trial& trial = expected[i].trial;
    trial.state = outcomes[i].state;
    trial.failure = outcomes[i].failure;
    trial.reason = outcomes[i].reason;
    trial.values = outcomes[i].values;
    trial.constraints = outcomes[i].constraints;
  }
  const std::vector<TrialRecord> stored = ReadAll(study);
  EXPECT_EQ(Texts(stored), Texts(expected));
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  for (const TrialRecord& record : stored) {
    EXPECT_GE(record.trial.seconds, 0);
    EXPECT_LE(record.trial.started + record.trial.seconds, now + 1);
  }
}

// A model that crashes may say anything; its trial ends all the same.
TEST_P(StorageConformance, AReasonMayBeAnyBytes) {
  const int64_t study = CreateStudy();
  for (const std::string& reason :
       {std::string("died: \xff\xfe\xed\xa0\x80 of it"), std::string("died: \0 of it", 14)}) {
    const int64_t number = Start(study);
    const absl::Status status =
        storage().Finish(study, number, Outcome::Failed(FailureKind::kSignal, reason), {1});
    ASSERT_TRUE(status.ok()) << status;
    const TrialRecord record = ReadOne(study, number);
    EXPECT_EQ(record.trial.state, TrialState::kFailed);
    EXPECT_EQ(record.trial.failure, FailureKind::kSignal);
    EXPECT_EQ(record.trial.reason.substr(0, 6), "died: ");
    EXPECT_EQ(Claim(study)[0].retry_of, number);
  }
}

TEST_P(StorageConformance, AnEndThatDoesNotFitTheStudyIsRefused) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  Claim(study);
  ASSERT_THAT(storage().Propose(study, {{0, LargePoint(), {}, {}, {}}}), Succeeds());
  const std::string before = Text(ReadOne(study, 0));
  Outcome running = Outcome::Complete({1, 2}), waiting = running, failed = running;
  running.state = TrialState::kRunning;
  waiting.state = TrialState::kWaiting;
  failed.state = TrialState::kFailed;
  for (const Outcome& wrong :
       {running, waiting, failed, Outcome::Complete({}), Outcome::Complete({1}),
        Outcome::Complete({1, 2, 3}), Outcome::Stopped({1}, ""), Outcome::Complete({1, kNaN})}) {
    EXPECT_EQ(storage().Finish(study, 0, wrong, {3}).code(), absl::StatusCode::kInvalidArgument)
        << AllBits(wrong.values);
  }
  EXPECT_EQ(Text(ReadOne(study, 0)), before);
  EXPECT_THAT(storage().Finish(study, 0, Outcome::Complete({1, 2}), {}), Succeeds());
}

TEST_P(StorageConformance, ATrialEndsOnce) {
  const int64_t study = CreateStudy();
  for (const Outcome& outcome : {Outcome::Complete({1}), Outcome::Stopped({2}, "stopped"),
                                 Outcome::Failed(FailureKind::kError, "failed"),
                                 Outcome::Failed(FailureKind::kLostWorker, "")}) {  // by SettleLost
    const int64_t number = Start(study);
    ASSERT_THAT(storage().Report(study, number, 1, {1}), Succeeds());
    if (outcome.failure == FailureKind::kLostWorker) {
      const auto lost = storage().SettleLost(study, absl::InfiniteDuration(),
                                             [](absl::string_view) { return true; }, {});
      ASSERT_TRUE(lost.ok()) << lost.status();
      EXPECT_THAT(*lost, ElementsAre(number));
    } else {
      ASSERT_THAT(storage().Finish(study, number, outcome, {}), Succeeds());
    }
    const std::vector<std::string> before = Texts(ReadAll(study));
    const absl::Status again[] = {
        storage().Finish(study, number, Outcome::Complete({3}), {}),
        storage().Finish(study, number, outcome, {3}),
        storage().Finish(study, number, Outcome::Failed(FailureKind::kError, "again"), {3}),
        storage().Report(study, number, 2, {3}),
        storage().Report(study, number, 1, {3}),
        storage().Propose(study, {{number, {0.75, 0.75}, {}, {}, {}}}),
        storage().Unclaim(study, {number}, "no"),
        storage().RequestStop(study, number, "no")};
    for (const absl::Status& status : again) {
      EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    }
    // Beats as it ends: nobody's fault, and no life.
    EXPECT_THAT(storage().Heartbeat(study, {number}), Succeeds());
    EXPECT_EQ(Texts(ReadAll(study)), before);
  }
}

TEST_P(StorageConformance, WhoRunsATrialLearnsThatItIsToStop) {
  const int64_t study = CreateStudy(), other = CreateStudy("other");
  const auto several = Several(2);
  for (int i = 0; i < 3; ++i) Start(study);
  ASSERT_EQ(Start(other), 0);
  ASSERT_THAT(several[1]->RequestStop(study, 1, "first"), Succeeds());
  ASSERT_THAT(several[1]->RequestStop(study, 1, "enough; \"🐟\""), Succeeds());
  ASSERT_THAT(several[1]->RequestStop(study, 2, "too slow"), Succeeds());
  using Stop = std::pair<int64_t, std::string>;
  const auto stops = [&](int64_t of, std::vector<int64_t> numbers) {
    const absl::StatusOr<StudyWishes> wishes = storage().ReadWishes(of, numbers);
    EXPECT_THAT(wishes.status(), Succeeds());
    EXPECT_FALSE(wishes->paused);
    return wishes->stop;
  };
  EXPECT_THAT(stops(study, {2, 0, 1}), ElementsAre(Stop(1, "enough; \"🐟\""), Stop(2, "too slow")));
  EXPECT_THAT(stops(study, {0, 2, 99}), ElementsAre(Stop(2, "too slow")));
  EXPECT_THAT(stops(study, {}), IsEmpty());
  EXPECT_THAT(stops(other, {0, 1}), IsEmpty());
  // It is no more than a wish; once the trial has ended there is none.
  ASSERT_THAT(storage().Report(study, 1, 1, {0.5}), Succeeds());
  ASSERT_THAT(storage().Finish(study, 1, Outcome::Stopped({0.5}, "enough"), {}), Succeeds());
  EXPECT_THAT(stops(study, {1}), IsEmpty());
  // One that waits, too, does not run.
  const absl::StatusOr<int64_t> waiting = storage().Enqueue(study, {Value(Value::Object())});
  EXPECT_EQ(storage().RequestStop(study, *waiting, "no").code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(StorageConformance, AStudyIsPausedAndGoesOn) {
  const int64_t study = CreateStudy(), other = CreateStudy("other");
  const auto several = Several(2);
  const auto paused = [&](int64_t of) { return storage().ReadWishes(of, {})->paused; };
  EXPECT_FALSE(paused(study));
  ASSERT_THAT(several[1]->SetAttribute(study, kPausedAttribute, true), Succeeds());
  EXPECT_TRUE(paused(study));
  EXPECT_FALSE(paused(other));
  ASSERT_THAT(several[1]->SetAttribute(study, kPausedAttribute, "perhaps"), Succeeds());
  EXPECT_FALSE(paused(study));
  ASSERT_THAT(several[1]->SetAttribute(study, kPausedAttribute, true), Succeeds());
  ASSERT_THAT(several[1]->SetAttribute(study, kPausedAttribute, Value()), Succeeds());
  EXPECT_FALSE(paused(study));
}

TEST_P(StorageConformance, OfManyWhoEndATrialOneDoes) {
  constexpr int kThreads = 8, kTrials = 6;
  const int64_t study = CreateStudy();
  const auto several = Several(4);
  for (int number = 0; number < kTrials; ++number) Start(study);
  absl::Mutex mutex;
  std::map<int64_t, double> ends;
  InThreads(kThreads, [&](int i) {
    for (int64_t number = 0; number < kTrials; ++number) {
      const absl::Status status =
          several[i % 4]->Finish(study, number, Outcome::Complete({1.0 * i}), {});
      absl::MutexLock lock(&mutex);
      if (status.ok()) {
        EXPECT_TRUE(ends.emplace(number, i).second) << number << " has ended twice";
      } else {
        EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
      }
    }
  });
  EXPECT_THAT(ends, SizeIs(kTrials));
  for (const TrialRecord& record : ReadAll(study)) {
    EXPECT_EQ(record.trial.values[0], ends[record.trial.id]);
  }
}

// Retries and lost workers -----------------------------------------------------------------------

TEST_P(StorageConformance, AFailedTrialIsRepeatedAsOftenAsSaid) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  Claim(study);
  StoredProposal proposal = {0, LargePoint(1 + 0x1p-52), 64, 0, AskedView()};
  proposal.point[7] = kNaN;  // inactive: the choice is true
  proposal.point[6] = 3;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const int64_t number = attempt;
    proposal.number = number;
    ASSERT_THAT(storage().Propose(study, {proposal}), Succeeds());
    ASSERT_THAT(
        storage().Finish(study, number, Outcome::Failed(FailureKind::kTimeout, "slow"), {2}),
        Succeeds());
    if (attempt == 2) break;
    const TrialRecord waiting = ReadOne(study, number + 1);
    EXPECT_EQ(waiting.trial.state, TrialState::kWaiting);
    const TrialRecord copy = Claim(study)[0];
    EXPECT_EQ(copy.trial.id, number + 1);
    EXPECT_EQ(copy.retry_of, number);
    EXPECT_EQ(copy.attempt, attempt + 1);
    EXPECT_EQ(copy.trial.budget, 64);
    EXPECT_EQ(copy.trial.resume_from, 0);
    EXPECT_FALSE(copy.asked.has_value());
    EXPECT_THAT(copy.trial.point, IsEmpty());
    const auto point = PointFromValue(LargeConfig("").space, copy.enqueued, "enqueued");
    ASSERT_TRUE(point.ok()) << point.status();
    EXPECT_EQ(AllBits(*point), AllBits(proposal.point));
    proposal.asked.reset();
  }
  EXPECT_THAT(ReadAll(study), SizeIs(3));
  EXPECT_EQ(ReadOne(study, 2).retry_of, 1);
}

TEST_P(StorageConformance, OnlyWhatFailedIsRepeated) {
  const int64_t study = CreateStudy();
  ASSERT_THAT(storage().Finish(study, Start(study), Outcome::Complete({1}), {5}), Succeeds());
  ASSERT_THAT(storage().Finish(study, Start(study), Outcome::Stopped({1}, ""), {5}), Succeeds());
  ASSERT_THAT(storage().Finish(study, Start(study), Outcome::Failed(FailureKind::kError, ""), {0}),
              Succeeds());
  // There is nothing to repeat of one that never had a point.
  const int64_t pointless = Claim(study)[0].trial.id;
  ASSERT_THAT(storage().Finish(study, pointless, Outcome::Failed(FailureKind::kError, ""), {5}),
              Succeeds());
  const std::vector<TrialRecord> stored = ReadAll(study);
  EXPECT_THAT(stored, SizeIs(4));
  for (const TrialRecord& record : stored) EXPECT_EQ(record.retry_of, std::nullopt);
}

TEST_P(StorageConformance, TrialsOfTheDeadAreSettled) {
  const int64_t study = CreateStudy();
  const auto claim = [&](const std::string& worker) {
    ReadCursor cursor;
    EXPECT_THAT(storage().Claim(study, {1, 0, worker}, &cursor), Succeeds());
  };
  for (const char* worker : {"alive", "dead", "alive", "dead", "dead"}) claim(worker);
  for (const int64_t number : {0, 1, 2, 4}) {
    ASSERT_THAT(storage().Propose(study, {{number, {number * 0.125, 0.5}, {}, {}, {}}}),
                Succeeds());
  }
  ASSERT_THAT(storage().Finish(study, 4, Outcome::Complete({1}), {}), Succeeds());
  std::set<std::string> asked;
  const auto dead = [&](absl::string_view worker) {
    asked.insert(std::string(worker));
    return worker == "dead";
  };
  auto lost = storage().SettleLost(study, absl::Hours(1), dead, {1});
  ASSERT_TRUE(lost.ok()) << lost.status();
  EXPECT_THAT(*lost, ElementsAre(1, 3));
  EXPECT_THAT(asked, ElementsAre("alive", "dead"));
  const std::vector<TrialRecord> stored = ReadAll(study);
  ASSERT_THAT(stored, SizeIs(6));  // 3 had no point that could be repeated
  for (const int64_t number : {1, 3}) {
    EXPECT_EQ(stored[number].trial.state, TrialState::kFailed);
    EXPECT_EQ(stored[number].trial.failure, FailureKind::kLostWorker);
    EXPECT_THAT(stored[number].trial.reason, HasSubstr("dead"));
  }
  EXPECT_EQ(stored[0].trial.state, TrialState::kRunning);
  EXPECT_EQ(stored[2].trial.state, TrialState::kRunning);
  EXPECT_EQ(stored[5].trial.state, TrialState::kWaiting);
  EXPECT_EQ(stored[5].retry_of, 1);
  EXPECT_EQ(*stored[5].enqueued.Find("x"), Value(0.125));
  // And once.
  EXPECT_THAT(*storage().SettleLost(study, absl::Hours(1), dead, {1}), IsEmpty());
  EXPECT_THAT(*storage().SettleLost(study, absl::Hours(1), nullptr, {1}), IsEmpty());
}

TEST_P(StorageConformance, TheSilentLoseTheirTrialsAndHeartbeatsKeepThem) {
  const int64_t study = CreateStudy();
  const absl::Duration grace = absl::Milliseconds(200);
  const int64_t ended = Start(study);
  ASSERT_THAT(storage().Finish(study, ended, Outcome::Complete({1}), {}), Succeeds());
  // The storage's clock cannot be set. So: a trial that was silent for long enough is lost for
  // certain, and one whose worker has spoken is kept for certain, if this was quick enough.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int64_t silent = Start(study), beating = Start(study);
    EXPECT_THAT(*storage().SettleLost(study, absl::Hours(1), nullptr, {}), IsEmpty());
    absl::SleepFor(grace * 1.25);
    const absl::Time before = absl::Now();
    // What has ended, and what never was, does not keep the others from being heard.
    ASSERT_THAT(storage().Heartbeat(study, {ended, beating, 1000000}), Succeeds());
    const auto lost = storage().SettleLost(study, grace, nullptr, {});
    ASSERT_TRUE(lost.ok()) << lost.status();
    const bool quick = absl::Now() - before < grace / 2;
    EXPECT_THAT(*lost, Contains(silent));
    EXPECT_EQ(ReadOne(study, silent).trial.failure, FailureKind::kLostWorker);
    if (quick) {
      EXPECT_THAT(*lost, Not(Contains(beating)));
      EXPECT_THAT(storage().Finish(study, beating, Outcome::Complete({1}), {}), Succeeds());
      return;
    }
    absl::SleepFor(absl::Milliseconds(20));
    ASSERT_THAT(storage().SettleLost(study, absl::ZeroDuration(), nullptr, {}), Succeeds());
  }
  ADD_FAILURE() << "it was never quick enough";
}

TEST_P(StorageConformance, OfManyWhoSettleALostTrialOneDoes) {
  constexpr int kLost = 12;
  const int64_t study = CreateStudy();
  const auto several = Several(4);
  for (int i = 0; i < kLost; ++i) Start(study);
  absl::Mutex mutex;
  std::vector<int64_t> settled;
  InThreads(8, [&](int i) {
    const auto lost = several[i % 4]->SettleLost(
        study, absl::Hours(1), [](absl::string_view worker) { return worker == "worker"; }, {1});
    ASSERT_TRUE(lost.ok()) << lost.status();
    absl::MutexLock lock(&mutex);
    settled.insert(settled.end(), lost->begin(), lost->end());
  });
  std::sort(settled.begin(), settled.end());
  EXPECT_THAT(settled, SizeIs(kLost));
  EXPECT_EQ(std::adjacent_find(settled.begin(), settled.end()), settled.end());
  EXPECT_THAT(ReadAll(study), SizeIs(2 * kLost));  // each is repeated once
}

// Import and reading -----------------------------------------------------------------------------

TEST_P(StorageConformance, ImportedTrialsAreReadBitForBit) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  Claim(study);
  std::vector<TrialRecord> records = EndedTrials();
  for (TrialRecord& record : records) record.trial.id = 99;  // none of these is meant
  const auto first = storage().Import(study, records);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, 1);
  for (size_t i = 0; i < records.size(); ++i) records[i].trial.id = 1 + static_cast<int64_t>(i);
  std::vector<TrialRecord> stored = ReadAll(study);
  stored.erase(stored.begin());
  EXPECT_EQ(Texts(stored), Texts(records));
  for (size_t i = 0; i < stored.size(); ++i) {
    EXPECT_NEAR(stored[i].trial.started, records[i].trial.started, 2e-6);
    EXPECT_NEAR(stored[i].trial.seconds, records[i].trial.seconds, 2e-6);
  }
  EXPECT_EQ(Claim(study)[0].trial.id, 1 + records.size());
}

TEST_P(StorageConformance, ImportedTrialsGoOnFromEachOther) {
  const int64_t study = CreateStudy();
  Claim(study);  // 0
  std::vector<TrialRecord> records(4);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].trial.id = 10 * static_cast<int64_t>(i);
    records[i].trial.state = TrialState::kComplete;
    records[i].trial.point = {0.5, 0.5};
    records[i].trial.values = {1};
  }
  records[1].trial.resume_from = 0;  // the first of these, and not the study's
  records[2].trial.resume_from = 10;
  records[2].retry_of = 0;
  records[3].trial.resume_from = 30;  // none before it
  ASSERT_THAT(storage().Import(study, records), Succeeds());
  const std::vector<TrialRecord> stored = ReadAll(study);
  ASSERT_THAT(Numbers(stored), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(stored[1].trial.resume_from, std::nullopt);
  EXPECT_EQ(stored[2].trial.resume_from, 1);
  EXPECT_EQ(stored[3].trial.resume_from, 2);
  EXPECT_EQ(stored[3].retry_of, 1);
  EXPECT_EQ(stored[4].trial.resume_from, 30);
}

TEST_P(StorageConformance, ImportsAreTakenTogetherOrNotAtAll) {
  const int64_t study = CreateStudy(LargeConfig("large"));
  const TrialRecord good = EndedTrials()[0];
  std::vector<TrialRecord> wrong(7, good);
  wrong[0].trial.state = TrialState::kRunning;
  wrong[1].trial.state = TrialState::kWaiting;
  wrong[2].trial.values = {1};
  wrong[3].trial.values = {};
  wrong[4].trial.point = {1};
  wrong[5].trial.point = {};
  wrong[6].trial.reports = {};
  wrong[6].trial.reports.Add(1, {1});
  for (const TrialRecord& record : wrong) {
    EXPECT_EQ(storage().Import(study, {good, record}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << Text(record);
  }
  EXPECT_THAT(ReadAll(study), IsEmpty());
}

TEST_P(StorageConformance, ACursorIsToldOfWhatHasChanged) {
  const int64_t study = CreateStudy();
  ReadCursor cursor;
  const auto read = [&] { return ReadOn(storage(), study, &cursor); };
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"x", 1}})}), Succeeds());  // 0
  Claim(study, 3);                                                                      // 0, 1, 2
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"x", 1}})}), Succeeds());  // 3
  ASSERT_THAT(storage().Propose(study, {{1, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  ASSERT_THAT(storage().Finish(study, 1, Outcome::Complete({1}), {}), Succeeds());
  EXPECT_THAT(Numbers(read()), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(cursor.next, 4);
  EXPECT_THAT(cursor.open, ElementsAre(0, 2, 3));
  EXPECT_THAT(read(), IsEmpty());
  Claim(study);  // 3 runs, but has no point
  EXPECT_THAT(read(), IsEmpty());
  ASSERT_THAT(storage().Propose(study, {{2, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  EXPECT_THAT(Numbers(read()), ElementsAre(2));
  ASSERT_THAT(storage().Report(study, 2, 1, {0.5}), Succeeds());
  // Again, while it runs.
  std::vector<TrialRecord> again = read();
  ASSERT_THAT(Numbers(again), ElementsAre(2));
  EXPECT_EQ(again[0].trial.reports.size(), 1);
  ASSERT_THAT(storage().Finish(study, 2, Outcome::Failed(FailureKind::kError, ""), {1}),
              Succeeds());
  ASSERT_THAT(storage().Finish(study, 0, Outcome::Failed(FailureKind::kError, ""), {1}),
              Succeeds());
  again = read();
  ASSERT_THAT(Numbers(again), ElementsAre(0, 2, 4));
  EXPECT_EQ(again[0].trial.state, TrialState::kFailed);
  EXPECT_EQ(again[2].retry_of, 2);
  EXPECT_THAT(cursor.open, ElementsAre(3, 4));
  EXPECT_THAT(read(), IsEmpty());
  // Another cursor begins at the start, and one that is put back goes from there.
  EXPECT_THAT(ReadAll(study), SizeIs(5));
  cursor = {3, {}};
  EXPECT_THAT(Numbers(read()), ElementsAre(3, 4));
}

TEST_P(StorageConformance, AVisitorMayEndARead) {
  const int64_t study = CreateStudy();
  for (int i = 0; i < 3; ++i) Start(study);
  ReadCursor cursor;
  int visits = 0;
  const absl::Status status = storage().Read(study, &cursor, [&](const TrialRecord& record) {
    ++visits;
    return record.trial.id == 1 ? absl::CancelledError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(status, absl::CancelledError("enough"));
  EXPECT_EQ(visits, 2);
}

TEST_P(StorageConformance, NobodyWaitsForASlowReader) {
  const int64_t study = CreateStudy();
  for (int i = 0; i < 3; ++i) Start(study);
  ReadCursor cursor;
  std::set<int64_t> visited;
  const absl::Status status = storage().Read(study, &cursor, [&](const TrialRecord& record) {
    const int64_t number = record.trial.id;
    visited.insert(number);
    if (number > 0) return absl::OkStatus();
    // While the visitor is at the first trial, others work, and end.
    InThreads(2, [&](int i) {
      EXPECT_THAT(storage().Finish(study, i, Outcome::Complete({1}), {}), Succeeds());
      Start(study);
    });
    EXPECT_THAT(ReadAll(study), SizeIs(5));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, Succeeds());
  // What came meanwhile is told now or the next time.
  for (const TrialRecord& record : ReadOn(storage(), study, &cursor)) {
    visited.insert(record.trial.id);
  }
  EXPECT_THAT(visited, ElementsAre(0, 1, 2, 3, 4));
}

TEST_P(StorageConformance, ManyTrialsAreReadInTheirOrder) {
  constexpr int64_t kTrials = 10000, kRunning = 700;
  const int64_t study = CreateStudy();
  ASSERT_THAT(Claim(study, kRunning), SizeIs(kRunning));
  std::vector<StoredProposal> proposals;
  for (int64_t i = 0; i < kRunning; ++i) proposals.push_back({i, {0.5, 0.5}, {}, {}, {}});
  ASSERT_THAT(storage().Propose(study, proposals), Succeeds());
  std::vector<TrialRecord> records(kTrials - kRunning);
  for (size_t i = 0; i < records.size(); ++i) {
    Trial& trial = records[i].trial;
    trial.state = TrialState::kComplete;
    trial.point = {static_cast<double>(i) / kTrials, 0.5};
    trial.values = {static_cast<double>(i)};
    trial.started = kSomeTime;
    if (i % 100 == 0) trial.reports.Add(1, {0.5});
  }
  ASSERT_THAT(storage().Import(study, records), Succeeds());
  ReadCursor cursor;
  Witness witness;
  int64_t visits = 0;
  ASSERT_THAT(storage().Read(study, &cursor,
                             [&](const TrialRecord& record) {
                               ++visits;
                               witness.See(record);
                               const auto i = static_cast<double>(record.trial.id - kRunning);
                               EXPECT_EQ(record.trial.values.empty() ? i : record.trial.values[0],
                                         i);
                               return absl::OkStatus();
                             }),
              Succeeds());
  EXPECT_EQ(visits, kTrials);
  EXPECT_EQ(witness.seen(), kTrials);
  EXPECT_THAT(cursor.open, SizeIs(kRunning));
  ASSERT_THAT(storage().Finish(study, 3, Outcome::Complete({1}), {}), Succeeds());
  const std::vector<TrialRecord> again = ReadOn(storage(), study, &cursor);
  EXPECT_THAT(again, SizeIs(kRunning));  // they all run, and one has ended
  EXPECT_THAT(cursor.open, SizeIs(kRunning - 1));
}

// Together ---------------------------------------------------------------------------------------

TEST_P(StorageConformance, ManyWorkersLoseNothingAndEachReaderIsToldOnce) {
  constexpr int kThreads = 8;
  const int limit = GetParam().trials;
  const int64_t study = CreateStudy();
  const auto several = Several(4);
  absl::Mutex mutex;
  std::set<int64_t> claimed;
  std::map<int64_t, double> finished;
  InThreads(kThreads, [&](int i) {
    Storage& storage = *several[i % 4];
    ReadCursor cursor;
    Witness witness;
    for (;;) {
      const auto claim = storage.Claim(study, {1 + i % 3, limit, absl::StrCat("w", i)}, &cursor);
      ASSERT_TRUE(claim.ok()) << claim.status();
      witness.See(claim->changes);
      if (claim->claimed.empty()) break;
      std::vector<StoredProposal> proposals;
      for (const TrialRecord& record : claim->claimed) {
        const int64_t number = record.trial.id;
        const double x = record.enqueued.is_null() ? static_cast<double>(number) / (2 * limit)
                                                   : record.enqueued.Find("x")->number();
        proposals.push_back({number, {x, 0.5}, {}, {}, {}});
        absl::MutexLock lock(&mutex);
        EXPECT_TRUE(claimed.insert(number).second) << number << " was given twice";
      }
      ASSERT_THAT(storage.Propose(study, proposals), Succeeds());
      for (size_t k = 0; k < proposals.size(); ++k) {
        const int64_t number = proposals[k].number;
        ASSERT_THAT(storage.Report(study, number, 1, {0.5}), Succeeds());
        const bool fails = number % 10 == 0 && claim->claimed[k].attempt == 0;
        const Outcome outcome = fails ? Outcome::Failed(FailureKind::kError, "the first time")
                                      : Outcome::Complete({proposals[k].point[0]});
        const absl::Status status = storage.Finish(study, number, outcome, {1});
        ASSERT_TRUE(status.ok()) << status;
        if (fails) continue;
        absl::MutexLock lock(&mutex);
        finished[number] = proposals[k].point[0];
      }
    }
    // Others may still run; whoever reads on is told of each once.
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (witness.ended() < witness.seen() || witness.seen() < limit) {
      ASSERT_LT(absl::Now(), deadline) << "some trials never end, or are not told of";
      const std::vector<TrialRecord> read = ReadOn(storage, study, &cursor);
      witness.See(read);
      for (const TrialRecord& record : read) {
        // Somebody else's failure, when all were about to go.
        if (record.trial.state != TrialState::kWaiting) continue;
        const auto claim = storage.Claim(study, {1, limit, "last"}, &cursor);
        ASSERT_TRUE(claim.ok()) << claim.status();
        witness.See(claim->changes);
        for (const TrialRecord& late : claim->claimed) {
          const double x = late.enqueued.Find("x")->number();
          ASSERT_THAT(storage.Propose(study, {{late.trial.id, {x, 0.5}, {}, {}, {}}}), Succeeds());
          ASSERT_THAT(storage.Finish(study, late.trial.id, Outcome::Complete({x}), {}), Succeeds());
          absl::MutexLock lock(&mutex);
          EXPECT_TRUE(claimed.insert(late.trial.id).second);
          finished[late.trial.id] = x;
        }
      }
      absl::SleepFor(absl::Milliseconds(1));
    }
  });

  const std::vector<TrialRecord> stored = ReadAll(study);
  int64_t retries = 0, failed = 0;
  std::set<double> points;
  for (size_t i = 0; i < stored.size(); ++i) {
    const Trial& trial = stored[i].trial;
    EXPECT_EQ(trial.id, i);
    EXPECT_TRUE(trial.finished());
    EXPECT_EQ(trial.reports.size(), stored[i].worker == "last" ? 0 : 1);
    retries += stored[i].retry_of.has_value();
    failed += trial.state == TrialState::kFailed;
    if (trial.state != TrialState::kComplete) continue;
    ASSERT_EQ(finished.count(trial.id), 1) << trial.id << " ended without being told to";
    EXPECT_EQ(trial.values[0], finished[trial.id]);
    EXPECT_TRUE(points.insert(trial.point[0]).second) << "a trial was counted twice";
  }
  EXPECT_EQ(stored.size(), limit + retries);
  EXPECT_THAT(points, SizeIs(limit));
  EXPECT_THAT(finished, SizeIs(limit));
  EXPECT_THAT(claimed, SizeIs(stored.size()));
  EXPECT_GT(retries, 0);
  EXPECT_EQ(retries, failed);
}

TEST_P(StorageConformance, WhatOneWritesTheOthersSee) {
  const auto several = Several(2);
  Storage &a = *several[0], &b = *several[1];
  const int64_t study = CreateStudy();
  EXPECT_EQ(b.FindStudy("study")->id, study);
  ASSERT_THAT(b.SetAttribute(study, "a", 1), Succeeds());
  EXPECT_EQ(a.FindStudy("study")->attributes, Value(Value::Object{{"a", 1}}));
  ReadCursor cursor;
  ASSERT_THAT(a.Enqueue(study, {Value(Value::Object{{"x", 0.5}})}), Succeeds());
  EXPECT_THAT(Numbers(b.Claim(study, {1, 0, "b"}, &cursor)->claimed), ElementsAre(0));
  EXPECT_THAT(Numbers(a.Claim(study, {1, 0, "a"}, &cursor)->claimed), ElementsAre(1));
  ASSERT_THAT(b.Propose(study, {{0, {0.5, 0.5}, {}, {}, {}}}), Succeeds());
  ASSERT_THAT(b.Report(study, 0, 1, {0.25}), Succeeds());
  EXPECT_EQ(ReadOne(study, 0).trial.reports.size(), 1);
  ASSERT_THAT(b.Finish(study, 0, Outcome::Complete({1}), {}), Succeeds());
  EXPECT_THAT(Numbers(ReadOn(a, study, &cursor)), ElementsAre(0, 1));
  ASSERT_THAT(b.DeleteStudy(study), Succeeds());
  EXPECT_THAT(*a.ListStudies(), IsEmpty());
}

TEST_P(StorageConformance, WhatWasWrittenIsThereAgain) {
  if (!GetParam().shared) GTEST_SKIP() << "nothing outlives it";
  const int64_t study = CreateStudy(LargeConfig("large")), deleted = CreateStudy("deleted");
  ASSERT_THAT(storage().SetAttribute(study, "note", "kept"), Succeeds());
  ASSERT_THAT(storage().Import(study, EndedTrials()), Succeeds());
  ASSERT_THAT(storage().Enqueue(study, {Value(Value::Object{{"rate", 0.1}})}), Succeeds());
  const int64_t running = Claim(study, 3)[1].trial.id;
  ASSERT_THAT(storage().Propose(study, {{running, LargePoint(), 5, 2, AskedView()}}), Succeeds());
  ASSERT_THAT(storage().Report(study, running, 3, {1, kNaN, 3}), Succeeds());
  ASSERT_THAT(storage().Propose(study, {{running + 1, LargePoint(), {}, {}, {}}}), Succeeds());
  ASSERT_THAT(
      storage().Finish(study, running + 1, Outcome::Failed(FailureKind::kExitCode, "3"), {1}),
      Succeeds());
  ASSERT_THAT(storage().DeleteStudy(deleted), Succeeds());
  const std::string record = Text(*storage().FindStudy("large"));
  const std::vector<std::string> trials = Texts(ReadAll(study));

  CloseAndOpen();
  EXPECT_EQ(storage().FindStudy("large")->id, study);
  EXPECT_EQ(Text(*storage().FindStudy("large")), record);
  EXPECT_EQ(Texts(ReadAll(study)), trials);
  EXPECT_THAT(*storage().ListStudies(), SizeIs(1));
  // And goes on.
  EXPECT_EQ(Claim(study)[0].retry_of, running + 1);
  Outcome outcome = Outcome::Complete({0.1, 0.2});
  EXPECT_THAT(storage().Finish(study, running, outcome, {}), Succeeds());
  EXPECT_EQ(ReadOne(study, running).trial.reports.size(), 1);
  EXPECT_EQ(Claim(study)[0].trial.id, trials.size());
}

}  // namespace sturgeon
