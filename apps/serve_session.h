// A session of `sturgeon serve`: ask and tell as JSON lines (docs/command_line.md).
//
//   ServeSession session(plugins);
//   session.Answer(R"({"space": […], "direction": "minimize", "strategy": "random"})");  // nullopt
//   session.Answer(R"({"ask": 1})");      // {"trials": [{"id": 0, "params": {"lr": 0.01}}]}
#ifndef STURGEON_APPS_SERVE_SESSION_H_
#define STURGEON_APPS_SERVE_SESSION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/plugins.h"
#include "core/study.h"
#include "core/value.h"

namespace sturgeon {

// Threads: one at a time.
class ServeSession {
 public:
  // `plugins` must outlive the session.
  explicit ServeSession(const Plugins& plugins) : plugins_(plugins) {}

  // The answer to one line, itself a line without its end. None: to the first line, and to a blank
  // one. What is wrong with a line becomes its answer, {"error": …}, and changes nothing, except
  // that results before a wrong one in the same `tell` are kept (the error says so). What is wrong
  // with the first line is the answer to each request until the session is set up after all, by a
  // later line, which is answered {"ok": true}.
  std::optional<std::string> Answer(absl::string_view line);

  // What was wrong with the first line, while no study could be set up.
  const absl::Status& setup() const { return setup_; }

 private:
  absl::StatusOr<Value> Handle(absl::string_view line);
  absl::Status SetUp(const Value& message);
  absl::StatusOr<Value> Ask(const Value& count);
  absl::StatusOr<Value> Tell(const Value& results);
  absl::StatusOr<Value> Report(const Value& report);
  absl::StatusOr<Value> Enqueue(const Value& assignments);
  absl::StatusOr<Value> Best();

  const Plugins& plugins_;
  bool first_ = true;
  absl::Status setup_;
  std::unique_ptr<Study> study_;
};

}  // namespace sturgeon

#endif  // STURGEON_APPS_SERVE_SESSION_H_
