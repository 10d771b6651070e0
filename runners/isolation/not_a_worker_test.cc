// A program whose main does not serve: gtest_main's.

#include "absl/strings/match.h"
#include "core/model.h"
#include "gtest/gtest.h"
#include "runners/isolation/isolated_model.h"

namespace sturgeon {
namespace {

// Run once by the test, and once more by what the test takes for its worker.
TEST(NotAWorker, AProgramThatDoesNotServeIsToldWhatItsMainLacks) {
  const auto local = MakeFunctionModel({{"value", Goal::kMinimize}},
                                       [](const Value&) { return std::vector<double>{1}; });
  const auto made = IsolatedModel::Make(*local, {"function"}, 1, {}, StopToken());
  EXPECT_EQ(made.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(made.status().message(), "ServeModels")) << made.status();
}

}  // namespace
}  // namespace sturgeon
