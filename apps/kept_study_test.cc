// Which studies are not to be gone on with.

#include "apps/kept_study.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/space.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/study_spec.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;

SearchSpace Space(std::vector<Parameter> parameters) {
  return *SearchSpace::Create(std::move(parameters));
}

StudyConfig Config() {
  StudyConfig config;
  config.name = "digits";
  config.space = Space({Parameter::Float("rate", 0.1, 1), Parameter::Int("units", 1, 9)});
  config.objectives = {{"error", Goal::kMinimize}};
  config.constraints = {{"seconds", 3}};
  config.metrics = {"error", "seconds"};
  config.max_steps = 9;
  config.seed = 7;
  return config;
}

StudyRecord Stored() {
  StudyRecord record;
  record.config = Config();
  record.attributes.Set(kSpecAttribute, Value::Object());
  return record;
}

TEST(KeptStudyTest, WhatMakesAnotherStudyIsNamed) {
  struct Case {
    std::function<void(StudyConfig&)> change;
    std::string difference;
  };
  const Case cases[] = {
      {[](StudyConfig&) {}, ""},
      {[](StudyConfig& c) { c.trials = 99; }, ""},
      {[](StudyConfig& c) { c.objectives[0].goal = Goal::kMaximize; },
       "its objectives are to minimize error, not to maximize error"},
      {[](StudyConfig& c) { c.space = Space({Parameter::Float("rate", 0.1, 1)}); },
       "it tunes units as well"},
      {[](StudyConfig& c) {
         c.space = Space({Parameter::Float("rate", 0.1, 1), Parameter::Int("width", 1, 9)});
       },
       "it has no parameter width"},
      {[](StudyConfig& c) {
         c.space = Space({Parameter::Int("units", 1, 9), Parameter::Float("rate", 0.1, 1)});
       },
       "its parameters come in another order"},
      {[](StudyConfig& c) { c.constraints[0].bound = 4; },
       "its constraints are seconds at most 3, not seconds at most 4"},
      {[](StudyConfig& c) { c.metrics.pop_back(); }, "its metrics are error, seconds, not error"},
      {[](StudyConfig& c) { c.max_steps = 27; }, "its full training takes 9, not 27 steps"},
      {[](StudyConfig& c) { c.seed = 8; }, "its seed is 7, not 8"},
  };
  for (const Case& tested : cases) {
    StudyConfig ours = Config();
    tested.change(ours);
    EXPECT_EQ(Difference(Stored(), ours), tested.difference);
  }
  // A study of before full trainings were stored.
  StudyRecord stored = Stored();
  stored.config.max_steps = 0;
  EXPECT_EQ(Difference(stored, Config()), "");
  // Of another tool's study no more than the goals is known.
  stored.attributes = Value::Object();
  stored.config.seed = 0;
  stored.config.space = Space({Parameter::Float("rate", 0.2, 0.7)});
  stored.config.objectives[0].metric = "value";
  EXPECT_EQ(Difference(stored, Config()), "");
}

TEST(KeptStudyTest, AnotherFullTrainingIsRefused) {
  StorageRegistry storages;
  ASSERT_TRUE(storages.Add(kSqliteStorage).ok());
  const std::string url = "sqlite:" + testing::TempDir() + "/kept.db";
  const auto keep = [&](const StudyConfig& config) {
    return KeepStudy(storages, url, config, StudySpec());
  };
  StudyConfig config = Config();
  const absl::StatusOr<KeptStudy> made = keep(config);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->found);
  config.max_steps = 27;
  const absl::Status refused = keep(config).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("has a study digits, but another one: its full training takes 9, "
                        "not 27 steps; give yours another name (--study_name)"));
  config.max_steps = 9;
  const absl::StatusOr<KeptStudy> found = keep(config);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->found);
}

}  // namespace
}  // namespace sturgeon
