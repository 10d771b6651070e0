// Whatever somebody sends, the dashboard answers, and what it answers is what it says it is.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "core/storage.h"
#include "dashboard/access.h"
#include "dashboard/dashboard.h"
#include "dashboard/http.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// Lines: method, path, Host, Origin, Cookie, Content-Type, since, wait, token; the rest is the
// body.
HttpRequest RequestFrom(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, absl::MaxSplits('\n', 9));
  const auto line = [&](size_t i) { return i < lines.size() ? std::string(lines[i]) : ""; };
  HttpRequest request;
  request.method = line(0);
  request.path = "/" + line(1);
  request.host = line(2);
  request.origin = line(3);
  request.cookie = line(4);
  request.content_type = line(5);
  request.query = {{"since", line(6)}, {"token", line(8)}};
  if (!line(7).empty()) request.query["wait"] = "0" + line(7);
  request.body = line(9);
  return request;
}

void OneRequest(absl::string_view text) {
  MemoryStorage storage(&absl::Now);
  StudyRecord record;
  record.config.name = "study";
  record.config.space =
      *SearchSpace::Create({Parameter::Float("x", 0, 1), Parameter::Int("n", 1, 9),
                            Parameter::Categorical("c", {Value("a"), Value(2)})});
  Check(storage.CreateStudy(record).ok());
  StudyDescriber describer;
  describer.head = [](const StudyRecord& study) {
    ReportStudy report;
    report.config = study.config;
    return report;
  };
  describer.complete = [](ReportStudy*) {};
  const HttpRequest request = RequestFrom(text);
  for (const char* token : {"", "secret"}) {
    Dashboard::Options options;
    options.allow_edits = true;
    Dashboard dashboard(storage, describer, Access({"127.0.0.1", 80}, token, "machine"), options);
    dashboard.Close();  // nobody waits
    const HttpResponse response = dashboard.Handle(request);
    Check(response.status >= 200 && response.status < 600);
    if (response.content_type == "application/json") {
      Check(ParseJson(response.body, "").ok());
    }
    const bool secret =
        request.cookie.find("secret") != std::string::npos || request.query.at("token") == "secret";
    if (*token != '\0' && !secret) Check(response.status == 401 || response.status == 403);
    for (const auto& header : response.headers) {
      Check(header.second.find_first_of("\r\n") == std::string::npos);
    }
  }
  // What waits fits the space.
  ReadCursor cursor;
  Check(storage
            .Read(1, &cursor,
                  [&](TrialRecord trial) {
                    Check(trial.enqueued.is_object());
                    return absl::OkStatus();
                  })
            .ok());
  ParseListenAddress(text).IgnoreError();
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sturgeon::OneRequest({reinterpret_cast<const char*>(data), size});
  return 0;
}
