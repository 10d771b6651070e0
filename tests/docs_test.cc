// docs/spaces_and_scales.md says what the code does. (Links and quotes: tools/check_docs.py.)
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "core/file.h"
#include "core/json.h"
#include "core/space.h"
#include "core/space_json.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

std::string Page() {
  absl::StatusOr<std::string> page = ReadFile("docs/spaces_and_scales.md");
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : "";
}

// The fenced blocks of JSON.
std::vector<std::string> JsonBlocks(const std::string& page) {
  std::vector<std::string> blocks;
  bool inside = false;
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    if (!inside && line == "```json") {
      inside = true;
      blocks.emplace_back();
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      absl::StrAppend(&blocks.back(), line, "\n");
    }
  }
  return blocks;
}

TEST(SpacesAndScales, EveryExampleIsASpace) {
  const std::vector<std::string> blocks = JsonBlocks(Page());
  EXPECT_EQ(blocks.size(), 3);
  for (const std::string& block : blocks) {
    const absl::StatusOr<Value> list = ParseJson(block, "example");
    ASSERT_TRUE(list.ok()) << list.status();
    const absl::StatusOr<SearchSpace> space = SpaceFromValue(*list, "example: parameters");
    EXPECT_TRUE(space.ok()) << space.status();
  }
}

TEST(SpacesAndScales, TheExampleInCppIsTheOneInJson) {
  const absl::StatusOr<SearchSpace> space = SearchSpace::Create({
      Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog).Tier(1),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2),
      Parameter::Int("batch_size", 32, 512, Scale::kLog).Factor(2).Tier(2),
      Parameter::Int("layers", 1, 4).Tier(3),
      Parameter::Categorical("optimizer", {"sgd", "adam"}).Tier(3),
      Parameter::Float("beta2", 0.99, 0.9999, Scale::kReverseLog)
          .Tier(4)
          .Default(0.999)
          .When("optimizer", {"adam"}),
  });
  ASSERT_TRUE(space.ok()) << space.status();
  const absl::StatusOr<Value> list = ParseJson(JsonBlocks(Page()).front(), "example");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(ToValue(*space), ToValue(*SpaceFromValue(*list, "example")));
}

TEST(SpacesAndScales, TheSharesOfTheScalesAreRight) {
  const Parameter reverse = Parameter::Float("beta", 0.9, 0.9999, Scale::kReverseLog);
  const Parameter linear = Parameter::Float("beta", 0.9, 0.9999);
  EXPECT_NEAR(reverse.ToUnit(0.95) - reverse.ToUnit(0.9), 0.100, 5e-4);
  EXPECT_NEAR(reverse.ToUnit(0.9995) - reverse.ToUnit(0.999), 0.100, 5e-4);
  EXPECT_NEAR(linear.ToUnit(0.95) - linear.ToUnit(0.9), 0.501, 5e-4);
  EXPECT_NEAR(linear.ToUnit(0.9995) - linear.ToUnit(0.999), 0.005, 5e-4);
}

TEST(SpacesAndScales, TheErrorsShownAreTheErrorsGiven) {
  const std::string page = Page();
  const Parameter rate = Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog);
  const Parameter optimizer = Parameter::Categorical("optimizer", {"sgd", "adam"});
  const std::vector<std::vector<Parameter>> wrong = {
      {Parameter::Float("learning_rate", 0, 1, Scale::kLog)},
      {rate, Parameter::Float("momentum", 0.9, 1, Scale::kReverseLog)},
      {rate, optimizer, Parameter::Float("beta2", 0.99, 0.9999).When("optimiser", {"adam"})},
  };
  for (const std::vector<Parameter>& parameters : wrong) {
    const absl::StatusOr<SearchSpace> space = SearchSpace::Create(parameters);
    ASSERT_FALSE(space.ok());
    EXPECT_TRUE(absl::StrContains(page, space.status().message())) << space.status().message();
  }
}

}  // namespace
}  // namespace sturgeon
