#include "strategies/tpe/split.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon::tpe {
namespace {

Member At(int64_t id, double loss, Worth::Class kind = Worth::kComplete, double violation = 0) {
  Member member;
  member.worth.kind = kind;
  member.worth.violation = violation;
  member.worth.loss = loss;
  member.worth.id = id;
  return member;
}

std::vector<int64_t> Ids(absl::Span<const Member> members) {
  std::vector<int64_t> ids;
  for (const Member& member : members) ids.push_back(member.worth.id);
  return ids;
}

TEST(Split, RanksWhatRanToItsEndBeforeTheStoppedTheInfeasibleAndTheFailed) {
  Split split(10, 10);
  split.Add(At(0, 0, Worth::kFailed));
  split.Add(At(1, -7, Worth::kInfeasible, 2));
  split.Add(At(2, 5, Worth::kInfeasible, 1));
  split.Add(At(3, -9, Worth::kStopped));
  split.Add(At(4, 3));
  split.Add(At(5, 1));
  split.Add(At(7, 1));
  split.Add(At(6, 1));
  EXPECT_EQ(Ids(split.best()), (std::vector<int64_t>{5, 6, 7, 4, 3, 2, 1, 0}));
  EXPECT_EQ(split.size(), 8);
  EXPECT_EQ(split.measured(), 7);
  EXPECT_TRUE(split.rest().empty());
}

TEST(Split, IsAFunctionOfTheSetOfTrials) {
  std::vector<Member> members;
  for (int64_t id = 0; id < 500; ++id) {
    members.push_back(At(id, static_cast<double>(id * 7919 % 503)));
  }
  Split forwards(20, 30), backwards(20, 30), mixed(20, 30);
  for (const Member& member : members) forwards.Add(member);
  for (auto member = members.rbegin(); member != members.rend(); ++member) backwards.Add(*member);
  for (size_t i = 0; i < members.size(); ++i) mixed.Add(members[i * 77 % members.size()]);
  EXPECT_EQ(forwards.best().size(), 20);
  EXPECT_EQ(forwards.rest().size(), 30);
  EXPECT_EQ(forwards.rest_weight(), 480 / 30.0);
  for (const Split* other : {&backwards, &mixed}) {
    EXPECT_EQ(Ids(other->best()), Ids(forwards.best()));
    EXPECT_EQ(Ids(other->rest()), Ids(forwards.rest()));
  }
  // The best of all, in their order.
  for (int k = 0; k < 20; ++k) EXPECT_EQ(forwards.best()[k].worth.loss, k);
}

TEST(Split, TheRestIsAnEvenSample) {
  constexpr int kRest = 400, kTrials = 20000;
  Split split(1, kRest);
  for (int64_t id = 0; id < kTrials; ++id) split.Add(At(id, static_cast<double>(id)));
  int early = 0;
  for (const Member& member : split.rest()) early += member.worth.id < kTrials / 2 ? 1 : 0;
  EXPECT_NEAR(early, kRest / 2, 5 * std::sqrt(kRest / 4.0));  // five standard deviations
}

}  // namespace
}  // namespace sturgeon::tpe
