// The shipped binary has every plugin: without alwayslink a statically linked program registers
// none, while a dynamically linked test of the same code still passes. The pages of docs/plugins/
// are the golden list.

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

Value PluginsAsJson(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"plugins", "--format=json"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const ProgramResult result = RunSturgeon(words);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  const absl::StatusOr<Value> value = ParseJson(result.out, "stdout");
  EXPECT_TRUE(value.ok()) << value.status().message();
  return value.ok() ? *value : Value();
}

std::set<std::string> Names(const Value& plugins, const char* kind) {
  std::set<std::string> names;
  const Value* const list = plugins.Find(kind);
  if (list == nullptr || !list->is_list()) return names;
  for (const Value& plugin : list->list()) names.insert(plugin.Find("name")->string());
  return names;
}

TEST(Plugins, TheShippedBinaryHasThemAll) {
  for (const char* kind : {"sampler", "strategy", "stopping_rule", "model", "runner", "storage"}) {
    const std::string path = absl::StrCat("docs/plugins/", kind, ".md");
    const ProgramResult page =
        RunSturgeon({"plugins", absl::StrCat("--kind=", kind), "--format=markdown"});
    EXPECT_EQ(page.exit_code, 0);
    // Not EXPECT_EQ, whose difference would bury the remedy.
    EXPECT_TRUE(page.out == ReadAll(path))
        << path << " is stale, or //apps:sturgeon lacks a plugin. If the page is: "
        << "./bazelw run //docs:update\nThe program says:\n"
        << page.out;
  }
}

TEST(Plugins, ListsEveryKindAsJson) {
  const Value plugins = PluginsAsJson({});
  EXPECT_THAT(Names(plugins, "samplers"),
              IsSupersetOf({"uniform", "grid", "latin_hypercube", "sobol", "halton"}));
  EXPECT_THAT(Names(plugins, "strategies"),
              IsSupersetOf({"asha", "auto", "bohb", "cma_es", "coarse_to_fine",
                            "differential_evolution", "gp", "grid", "hyperband", "nsga2", "pbt",
                            "random", "successive_halving", "tpe"}));
  EXPECT_THAT(Names(plugins, "stopping_rules"),
              IsSupersetOf({"curve", "median", "patience", "percentile", "threshold", "wilcoxon"}));
  EXPECT_THAT(Names(plugins, "models"),
              IsSupersetOf({"command", "mlp", "softmax_regression", "function"}));
  EXPECT_THAT(Names(plugins, "runners"), IsSupersetOf({"sequential", "caviar", "panda"}));
  EXPECT_THAT(Names(plugins, "storages"), IsSupersetOf({"memory", "postgresql", "sqlite"}));
}

TEST(Plugins, ShowsTheOptionsOfOne) {
  const Value plugins = PluginsAsJson({"coarse_to_fine"});
  EXPECT_TRUE(Names(plugins, "models").empty());
  ASSERT_EQ(Names(plugins, "strategies").size(), 1);
  const Value& options = *plugins.Find("strategies")->list()[0].Find("options");
  ASSERT_FALSE(options.list().empty());
  const Value& rounds = options.list()[0];
  EXPECT_EQ(rounds.Find("name")->string(), "rounds");
  EXPECT_EQ(rounds.Find("type")->string(), "int");
  EXPECT_TRUE(rounds.Find("default")->is_number());
  EXPECT_THAT(rounds.Find("range")->string(), HasSubstr("1"));

  const std::string text = RunSturgeon({"plugins", "coarse_to_fine"}).out;
  EXPECT_THAT(text, HasSubstr(absl::StrCat("rounds = ", WriteJson(*rounds.Find("default")))));
  EXPECT_THAT(text, HasSubstr(rounds.Find("range")->string()));
}

TEST(Plugins, ANameOfSeveralKindsShowsThemAllUnlessOneIsAskedFor) {
  EXPECT_THAT(RunSturgeon({"plugins", "grid"}).out,
              testing::AllOf(HasSubstr("sampler grid\n"), HasSubstr("strategy grid\n")));
  EXPECT_THAT(RunSturgeon({"plugins", "grid", "--kind=sampler"}).out,
              Not(HasSubstr("strategy grid\n")));
}

}  // namespace
}  // namespace sturgeon
