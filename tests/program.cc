#include "tests/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

extern char** environ;

namespace sturgeon {
namespace {

constexpr char kProgram[] = "apps/sturgeon";

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& string : *strings) pointers.push_back(&string[0]);
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, absl::string_view input,
                 const std::vector<std::string>& environment, const std::string& output)
    : folder_(MakeFolder()), output_(output.empty() ? folder_ + "out" : output) {
  WriteAll(folder_ + "in", input);
  std::vector<std::string> words = {kProgram};
  words.insert(words.end(), arguments.begin(), arguments.end());
  // `bazel run //tests:…` says where the user is; the program must not hear of it.
  std::vector<std::string> variables = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, "BUILD_WORKING_DIRECTORY=")) variables.push_back(*variable);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 0, (folder_ + "in").c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, (folder_ + "err").c_str(), flags, 0600);
  const int error = posix_spawn(&pid_, kProgram, &actions, nullptr, Pointers(&words).data(),
                                Pointers(&variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    ADD_FAILURE() << "cannot run " << kProgram << ": " << std::strerror(error);
    ended_ = true;
  }
}

Program::~Program() {
  if (Ended(false)) return;
  Signal(SIGKILL);
  Ended(true);
}

bool Program::Ended(bool wait) {
  if (!ended_) ended_ = waitpid(pid_, &status_, wait ? 0 : WNOHANG) == pid_;
  return ended_;
}

bool Program::WaitForError(absl::string_view text) {
  while (true) {
    const bool ended = Ended(false);
    if (Exists(folder_ + "err") && absl::StrContains(ReadAll(folder_ + "err"), text)) return true;
    if (ended) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
}

void Program::Signal(int signal) {
  if (!ended_) kill(pid_, signal);
}

ProgramResult Program::Wait() {
  Ended(true);
  ProgramResult result;
  result.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  if (output_ == folder_ + "out") result.out = ReadAll(output_);
  result.err = ReadAll(folder_ + "err");
  return result;
}

ProgramResult RunSturgeon(const std::vector<std::string>& arguments, absl::string_view input) {
  return Program(arguments, input).Wait();
}

std::string MakeFolder() {
  std::string folder = absl::StrCat(testing::TempDir(), "/cli.XXXXXX");
  EXPECT_NE(mkdtemp(&folder[0]), nullptr) << folder << ": " << std::strerror(errno);
  return folder + "/";
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

void WriteAll(const std::string& path, absl::string_view contents) {
  std::ofstream file(path, std::ios::binary);
  file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  EXPECT_TRUE(file.good()) << path;
}

bool Exists(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0;
}

}  // namespace sturgeon
