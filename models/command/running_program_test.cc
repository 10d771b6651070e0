#include "models/command/running_program.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "process/testing.h"

namespace sturgeon {
namespace {

RunningProgram::Options Script(const std::string& script) {
  RunningProgram::Options options;
  options.arguments = {"/bin/sh", "-c", script, "program"};
  options.environment = CurrentEnvironment();
  options.folder = "/";
  return options;
}

std::unique_ptr<RunningProgram> Start(const RunningProgram::Options& options) {
  auto program = RunningProgram::Start(options);
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? *std::move(program) : nullptr;
}

std::string Line(RunningProgram* program) {
  const auto line = program->NextLine(StopToken());
  EXPECT_TRUE(line.ok()) << line.status();
  return line.ok() ? line->value_or("<end>") : "<error>";
}

pid_t LineWithProcess(RunningProgram* program) {
  pid_t process = 0;
  EXPECT_TRUE(absl::SimpleAtoi(Line(program), &process));
  return process;
}

TEST(RunningProgram, GivesItsLinesAndItsEnd) {
  auto program = Start(Script("echo one; echo two >&2; pwd; printf three"));
  EXPECT_EQ(Line(program.get()), "one");
  EXPECT_EQ(Line(program.get()), "/");
  EXPECT_EQ(Line(program.get()), "three");
  EXPECT_EQ(Line(program.get()), "<end>");
  EXPECT_EQ(Line(program.get()), "<end>");
  EXPECT_EQ(program->LastLines(), "two");
}

TEST(RunningProgram, ArgumentsAreNoShells) {
  RunningProgram::Options options = Script("printf '%s\\n' \"$0\" \"$@\"");
  for (const char* argument : {"$(echo hacked)", "a  b", "", "'\"\\`;&|", "*"}) {
    options.arguments.emplace_back(argument);
  }
  auto program = Start(options);
  for (const char* expected :
       {"program", "$(echo hacked)", "a  b", "", "'\"\\`;&|", "*", "<end>"}) {
    EXPECT_EQ(Line(program.get()), expected);
  }
}

// A program may wait for all of its children: there is none but its own.
TEST(RunningProgram, ItHasNoChildButItsOwn) {
  auto program = Start(Script("cat /proc/$$/task/$$/children; echo"));
  EXPECT_EQ(absl::StripAsciiWhitespace(Line(program.get())).find(' '), std::string::npos);
}

TEST(RunningProgram, ItStartsWithThreeFilesAndNoSignalIgnored) {
  auto program = Start(
      Script("for i in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || printf $i; done; echo; "
             "grep SigIgn /proc/$$/status; kill -s TERM $$"));
  EXPECT_EQ(Line(program.get()), "012");
  // But for those that the C library keeps to itself.
  EXPECT_THAT(Line(program.get()), ::testing::MatchesRegex("SigIgn:.*[08]0000000"));
  EXPECT_EQ(FailureKindOf(program->NextLine(StopToken()).status()), FailureKind::kSignal);
}

TEST(RunningProgram, EndsAreToldApart) {
  const auto end = [](const RunningProgram::Options& options) {
    return Start(options)->NextLine(StopToken()).status();
  };
  absl::Status status = end(Script("echo 'no such file' >&2; exit 3"));
  EXPECT_EQ(FailureKindOf(status), FailureKind::kExitCode);
  EXPECT_EQ(status.message(), "its process exited with code 3; its last output: no such file");
  EXPECT_EQ(FailureKindOf(end(Script("kill -s SEGV $$"))), FailureKind::kSignal);
  EXPECT_EQ(FailureKindOf(end(Script("echo MemoryError >&2; exit 1"))), FailureKind::kOutOfMemory);
  RunningProgram::Options slow = Script("echo hm >&2; sleep 1000");
  slow.timeout = absl::Milliseconds(200);
  status = end(slow);
  EXPECT_EQ(FailureKindOf(status), FailureKind::kTimeout);
  EXPECT_EQ(status.message(), "its program ran for longer than 200ms; its last output: hm");
}

TEST(RunningProgram, WhatItPrintedComesBeforeHowItFailed) {
  auto program = Start(Script("echo 1; echo 2; exit 4"));
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Line(program.get()), "1");
  EXPECT_EQ(Line(program.get()), "2");
  EXPECT_EQ(FailureKindOf(program->NextLine(StopToken()).status()), FailureKind::kExitCode);
}

TEST(RunningProgram, MemoryIsLimited) {
  const std::string script = "dd if=/dev/zero of=/dev/null bs=64M count=1 && echo enough";
  auto program = Start(Script(script));
  EXPECT_EQ(Line(program.get()), "enough");
  RunningProgram::Options limited = Script(script);
  limited.memory_bytes = 32 << 20;
  program = Start(limited);
  const auto line = program->NextLine(StopToken());
  EXPECT_FALSE(line.ok());
  EXPECT_EQ(FailureKindOf(line.status()), FailureKind::kOutOfMemory) << line.status();
}

TEST(RunningProgram, AStopEndsAllThatItStarted) {
  auto program = Start(
      Script("trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000 & echo $!; wait; wait' & wait"));
  const pid_t grandchild = LineWithProcess(program.get());
  EXPECT_TRUE(Runs(grandchild));
  std::atomic<bool> stop{false};
  std::thread stopper([&] {
    absl::SleepFor(absl::Milliseconds(50));
    stop = true;
  });
  const absl::Time start = absl::Now();
  EXPECT_TRUE(absl::IsCancelled(program->NextLine(StopToken(&stop)).status()));
  EXPECT_GE(absl::Now() - start, kTerminationGrace);
  stopper.join();
  EXPECT_TRUE(EndsSoon(grandchild));
}

TEST(RunningProgram, ItIsAskedToEndBeforeItIsKilled) {
  const std::string file = absl::StrCat(testing::TempDir(), "/asked");
  auto program = Start(Script(absl::StrCat("trap 'echo yes > ", file,
                                           "; exit 1' TERM; echo ready; while :; do sleep 0.01; "
                                           "done")));
  EXPECT_EQ(Line(program.get()), "ready");
  program.reset();
  std::string word;
  std::ifstream(file) >> word;
  EXPECT_EQ(word, "yes");
}

TEST(RunningProgram, WhatItLeavesBehindEndsWithIt) {
  auto program = Start(Script("sleep 1000 & echo $!"));
  const pid_t left = LineWithProcess(program.get());
  EXPECT_EQ(Line(program.get()), "<end>");
  EXPECT_TRUE(EndsSoon(left));
}

// Killed outright, we can end nothing any more.
TEST(RunningProgram, EndsWithUsHoweverWeEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t us = fork();
  ASSERT_GE(us, 0);
  if (us == 0) {
    auto program = RunningProgram::Start(
        Script("trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000 & echo $!; wait' & wait"));
    if (!program.ok()) _exit(1);
    const auto line = (*program)->NextLine(StopToken());
    if (!line.ok() || !line->has_value()) _exit(1);
    const std::string text = **line + "\n";
    if (write(ends[1], text.data(), text.size()) < 0) _exit(1);
    for (;;) pause();
  }
  std::string text(32, '\0');
  const ssize_t size = read(ends[0], &text[0], text.size());
  ASSERT_GT(size, 0);
  text.resize(size - 1);
  pid_t grandchild = 0;
  ASSERT_TRUE(absl::SimpleAtoi(text, &grandchild)) << text;
  EXPECT_TRUE(Runs(grandchild));
  kill(us, SIGKILL);
  waitpid(us, nullptr, 0);
  EXPECT_TRUE(EndsSoon(grandchild));
  close(ends[0]);
  close(ends[1]);
}

TEST(RunningProgram, ManyShortLinesAndOneLongOne) {
  auto program = Start(Script(
      "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done; head -c 3000000 /dev/zero | tr "
      "'\\0' x; echo; echo last"));
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(Line(program.get()), absl::StrCat(i));
  const std::string cut = Line(program.get());
  EXPECT_EQ(cut, std::string(1 << 20, 'x'));
  EXPECT_EQ(Line(program.get()), "last");
  EXPECT_EQ(Line(program.get()), "<end>");
}

TEST(RunningProgram, MuchOnStandardErrorBlocksNobody) {
  auto program = Start(Script("head -c 1000000 /dev/zero >&2; echo done"));
  EXPECT_EQ(Line(program.get()), "done");
}

TEST(RunningProgram, WhatIsNotedStandsInForStandardError) {
  auto program = Start(Script("exit 1"));
  program->Note("epoch 1");
  const auto line = program->NextLine(StopToken());
  EXPECT_EQ(line.status().message(), "its process exited with code 1; its last output: epoch 1");
}

}  // namespace
}  // namespace sturgeon
