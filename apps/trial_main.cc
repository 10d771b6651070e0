// A program that trains and does nothing else: the trials of a study that is built, whose actions
// are then keyed by the models' code alone.
//
//   trial action trial TASK.json       as `sturgeon` does it; the words are the same

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "apps/command.h"
#include "apps/trial_task.h"
#include "core/plugins.h"
#include "runners/isolation/worker.h"

namespace sturgeon {
namespace {

int Main(const std::vector<std::string>& arguments) {
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return Complain(plugins.status(), kExitFailed);
  if (IsWorker()) return ServeModels(plugins->models);
  if (arguments.size() != 3 || arguments[0] != "action" || arguments[1] != "trial") {
    return Complain("this program trains alone: action trial TASK.json", kExitUsage);
  }
  const absl::Status status = RunTaskFile(arguments[2], *plugins);
  if (status.ok()) return kExitDone;
  return Complain(status, absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed);
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main({argv + (argc > 0 ? 1 : 0), argv + argc}); }
