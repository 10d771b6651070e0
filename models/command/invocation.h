// How the model `command` calls its program: the options that hold placeholders, checked and filled
// in.
#ifndef STURGEON_MODELS_COMMAND_INVOCATION_H_
#define STURGEON_MODELS_COMMAND_INVOCATION_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/space.h"
#include "core/value.h"
#include "models/command/command.h"
#include "models/command/template.h"

namespace sturgeon {

// What is called for a trial.
struct Call {
  std::vector<std::string> arguments;    // the path of the program first, absolute
  std::vector<std::string> environment;  // NAME=VALUE, all of it
  std::string folder;                    // where it runs, absolute
  std::string result_file;               // absolute; "": none
};

// Immutable; any number of threads.
class Invocation {
 public:
  struct Trial {
    Value assignment;
    uint64_t seed = 0;
    std::string artifacts, params_file;     // absolute
    std::optional<std::string> checkpoint;  // likewise; nullopt: it begins afresh
  };

  // InvalidArgument or NotFound, beginning with the option.
  static absl::StatusOr<Invocation> Create(const CommandOptions& options);

  // InvalidArgument: a placeholder that is neither ours nor one of the space's parameters, one of a
  // conditional parameter that does not say what stands for it, or a parameter that the program
  // does not get.
  absl::Status CheckParameters(const SearchSpace& space) const;

  // Whether a placeholder stands anywhere.
  bool Uses(absl::string_view placeholder) const;

  // InvalidArgument: a placeholder without a value. NotFound: no such program or folder.
  absl::StatusOr<Call> For(const Trial& trial) const;

 private:
  // A text of the options that may hold placeholders.
  struct Part {
    std::string place;  // "argv[2]"
    Template text;
  };
  struct Variable {
    std::string name;
    std::optional<Part> value;  // nullopt: the program does not have it
  };

  using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

  Invocation() = default;

  std::vector<const Part*> Parts() const;
  absl::StatusOr<std::vector<std::string>> Environment(const Lookup& value) const;
  // A part without optional placeholders.
  static absl::StatusOr<std::string> Fill(const Part& part, const Lookup& value);

  std::vector<Part> arguments_;
  std::vector<Variable> variables_;
  Part folder_, result_file_;
  std::string program_;  // absolute, or a name to be looked for in PATH
  bool shell_ = false;
  int64_t steps_ = 1;
};

}  // namespace sturgeon

#endif  // STURGEON_MODELS_COMMAND_INVOCATION_H_
