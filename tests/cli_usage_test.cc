// What the program says to those who call it wrongly, or ask for help.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/program.h"

namespace sturgeon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Usage, HelpIsShortAndHasAnExample) {
  for (const char* command :
       {"tune", "studies", "trials", "best", "plot", "report", "dashboard", "importance", "export",
        "import", "replay", "delete", "plugins", "serve", "action"}) {
    const ProgramResult help = RunSturgeon({command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, AllOf(HasSubstr("Example\n"), HasSubstr("--format=FORMAT")));
    EXPECT_LT(std::count(help.out.begin(), help.out.end(), '\n'), 48) << help.out;
    EXPECT_EQ(RunSturgeon({"help", command}).out, help.out);
    // It stands in the list of all commands too.
    EXPECT_THAT(RunSturgeon({"--help"}).out, HasSubstr(absl::StrCat("\n  ", command, " ")));
  }
}

TEST(Usage, WithoutACommandShowsThem) {
  const ProgramResult result = RunSturgeon({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, RunSturgeon({"--help"}).out);
}

struct Mistake {
  std::vector<std::string> arguments;
  const char* message;
};

class MistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsOneLineThatNamesWhatIsMeant) {
  const ProgramResult result = RunSturgeon(GetParam().arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(StartsWith("sturgeon: "), HasSubstr(GetParam().message)));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, MistakeTest,
    testing::Values(
        Mistake{{"tunee"}, "unknown command \"tunee\"; did you mean \"tune\"?"},
        Mistake{{"help", "plugin"}, "did you mean \"plugins\"?"},
        Mistake{{"tune", "--trails=3"}, "tune has no flag --trails; did you mean --trials?"},
        Mistake{{"tune", "--kind=model"}, "tune has no flag --kind; see sturgeon tune --help"},
        Mistake{{"plugins", "--trials=3"}, "plugins has no flag --trials"},
        Mistake{{"tune", "--helpfull"}, "tune has no flag --helpfull"},
        Mistake{{"tune", "--flagfile=x"}, "tune has no flag --flagfile"},
        Mistake{{"tune", "--trials=ten"}, "--trials: expected a whole number, got \"ten\""},
        Mistake{{"tune", "--trials"}, "--trials needs a value: --trials=N"},
        Mistake{{"tune", "--test_best=perhaps"}, "--test_best: expected true or false"},
        Mistake{{"tune", "--checkpoint_every=soon"}, "--checkpoint_every: expected a whole number"},
        Mistake{{"tune", "study.json"}, "tune does not know what to do with \"study.json\""},
        Mistake{{"tune"}, "give a study file: sturgeon tune --study=FILE.json"},
        Mistake{{"plugins", "grid", "random"}, "does not know what to do with \"random\""},
        Mistake{{"plugins", "mpl"}, "unknown plugin \"mpl\"; did you mean \"mlp\"?"},
        Mistake{{"plugins", "--kind=modle"},
                "--kind: unknown kind \"modle\"; did you mean \"model\"?"},
        Mistake{{"plugins", "--format=jsn"},
                "--format: unknown format \"jsn\"; did you mean \"json\"?"},
        Mistake{{"plot"}, "say what to draw: sturgeon plot history, slice or curve"},
        Mistake{{"plot", "curves"}, "unknown plot \"curves\"; did you mean \"curve\"?"},
        Mistake{{"plot", "history", "--ids=3"}, "--ids goes with sturgeon plot curve alone"},
        Mistake{{"plot", "curve", "--height=1"}, "--height: must be 5 to 1000"},
        Mistake{{"worker"}, "runners start workers themselves (isolation=process)"},
        Mistake{{"serve", "--format=xml"}, "--format: unknown format \"xml\""},
        Mistake{{"tune", "--format=xml"}, "--format: unknown format \"xml\""}));

TEST(Usage, FlagsMayBeWrittenInSeveralWays) {
  const std::string models = RunSturgeon({"plugins", "--kind=model"}).out;
  EXPECT_THAT(models, AllOf(HasSubstr("mlp"), testing::Not(HasSubstr("caviar"))));
  EXPECT_EQ(RunSturgeon({"plugins", "--kind", "model"}).out, models);
  EXPECT_EQ(RunSturgeon({"plugins", "-kind=model"}).out, models);
  EXPECT_EQ(RunSturgeon({"plugins", "--kind=runner", "--kind=model"}).out, models);
  EXPECT_EQ(RunSturgeon({"plugins", "mlp", "--kind=model"}).out,
            RunSturgeon({"plugins", "--kind=model", "--", "mlp"}).out);
}

TEST(Usage, AFolderThatIsGoneIsSaidSo) {
  Program program({"plugins"}, "", {"BUILD_WORKING_DIRECTORY=/no/such/folder"});
  const ProgramResult result = program.Wait();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("/no/such/folder: No such file or directory"));
}

}  // namespace
}  // namespace sturgeon
