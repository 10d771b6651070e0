#include "process/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/failure.h"
#include "gtest/gtest.h"
#include "process/output_tail.h"
#include "process/testing.h"

namespace sturgeon {
namespace {

// A shell script at work, and all that it prints.
class Script {
 public:
  explicit Script(const std::string& script) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_ = FileDescriptor(ends[0]);
    const FileDescriptor write_end(ends[1]);
    ChildProcess::Options options;
    options.program = "/bin/sh";
    options.arguments = {"sh", "-c", script, "sh"};
    options.environment = {"PATH=/usr/bin:/bin", "WORD=hello"};
    options.files = {nullptr, &write_end, &write_end};
    auto process = ChildProcess::Start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    if (process.ok()) process_ = *std::move(process);
  }

  ChildProcess& process() { return *process_; }
  std::string Line() {
    std::string line;
    char c;
    while (read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  int End() {
    while (!process_->HasEnded()) absl::SleepFor(absl::Milliseconds(1));
    return process_->Kill();
  }

 private:
  FileDescriptor output_;
  std::unique_ptr<ChildProcess> process_;
};

TEST(ChildProcess, HasItsArgumentsEnvironmentAndFiles) {
  Script script("read -r line; echo \"$WORD $HOME[$line]\"; exit 7");
  EXPECT_EQ(script.Line(), "hello []");
  const int status = script.End();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
  EXPECT_TRUE(script.process().HasEnded());
  EXPECT_EQ(script.process().Kill(), status) << "a second time";
}

TEST(ChildProcess, LeadsASessionOfItsOwn) {
  Script script("set -- $(cat /proc/$$/stat); echo $6; echo $$");
  pid_t session = 0, process = 0;
  EXPECT_TRUE(absl::SimpleAtoi(script.Line(), &session));
  EXPECT_TRUE(absl::SimpleAtoi(script.Line(), &process));
  EXPECT_EQ(session, process);
  EXPECT_NE(session, getsid(0));
}

TEST(ChildProcess, HasNoOtherFileOfOurs) {
  const FileDescriptor file(open("/dev/null", O_RDONLY)), leaked(dup2(file.get(), 9));
  ASSERT_EQ(leaked.get(), 9);
  Script script("for i in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || printf $i; done");
  EXPECT_EQ(script.Line(), "012");
}

TEST(ChildProcess, KillEndsTheWholeGroup) {
  Script script("trap '' TERM; sleep 1000 & echo $!; wait; wait");
  pid_t grandchild = 0;
  ASSERT_TRUE(absl::SimpleAtoi(script.Line(), &grandchild));
  EXPECT_TRUE(Runs(grandchild));
  script.process().Kill();
  EXPECT_TRUE(EndsSoon(grandchild));
}

TEST(ChildProcess, TerminateIsARequest) {
  Script script("trap 'echo bye; exit 3' TERM; echo ready; while :; do :; done");
  EXPECT_EQ(script.Line(), "ready");
  script.process().Terminate();
  EXPECT_EQ(script.Line(), "bye");
  EXPECT_EQ(WEXITSTATUS(script.End()), 3);
}

TEST(ChildProcess, OneThatCannotBeStartedSaysWhy) {
  ChildProcess::Options options;
  options.program = "/no/such/program";
  options.arguments = {"program"};
  const auto process = ChildProcess::Start(options);
  EXPECT_EQ(process.status(),
            absl::UnavailableError("/no/such/program: No such file or directory"));
}

TEST(EndFailure, TellsTheEndsApart) {
  const auto failure = [](const std::string& script, const std::string& said) {
    return EndFailure(Script(script).End(), said);
  };
  absl::Status status = failure("exit 3", "a | b");
  EXPECT_EQ(FailureKindOf(status), FailureKind::kExitCode);
  EXPECT_EQ(status.message(), "its process exited with code 3; its last output: a | b");
  status = failure("kill -s SEGV $$", "");
  EXPECT_EQ(FailureKindOf(status), FailureKind::kSignal);
  EXPECT_EQ(status.message(), "its process was killed by SIGSEGV");
  status = failure("kill -s KILL $$", "");
  EXPECT_EQ(FailureKindOf(status), FailureKind::kSignal);
  EXPECT_TRUE(absl::StrContains(status.message(), "short of memory")) << status;
  // What runs out of memory says so in its language's words.
  EXPECT_EQ(FailureKindOf(failure("exit 1", "in train | MemoryError")), FailureKind::kOutOfMemory);
  EXPECT_EQ(FailureKindOf(failure("kill -s ABRT $$", "what():  std::bad_alloc")),
            FailureKind::kOutOfMemory);
  EXPECT_EQ(FailureKindOf(failure("exit 0", "MemoryError")), FailureKind::kExitCode);
}

TEST(OutputTail, ShowsTheLastLinesInPiecesOfAnySize) {
  OutputTail tail;
  EXPECT_EQ(LastWords(tail.Lines()), "");
  for (const char c : absl::string_view("one\ntwo\n\n  three \r\nfo")) tail.Add(std::string(1, c));
  tail.Add("ur\n");
  EXPECT_EQ(tail.Lines(), "two | three | four");
  EXPECT_EQ(LastWords(tail.Lines()), "; its last output: two | three | four");
  tail.Add(std::string(100000, 'x'));
  EXPECT_EQ(tail.Lines().size(), 200);
  tail.Clear();
  EXPECT_EQ(tail.Lines(), "");
}

}  // namespace
}  // namespace sturgeon
