#include "core/suggest.h"

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> known = {"random", "grid", "coarse_to_fine", "tpe"};
  EXPECT_EQ(Nearest("radnom", known), "random");
  EXPECT_EQ(Nearest("Grid", known), "grid");
  EXPECT_EQ(Nearest("tpee", known), "tpe");
  EXPECT_EQ(Nearest("coarse", known), "coarse_to_fine");
  EXPECT_EQ(Nearest("annealing", known), "");
  EXPECT_EQ(Nearest("", known), "");
  EXPECT_EQ(Nearest(std::string(100000, 'x'), known), "");
}

TEST(UnknownName, ListsWhatIsKnown) {
  EXPECT_EQ(UnknownName("strategy", "tpee", {"grid", "tpe"}),
            "unknown strategy \"tpee\"; did you mean \"tpe\"? Known: grid, tpe");
  EXPECT_EQ(UnknownName("strategy", "xyz", {"grid", "tpe"}),
            "unknown strategy \"xyz\"; known: grid, tpe");
  EXPECT_EQ(UnknownName("strategy", "xyz", {}), "unknown strategy \"xyz\"; known: none");
}

}  // namespace
}  // namespace sturgeon
