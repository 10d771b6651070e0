// `sturgeon serve` through its stdin and stdout; what it answers to what is tested beside
// apps/serve_session.h.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSetup[] =
    R"({"space": [{"name": "lr", "type": "float", "low": 1e-5, "high": 1.0, "scale": "log"},)"
    R"( {"name": "act", "type": "categorical", "choices": ["relu", "tanh"]}],)"
    R"( "direction": "minimize", "strategy": "random", "seed": 1, "budget": 100})";

TEST(Serve, AnswersEachLineAfterTheFirstAndEndsWithItsInput) {
  const std::string input = std::string(kSetup) + "\n" + R"({"ask": 2})" + "\n" +
                            R"({"tell": [{"id": 0, "value": 0.5}]})" + "\nnonsense\n" +
                            R"({"tell": [{"id": 1, "state": "failed"}]})";  // no end of line
  const ProgramResult result = RunSturgeon({"serve"}, input);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, StartsWith(R"({"trials": [{"id": 0, "params": {"lr": )"));
  const size_t rest = result.out.find('\n');
  EXPECT_EQ(result.out.substr(rest + 1),
            "{\"ok\": true}\n"
            "{\"error\": \"line 1:2: not JSON: invalid literal; last read: 'no'\"}\n"
            "{\"ok\": true}\n");
}

TEST(Serve, TheSameSeedGivesTheSameTrials) {
  const std::string input = std::string(kSetup) + "\n" + R"({"ask": 10})" + "\n";
  EXPECT_EQ(RunSturgeon({"serve"}, input).out, RunSturgeon({"serve"}, input).out);
}

TEST(Serve, NothingInNothingOut) {
  const ProgramResult result = RunSturgeon({"serve"}, "");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST(Serve, AWrongFirstLineIsSaidOnStderrToo) {
  const ProgramResult result = RunSturgeon({"serve"}, "{\"space\": 1}\n{\"ask\": 1}\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("setup: space: expected a list"));
  EXPECT_THAT(result.out, StartsWith("{\"error\": \"setup: space: expected a list"));
}

TEST(Serve, ALineThatIsTooLongIsAnError) {
  const std::string input =
      std::string(kSetup) + "\n[\"" + std::string((64 << 20) + 1, 'x') + "\"]\n{\"ask\": 1}\n";
  const ProgramResult result = RunSturgeon({"serve"}, input);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("{\"error\": \"a line is longer than 64 MiB\"}\n{\"trials\""));
}

}  // namespace
}  // namespace sturgeon
