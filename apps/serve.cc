// sturgeon serve: ask and tell for every language, as JSON lines on stdin and stdout.

#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/line_reader.h"
#include "apps/serve_session.h"

namespace sturgeon {
namespace {

constexpr size_t kLongestLineMiB = 64;

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();  // It is JSON in any case.
  if (!known.ok()) return Complain(known, kExitUsage);
  ServeSession session(plugins);
  LineReader reader(STDIN_FILENO, kLongestLineMiB << 20);
  while (reader.Next()) {
    std::optional<std::string> answer;
    if (reader.too_long()) {
      answer = absl::StrCat("{\"error\": \"a line is longer than ", kLongestLineMiB, " MiB\"}");
    } else {
      const bool was_fine = session.setup().ok();
      answer = session.Answer(reader.line());
      // Nobody has answered this yet, so a person at a terminal should see it.
      if (was_fine && !session.setup().ok()) Complain(session.setup(), kExitUsage);
    }
    if (answer.has_value() && !Print(*answer += '\n')) {
      return Complain("stdout cannot be written to", kExitFailed);
    }
  }
  return kExitDone;
}

constexpr CommandFlag kFlags[] = {kFormatFlag};

}  // namespace

const Command kServeCommand = {
    "serve",
    "Asks and tells as JSON lines on stdin and stdout, for programs in any language.",
    "[flags]",
    "printf '%s\\n' '{\"space\": [{\"name\": \"x\", \"type\": \"float\", \"low\": 0, \"high\": "
    "1}]}'"
    " '{\"ask\": 1}' |\n  sturgeon serve",
    kFlags,
    0,
    &Run,
};

}  // namespace sturgeon
