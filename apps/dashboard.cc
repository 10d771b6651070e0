// sturgeon dashboard: the studies of a storage as pages that are kept up to date.

#include "dashboard/dashboard.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/interrupt.h"
#include "apps/report_study.h"
#include "apps/stored_study.h"
#include "dashboard/access.h"
#include "dashboard/http.h"
#include "gflags/gflags.h"

DECLARE_string(storage);
DEFINE_string(listen, "127.0.0.1:8080",
              "Where to listen, HOST:PORT; port 0 is any that is free. Elsewhere than on this "
              "machine the pages want a token, which is part of the address that is printed.");
DEFINE_bool(allow_edits, false,
            "Let users enqueue trials, stop trials, write notes, and pause studies.");
DEFINE_bool(open, false, "Open the page in a browser.");

extern char** environ;

namespace sturgeon {
namespace {

std::string MachineName() {
  char name[256] = "";
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// Lets the desktop show the page; false: it cannot.
bool OpenBrowser(const std::string& url) {
  std::string program = "xdg-open", argument = url;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, "xdg-open", nullptr, nullptr, arguments, environ) != 0) return false;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

absl::Status CheckFlags() {
  absl::Status status = CheckFormat();
  if (status.ok() && absl::StartsWith(FLAGS_storage, "memory:")) {
    status = absl::InvalidArgumentError(
        "--storage=memory: is within one process, and this one has no studies; let tune keep its "
        "study in sqlite:FILE or postgresql://…");
  }
  return status;
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status flags = CheckFlags();
  if (!flags.ok()) return Complain(flags, kExitUsage);
  const absl::StatusOr<ListenAddress> wanted = ParseListenAddress(FLAGS_listen);
  if (!wanted.ok())
    return Complain(absl::StrCat("--listen: ", wanted.status().message()), kExitUsage);
  const absl::StatusOr<std::unique_ptr<Storage>> storage =
      OpenExisting(plugins.storages, FLAGS_storage);
  if (!storage.ok()) return Complain(storage.status(), kExitUsage);

  // The address first: the dashboard is to know its port.
  std::unique_ptr<Dashboard> dashboard;
  const absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Listen(
      *wanted, [&](const HttpRequest& request) { return dashboard->Handle(request); });
  if (!server.ok())
    return Complain(absl::StrCat("--listen: ", server.status().message()), kExitUsage);
  const ListenAddress& address = (*server)->address();
  absl::StatusOr<std::string> token = std::string();
  if (!address.loopback()) token = MakeToken();
  if (!token.ok()) return Complain(token.status(), kExitFailed);

  StudyDescriber describer;
  const std::string source = (*storage)->description();
  describer.head = [&](const StudyRecord& study) { return ReportHead(study, source); };
  describer.complete = [&](ReportStudy* study) { CompleteReport(plugins, study); };
  Dashboard::Options options;
  options.allow_edits = FLAGS_allow_edits;
  const std::string machine = MachineName();
  dashboard = std::make_unique<Dashboard>(**storage, std::move(describer),
                                          Access(address, *token, machine), options);

  // 0.0.0.0 and :: are every address of this machine, and none to go to.
  ListenAddress shown = address;
  if ((shown.host == "0.0.0.0" || shown.host == "::") && !machine.empty()) shown.host = machine;
  const std::string url = absl::StrCat("http://", shown.text(), "/",
                                       token->empty() ? "" : absl::StrCat("?token=", *token));
  const Value done = Value::Object{{"url", url}, {"storage", source}, {"edits", FLAGS_allow_edits}};
  if (!PrintDone(done, absl::StrCat(source, " is shown at ", url, " (Ctrl-C ends it)"))) {
    return kExitFailed;
  }
  const std::atomic<bool>* const interrupted = InterruptFlag();
  if (FLAGS_open && !OpenBrowser(url)) {
    Complain("--open: there is no browser to open it with (xdg-open)", kExitUsage);
  }
  (*server)->Serve(*interrupted, [&] { dashboard->Close(); });
  return kExitDone;
}

constexpr CommandFlag kFlags[] = {
    {"storage", "WHERE",
     "Where the studies are kept: sqlite:FILE or postgresql://…; sqlite:sturgeon.db if none is "
     "said."},
    {"listen", "HOST:PORT"},
    {"allow_edits", ""},
    {"open", ""},
    {"format", "FORMAT", "text or json: what is said of the address."},
};

}  // namespace

const Command kDashboardCommand = {
    "dashboard", "Shows the studies of a storage in a browser, and what changes about them.",
    "[flags]",   "sturgeon dashboard --storage=sqlite:sturgeon.db --allow_edits",
    kFlags,      0,
    &Run,
};

}  // namespace sturgeon
