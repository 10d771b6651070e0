// The page that shows studies: a report in one file, or what a server hands out.
//
//   ReportWriter report(sink);
//   report.Begin("digits");
//   report.Add(study);              // report/data.h; one or several
//   report.End();                   // <title>digits</title> … everything that it needs is inside
//
// The page's sources are report/page/: HTML, CSS and JavaScript as ordinary files, and D3. They are
// put into one document, with the data (or where to get it from, live) as JSON beside them. A
// content security policy lets it run those scripts and styles alone, by their hashes, and reach no
// other host: whatever names, values and reasons a study holds, they are text.
//
// Determinism: the same studies give the same bytes. Threads: LivePage from any, a writer by one.
#ifndef STURGEON_REPORT_PAGE_H_
#define STURGEON_REPORT_PAGE_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "report/data.h"

namespace sturgeon {

// Writes a report, a study at a time. Errors are those of the sink.
class ReportWriter {
 public:
  using Sink = std::function<absl::Status(absl::string_view)>;
  explicit ReportWriter(Sink sink) : sink_(std::move(sink)) {}

  absl::Status Begin(absl::string_view title);
  absl::Status Add(const ReportStudy& study);
  absl::Status End();

 private:
  const Sink sink_;
};

// The page for a server. `source` is what report/page/source.js makes its source of data from: an
// object whose "kind" names one of the sources that the page knows.
std::string LivePage(absl::string_view title, const Value& source);

// The content security policy of either, for a header; the pages say it themselves as well.
// `connect`: what the page may fetch from, "'none'" or "'self'".
std::string PagePolicy(absl::string_view connect);

// JSON as it may stand within a <script>: no '<' is left in it.
std::string ScriptJson(absl::string_view json);

}  // namespace sturgeon

#endif  // STURGEON_REPORT_PAGE_H_
