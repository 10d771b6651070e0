// Runs the programs of this folder, as they are shipped.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/json.h"
#include "core/value.h"
#include "gtest/gtest.h"

namespace {

using sturgeon::ReadJsonFile;
using sturgeon::Value;

// What a command prints; fails the test unless it exits with 0.
std::string Output(const std::string& command) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << "cannot run " << command;
    return "";
  }
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  EXPECT_EQ(pclose(pipe), 0) << command << " printed " << output;
  return output;
}

bool Lists(const Value& plugins, const char* kind, const char* name) {
  const Value* const list = plugins.Find(kind);
  if (list == nullptr) return false;
  for (const Value& plugin : list->list()) {
    if (*plugin.Find("name") == name) return true;
  }
  return false;
}

TEST(Tuner, ListsThePluginsOfBothRepositories) {
  const auto plugins = sturgeon::ParseJson(Output("./tuner plugins --format=json"), "tuner");
  ASSERT_TRUE(plugins.ok()) << plugins.status();
  EXPECT_TRUE(Lists(*plugins, "strategies", "annealing"));
  EXPECT_TRUE(Lists(*plugins, "models", "elastic_net"));
  EXPECT_TRUE(Lists(*plugins, "strategies", "random"));
  EXPECT_TRUE(Lists(*plugins, "samplers", "uniform"));
}

TEST(Tuner, TunesTheModelOfThisRepositoryWithItsStrategy) {
  const std::string result_path = std::string(std::getenv("TEST_TMPDIR")) + "/result.json";
  Output("./tuner tune --study=longley.json --output=" + result_path);
  const auto result = ReadJsonFile(result_path);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result->Find("strategy")->Find("name"), "annealing");
  EXPECT_EQ(result->Find("trials")->list().size(), 80);
  // Least squares has 424.8, the model's defaults 493.5; a fine grid finds no less than 377.8.
  EXPECT_LT(result->Find("best")->Find("values")->list().front().number(), 400);
}

TEST(AskTell, PrintsItsBestTrial) {
  const std::string output = Output("./ask_tell");
  double loss = 1;
  ASSERT_EQ(std::sscanf(output.c_str(), "trial %*d: loss %lf with learning_rate", &loss), 1)
      << output;
  EXPECT_LT(loss, 1e-3);  // where training starts it is 1.01
}

TEST(InThreads, RunsEveryTrial) {
  const std::string output = Output("./in_threads");
  EXPECT_NE(output.find("\n64 trials in "), std::string::npos) << output;
}

}  // namespace
