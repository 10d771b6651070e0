// The program `sturgeon`, without a plugin: it knows those that are linked with it.

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "core/plugins.h"
#include "core/suggest.h"
#include "runners/isolation/worker.h"

namespace sturgeon {
namespace {

std::vector<const Command*> Commands() {
  return {&kTuneCommand,    &kStudiesCommand, &kTrialsCommand,    &kBestCommand,
          &kPlotCommand,    &kReportCommand,  &kDashboardCommand, &kImportanceCommand,
          &kExportCommand,  &kImportCommand,  &kReplayCommand,    &kDeleteCommand,
          &kPluginsCommand, &kServeCommand,   &kActionCommand};
}

const Command* Find(const std::string& name) {
  for (const Command* command : Commands()) {
    if (name == command->name) return command;
  }
  return nullptr;
}

std::string Help() {
  std::string help =
      "Sturgeon tunes hyperparameters.\n\n"
      "  sturgeon COMMAND [flags]\n\nCommands\n";
  for (const Command* command : Commands()) {
    const std::string name(command->name);
    absl::StrAppend(&help, "  ", name, std::string(12 - name.size(), ' '), command->summary, "\n");
  }
  help += "\n`sturgeon COMMAND --help` shows the flags of a command and an example.\n";
  return help;
}

int PrintHelp(const std::string& help) { return Print(help) ? kExitDone : kExitFailed; }

bool AsksForHelp(const std::string& argument) {
  return argument == "help" || argument == "--help" || argument == "-help" || argument == "-h";
}

// `sturgeon worker`, which no user calls: a runner has started this program to train its models.
int ServeRunner() {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return Complain(plugins.status(), kExitFailed);
  return ServeModels(plugins->models);
}

int Main(std::vector<std::string> arguments) {
  if (IsWorker()) return ServeRunner();

  // `bazel run` starts programs among their runfiles, and says here where the user is. Paths on the
  // command line are the user's.
  const char* const users_folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (users_folder != nullptr && chdir(users_folder) != 0) {
    return Complain(absl::StrCat("cannot go to ", users_folder, ": ", std::strerror(errno)),
                    kExitUsage);
  }

  if (arguments.empty()) {
    std::fputs(Help().c_str(), stderr);
    return kExitUsage;
  }
  if (AsksForHelp(arguments[0])) {
    if (arguments.size() == 1) return PrintHelp(Help());
    arguments = {arguments[1], "--help"};
  }
  if (arguments[0] == kWorkerCommand) {
    return Complain("worker: runners start workers themselves (isolation=process)", kExitUsage);
  }
  const Command* const command = Find(arguments[0]);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Command* known : Commands()) names.push_back(known->name);
    return Complain(UnknownName("command", arguments[0], names), kExitUsage);
  }
  arguments.erase(arguments.begin());
  const absl::StatusOr<std::vector<std::string>> others = ParseCommandLine(*command, arguments);
  if (absl::IsCancelled(others.status())) return PrintHelp(CommandHelp(*command));
  if (!others.ok()) return Complain(others.status(), kExitUsage);

  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return Complain(plugins.status(), kExitFailed);
  return command->run(*others, *plugins);
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main({argv + (argc > 0 ? 1 : 0), argv + argc}); }
