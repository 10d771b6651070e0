#include "strategies/pbt/population.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/trial.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

using testing::ElementsAre;
using Kind = Population::Next::Kind;

// A population, and trials for it.
class Play {
 public:
  Play(int rungs, int size) : population(rungs, size) {}

  int64_t Start(const Population::Stretch& stretch) {
    stretches.push_back(stretch);
    Trial& trial = trials.emplace_back();
    trial.id = static_cast<int64_t>(trials.size()) - 1;
    population.Start(trial.id, stretch);
    return trial.id;
  }
  int64_t NewMember() { return Start({1, {}, false}); }
  int64_t GoOn(int64_t from) { return Start({stretches[from].rung + 1, from, false}); }
  int64_t Copy(int64_t from) { return Start({stretches[from].rung + 1, from, true}); }
  void Succeed(int64_t id, double loss, double violation = 0) {
    population.Succeed(trials[id], stretches[id].rung, loss, violation);
  }
  void Fail(int64_t id) { population.Fail(id, stretches[id]); }

  // What comes next: "new", "3" (trial 3 goes on), "copy at 2".
  std::string Next() const {
    const Population::Next next = population.next();
    switch (next.kind) {
      case Kind::kGoOn:
        return std::to_string(next.result->trial->id);
      case Kind::kReplaceFailed:
        return "copy at " + std::to_string(next.rung);
      case Kind::kNewMember:
        break;
    }
    return "new";
  }

  std::vector<int64_t> Ranked(int rung) const {
    std::vector<int64_t> ids;
    for (const Population::Result* result : population.ranked(rung)) {
      ids.push_back(result->trial->id);
    }
    return ids;
  }

  Population population;
  std::deque<Trial> trials;
  std::vector<Population::Stretch> stretches;
};

TEST(Population, BeginsWithAllMembersThenTheyTakeTurns) {
  Play play(3, 2);
  EXPECT_EQ(play.Next(), "new");
  play.NewMember();
  play.Succeed(0, 0.5);
  EXPECT_EQ(play.Next(), "new") << "the second member comes before the first goes on";
  play.NewMember();
  EXPECT_EQ(play.Next(), "0");
  play.GoOn(0);
  EXPECT_EQ(play.Next(), "new") << "nothing waits: what is idle begins the next members";
  play.Succeed(1, 0.4);
  EXPECT_EQ(play.Next(), "1");
  play.GoOn(1);  // trials 2 and 3 train to rung 2
  play.Succeed(3, 0.2);
  play.Succeed(2, 0.3);
  EXPECT_EQ(play.Next(), "2") << "the one that was started first";
  play.GoOn(2);
  EXPECT_EQ(play.Next(), "3");
  play.GoOn(3);
  play.Succeed(4, 0.1);
  play.Succeed(5, 0.1);
  EXPECT_EQ(play.Next(), "new") << "both are trained to the end";
  EXPECT_THAT(play.Ranked(1), ElementsAre(1, 0));
  EXPECT_THAT(play.Ranked(2), ElementsAre(3, 2));
  EXPECT_THAT(play.Ranked(3), ElementsAre(4, 5)) << "of equals the earlier";
}

TEST(Population, OldTurnsComeBeforeTheRestOfTheNextMembers) {
  Play play(2, 3);
  for (int i = 0; i < 3; ++i) play.NewMember();
  play.Succeed(1, 0.1);
  play.GoOn(1);      // trial 3
  play.NewMember();  // trial 4: nothing waits, so it is the first of the next three
  play.Succeed(0, 0.2);
  EXPECT_EQ(play.Next(), "0");
  play.GoOn(0);
  EXPECT_EQ(play.Next(), "new");
  play.Succeed(4, 0.3);
  EXPECT_EQ(play.Next(), "new");
  play.Succeed(2, 0.3);
  EXPECT_EQ(play.Next(), "2");
}

TEST(Population, TheFeasibleAreBetter) {
  Play play(2, 3);
  for (int i = 0; i < 3; ++i) play.NewMember();
  play.Succeed(0, 0.1, 2);
  play.Succeed(1, 0.9, 0);
  play.Succeed(2, 0.2, 1);
  EXPECT_THAT(play.Ranked(1), ElementsAre(1, 2, 0));
  EXPECT_EQ(play.population.RankOf(*play.population.Find(0)), 2);
  EXPECT_EQ(play.population.Find(3), nullptr);
}

TEST(Population, ACopyTakesThePlaceOfTheWorstThatHasNotGoneOn) {
  Play play(3, 4);
  for (int i = 0; i < 4; ++i) play.NewMember();
  const double losses[] = {0.4, 0.1, 0.9, 0.3};
  for (int i = 0; i < 4; ++i) play.Succeed(i, losses[i]);
  play.GoOn(0);
  play.GoOn(1);
  EXPECT_EQ(play.Next(), "2");
  play.Copy(1);
  EXPECT_EQ(play.Next(), "3");
  // A worse one that comes late is the one that was replaced, and trial 2 waits again …
  play.NewMember();
  for (int i = 0; i < 3; ++i) play.NewMember();
  play.Succeed(7, 1.5);
  EXPECT_EQ(play.Next(), "2");
  play.GoOn(2);
  EXPECT_EQ(play.Next(), "3");
  play.GoOn(3);
  // … so that four members of four and one of the next have gone on.
  EXPECT_EQ(play.Next(), "new");
  play.Succeed(4, 0.2);
  EXPECT_EQ(play.Next(), "4");
}

TEST(Population, WhatFailsLeavesAPlaceForACopy) {
  Play play(3, 2);
  play.NewMember();
  play.Fail(0);
  play.NewMember();
  EXPECT_EQ(play.Next(), "new") << "one of two is under way";
  play.NewMember();
  play.Succeed(1, 0.1);
  play.Succeed(2, 0.2);
  play.GoOn(1);  // trial 3
  play.GoOn(2);  // trial 4
  play.Fail(3);
  EXPECT_EQ(play.Next(), "copy at 1");
  play.Copy(1);  // trial 5
  EXPECT_EQ(play.Next(), "new");
  play.Fail(5);
  EXPECT_EQ(play.Next(), "copy at 1");
  play.Copy(2);  // trial 6
  play.Succeed(6, 0.1);
  play.Succeed(4, 0.2);
  EXPECT_EQ(play.Next(), "4");
  play.Copy(6);
  EXPECT_EQ(play.Next(), "6");
  play.GoOn(6);
  EXPECT_EQ(play.Next(), "new");
}

TEST(Population, ARepeatedTrialTakesThePlaceOfTheOneThatFailed) {
  Play play(2, 2);
  play.NewMember();
  play.NewMember();
  play.Succeed(0, 0.1);
  play.Succeed(1, 0.2);
  play.GoOn(0);
  play.GoOn(1);
  play.Fail(2);
  EXPECT_EQ(play.Next(), "copy at 1");
  play.GoOn(0);  // the same once more
  EXPECT_EQ(play.Next(), "new");
}

TEST(Population, WhatIsWithdrawnHasNeverBeen) {
  Play play(3, 2);
  play.NewMember();
  play.NewMember();
  play.Succeed(0, 0.1);
  play.Succeed(1, 0.2);
  const int64_t on = play.GoOn(0);
  EXPECT_EQ(play.Next(), "1");
  play.population.Withdraw(on, play.stretches[on]);
  EXPECT_EQ(play.Next(), "0");
  const int64_t copy = play.Copy(0);
  EXPECT_EQ(play.Next(), "0") << "the copy takes the place of trial 1";
  play.population.Withdraw(copy, play.stretches[copy]);
  play.GoOn(0);
  EXPECT_EQ(play.Next(), "1");
}

// Plays a population at random; the same stretches, told in other orders, come to the same.
TEST(Population, IsAFunctionOfTheSetOfStretches) {
  constexpr int kRungs = 4, kSize = 5;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream rng(seed, 0, kFirstPluginStream);
    Play play(kRungs, kSize);
    std::map<int64_t, double> ended;  // the loss; negative: failed
    std::vector<int64_t> running;
    for (int i = 0; i < 200; ++i) {
      const Population::Next next = play.population.next();
      if (next.kind == Kind::kNewMember) {
        running.push_back(play.NewMember());
      } else if (next.kind == Kind::kGoOn && rng.Below(4) != 0) {
        running.push_back(play.GoOn(next.result->trial->id));
      } else {
        running.push_back(play.Copy(play.population.ranked(next.rung).front()->trial->id));
      }
      while (running.size() > 3) {
        const auto which = running.begin() + static_cast<int64_t>(rng.Below(running.size()));
        const int64_t id = *which;
        running.erase(which);
        ended[id] = rng.Below(6) == 0 ? -1 : rng.Uniform();
        ended[id] < 0 ? play.Fail(id) : play.Succeed(id, ended[id]);
      }

      // Every one that could have gone on has its successor or waits.
      for (int rung = 1; rung < kRungs; ++rung) {
        int64_t begun = 0, lost = 0;
        for (size_t id = 0; id < play.stretches.size(); ++id) {
          if (play.stretches[id].rung != rung + 1) continue;
          ++begun;
          const auto end = ended.find(static_cast<int64_t>(id));
          if (end != ended.end() && end->second < 0) ++lost;
        }
        ASSERT_LE(begun - lost, static_cast<int64_t>(play.population.ranked(rung).size()));
      }

      if (i % 20 != 19) continue;
      // In one go and in the order of the ids, as a study that is resumed tells them; what runs
      // comes last.
      Population resumed(kRungs, kSize);
      std::set<int64_t> runs(running.begin(), running.end());
      for (const bool pending : {false, true}) {
        for (const Trial& trial : play.trials) {
          if ((runs.count(trial.id) > 0) != pending) continue;
          const Population::Stretch& stretch = play.stretches[trial.id];
          resumed.Start(trial.id, stretch);
          if (pending) continue;
          ended[trial.id] < 0 ? resumed.Fail(trial.id, stretch)
                              : resumed.Succeed(trial, stretch.rung, ended[trial.id], 0);
        }
      }
      const Population::Next expected = play.population.next(), actual = resumed.next();
      ASSERT_EQ(actual.kind, expected.kind);
      ASSERT_EQ(actual.rung, expected.rung);
      ASSERT_EQ(actual.result == nullptr ? -1 : actual.result->trial->id,
                expected.result == nullptr ? -1 : expected.result->trial->id);
    }
  }
}

}  // namespace
}  // namespace sturgeon
