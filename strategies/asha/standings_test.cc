#include "strategies/asha/standings.h"

#include <algorithm>
#include <vector>

#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon::asha {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Standing Of(int64_t id, double loss, bool out = false) { return {out, 0, loss, id}; }

std::vector<int64_t> MayGoOn(const Standings& standings) {
  std::vector<int64_t> ids;
  for (const Standing& one : standings.waiting()) {
    if (standings.IsTop(one)) ids.push_back(one.id);
  }
  return ids;
}

TEST(Standings, OneInEtaMayGoOn) {
  Standings standings(3);
  standings.Add(Of(0, 0.5), true);
  standings.Add(Of(1, 0.4), true);
  EXPECT_THAT(MayGoOn(standings), IsEmpty());
  standings.Add(Of(2, 0.6), true);
  EXPECT_THAT(MayGoOn(standings), ElementsAre(1));
  standings.GoneOn(Of(1, 0.4));
  EXPECT_THAT(MayGoOn(standings), IsEmpty());
  // A better one pushes it out of the best third, but does not go on itself until there is room.
  standings.Add(Of(3, 0.3), true);
  EXPECT_THAT(MayGoOn(standings), ElementsAre(3));
  standings.GoneOn(Of(3, 0.3));
  standings.Add(Of(4, 0.9), true);
  standings.Add(Of(5, 0.9), true);
  EXPECT_THAT(MayGoOn(standings), IsEmpty());  // the best two of six have gone on
  standings.Add(Of(6, 0.9), true);
  standings.Add(Of(7, 0.9), true);
  standings.Add(Of(8, 0.9), true);
  EXPECT_THAT(MayGoOn(standings), ElementsAre(0));
  EXPECT_EQ(standings.alive(), 9);
}

TEST(Standings, WhatIsOutCountsButGoesNowhere) {
  Standings standings(2);
  for (int64_t id = 0; id < 4; ++id) standings.Add(Of(id, 0, /*out=*/true), true);
  EXPECT_THAT(MayGoOn(standings), IsEmpty());
  standings.Add(Of(4, 7), true);
  EXPECT_THAT(MayGoOn(standings), ElementsAre(4));
  EXPECT_EQ(standings.alive(), 1);
}

TEST(Standings, AreWhatSortingSays) {
  Standings standings(4);
  std::vector<Standing> all;
  RandomStream rng(1, 0, 0);
  for (int64_t id = 0; id < 300; ++id) {
    const Standing added = Of(id, static_cast<double>(rng.Below(50)), rng.Below(10) == 0);
    standings.Add(added, true);
    all.push_back(added);
    if (rng.Below(5) == 0) {
      const size_t gone = rng.Below(all.size());
      standings.Remove(all[gone]);
      all.erase(all.begin() + static_cast<int64_t>(gone));
    }
    std::sort(all.begin(), all.end());
    std::vector<int64_t> expected;
    for (size_t i = 0; i < all.size() / 4 && !all[i].out; ++i) expected.push_back(all[i].id);
    ASSERT_EQ(MayGoOn(standings), expected);
  }
}

}  // namespace
}  // namespace sturgeon::asha
