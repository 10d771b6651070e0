#include "apps/command.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "core/option_schema.h"
#include "core/suggest.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

DEFINE_string(format, "text", "text or json. JSON goes to stdout alone; all else to stderr.");

namespace sturgeon {
namespace {

// What stands before a flag's description in help.
constexpr int kFlagColumn = 26;
constexpr int kHelpWidth = 79;

gflags::CommandLineFlagInfo Info(const char* name) {
  return gflags::GetCommandLineFlagInfoOrDie(name);
}

bool IsBool(const CommandFlag& flag) { return Info(flag.name).type == "bool"; }

// What a value of a flag's type looks like, for errors.
std::string Expected(const std::string& type) {
  if (type == "bool") return "true or false";
  if (type == "double") return "a number";
  if (type == "string") return "text";
  return type[0] == 'u' ? "a whole number, at least 0" : "a whole number";
}

std::string FlagHelp(const CommandFlag& flag) {
  const gflags::CommandLineFlagInfo info = Info(flag.name);
  std::string text = absl::StrCat("  --", flag.name, *flag.value ? "=" : "", flag.value);
  const bool fits = text.size() + 2 <= kFlagColumn;
  absl::StrAppend(&text, fits ? std::string(kFlagColumn - text.size(), ' ')
                              : absl::StrCat("\n", std::string(kFlagColumn, ' ')));
  return absl::StrCat(text,
                      Wrapped(flag.help != nullptr ? flag.help : info.description.c_str(),
                              kHelpWidth, kFlagColumn, kFlagColumn),
                      "\n");
}

absl::Status UnknownFlag(const Command& command, const std::string& name) {
  std::vector<std::string> known = {"help"};
  for (const CommandFlag& flag : command.flags) known.push_back(flag.name);
  const std::string nearest = Nearest(name, known);
  return absl::InvalidArgumentError(
      absl::StrCat(command.name, " has no flag --", name,
                   nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?"),
                   nearest.empty() ? "; see" : " See", " sturgeon ", command.name, " --help"));
}

// A flag as it was written: its name with underscores, and the value behind '='.
struct Written {
  std::string name;
  std::optional<std::string> value;
};

Written Split(absl::string_view argument) {
  argument.remove_prefix(absl::StartsWith(argument, "--") ? 2 : 1);
  const size_t equals = argument.find('=');
  Written written;
  written.name = absl::StrReplaceAll(argument.substr(0, equals), {{"-", "_"}});
  if (equals != absl::string_view::npos) {
    written.value = std::string(argument.substr(equals + 1));
  }
  return written;
}

const CommandFlag* Find(const Command& command, absl::string_view name) {
  for (const CommandFlag& flag : command.flags) {
    if (name == flag.name) return &flag;
  }
  return nullptr;
}

// A flag that is a list of options.
bool IsOptions(const CommandFlag& flag) { return absl::string_view(flag.value) == "K=V"; }

// Both lists of options; what both have is the second one's.
absl::StatusOr<std::string> Merged(absl::string_view first, absl::string_view second) {
  absl::StatusOr<Value> merged = ParseAssignments(first);
  if (!merged.ok()) return merged.status();
  const absl::StatusOr<Value> more = ParseAssignments(second);
  if (!more.ok()) return more.status();
  for (const Value::Field& field : more->object()) merged->Set(field.name, field.value);
  std::vector<std::string> parts;
  for (const Value::Field& field : merged->object()) {
    parts.push_back(absl::StrCat(field.name, "=", WriteJson(field.value)));
  }
  return absl::StrJoin(parts, ",");
}

// What the flag is to be. Given for the second time (behind those of a build target, say), a list
// of options adds to the first, and another plugin than the first drops the options of that.
absl::StatusOr<std::string> ValueOf(const Command& command, const CommandFlag& flag,
                                    const std::string& written) {
  const gflags::CommandLineFlagInfo info = Info(flag.name);
  if (info.is_default) return written;
  if (IsOptions(flag)) {
    absl::StatusOr<std::string> merged = Merged(info.current_value, written);
    if (merged.ok()) return merged;
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag.name, ": ", merged.status().message()));
  }
  const CommandFlag* const options = Find(command, absl::StrCat(flag.name, "_options"));
  if (options != nullptr && written != info.current_value) {
    gflags::SetCommandLineOption(options->name, "");
  }
  return written;
}

}  // namespace

std::string CommandHelp(const Command& command) {
  std::string help = absl::StrCat(command.summary, "\n\n  sturgeon ", command.name, " ",
                                  command.usage, "\n\nExample\n");
  for (const absl::string_view line : absl::StrSplit(command.example, '\n')) {
    absl::StrAppend(&help, "  ", line, "\n");
  }
  help += "\nFlags\n";
  for (const CommandFlag& flag : command.flags) help += FlagHelp(flag);
  return help;
}

absl::StatusOr<std::vector<std::string>> ParseCommandLine(const Command& command,
                                                          absl::Span<const std::string> arguments) {
  std::vector<std::string> others;
  bool flags_may_follow = true;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!flags_may_follow || argument.size() < 2 || argument[0] != '-') {
      others.push_back(argument);
      continue;
    }
    if (argument == "--") {
      flags_may_follow = false;
      continue;
    }
    Written written = Split(argument);
    if (written.name == "help" || written.name == "h") return absl::CancelledError("help");
    const CommandFlag* flag = Find(command, written.name);
    if (flag == nullptr && !written.value.has_value() && absl::StartsWith(written.name, "no")) {
      flag = Find(command, absl::string_view(written.name).substr(2));
      if (flag != nullptr && !IsBool(*flag)) flag = nullptr;
      if (flag != nullptr) written.value = "false";
    }
    if (flag == nullptr) return UnknownFlag(command, written.name);
    if (!written.value.has_value()) {
      if (IsBool(*flag)) {
        written.value = "true";
      } else if (i + 1 < arguments.size()) {
        written.value = arguments[++i];
      } else {
        return absl::InvalidArgumentError(
            absl::StrCat("--", flag->name, " needs a value: --", flag->name, "=", flag->value));
      }
    }
    const absl::StatusOr<std::string> value = ValueOf(command, *flag, *written.value);
    if (!value.ok()) return value.status();
    if (gflags::SetCommandLineOption(flag->name, value->c_str()).empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag->name, ": expected ",
                                                     Expected(Info(flag->name).type), ", got \"",
                                                     *written.value, "\""));
    }
  }
  if (others.size() > command.max_arguments) {
    return absl::InvalidArgumentError(
        absl::StrCat(command.name, " does not know what to do with \"",
                     others[command.max_arguments], "\"; see sturgeon ", command.name, " --help"));
  }
  return others;
}

bool FlagGiven(const char* name) { return !Info(name).is_default; }

absl::Status CheckFormat(const std::vector<std::string>& formats) {
  if (std::find(formats.begin(), formats.end(), FLAGS_format) != formats.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--format: ", UnknownName("format", FLAGS_format, formats)));
}

int Complain(absl::string_view message, ExitCode code) {
  const std::string line = Printable(absl::StrReplaceAll(message, {{"\n", " "}}));
  std::fprintf(stderr, "sturgeon: %s\n", line.c_str());
  return code;
}

bool Print(absl::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

bool PrintDone(const Value& object, absl::string_view text) {
  return Print(absl::StrCat(FLAGS_format == "json" ? WriteJson(object) : std::string(text), "\n"));
}

}  // namespace sturgeon
