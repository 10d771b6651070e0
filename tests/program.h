// Runs the shipped binary, as a user's shell would, for tests of the command line.
#ifndef STURGEON_TESTS_PROGRAM_H_
#define STURGEON_TESTS_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sturgeon {

struct ProgramResult {
  int exit_code = 0;  // 128 + the signal, if one killed it
  std::string out, err;
};

// A run of `apps/sturgeon`, which must be among the test's data. What it writes goes to files, so
// it never waits for us. A second run may begin before the first has ended.
class Program {
 public:
  // Starts it with `arguments`, `input` on its stdin, and `environment` ("NAME=value") beside what
  // the test has. Standard output goes to `output` instead, if that is not empty.
  explicit Program(const std::vector<std::string>& arguments, absl::string_view input = "",
                   const std::vector<std::string>& environment = {},
                   const std::string& output = "");
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  // Kills it if it still runs.
  ~Program();

  // Waits until its stderr, or its end, has brought `text`. False: it ended without.
  bool WaitForError(absl::string_view text);

  void Signal(int signal);

  // Waits for its end.
  ProgramResult Wait();

 private:
  bool Ended(bool wait);

  const std::string folder_;
  std::string output_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

// Runs `apps/sturgeon` to its end.
ProgramResult RunSturgeon(const std::vector<std::string>& arguments, absl::string_view input = "");

// A fresh folder of the test's, which ends with '/'.
std::string MakeFolder();

// Whole files; failing makes the test fail.
std::string ReadAll(const std::string& path);
void WriteAll(const std::string& path, absl::string_view contents);
bool Exists(const std::string& path);

}  // namespace sturgeon

#endif  // STURGEON_TESTS_PROGRAM_H_
