// sturgeon trials: the trials of a stored study, as they are read.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "apps/trial_filter.h"
#include "apps/trial_table.h"
#include "core/json.h"
#include "core/result.h"
#include "gflags/gflags.h"

DEFINE_string(state, "", "Only trials in these states: complete,stopped,failed,running,waiting.");
DEFINE_string(where, "",
              "Only trials for which all of this holds: learning_rate<0.01,optimizer=adam. Names "
              "are those of parameters and metrics, id and seconds.");
DEFINE_int64(best, 0, "Only the K best of these, the best first.");
DEFINE_int64(limit, 0, "At most N trials.");
DEFINE_int64(offset, 0, "Leaves out the first N.");
DEFINE_int64(last, 0, "Only the last K.");

namespace sturgeon {
namespace {

// Ends reading; no error.
absl::Status Enough() { return absl::CancelledError("enough"); }

// Prints trials one by one.
class Writer {
 public:
  Writer(const StudyConfig& config, int64_t highest_id)
      : config_(config), table_(config, highest_id, ShownWidth(STDOUT_FILENO)) {}

  absl::Status Write(const Trial& trial) {
    std::string text;
    if (FLAGS_format == "text") {
      text = absl::StrCat(count_ == 0 ? table_.Header() : "", table_.Row(trial));
    } else if (FLAGS_format == "json") {
      text = absl::StrCat(count_ == 0 ? "[\n  " : ",\n  ", WriteJson(TrialToValue(config_, trial)));
    } else {
      text = WriteJson(TrialToValue(config_, trial)) + "\n";
    }
    ++count_;
    return Put(text);
  }

  absl::Status End() {
    if (FLAGS_format == "json") return Put(count_ == 0 ? "[]\n" : "\n]\n");
    if (FLAGS_format != "text") return absl::OkStatus();
    if (count_ == 0) return Put("No such trial.\n");
    if (table_.left_out() == 0) return absl::OkStatus();
    return Put(
        absl::StrCat("(", table_.left_out(),
                     " more parameters do not fit: widen the terminal, or --format=json)\n"));
  }

 private:
  static absl::Status Put(absl::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size()
               ? absl::OkStatus()
               : absl::UnavailableError("cannot write to stdout");
  }

  const StudyConfig& config_;
  const TrialTable table_;
  int64_t count_ = 0;
};

absl::Status CheckFlags(const StudyConfig& config) {
  for (const auto& [name, value] : {std::pair<const char*, int64_t>{"best", FLAGS_best},
                                    {"limit", FLAGS_limit},
                                    {"offset", FLAGS_offset},
                                    {"last", FLAGS_last}}) {
    const bool zero_is_fine = std::string(name) == "offset";
    if (FlagGiven(name) && value < (zero_is_fine ? 0 : 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, ": must be at least ", zero_is_fine ? 0 : 1));
    }
  }
  if (FLAGS_best > 0 && FLAGS_last > 0) {
    return absl::InvalidArgumentError("--best and --last do not go together");
  }
  if (FLAGS_best > 0 && config.objectives.size() > 1) {
    return absl::InvalidArgumentError(
        "--best: of several objectives there is no order; sturgeon best shows the Pareto front");
  }
  return absl::OkStatus();
}

absl::Status Show(Storage& storage, const StudyRecord& study, const TrialFilter& filter) {
  const StudyConfig& config = study.config;
  const absl::StatusOr<std::vector<StudyListing>> list = storage.ListStudies();
  if (!list.ok()) return list.status();
  int64_t total = 0;
  for (const StudyListing& listing : *list) {
    if (listing.id != study.id) continue;
    total = listing.waiting + listing.running + listing.complete + listing.stopped + listing.failed;
  }
  Writer writer(config, std::max<int64_t>(0, total - 1));

  ReadCursor cursor;
  int64_t skip = FLAGS_offset, left = FLAGS_limit > 0 ? FLAGS_limit : INT64_MAX;
  if (filter.keeps_all() && FLAGS_best == 0) {  // what is left out need not be read
    cursor.next = FLAGS_last > 0 ? std::max<int64_t>(0, total - FLAGS_last) : 0;
    cursor.next += std::exchange(skip, 0);
  }
  const auto write = [&](const Trial& trial) -> absl::Status {
    if (skip > 0) {
      --skip;
      return absl::OkStatus();
    }
    absl::Status status = writer.Write(trial);
    if (!status.ok()) return status;
    return --left == 0 ? Enough() : absl::OkStatus();
  };

  // Those that are kept until the end: the last, or the best with the worst of them in front.
  std::deque<Trial> last;
  std::vector<Trial> best;
  const auto better = [&](const Trial& a, const Trial& b) {
    const double x = config.objectives[0].Loss(a.values[0]);
    const double y = config.objectives[0].Loss(b.values[0]);
    return x < y || (x == y && a.id < b.id);
  };
  absl::Status status = storage.Read(study.id, &cursor, [&](TrialRecord record) -> absl::Status {
    Trial& trial = record.trial;
    if (!filter.Keeps(trial)) return absl::OkStatus();
    if (FLAGS_best > 0) {
      if (trial.state != TrialState::kComplete || !trial.feasible() || trial.values.empty()) {
        return absl::OkStatus();
      }
      if (static_cast<int64_t>(best.size()) < FLAGS_best) {
        best.push_back(std::move(trial));
        std::push_heap(best.begin(), best.end(), better);
      } else if (better(trial, best.front())) {
        std::pop_heap(best.begin(), best.end(), better);
        best.back() = std::move(trial);
        std::push_heap(best.begin(), best.end(), better);
      }
      return absl::OkStatus();
    }
    if (FLAGS_last > 0 && !filter.keeps_all()) {
      last.push_back(std::move(trial));
      if (static_cast<int64_t>(last.size()) > FLAGS_last) last.pop_front();
      return absl::OkStatus();
    }
    return write(trial);
  });
  std::sort(best.begin(), best.end(), better);
  for (const Trial& trial : best) {
    if (status.ok()) status = write(trial);
  }
  for (const Trial& trial : last) {
    if (status.ok()) status = write(trial);
  }
  if (!status.ok() && status != Enough()) return status;
  return writer.End();
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat({"text", "json", "jsonl"});
  if (!known.ok()) return Complain(known, kExitUsage);
  const absl::StatusOr<StoredStudy> stored = OpenStored(plugins.storages);
  if (!stored.ok()) return Complain(stored.status(), kExitUsage);
  Storage& storage = *stored->storage;
  const StudyRecord& study = stored->study;
  const absl::Status flags = CheckFlags(study.config);
  if (!flags.ok()) return Complain(flags, kExitUsage);
  const absl::StatusOr<TrialFilter> filter =
      TrialFilter::Create(study.config, FLAGS_state, FLAGS_where);
  if (!filter.ok()) return Complain(filter.status(), kExitUsage);
  const absl::Status shown = Show(storage, study, *filter);
  if (!shown.ok()) return Complain(shown, kExitFailed);
  return Print("") ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {
    kStorageFlag,
    kStudyNameFlag,
    {"state", "LIST"},
    {"where", "LIST"},
    {"best", "K"},
    {"last", "K"},
    {"limit", "N"},
    {"offset", "N"},
    {"format", "FORMAT", "text, json (a list), or jsonl (a trial a line)."},
};

}  // namespace

const Command kTrialsCommand = {
    "trials",  "Lists the trials of a study.",
    "[flags]", "sturgeon trials --study_name=digits --where=\"learning_rate<0.01\" --best=10",
    kFlags,    0,
    &Run,
};

}  // namespace sturgeon
