#include "models/command/invocation.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "core/suggest.h"
#include "core/value_reader.h"
#include "process/child_process.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

constexpr char kFlags[] = "flags";
constexpr char kFlagsText[] = "{flags}";
constexpr char kArtifacts[] = "artifacts";
constexpr char kParamsFile[] = "params_file";
constexpr char kCheckpoint[] = "checkpoint";
constexpr const char* kOwn[] = {"program", kFlags,     kParamsFile, "seed",
                                "steps",   kArtifacts, kCheckpoint};

bool IsOwn(absl::string_view name) {
  return std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn);
}

absl::Status At(absl::string_view place, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(place, ": ", status.message()));
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::string Text(const Value& value) {
  return value.is_string() ? value.string() : WriteJson(value);
}

// As one word of a script.
std::string Quoted(const std::string& text) {
  constexpr char kPlain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Whether what an executable's first line says is to run it is there, if it says so at all. (The
// system would say of the executable itself that there is no such file.)
absl::Status CheckInterpreter(const std::string& program) {
  std::string line(256, '\0');
  std::ifstream(program).getline(&line[0], static_cast<std::streamsize>(line.size()));
  line.resize(std::strlen(line.c_str()));
  if (!absl::StartsWith(line, "#!")) return absl::OkStatus();
  const std::vector<std::string> words =
      absl::StrSplit(line.substr(2), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty() || IsFile(words[0])) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "the first line of ", program, " names ", absl::CHexEscape(words[0]), ", which is not there",
      line.back() == '\r' ? "; its lines end as in Windows: take the \\r away" : ""));
}

// The executable that a name means, as execvp would find it: a path, from the current folder, if it
// has a slash, else a program in one of the folders of `path`.
absl::StatusOr<std::string> FindProgram(const std::string& name, absl::string_view path) {
  if (absl::StrContains(name, '/')) {
    std::string program = Absolute(name);
    if (!IsFile(program)) {
      return absl::NotFoundError(absl::StrCat("there is no program ", program));
    }
    if (access(program.c_str(), X_OK) != 0) {
      return absl::NotFoundError(
          absl::StrCat(program,
                       " is not executable; make it so (chmod +x), or name what runs it "
                       "first: [\"python3\", \"",
                       name, "\", …]"));
    }
    absl::Status interpreter = CheckInterpreter(program);
    if (!interpreter.ok()) return interpreter;
    return program;
  }
  for (const absl::string_view folder : absl::StrSplit(path, ':')) {
    std::string program = absl::StrCat(folder.empty() ? "." : folder, "/", name);
    if (IsFile(program) && access(program.c_str(), X_OK) == 0) return Absolute(program);
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no program \"", name, "\" in PATH",
      IsFile(name) ? absl::StrCat("; for the file here, write \"./", name, "\"") : ""));
}

std::string VariableOf(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, name + "=")) return variable.substr(name.size() + 1);
  }
  return "";
}

void SetVariable(const std::string& name, const std::optional<std::string>& value,
                 std::vector<std::string>* environment) {
  environment->erase(std::remove_if(environment->begin(), environment->end(),
                                    [&](const std::string& variable) {
                                      return absl::StartsWith(variable, name + "=");
                                    }),
                     environment->end());
  if (value.has_value()) environment->push_back(absl::StrCat(name, "=", *value));
}

}  // namespace

absl::StatusOr<Invocation> Invocation::Create(const CommandOptions& options) {
  Invocation result;
  absl::Status status;
  const auto parse = [&](std::string place, const std::string& text) {
    absl::StatusOr<Template> parsed = Template::Parse(text);
    if (!parsed.ok()) {
      status.Update(At(place, parsed.status()));
      return Part();
    }
    return Part{std::move(place), *std::move(parsed)};
  };
  if (options.argv.empty()) {
    return absl::InvalidArgumentError("argv: it is empty; its first element is the program");
  }
  for (size_t i = 0; i < options.argv.size(); ++i) {
    result.arguments_.push_back(parse(absl::StrCat("argv[", i, "]"), options.argv[i]));
  }
  for (const Value::Field& field : options.env.object()) {
    const std::string place = absl::StrCat("env: ", field.name);
    if (field.name.empty() || absl::StrContains(field.name, '=')) {
      return absl::InvalidArgumentError(absl::StrCat(place, ": this is no name of a variable"));
    }
    Variable variable = {field.name, std::nullopt};
    if (!field.value.is_null()) {
      std::string text;
      status.Update(ReadValue(field.value, place, &text));
      variable.value = parse(place, text);
    }
    result.variables_.push_back(std::move(variable));
  }
  result.folder_ = parse("working_directory", options.working_directory);
  result.result_file_ = parse("result_file", options.result_file);
  if (!status.ok()) return status;

  result.shell_ = options.shell;
  result.steps_ = options.max_steps;
  result.program_ = options.program;
  if (absl::StrContains(options.program, '/') || IsFile(options.program)) {
    result.program_ = Absolute(options.program);
  }
  if (!options.program.empty() && !result.Uses("program")) {
    return absl::InvalidArgumentError(
        "program: it is set, but {program}, which stands for it, is nowhere in argv");
  }
  if (!options.program.empty() && !IsFile(result.program_) && options.argv[0] != "{program}") {
    return absl::NotFoundError(absl::StrCat("program: there is no file ", result.program_));
  }
  if (options.program.empty() && result.Uses("program")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "argv: {program} stands for the option \"program\", which is not set; set it, ",
        "or say in argv what to run: [\"python3\", \"train.py\", \"{flags}\"]"));
  }
  for (const Part* part : result.Parts()) {
    const bool argument = absl::StartsWith(part->place, "argv[") && part->place != "argv[0]";
    for (const Template::Placeholder& placeholder : part->text.placeholders()) {
      if (placeholder.name == kFlags && (!argument || part->text.text() != kFlagsText)) {
        return absl::InvalidArgumentError(
            absl::StrCat(part->place,
                         ": {flags} makes several arguments, so it must be an element of argv by "
                         "itself, behind the program"));
      }
      if (placeholder.optional && (part == &result.arguments_[0] || part == &result.folder_ ||
                                   part == &result.result_file_)) {
        return absl::InvalidArgumentError(
            absl::StrCat(part->place, ": it cannot be left out, as {", placeholder.name,
                         "?} would have it; write {", placeholder.name, ":…}"));
      }
      if (placeholder.name == kCheckpoint && !placeholder.optional &&
          !placeholder.fallback.has_value()) {
        return absl::InvalidArgumentError(
            absl::StrCat(part->place,
                         ": a training that begins afresh has no checkpoint; write {checkpoint?} "
                         "to leave this out then, or {checkpoint:…} with what stands for it"));
      }
    }
  }
  // Otherwise the file of another trial might be read as this one's.
  const auto own = [](const Part& part) {
    const auto& all = part.text.placeholders();
    return std::any_of(all.begin(), all.end(),
                       [](const auto& one) { return one.name == kArtifacts; });
  };
  if (!options.result_file.empty() && !own(result.result_file_) &&
      (!own(result.folder_) || options.result_file[0] == '/')) {
    return absl::InvalidArgumentError(
        "result_file: each trial must have a file of its own; write \"{artifacts}/result.json\", "
        "or run it with \"working_directory\": \"{artifacts}\"");
  }
  // What is wrong with the program is wrong with every trial, unless each has one of its own.
  const Lookup constants = [&](const std::string& name) {
    return name == "program" ? std::optional<std::string>(result.program_) : std::nullopt;
  };
  const absl::StatusOr<std::string> name = Fill(result.arguments_[0], constants);
  const absl::StatusOr<std::vector<std::string>> environment = result.Environment(constants);
  if (!options.shell && name.ok() && environment.ok()) {
    status = FindProgram(*name, VariableOf(*environment, "PATH")).status();
    if (!status.ok()) return At("argv[0]", status);
  }
  return result;
}

std::vector<const Invocation::Part*> Invocation::Parts() const {
  std::vector<const Part*> parts;
  for (const Part& part : arguments_) parts.push_back(&part);
  for (const Variable& variable : variables_) {
    if (variable.value.has_value()) parts.push_back(&*variable.value);
  }
  parts.push_back(&folder_);
  parts.push_back(&result_file_);
  return parts;
}

bool Invocation::Uses(absl::string_view placeholder) const {
  for (const Part* part : Parts()) {
    for (const Template::Placeholder& one : part->text.placeholders()) {
      if (one.name == placeholder) return true;
    }
  }
  return false;
}

absl::Status Invocation::CheckParameters(const SearchSpace& space) const {
  std::vector<std::string> known = space.Names();
  for (const char* const own : kOwn) known.emplace_back(own);
  for (const Part* part : Parts()) {
    for (const Template::Placeholder& placeholder : part->text.placeholders()) {
      const std::optional<int> i = space.Find(placeholder.name);
      if (i.has_value() == IsOwn(placeholder.name)) {
        return absl::InvalidArgumentError(
            i.has_value() ? absl::StrCat(part->place, ": {", placeholder.name,
                                         "} has a meaning of its own; give the parameter of that "
                                         "name another, or pass it by {flags} or {params_file}")
                          : absl::StrCat(part->place, ": ",
                                         UnknownName("placeholder", placeholder.name, known)));
      }
      if (i.has_value() && space[*i].condition.has_value() && !placeholder.optional &&
          !placeholder.fallback.has_value()) {
        const std::string& name = placeholder.name;
        return absl::InvalidArgumentError(absl::StrCat(
            part->place, ": ", name, " has a value only under a condition (on ",
            space[*i].condition->parent, "); write {", name, "?} to leave \"", part->text.text(),
            "\" out where it has none, or {", name, ":…} with what stands for it"));
      }
    }
  }
  if (Uses(kFlags) || Uses(kParamsFile)) return absl::OkStatus();
  for (const std::string& name : space.Names()) {
    if (Uses(name)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("argv: the program does not get the parameter ", name, "; write {", name,
                     "} where it belongs, {flags} for all as --name=value, or {params_file}"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Invocation::Fill(const Part& part, const Lookup& value) {
  absl::StatusOr<std::optional<std::string>> text = part.text.Render(value);
  if (!text.ok()) return At(part.place, text.status());
  return std::move(*text).value_or("");
}

absl::StatusOr<std::vector<std::string>> Invocation::Environment(const Lookup& value) const {
  std::vector<std::string> environment = CurrentEnvironment();
  // Python would keep its reports to itself until its end.
  SetVariable("PYTHONUNBUFFERED", "1", &environment);
  for (const Variable& variable : variables_) {
    absl::StatusOr<std::optional<std::string>> text = std::optional<std::string>();
    if (variable.value.has_value()) text = variable.value->text.Render(value);
    if (!text.ok()) return At(variable.value->place, text.status());
    SetVariable(variable.name, *text, &environment);
  }
  return environment;
}

absl::StatusOr<Call> Invocation::For(const Trial& trial) const {
  const Lookup plain = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "program") return program_;
    if (name == "seed") return absl::StrCat(trial.seed & 0x7fffffff);
    if (name == "steps") return absl::StrCat(steps_);
    if (name == kArtifacts) return trial.artifacts;
    if (name == kParamsFile) return trial.params_file;
    if (name == kCheckpoint) return trial.checkpoint;
    const Value* const given = trial.assignment.Find(name);
    if (given == nullptr) return std::nullopt;
    return Text(*given);
  };
  const Lookup quoted = [&](const std::string& name) {
    std::optional<std::string> text = plain(name);
    if (text.has_value()) text = Quoted(*text);
    return text;
  };
  Call call;
  absl::StatusOr<std::vector<std::string>> environment = Environment(plain);
  if (!environment.ok()) return environment.status();
  call.environment = *std::move(environment);

  absl::StatusOr<std::string> program = Fill(arguments_[0], shell_ ? quoted : plain);
  if (!program.ok()) return program.status();
  if (shell_) {
    // What follows the script are its $1, $2, …
    call.arguments = {"/bin/sh", "-c", *std::move(program), "sh"};
  } else {
    program = FindProgram(*program, VariableOf(call.environment, "PATH"));
    if (!program.ok()) return At(arguments_[0].place, program.status());
    call.arguments = {*std::move(program)};
  }
  for (size_t i = 1; i < arguments_.size(); ++i) {
    const Part& part = arguments_[i];
    if (part.text.text() == kFlagsText) {
      for (const Value::Field& field : trial.assignment.object()) {
        call.arguments.push_back(absl::StrCat("--", field.name, "=", Text(field.value)));
      }
      continue;
    }
    absl::StatusOr<std::optional<std::string>> text = part.text.Render(plain);
    if (!text.ok()) return At(part.place, text.status());
    if (text->has_value()) call.arguments.push_back(**std::move(text));
  }

  absl::StatusOr<std::string> folder = Fill(folder_, plain);
  if (!folder.ok()) return folder.status();
  call.folder = Absolute(folder->empty() ? "." : *folder);
  std::error_code error;
  if (!fs::is_directory(call.folder, error)) {
    return absl::NotFoundError(absl::StrCat("working_directory: there is no folder ", call.folder));
  }
  absl::StatusOr<std::string> result_file = Fill(result_file_, plain);
  if (!result_file.ok()) return result_file.status();
  if (!result_file->empty()) {
    call.result_file = (fs::path(call.folder) / *result_file).lexically_normal().string();
  }
  return call;
}

}  // namespace sturgeon
