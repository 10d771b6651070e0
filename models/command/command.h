// The model `command`: any program. A trial is a run of it.
//
//   "model": {"name": "command",
//             "argv": ["python3", "train.py", "--lr={learning_rate}", "--seed={seed}"],
//             "metrics": ["validation_error", {"name": "accuracy", "goal": "maximize"}],
//             "unit": "epoch", "max_steps": 20}
//
// The program gets the trial's parameters by placeholders (template.h) in its arguments, in its
// environment or in a JSON file, and says on its standard output, a JSON object a line (report.h),
// what came of them; whatever else it prints is passed over.
//
// Placeholders: a parameter's name; {flags}, as an argument of its own, for one --name=value for
// each parameter that the trial has; {params_file}, a JSON file of them; {program}, the option;
// {seed}, from 0 to 2^31 - 1; {steps}, max_steps; {artifacts}, a folder of the trial's own;
// {checkpoint}, the file that the training goes on from. Numbers are written so that they read back
// exactly, booleans as true and false, strings as they are. A parameter that is conditional must
// say what stands for it where it has no value, {name?} or {name:text}; a parameter of the study
// that the program does not get in any way is an error.
//
// Steps. With max_steps = 1 a trial is worth what the program said last before its end. With more,
// its reports are the trial's: Train reads on until the program has reported the wanted step, or a
// later one (which then stands for those between), and the last step ends with the program. One
// that ends earlier has had its say: its result, or else its last report, stands for the steps that
// are left. One that goes on beyond max_steps is stopped there. The program does not wait for what
// is decided on its reports: it trains on until it is told to end.
//
// Ends. A trial fails as the program does: by its exit code, a signal, its time (`timeout`), its
// memory (`memory_limit`, if the program says so when it gets none), or without a result. The
// reason ends with the last lines of its standard error. A program that must end early gets SIGTERM
// and, half a second later, SIGKILL, with all of its process group; so does it when this process
// dies, be it of SIGKILL (running_program.h).
//
// Checkpoints. If {checkpoint} stands in `argv` or `env`, a report may name a file,
// "checkpoint": PATH, that holds the training after its step and stays as it is while the program
// runs. Then the model can be saved; loaded, the program is started anew with {checkpoint} the path
// of such a file, goes on from there, and counts its steps on. The parameters that `settable` names
// may differ from those that the file was written under.
//
// Threads: as core/model.h says. Cost of a trial beside the program's own: a few milliseconds.
#ifndef STURGEON_MODELS_COMMAND_COMMAND_H_
#define STURGEON_MODELS_COMMAND_COMMAND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/value.h"

namespace sturgeon {

struct CommandOptions {
  std::vector<std::string> argv = {"{program}", "{flags}"};
  std::string program;
  bool shell = false;
  Value env = Value::Object();
  std::string working_directory;
  Value metrics = Value(Value::List{"value"});
  std::string result_file;
  std::string unit = "step";
  int64_t max_steps = 1;
  double timeout = 0;
  int64_t memory_limit = 0;
  std::vector<std::string> settable;
};

class CommandModel {
 public:
  static const Schema<CommandOptions>& OptionSchema();
  // InvalidArgument: an option that makes no sense, with what would. NotFound: there is no such
  // program.
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(CommandOptions options,
                                                              const ModelContext& context);
};

inline constexpr ModelPlugin kCommandModel =
    MakeModelPlugin<CommandModel>("command", "Any program: a trial is a run of it");

}  // namespace sturgeon

#endif  // STURGEON_MODELS_COMMAND_COMMAND_H_
