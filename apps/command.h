// Subcommands of the program `sturgeon`: their flags, their help, their exit codes.
//
// A subcommand is a constant in a file of its own, next to its DEFINE_… of gflags, and a line in
// the table of main.cc:
//
//   DEFINE_string(kind, "", "Only this kind of plugin: sampler, strategy, model or runner.");
//
//   constexpr CommandFlag kFlags[] = {{"kind", "KIND"}, kFormatFlag};
//   const Command kPluginsCommand = {"plugins", "Lists the plugins, or shows the options of one.",
//                                    "[NAME] [flags]", "sturgeon plugins tpe", kFlags, 1, &Run};
//
// gflags holds the flags and converts their values; it never sees the command line itself, because
// it would accept every flag after every subcommand and end the program its own way.
#ifndef STURGEON_APPS_COMMAND_H_
#define STURGEON_APPS_COMMAND_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/plugins.h"
#include "core/value.h"
#include "gflags/gflags_declare.h"

DECLARE_string(format);

namespace sturgeon {

// What `sturgeon` returns to the shell.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,         // the study failed: say, every trial did
  kExitUsage = 2,          // bad input, or the program was called wrongly
  kExitInterrupted = 130,  // by a signal; what had finished is kept
};

struct CommandFlag {
  const char* name;            // defined by one of gflags' DEFINE_…, whose description is shown
  const char* value;           // what stands for the value in help: "FILE"; "" for a bool
  const char* help = nullptr;  // instead of its description, where it means something else here
};

struct Command {
  const char* name;
  const char* summary;
  const char* usage;  // what follows the name
  // A full command line. (Every help has one; more than one: separated by newlines.)
  const char* example;
  absl::Span<const CommandFlag> flags;
  size_t max_arguments;  // that are no flags
  int (*run)(const std::vector<std::string>& arguments, const Plugins& plugins);
};

// --format=text|json, which every subcommand takes.
inline constexpr CommandFlag kFormatFlag = {"format", "FORMAT"};

// The help of one subcommand.
std::string CommandHelp(const Command& command);

// Sets the flags that `arguments` (those after the subcommand) give, and returns the other
// arguments. A flag is `--name=value`, `--name value`, or, if it is a bool, `--name` or `--noname`;
// after `--` nothing is a flag. Of a flag that is given twice the second counts, but lists of
// options (K=V) add up, and those of a plugin go when another one takes its place. InvalidArgument,
// with the nearest known flag: not one of the command's, no value, a value of another type, too
// many arguments. Cancelled: help is asked for.
absl::StatusOr<std::vector<std::string>> ParseCommandLine(const Command& command,
                                                          absl::Span<const std::string> arguments);

// Whether the user gave the flag.
bool FlagGiven(const char* name);

// InvalidArgument, with the nearest: --format is none of `formats`.
absl::Status CheckFormat(const std::vector<std::string>& formats = {"text", "json"});

// Prints `sturgeon: MESSAGE` on stderr, as one line without control characters, and returns the
// exit code given.
int Complain(absl::string_view message, ExitCode code);
inline int Complain(const absl::Status& status, ExitCode code) {
  return Complain(status.message(), code);
}

// Writes to stdout, all of it. False: it cannot be written to (say, it is a full disk).
bool Print(absl::string_view text);

// Likewise what a command has done, as --format wants it: an object on one line, or a line of text.
bool PrintDone(const Value& object, absl::string_view text);

}  // namespace sturgeon

#endif  // STURGEON_APPS_COMMAND_H_
