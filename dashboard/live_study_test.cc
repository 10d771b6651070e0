#include "dashboard/live_study.h"

#include <atomic>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LiveStudyTest : public testing::Test {
 protected:
  LiveStudyTest() : storage_(&absl::Now) {
    Create("study");
    describer_.head = [](const StudyRecord& study) {
      ReportStudy report;
      report.config = study.config;
      return report;
    };
    describer_.complete = [](ReportStudy* study) {
      ReportImportance count;
      count.shares = {static_cast<double>(study->trials.size())};
      study->importance = {count};
    };
  }

  void Create(const std::string& name) {
    StudyRecord record;
    record.config.name = name;
    record.config.space = *SearchSpace::Create({Parameter::Float("x", 0, 1)});
    id_ = *storage_.CreateStudy(record);
  }
  int64_t Start() {
    ReadCursor cursor;
    const int64_t number = storage_.Claim(id_, {1, 0, "w"}, &cursor)->claimed[0].trial.id;
    EXPECT_TRUE(storage_.Propose(id_, {{number, {0.25}, {}, {}, {}}}).ok());
    return number;
  }
  void Finish(int64_t number, double value) {
    ASSERT_TRUE(storage_.Finish(id_, number, Outcome::Complete({value}), {}).ok());
  }

  // What is new; moves on. Waits until there is something.
  Value News(LiveStudy& live, std::string* version) {
    const auto news = live.News(*version, absl::Now() + absl::Seconds(30), closing_);
    EXPECT_TRUE(news.ok()) << news.status();
    if (!news.ok()) return Value();
    *version = news->version;
    return *ParseJson(news->json, "news");
  }
  // Of the news that come, the first whose study has trials.
  Value NewTrials(LiveStudy& live, std::string* version) {
    for (;;) {
      Value news = News(live, version);
      const Value* const study = news.Find("study");
      if (study == nullptr || !Ids(news).empty()) return news;
    }
  }
  static std::vector<int64_t> Ids(const Value& news) {
    std::vector<int64_t> ids;
    for (const Value& id : news.Find("study")->Find("trials")->Find("id")->list()) {
      ids.push_back(id.integer());
    }
    return ids;
  }

  MemoryStorage storage_;
  int64_t id_ = 0;
  StudyDescriber describer_;
  std::atomic<bool> closing_{false};
};

TEST_F(LiveStudyTest, BringsAllAndThenWhatHasChanged) {
  Finish(Start(), 3);
  Finish(Start(), 2);
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  Value news = News(live, &version);
  EXPECT_EQ(*news.Find("all"), Value(true));
  EXPECT_THAT(Ids(news), ElementsAre(0, 1));
  const int64_t running = Start();
  news = NewTrials(live, &version);
  EXPECT_EQ(*news.Find("all"), Value(false));
  EXPECT_THAT(Ids(news), ElementsAre(running));
  ASSERT_TRUE(storage_.Report(id_, running, 1, {0.5}).ok());
  news = NewTrials(live, &version);
  EXPECT_THAT(Ids(news), ElementsAre(running));
  EXPECT_EQ(*news.Find("study")->Find("trials")->Find("reports")->Find("step"),
            Value(Value::List{1}));
  Finish(running, 1);
  Finish(Start(), 4);
  std::vector<int64_t> ids;
  while (ids.size() < 2) {
    for (const int64_t id : Ids(NewTrials(live, &version))) ids.push_back(id);
  }
  EXPECT_THAT(ids, ElementsAre(2, 3));
  // Another page, which has seen nothing.
  std::string other;
  EXPECT_THAT(Ids(News(live, &other)), ElementsAre(0, 1, 2, 3));
}

TEST_F(LiveStudyTest, WhatMatteredFollowsTheTrials) {
  Finish(Start(), 3);
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  EXPECT_THAT(News(live, &version).Find("study")->Find("importance")->list(), IsEmpty());
  Value news = News(live, &version);
  EXPECT_THAT(Ids(news), IsEmpty());
  EXPECT_EQ(news.Find("study")->Find("importance")->list()[0].Find("shares")->list()[0].number(),
            1);
}

TEST_F(LiveStudyTest, NumbersThatMayBeTakenBackAreNotShown) {
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  ReadCursor cursor;
  ASSERT_TRUE(storage_.Claim(id_, {2, 0, "w"}, &cursor).ok());
  EXPECT_THAT(Ids(News(live, &version)), IsEmpty());
  ASSERT_TRUE(storage_.Unclaim(id_, {1}, "no").ok());
  ASSERT_TRUE(storage_.Propose(id_, {{0, {0.5}, {}, {}, {}}}).ok());
  EXPECT_THAT(Ids(NewTrials(live, &version)), ElementsAre(0));
  EXPECT_EQ(Start(), 1);
  EXPECT_THAT(Ids(NewTrials(live, &version)), ElementsAre(1));
}

TEST_F(LiveStudyTest, TellsWhatUsersWant) {
  const int64_t running = Start();
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  Value news = News(live, &version);
  EXPECT_EQ(*news.Find("paused"), Value(false));
  EXPECT_EQ(*news.Find("note"), Value(""));
  ASSERT_EQ(news.Find("running")->list().size(), 1);
  EXPECT_EQ(*news.Find("running")->list()[0].Find("stop"), Value(false));
  ASSERT_TRUE(storage_.RequestStop(id_, running, "no").ok());
  ASSERT_TRUE(storage_.SetAttribute(id_, kPausedAttribute, true).ok());
  ASSERT_TRUE(storage_.SetAttribute(id_, kNoteAttribute, "<b>").ok());
  live.Touch();
  const auto complete = [&] {
    return *news.Find("paused") == Value(true) && *news.Find("note") == Value("<b>") &&
           *news.Find("running")->list()[0].Find("stop") == Value(true);
  };
  while (!complete()) news = News(live, &version);
}

TEST_F(LiveStudyTest, WaitsUntilTheDeadlineOrTheEnd) {
  Finish(Start(), 1);
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  News(live, &version);
  News(live, &version);  // what mattered
  const absl::Time before = absl::Now();
  auto news = live.News(version, before + absl::Milliseconds(400), closing_);
  ASSERT_TRUE(news.ok());
  EXPECT_GE(absl::Now(), before + absl::Milliseconds(400));
  EXPECT_EQ(news->json, absl::StrCat("{\"version\": \"", version, "\"}"));
  closing_ = true;
  news = live.News(version, absl::InfiniteFuture(), closing_);
  EXPECT_EQ(news->version, version);
}

TEST_F(LiveStudyTest, AnotherStudyOfThatNameIsAnother) {
  Finish(Start(), 1);
  LiveStudy live(storage_, "study", describer_);
  std::string version;
  News(live, &version);
  News(live, &version);
  ASSERT_TRUE(storage_.DeleteStudy(id_).ok());
  EXPECT_EQ(live.News(version, absl::Now() + absl::Seconds(30), closing_).status().code(),
            absl::StatusCode::kNotFound);
  Create("study");
  live.Touch();
  const Value news = News(live, &version);
  EXPECT_EQ(*news.Find("all"), Value(true));
  EXPECT_THAT(Ids(news), IsEmpty());
}

TEST_F(LiveStudyTest, WhatIsNoVersionHasSeenNothing) {
  Finish(Start(), 1);
  LiveStudy live(storage_, "study", describer_);
  for (const std::string since : {"", ":", "x:1", "1", "x:99999999999999999999", "::", ":1:1"}) {
    const auto news = live.News(since, absl::Now(), closing_);
    ASSERT_TRUE(news.ok());
    EXPECT_EQ(*ParseJson(news->json, "news")->Find("all"), Value(true)) << since;
  }
}

TEST_F(LiveStudyTest, EveryVersionIsReadAgain) {
  Finish(Start(), 1);
  for (int i = 0; i < 200; ++i) {  // versions begin with random characters
    LiveStudy live(storage_, "study", describer_);
    const auto all = live.News("", absl::Now(), closing_);
    ASSERT_TRUE(all.ok());
    const auto more = live.News(all->version, absl::Now(), closing_);
    ASSERT_TRUE(more.ok());
    EXPECT_EQ(ParseJson(more->json, "news")->Find("all"), nullptr) << all->version;
  }
}

TEST_F(LiveStudyTest, ManyPagesSeeEveryTrialWhileOthersWrite) {
  constexpr int kPages = 6, kTrials = 40;
  LiveStudy live(storage_, "study", describer_);
  std::vector<std::thread> threads;
  for (int page = 0; page < kPages; ++page) {
    threads.emplace_back([&] {
      std::string version;
      std::vector<bool> complete(kTrials);
      for (int count = 0; count < kTrials;) {
        const auto news = live.News(version, absl::Now() + absl::Seconds(30), closing_);
        ASSERT_TRUE(news.ok());
        version = news->version;
        const Value json = *ParseJson(news->json, "news");
        const Value* const study = json.Find("study");
        if (study == nullptr) continue;
        const Value& trials = *study->Find("trials");
        for (size_t i = 0; i < trials.Find("id")->list().size(); ++i) {
          if (trials.Find("state")->list()[i].integer() != 2) continue;
          EXPECT_FALSE(complete[trials.Find("id")->list()[i].integer()]);
          complete[trials.Find("id")->list()[i].integer()] = true;
          ++count;
        }
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < kTrials; ++i) {
      const int64_t number = Start();
      ASSERT_TRUE(storage_.Report(id_, number, 1, {0.5}).ok());
      if (i % 8 == 0) absl::SleepFor(absl::Milliseconds(120));
      Finish(number, i);
    }
  });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sturgeon
